package sheet

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"io"
	"slices"
	"strings"
	"testing"

	"filterbank/pipeline/arithmetic"
)

// figure is one of n cells of a size.
func figure(n int, cell image.Point) *Figure {
	f := &Figure{
		Title: "scene", Lines: []string{"layer edges: conv 8×3×3×3", "receptive field 3×3 – Größe, λ, Ж"},
		Leads: []Lead{{Raster: Raster{Width: 4, Height: 3, Zoom: 30, Pix: make([]byte, 36)}, Caption: "input 3×3×4"}},
		Bar:   &Bar{Palette: KernelPalette(), Lo: "−1.5", Hi: "1.5", Zero: 128},
		Cell:  cell, Cells: make([]Cell, n), Notes: 2,
	}
	for i := range f.Leads[0].Pix {
		f.Leads[0].Pix[i] = byte(7 * i)
	}
	for k := range f.Cells {
		pix := make([]byte, cell.X*cell.Y)
		for i := range pix {
			pix[i] = byte(i + k)
		}
		f.Cells[k] = Cell{
			Picture: Raster{Width: cell.X, Height: cell.Y, Pix: pix, Palette: f.Bar.Palette},
			Index:   fmt.Sprintf("%03d", k), Name: "a-name-of-some-length", Notes: []string{"lo 0", "hi 0.5"},
			Icons: []Icon{{Raster: *SignedKernel([]float32{-1, 0, 1, -2, 0, 2, -1, 0, 1}, 3, 2, 12)}},
		}
	}
	return f
}

// drawn draws a figure into one picture.
func drawn(t *testing.T, f *Figure) *image.RGBA {
	t.Helper()
	var m *image.RGBA
	var size image.Point
	at := 0
	var d Drawer
	begin := func(of image.Point) error {
		size, m = of, image.NewRGBA(image.Rectangle{Max: of})
		return nil
	}
	err := d.draw(f, begin, func(rgb []byte) error {
		if len(rgb)%(3*size.X) != 0 {
			t.Fatalf("%d bytes are no whole rows of %d pixels", len(rgb), size.X)
		}
		for i := 0; i < len(rgb); i += 3 {
			copy(m.Pix[at:], []byte{rgb[i], rgb[i+1], rgb[i+2], 255})
			at += 4
		}
		return nil
	})
	if err != nil || at != len(m.Pix) {
		t.Fatalf("%d bytes of %d came, %v", at, len(m.Pix), err)
	}
	return m
}

func TestColumns(t *testing.T) {
	for _, c := range []struct{ cells, columns int }{
		{1, 1}, {2, 2}, {3, 3}, {4, 4}, {5, 5}, {6, 3}, {7, 4}, {8, 4}, {12, 6}, {16, 4}, {25, 5}, {32, 8}, {48, 8}, {64, 8}, {96, 12}, {256, 16},
	} {
		f := figure(c.cells, image.Pt(192, 128))
		l, err := f.layOut(0)
		if err != nil || l.columns != c.columns || l.rows != (c.cells+c.columns-1)/c.columns {
			t.Errorf("%d cells: %d columns and %d rows, %v, want %d columns", c.cells, l.columns, l.rows, err, c.columns)
		}
	}
	f := figure(7, image.Pt(50, 50))
	for given, want := range map[int]int{1: 1, 3: 3, 7: 7, 100: 7} {
		f.Columns = given
		if l, _ := f.layOut(0); l.columns != want {
			t.Errorf("asked for %d columns, got %d, want %d", given, l.columns, want)
		}
	}
}

// TestEverythingHasItsPlace checks that cells are inside the figure, that they do not overlap,
// and that strips cut none.
func TestEverythingHasItsPlace(t *testing.T) {
	for _, n := range []int{1, 2, 5, 17, 64, 300} {
		for _, cell := range []image.Point{{1, 1}, {192, 128}, {128, 192}, {20, 400}, {700, 9}} {
			f := figure(n, cell)
			l, err := f.layOut(0)
			if err != nil {
				t.Fatal(err)
			}
			y := 0
			for i := range l.rows + 1 {
				y0, y1 := l.strip(i)
				if y0 != y || y1 <= y0 {
					t.Errorf("%d of %v: strip %d is from %d to %d, the one before ends at %d", n, cell, i, y0, y1, y)
				}
				y = y1
				for k := max(0, i-1) * l.columns; i > 0 && k < min(i*l.columns, n); k++ {
					at := l.at(k)
					bottom := at.Y + cell.Y + captionGap + nameLine + iconGap/2 + 36 + 1
					if at.Y-1 < y0 || bottom > y1 || at.X-1 < margin-1 || at.X+l.content.X > l.size.X-margin {
						t.Errorf("%d of %v: cell %d at %v is cut", n, cell, k, at)
					}
				}
			}
			if y != l.size.Y {
				t.Errorf("%d of %v: strips end at %d, the figure at %d", n, cell, y, l.size.Y)
			}
		}
	}
}

