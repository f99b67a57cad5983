package sheet

import (
	"image"
	"image/color"
	"io"

	"filterbank/filters/simd"
	"filterbank/pipeline/drawing"
	"filterbank/pipeline/mapng"
)

var (
	paper  = color.RGBA{0xfb, 0xfb, 0xfa, 0xff}
	ink    = color.RGBA{0x1b, 0x1c, 0x1f, 0xff}
	dimmed = color.RGBA{0x6a, 0x6c, 0x72, 0xff}
	hair   = color.RGBA{0xcd, 0xce, 0xd2, 0xff}
	dashes = color.RGBA{0x9b, 0x9d, 0xa4, 0xff} // of padding
	beside = color.RGBA{0xf1, 0xf1, 0xef, 0xff} // ground of padding
	accent = color.RGBA{0xd8, 0x1b, 0x60, 0xff} // of marks
	amber  = color.RGBA{0xe0, 0x8a, 0x00, 0xff} // of strips that no output covers
)

// Drawer draws figures, one at a time. It keeps glyphs and buffers between figures. The
// zero value is ready. It has one owner.
type Drawer struct {
	SIMD simd.Set // the loops to use; all sets draw the same pixels
	// Font draws the letters that the sheets' own fonts do not have; nil escapes them. It is
	// set before the first figure.
	Font *drawing.Font

	fonts     *drawing.Fonts
	canvas    *drawing.Canvas
	page      drawing.Page // of the strip that is drawn
	rgb       []byte
	encoder   mapng.Encoder
	workspace mapng.Workspace
}

// Write draws a figure and writes it as an RGB PNG. Errors are errors of Size and of w.
func (d *Drawer) Write(w io.Writer, f *Figure) error {
	d.workspace.SIMD = d.SIMD
	begin := func(size image.Point) error {
		return d.encoder.Reset(w, mapng.Header{Width: size.X, Height: size.Y, Depth: 8, RGB: true})
	}
	err := d.draw(f, begin, func(rgb []byte) error { return d.encoder.WriteRows(&d.workspace, rgb) })
	if err != nil {
		return err
	}
	return d.encoder.Close()
}

// draw draws a figure from top to bottom. It gives the size to begin, and then whole rows of
// RGB to rows. The bytes are valid until rows returns.
func (d *Drawer) draw(f *Figure, begin func(size image.Point) error, rows func(rgb []byte) error) error {
	l, err := f.layOut(f.Sum.most())
	if err == nil {
		err = d.load()
	}
	if err != nil {
		return err
	}
	var sums []sumLine
	if f.Sum != nil {
		sums = d.sums(f.Sum, l.sum.Dx())
		if l, err = f.layOut(min(len(sums), f.Sum.most())); err != nil {
			return err
		}
	}
	if err := begin(l.size); err != nil {
		return err
	}
	for i := range l.rows + 1 {
		y0, y1 := l.strip(i)
		d.page = drawing.Page{Size: l.size, Ground: paper, Items: d.page.Items[:0]}
		if i == 0 {
			d.header(f, &l)
			d.sum(sums, &l)
		} else {
			for k := (i - 1) * l.columns; k < min(i*l.columns, len(f.Cells)); k++ {
				d.cell(f, &l, k)
			}
		}
		d.canvas.Show(image.Rect(0, y0, l.size.X, y1))
		d.canvas.Draw(&d.page)
		d.rgb = d.canvas.RGB(d.rgb)
		if err := rows(d.rgb); err != nil {
			return err
		}
	}
	return nil
}

// load reads the fonts.
func (d *Drawer) load() (err error) {
	if d.fonts != nil {
		return nil
	}
	var others []*drawing.Font
	if d.Font != nil {
		others = []*drawing.Font{d.Font}
	}
	if d.fonts, err = drawing.NewFonts(others...); err == nil {
		d.canvas = drawing.NewCanvas(image.Point{}, d.fonts)
	}
	return err
}

// write writes a text whose baseline starts at a point.
func (d *Drawer) write(at image.Point, size int, run drawing.Run) {
	if run.Text != "" {
		d.page.Add(drawing.Text{At: at, Size: size, Runs: []drawing.Run{run}})
	}
}

// shortened writes a text in at most so many pixels.
func (d *Drawer) shortened(at image.Point, size, pixels int, run drawing.Run) {
	d.write(at, size, d.fonts.ShortenRun(size, pixels, run))
}

func (d *Drawer) width(size int, text string) int {
	return d.fonts.Width(size, drawing.Run{Text: text})
}

func (d *Drawer) header(f *Figure, l *layout) {
	for i := range f.Leads {
		room := max(f.Leads[i].whole().X, narrowest) + margin - gapX
		d.lead(&f.Leads[i], l.leads[i], room)
	}
	at, width := l.text.Min.Add(image.Pt(0, titleSize-3)), l.text.Dx()
	d.shortened(at, titleSize, width, drawing.Run{Text: f.Title, Ink: ink, Style: drawing.Bold})
	at.Y += titleLine
	for _, line := range f.Lines {
		d.shortened(at, textSize, width, drawing.Run{Text: line, Ink: ink})
		at.Y += textLine
	}
	if f.Bar != nil {
		d.bar(f.Bar, at.Add(image.Pt(0, captionGap-textSize+3)))
	}
}

// bar draws a colour bar with its upper left corner at a point.
func (d *Drawer) bar(b *Bar, at image.Point) {
	levels := make([]byte, barWidth)
	for x := range levels {
		levels[x] = byte(x * 256 / barWidth)
	}
	box := image.Rect(0, 0, barWidth, barHeight).Add(at)
	d.page.Add(framed(box), drawing.Picture{Rectangle: box, Width: barWidth, Height: 1, Pix: levels, Palette: b.Palette})
	base := at.Add(image.Pt(0, barHeight+noteSize+3))
	right := barWidth - d.width(noteSize, b.Hi)
	note := func(x int, text string) {
		d.write(base.Add(image.Pt(x, 0)), noteSize, drawing.Run{Text: text, Ink: dimmed})
	}
	note(0, b.Lo)
	note(right, b.Hi)
	if b.Zero > 0 && b.Zero < 255 {
		x := b.Zero * barWidth / 256
		half := d.width(noteSize, "0") / 2
		if x-half > d.width(noteSize, b.Lo)+iconGap && x+half < right-iconGap {
			d.page.Add(drawing.Box{Rectangle: image.Rect(x, barHeight, x+1, barHeight+3).Add(at), Fill: dimmed})
			note(x-half, "0")
		}
	}
}

// framed is a line of one pixel around a box, which is filled too.
func framed(box image.Rectangle) drawing.Box {
	return drawing.Box{Rectangle: box.Inset(-1), Fill: hair}
}
