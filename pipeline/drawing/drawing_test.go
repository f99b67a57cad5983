package drawing

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/png"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"filterbank/pipeline/mapng"
)

var (
	black = color.RGBA{0, 0, 0, 0xff}
	white = color.RGBA{0xff, 0xff, 0xff, 0xff}
	red   = color.RGBA{0xd0, 0x10, 0x20, 0xff}
)

// pages are pages with one thing that moves.
func pages() []*Page {
	var all []*Page
	for i := range 4 {
		p := &Page{Size: image.Pt(120, 80), Ground: white, Title: "a < b & c"}
		p.Add(
			Box{Rectangle: image.Rect(5, 5, 60, 40), Fill: color.RGBA{0xf0, 0xe0, 0xd0, 0xff}, Hatch: red, Line: black, Width: 3},
			Box{Rectangle: image.Rect(10+9*i, 10, 40+9*i, 50), Line: red, Width: 2, Stroke: Stroke(i % 3)},
			Text{At: image.Pt(60, 70), Align: Align(i % 3), Size: 14, Runs: []Run{{"1·(−1) ", black, Regular}, {"= ", red, Bold}, {"x<y", black, Italic}}},
			Pointer{From: image.Pt(20, 60), To: image.Pt(40+7*i, 75-5*i), Ink: red, Width: 2, Radius: 3},
			Picture{image.Rect(70, 5, 110, 25), 2, 1, []byte{10, 20, 30, 200, 210, 220}, nil},
		)
		all = append(all, p)
	}
	return all
}

func newFonts(t *testing.T) *Fonts {
	t.Helper()
	f, err := NewFonts()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestGIF writes frames and reads them back with image/gif: every pixel must be the canvas's.
func TestGIF(t *testing.T) {
	canvas := NewCanvas(image.Pt(120, 80), newFonts(t))
	var colours Colours
	for _, p := range pages() {
		canvas.Draw(p)
		colours.Count(canvas.Image)
	}
	var b bytes.Buffer
	g := NewGIF(&b, canvas.Image.Rect.Size(), &colours)
	for i, p := range pages() {
		canvas.Draw(p)
		if err := g.Frame(canvas.Image, 10*i+5); err != nil {
			t.Fatal(err)
		}
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	all, err := gif.DecodeAll(&b)
	if err != nil {
		t.Fatal(err)
	}
	if len(all.Image) != 4 || all.LoopCount != 0 {
		t.Fatalf("%d frames, loop count %d", len(all.Image), all.LoopCount)
	}
	screen := image.NewRGBA(canvas.Image.Rect)
	for i, p := range pages() {
		draw.Draw(screen, all.Image[i].Rect, all.Image[i], all.Image[i].Rect.Min, draw.Over)
		canvas.Draw(p)
		if !bytes.Equal(screen.Pix, canvas.Image.Pix) {
			t.Errorf("frame %d differs from its page", i)
		}
		if all.Delay[i] != 10*i+5 {
			t.Errorf("frame %d is shown for %d", i, all.Delay[i])
		}
		if i > 0 && all.Image[i].Rect == screen.Rect {
			t.Errorf("frame %d is whole", i)
		}
	}
}

// TestFewColours checks that a picture of many colours is near its own in a palette of few.
func TestFewColours(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	m := image.NewRGBA(image.Rect(0, 0, 90, 90))
	for i := range 90 * 90 {
		v := uint8(i / 90 * 2)
		m.SetRGBA(i%90, i/90, color.RGBA{v, uint8(i % 90 * 2), uint8(random.IntN(3)), 0xff})
	}
	for _, most := range []int{0, 15} {
		colours := Colours{Most: most}
		colours.Count(m)
		var b bytes.Buffer
		g := NewGIF(&b, m.Rect.Size(), &colours)
		if err := errors.Join(g.Frame(m, 5), g.Close()); err != nil {
			t.Fatal(err)
		}
		back, err := gif.Decode(&b)
		if err != nil {
			t.Fatal(err)
		}
		worst := 0
		for i := range 90 * 90 {
			r, g, _, _ := back.At(i%90, i/90).RGBA()
			worst = max(worst, abs(int(r>>8)-i/90*2), abs(int(g>>8)-i%90*2))
		}
		if limit := map[int]int{0: 24, 15: 110}[most]; worst > limit { // half a side of a group of colours
			t.Errorf("with %d colours a channel is off by %d", most, worst)
		}
	}
}

func abs(v int) int { return max(v, -v) }

func TestPNG(t *testing.T) {
	canvas := NewCanvas(image.Pt(120, 80), newFonts(t))
	canvas.Draw(pages()[1])
	var b bytes.Buffer
	if err := WritePNG(&b, 120, 80, canvas.RGB(nil), &mapng.Workspace{}); err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	back := image.NewRGBA(canvas.Image.Rect)
	draw.Draw(back, back.Rect, m, image.Point{}, draw.Src)
	if !bytes.Equal(back.Pix, canvas.Image.Pix) {
		t.Error("the PNG differs from the canvas")
	}
}

// TestSVG reads the texts of a page back with an XML parser.
func TestSVG(t *testing.T) {
	var b bytes.Buffer
	if err := WriteSVG(&b, pages()[0], newFonts(t)); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(texts(t, b.Bytes()), "|"); got != "a < b & c|1·(−1) = x<y" {
		t.Errorf("the texts are %q", got)
	}
	for _, want := range []string{"<pattern ", `url(#hatch0)`, "data:image/png;base64,", `font-weight="bold"`, `font-style="italic"`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("there is no %s in %s", want, &b)
		}
	}
}

// texts are the titles and texts of an SVG.
func texts(t *testing.T, file []byte) (all []string) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(file))
	open := false
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			if name := token.Name.Local; name == "text" || name == "title" {
				open = true
				all = append(all, "")
			}
		case xml.EndElement:
			if name := token.Name.Local; name == "text" || name == "title" {
				open = false
			}
		case xml.CharData:
			if open {
				all[len(all)-1] += string(token)
			}
		}
	}
}

// TestPointer checks both ends of a line, a place on its way, and the disc.
func TestPointer(t *testing.T) {
	for _, to := range []image.Point{{90, 40}, {30, 70}, {10, 10}, {70, 40}, {50, 40}} {
		canvas := NewCanvas(image.Pt(100, 80), newFonts(t))
		canvas.Draw(&Page{Ground: white, Items: []Item{Pointer{From: image.Pt(50, 40), To: to, Ink: red, Width: 1, Radius: 4}}})
		half := image.Pt((50+to.X)/2, (40+to.Y)/2)
		for _, on := range []image.Point{{50, 40}, half, to, to.Add(image.Pt(4, 0)), to.Sub(image.Pt(0, 4)), to.Add(image.Pt(2, -3))} {
			if canvas.Image.RGBAAt(on.X, on.Y) != red {
				t.Errorf("to %v: %v is not on the line or the disc", to, on)
			}
		}
		count := 0
		for i := 0; i < len(canvas.Image.Pix); i += 4 {
			if canvas.Image.Pix[i+1] == red.G {
				count++
			}
		}
		if corner := to.Add(image.Pt(4, 4)); canvas.Image.RGBAAt(corner.X, corner.Y) == red && to != half {
			t.Errorf("to %v: the disc has corners", to)
		}
		if d := to.Sub(image.Pt(50, 40)); count < 49 || count > 49+max(d.X, -d.X, d.Y, -d.Y) { // the disc of radius 4 has 49 pixels
			t.Errorf("to %v: %d pixels are drawn", to, count)
		}
	}
}