func TestSizeDoesNotDependOnTexts(t *testing.T) {
	f := figure(9, image.Pt(60, 40))
	want, _ := f.Size()
	long := strings.Repeat("very-long-", 50)
	f.Title, f.Lines[0], f.Leads[0].Caption, f.Cells[3].Name, f.Cells[4].Notes[0], f.Bar.Hi = long, long, long, long, long, long
	f.Cells[5].Name, f.Cells[5].Index = "", ""
	if got, err := f.Size(); got != want || err != nil {
		t.Errorf("%v with long texts, %v, want %v", got, err, want)
	}
	drawn(t, f)
}

func TestTooLarge(t *testing.T) {
	f := figure(1, image.Pt(600, 400))
	f.Cells, f.Columns = make([]Cell, 2000), 100
	_, err := f.Size()
	if err == nil || !strings.Contains(err.Error(), "2000 pictures of 600×400 would make a sheet of 61632×") || !strings.Contains(err.Error(), "choose smaller tiles") {
		t.Errorf("got %v", err)
	}
	if err := new(Drawer).Write(io.Discard, f); err == nil {
		t.Error("drawn all the same")
	}
	f.Columns = 0
	if size, err := f.Size(); err != nil {
		t.Errorf("2000 pictures in as many columns as suit: %v, %v", size, err)
	}
}

// TestPicturesAreDrawnWhole checks every cell's pixels, its frame and its icon.
func TestPicturesAreDrawnWhole(t *testing.T) {
	f := figure(7, image.Pt(70, 50))
	l, _ := f.layOut(0)
	m := drawn(t, f)
	for k, c := range f.Cells {
		at := l.at(k)
		for y := range 50 {
			for x := range 70 {
				want := c.Picture.Palette[c.Picture.Pix[y*70+x]]
				if got := m.RGBAAt(at.X+x, at.Y+y); got != (color.RGBA{want[0], want[1], want[2], 255}) {
					t.Fatalf("cell %d: pixel %d, %d is %v, want %v", k, x, y, got, want)
				}
			}
		}
		for x := -1; x <= 70; x++ {
			if m.RGBAAt(at.X+x, at.Y-1) != hair || m.RGBAAt(at.X+x, at.Y+50) != hair {
				t.Fatalf("cell %d: no line above or below", k)
			}
		}
		icon := at.Add(image.Pt(0, 50+captionGap+nameLine+iconGap/2))
		for tap, level := range c.Icons[0].Pix {
			want := c.Icons[0].Palette[level]
			if got := m.RGBAAt(icon.X+tap%3*12+6, icon.Y+tap/3*12+6); got != (color.RGBA{want[0], want[1], want[2], 255}) {
				t.Errorf("cell %d: tap %d is %v, want %v", k, tap, got, want)
			}
		}
	}
	if got, want := m.RGBAAt(margin+29, margin+29), (color.RGBA{0, 7, 14, 255}); got != want {
		t.Errorf("the lead's first pixel ends in %v, want %v", got, want)
	}
}

// TestSamePixelsEverywhere has the same digests on every machine. A change of them changes the
// bytes of every sheet, and the version of sheets must then rise.
func TestSamePixelsEverywhere(t *testing.T) {
	for name, c := range map[string]struct {
		f    *Figure
		want string
	}{
		"without arithmetic": {figure(5, image.Pt(90, 60)), "ca6e2fca270e7c73"},
		"worked out":         {worked(), "9fd04ad4cd3f3144"},
	} {
		sum := sha256.Sum256(drawn(t, c.f).Pix)
		if got := hex.EncodeToString(sum[:8]); got != c.want {
			t.Errorf("%s: the figure's digest begins with %s, want %s", name, got, c.want)
		}
	}
}

