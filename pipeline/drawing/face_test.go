package drawing

import (
	"encoding/binary"
	"image"
	"slices"
	"testing"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/gofont/gosmallcaps"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// TestGlyphsAreThoseOfOpentype compares glyphs with font/opentype's. It draws the curves of such
// small glyphs as one or two lines, so the coverage of a pixel at an edge may differ by a sixth.
func TestGlyphsAreThoseOfOpentype(t *testing.T) {
	parsed, err := opentype.Parse(goregular.TTF)
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{11, 19} {
		f := newFace(size, ownFont(t))
		theirs, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: float64(size), DPI: 72, Hinting: font.HintingNone})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 −×→…()äßλЖ€\U0001F600" {
			for quarter := range fixed.Int26_6(4) {
				box, mask, at, advance, _ := theirs.Glyph(fixed.Point26_6{X: quarter * 16}, r)
				ours := f.glyph(r, quarter)
				if advance != ours.advance {
					t.Errorf("%q in %d: advance %v, want %v", r, size, ours.advance, advance)
				}
				for y := box.Min.Y; y < box.Max.Y; y++ {
					for x := box.Min.X; x < box.Max.X; x++ {
						_, _, _, a := mask.At(x-box.Min.X+at.X, y-box.Min.Y+at.Y).RGBA()
						got, want := int(ours.mask.AlphaAt(x, y).A), int(a>>8)
						if got-want > 42 || want-got > 42 {
							t.Errorf("%q in %d, %d quarters on: pixel %d, %d is %d, want %d", r, size, quarter, x, y, got, want)
						}
					}
				}
			}
		}
	}
}

func TestShorten(t *testing.T) {
	f := newFonts(t)
	width := func(text string) int { return f.Width(12, Run{Text: text}) }
	const name = "gabor-wavelength-8-orientation-045"
	if got := f.Shorten(12, width(name), name); got != name {
		t.Errorf("with room enough it becomes %q", got)
	}
	for room := range width(name) {
		got := f.Shorten(12, room, name)
		if width(got) > room && got != "…" {
			t.Fatalf("%q is wider than %d", got, room)
		}
	}
	if got, want := f.Shorten(12, 100, name), "gabor-w…on-045"; got != want {
		t.Errorf("in 100 pixels %q, want %q", got, want)
	}
	if got := f.Shorten(12, 100, "") + f.Shorten(12, 100, "\U0001f600"); got != `\U0001f600` {
		t.Errorf("nothing and a character without a letter become %q", got)
	}
	if got := f.Shorten(12, 60, "日本語の長い名前の写真"); width(got) > 60 {
		t.Errorf("%q is wider than 60", got)
	}
}

func TestTextIsDrawnWhereItIsMeasured(t *testing.T) {
	f := newFace(19, ownFont(t))
	m := image.NewRGBA(image.Rect(0, 0, 200, 40))
	f.draw(m, fixed.I(20), 25, black, "Width")
	var box image.Rectangle
	for y := range 40 {
		for x := range 200 {
			if m.RGBAAt(x, y).A > 0 {
				box = box.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	if box.Min.X < 19 || box.Max.X > 20+f.advance("Width").Ceil()+1 || box.Max.Y != 25 && box.Max.Y != 26 {
		t.Errorf("text at 20, 25 is in %v, %d wide", box, f.advance("Width").Ceil())
	}
}

func ownFont(t testing.TB) *Font {
	t.Helper()
	f, err := ParseFont(goregular.TTF)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestReadable checks that what no font has is escaped, and that another font is asked first.
func TestReadable(t *testing.T) {
	f := newFace(12, ownFont(t))
	for text, want := range map[string]string{
		"plain ü Ж → ≈ …": "plain ü Ж → ≈ …",
		"例/photo":         `\u4f8b/photo`,
		"\U0001f600":      `\U0001f600`,
		"":                "",
	} {
		if got := f.readable(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
	small, err := ParseFont(gosmallcaps.TTF)
	if err != nil {
		t.Fatal(err)
	}
	if font, index := newFace(12, ownFont(t), small).find('a'); font != 0 || index == 0 {
		t.Errorf("a letter that both fonts have is of font %d", font)
	}
	if len(small.Digest()) != 64 || small.Digest() == ownFont(t).Digest() {
		t.Errorf("digest %s", small.Digest())
	}
}

// TestHostileFonts checks that glyphs made of each other end, and that what is no TrueType font
// is refused.
func TestHostileFonts(t *testing.T) {
	for what, data := range map[string][]byte{"nothing": nil, "text": []byte("no font at all"), "half": goregular.TTF[:3000]} {
		if f, err := ParseFont(data); err == nil {
			t.Errorf("%s: got %v", what, f)
		}
	}
	// Four glyphs, each of sixteen times the next, and the last a blank: 16³ parts.
	var o outlines
	for g := range 4 {
		o.loca = binary.BigEndian.AppendUint16(o.loca, uint16(len(o.glyf)/2))
		if g == 3 {
			break
		}
		o.glyf = append(o.glyf, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0)
		for i := range 16 {
			flags := byte(1 << 5)
			if i == 15 {
				flags = 0
			}
			o.glyf = append(o.glyf, 0, flags, 0, byte(g+1), 0, 0)
		}
	}
	o.loca = binary.BigEndian.AppendUint16(o.loca, uint16(len(o.glyf)/2))
	for g, want := range []bool{false, false, true, true} {
		if got := o.bounded(sfnt.GlyphIndex(g)); got != want {
			t.Errorf("glyph %d: bounded is %v, want %v", g, got, want)
		}
	}
	own := ownFont(t)
	for r := rune(' '); r < 0x2600; r++ {
		if _, index := newFace(12, own).find(r); !own.glyf.bounded(index) {
			t.Errorf("%q of the own font is not drawn", r)
		}
	}
}

// FuzzFont draws with a font of which anyone may have changed some bytes.
func FuzzFont(f *testing.F) {
	f.Add(uint32(0), []byte{}, "aé例")
	f.Add(uint32(12), []byte("glyf"), "m")
	f.Fuzz(func(t *testing.T, at uint32, change []byte, text string) {
		if len(text) > 16 {
			return
		}
		data := slices.Clone(goregular.TTF)
		copy(data[int(at)%len(data):], change)
		font, err := ParseFont(data)
		if err != nil {
			return
		}
		face := newFace(12, font)
		for _, r := range text {
			for quarter := range fixed.Int26_6(2) {
				if g := face.glyph(r, quarter); g.mask.Rect.Dx() > 9*12 || g.mask.Rect.Dy() > 9*12 || g.advance > fixed.I(4*12) {
					t.Errorf("%q takes %v and moves on by %v", r, g.mask.Rect, g.advance)
				}
			}
		}
	})
}
