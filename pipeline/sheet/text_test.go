package sheet

import (
	"image"
	"testing"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// TestGlyphsAreThoseOfOpentype compares glyphs with font/opentype's. It draws the curves of such
// small glyphs as one or two lines, so the coverage of a pixel at an edge may differ by a sixth.
func TestGlyphsAreThoseOfOpentype(t *testing.T) {
	parsed, err := opentype.Parse(goregular.TTF)
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{noteSize, titleSize} {
		f, err := newFace(goregular.TTF, size)
		if err != nil {
			t.Fatal(err)
		}
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
	f, err := newFace(goregular.TTF, nameSize)
	if err != nil {
		t.Fatal(err)
	}
	const name = "gabor-wavelength-8-orientation-045"
	if got := f.shorten(name, f.width(name)); got != name {
		t.Errorf("with room enough it becomes %q", got)
	}
	for room := range f.width(name) {
		got := f.shorten(name, room)
		if f.width(got) > room && got != "…" {
			t.Fatalf("%q is wider than %d", got, room)
		}
	}
	if got, want := f.shorten(name, 100), "gabor-w…on-045"; got != want {
		t.Errorf("in 100 pixels %q, want %q", got, want)
	}
	if got := f.shorten("日本語の長い名前の写真", 60); f.width(got) > 60 {
		t.Errorf("%q is wider than 60", got)
	}
}

func TestTextIsDrawnWhereItIsMeasured(t *testing.T) {
	f, err := newFace(goregular.TTF, titleSize)
	if err != nil {
		t.Fatal(err)
	}
	m := image.NewRGBA(image.Rect(0, 0, 200, 40))
	f.draw(m, image.Pt(20, 25), ink, "Width")
	var box image.Rectangle
	for y := range 40 {
		for x := range 200 {
			if m.RGBAAt(x, y).A > 0 {
				box = box.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	if box.Min.X < 19 || box.Max.X > 20+f.width("Width")+1 || box.Max.Y != 25 && box.Max.Y != 26 {
		t.Errorf("text at 20, 25 is in %v, %d wide", box, f.width("Width"))
	}
}