// worked is a figure of a board with its padding, pairs and arithmetic.
func worked() *Figure {
	f := figure(2, image.Pt(90, 60))
	f.Pair = "after ReLU"
	board := Raster{Width: 2, Height: 1, Zoom: 32, Pix: []byte{0, 255}, Palette: BoardPalette(1, 3), Labels: []string{"0", "0.498"}}
	padding := Padding{Top: 32, Left: 32, Right: 64, Uncovered: image.Pt(32, 0)}
	padding.Labels = []string{"1", "2", "3", "4", "5", "6", "", "", "9", "10"}
	f.Leads = []Lead{{Raster: board, Caption: "R", Padding: padding, Mark: image.Rect(32, 0, 64, 64)}, f.Leads[0]}
	product := func(text string, zero bool) arithmetic.Part { return arithmetic.Part{Text: text, Term: 1, Zero: zero} }
	f.Sum = &Sum{Title: "largest value", Most: 2}
	for _, label := range []string{"R", ""} {
		line := arithmetic.Line{Label: label, Result: label == "", Parts: []arithmetic.Part{{Text: "0.25", Term: -1, Channel: -1, Strong: true}}}
		for i := range 40 {
			line.Parts = append(line.Parts, product(fmt.Sprintf(" + %d·0.12345", i), i%3 == 0))
		}
		f.Sum.Lines = append(f.Sum.Lines, line)
	}
	for k := range f.Cells {
		f.Cells[k].Before = f.Cells[k].Picture
		f.Cells[k].Mark = image.Rect(10, 10, 20, 20)
		f.Cells[k].Icons = append(f.Cells[k].Icons, Icon{Raster: *SignedKernel([]float32{-1, 1}, 2, 1, 9), Caption: "R"})
	}
	return f
}

// TestSums checks that arithmetic is broken into lines that fit, and that what is too long is
// counted.
func TestSums(t *testing.T) {
	f := worked()
	var d Drawer
	if err := d.load(); err != nil {
		t.Fatal(err)
	}
	for _, pixels := range []int{4000, 700, 300} {
		var texts []string
		for _, line := range d.sums(f.Sum, pixels) {
			if width := d.fonts.Width(sumSize, line.runs...) + line.right; width > pixels {
				t.Errorf("%v has %d pixels, want at most %d", line.runs, width, pixels)
			}
			text := line.label + "|"
			for _, run := range line.runs {
				text += run.Text
			}
			texts = append(texts, text)
		}
		all := strings.Join(texts, "\n")
		switch pixels {
		case 4000:
			if len(texts) != 3 || !strings.HasSuffix(texts[2], "+ 39·0.12345") || !strings.HasPrefix(texts[1], "R|0.25 + 0·0.12345") {
				t.Errorf("in %d pixels:\n%s", pixels, all)
			}
		case 300:
			if len(texts) != 7 || !strings.HasSuffix(texts[3], " more") || strings.Contains(all, "+ 3·") {
				t.Errorf("in %d pixels:\n%s", pixels, all)
			}
		}
	}
}

// TestPaddingAndMarks checks the pixels of what is drawn around and over pictures.
func TestPaddingAndMarks(t *testing.T) {
	f := worked()
	m := drawn(t, f)
	for _, c := range []struct {
		what string
		at   image.Point
		want color.RGBA
	}{
		{"the corner of the padding", image.Pt(margin, margin), dashes},
		{"a gap in its first dash", image.Pt(margin+3, margin), beside},
		{"a square of the padding", image.Pt(margin+80, margin+3), beside},
		{"the board's first square", image.Pt(margin+40, margin+40), color.RGBA{0xff, 0xff, 0xff, 0xff}},
		{"the outline on the input", image.Pt(margin+32, margin+20), accent},
		{"the edge of what is uncovered", image.Pt(margin+128, margin+1), amber},
		{"its hatching", image.Pt(margin+134, margin+6), amber},
	} {
		if got := m.RGBAAt(c.at.X, c.at.Y); got != c.want {
			t.Errorf("%s is %v, want %v", c.what, got, c.want)
		}
	}
	var d Drawer
	if err := d.load(); err != nil {
		t.Fatal(err)
	}
	l, err := f.layOut(0)
	if err != nil {
		t.Fatal(err)
	}
	l, _ = f.layOut(len(d.sums(f.Sum, l.sum.Dx())))
	for k := range f.Cells {
		for _, x := range []int{0, f.Cell.X + arrow} {
			at := l.at(k).Add(image.Pt(x, l.top))
			if m.RGBAAt(at.X+9, at.Y+15) != accent || m.RGBAAt(at.X+8, at.Y+15) != paper {
				t.Errorf("cell %d: no outline at %d", k, x)
			}
			want := f.Cells[k].Picture.colour(90*30 + 45)
			if got := m.RGBAAt(at.X+45, at.Y+30); got != (color.RGBA{want[0], want[1], want[2], 0xff}) {
				t.Errorf("cell %d: the picture's pixel at %d is %v, want %v", k, x, got, want)
			}
		}
	}
	plain, _ := f.Size()
	if size := m.Rect.Size(); size.X != plain.X || size.Y > plain.Y {
		t.Errorf("%v is drawn, at most %v was announced", size, plain)
	}
}

// TestLabels checks that numbers are on their squares, dark on light and light on dark, and
// that numbers that are too wide are left out.
func TestLabels(t *testing.T) {
	f := &Figure{Cell: image.Pt(80, 40), Cells: []Cell{{Picture: Raster{
		Width: 2, Height: 1, Zoom: 40, Pix: []byte{200, 200, 200, 20, 20, 20}, Labels: []string{"8", "8"},
	}}}}
	l, _ := f.layOut(0)
	at := l.at(0)
	count := func(square int) (n int) {
		m := drawn(t, f)
		level := f.Cells[0].Picture.Pix[3*square]
		for y := range 40 {
			for x := range 40 {
				got := m.RGBAAt(at.X+40*square+x, at.Y+y).R
				if got != level {
					n++
				}
				if light := got > level; got != level && light != (square == 1) {
					t.Fatalf("square %d: pixel %d, %d is %d on %d", square, x, y, got, level)
				}
			}
		}
		return n
	}
	if light, dark := count(0), count(1); light < 20 || dark < 20 {
		t.Errorf("%d and %d pixels are written on", light, dark)
	}
	f.Cells[0].Picture.Labels[0] = "0.123456789"
	if n := count(0); n > 0 {
		t.Errorf("a label that is too wide is written on %d pixels", n)
	}
}

func TestKernels(t *testing.T) {
	r := SignedKernel([]float32{-2, 0, 1, 2}, 2, 2, 5)
	if want := []byte{0, 128, 191, 255}; !slices.Equal(r.Pix, want) || r.Size() != image.Pt(10, 10) {
		t.Errorf("levels %v of %v, want %v", r.Pix, r.Size(), want)
	}
	if zero := SignedKernel([]float32{0, 0}, 2, 0, 3); !slices.Equal(zero.Pix, []byte{128, 128}) {
		t.Errorf("a kernel of zeros is %v", zero.Pix)
	}
	fine := SignedKernel([]float32{-1, -0.1, 1, -1}, 4, 1, 1)
	blue, red := [3]uint8(KernelPalette()[0]), [3]uint8(KernelPalette()[255])
	want := []byte{blue[0] / 2, blue[1] / 2, blue[2] / 2}
	want = append(want, KernelPalette()[115][:]...)
	want = append(append(want, red[:]...), want[:3]...)
	if !slices.Equal(fine.Pix, want) || fine.Palette != nil || fine.Signed {
		t.Errorf("small squares are %v, want %v", fine.Pix, want)
	}
	c := ColourKernel([]float32{1, 0, -1, 0, 0, 1}, 2, 1, 1)
	if want := []byte{255, 0, 128, 128, 128, 255}; !slices.Equal(c.Pix, want) {
		t.Errorf("colours %v, want %v", c.Pix, want)
	}
}

func TestOneKernel(t *testing.T) {
	luma := []float32{.299 * 3, 0, -.299, .587 * 3, 0, -.587, .114 * 3, 0, -.114}
	for _, c := range []struct {
		name    string
		weights []float32
		want    []float32
	}{
		{"luma", luma, luma[3:6]},
		{"one channel alone", []float32{0, 0, 2, -1, 0, 0}, []float32{2, -1}},
		{"opponents", []float32{1, 2, -1, -2, 0, 0}, nil},
		{"others", []float32{1, 2, 2, 1, 0, 0}, nil},
		{"zeros", []float32{0, 0, 0, 0, 0, 0}, []float32{0, 0}},
	} {
		if got, ok := OneKernel(c.weights, 3); !slices.Equal(got, c.want) || ok != (c.want != nil) {
			t.Errorf("%s: %v, %v, want %v", c.name, got, ok, c.want)
		}
	}
}
