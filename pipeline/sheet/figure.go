// Package sheet owns figures: pictures in a grid with captions, under a header with text
// and a colour bar. Contact sheets, patches and pictures of kernels are figures. It never
// looks at stacks or decides what a figure shows.
//
// The same figure has the same pixels on every machine. Areas are averaged in whole
// numbers. Text is drawn in whole numbers and in float32 operations that no compiler fuses.
package sheet

import (
	"image"
	"image/color"
	"image/draw"
	"io"
	"slices"
	"strings"

	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"

	"filterbank/filters/simd"
	"filterbank/pipeline/mapng"
)

// Figure is a grid of pictures under a header. Sizes are in pixels.
type Figure struct {
	Title string
	Lines []string // under the title
	Lead  *Lead    // left of the text; nil is none
	Bar   *Bar     // nil is none

	Cell    image.Point // largest size of a cell's picture
	Cells   []Cell
	Notes   int // number of lines of notes under a cell's name
	Columns int // 0 chooses a number that gives the figure about the shape of a slide
}

// Lead is a picture in the header.
type Lead struct {
	Raster
	Caption string
}

// Cell is a picture with its captions. A text too long for the cell loses its middle.
type Cell struct {
	Picture Raster
	Index   string   // before the name, in a lighter colour
	Name    string   // under the picture
	Notes   []string // smaller lines under the name
	Icon    *Raster  // small picture left of the notes; nil is none
}

// Bar is a bar of all colours with the values that they stand for.
type Bar struct {
	Palette [][3]uint8
	Lo, Hi  string // under the bar's ends
	Zero    int    // level that stands for the value 0; it is marked if it is from 1 to 254
}

// Size is the figure's width and height in pixels. It does not depend on the texts or the
// pictures' pixels. A side longer than 32767 pixels is an error, since few programs can
// show it.
func (f *Figure) Size() (image.Point, error) {
	l, err := f.layOut()
	return l.size, err
}

// Bytes estimates the memory of Write in bytes, without the figure itself. It is 0 where
// Size fails.
func (f *Figure) Bytes() int64 {
	l, err := f.layOut()
	if err != nil {
		return 0
	}
	return int64(l.size.X) * int64(max(l.grid.Y, l.cell.Y+margin)) * 7 // 4 bytes of RGBA and 3 of RGB
}

var (
	paper  = color.RGBA{0xfb, 0xfb, 0xfa, 0xff}
	ink    = color.RGBA{0x1b, 0x1c, 0x1f, 0xff}
	dimmed = color.RGBA{0x6a, 0x6c, 0x72, 0xff}
	hair   = color.RGBA{0xcd, 0xce, 0xd2, 0xff}
)

// Drawer draws figures, one at a time. It keeps glyphs and buffers between figures. The
// zero value is ready. It has one owner.
type Drawer struct {
	SIMD simd.Set // the loops to use; all sets draw the same pixels
	// Font draws the letters that the sheets' own font does not have; nil escapes them. It is
	// set before the first figure.
	Font *Font

	title, text, name, note *face
	strip                   image.RGBA
	rgb                     []byte
	encoder                 mapng.Encoder
	workspace               mapng.Workspace
}

// Write draws a figure and writes it as an RGB PNG. Errors are errors of Size and of w.
func (d *Drawer) Write(w io.Writer, f *Figure) error {
	size, err := f.Size()
	if err != nil {
		return err
	}
	d.workspace.SIMD = d.SIMD
	if err := d.encoder.Reset(w, mapng.Header{Width: size.X, Height: size.Y, Depth: 8, RGB: true}); err != nil {
		return err
	}
	err = d.draw(f, func(rgb []byte) error { return d.encoder.WriteRows(&d.workspace, rgb) })
	if err != nil {
		return err
	}
	return d.encoder.Close()
}

// draw draws a figure from top to bottom and gives whole rows of RGB to rows. The bytes are
// valid until rows returns.
func (d *Drawer) draw(f *Figure, rows func(rgb []byte) error) error {
	l, err := f.layOut()
	if err != nil {
		return err
	}
	if err := d.fonts(); err != nil {
		return err
	}
	for i := range l.rows + 1 {
		y0, y1 := l.strip(i)
		dst := d.clear(image.Rect(0, y0, l.size.X, y1))
		if i == 0 {
			d.header(dst, f, &l)
		} else {
			for k := (i - 1) * l.columns; k < min(i*l.columns, len(f.Cells)); k++ {
				d.cell(dst, f, &l, k)
			}
		}
		if err := rows(d.pack(dst)); err != nil {
			return err
		}
	}
	return nil
}

func (d *Drawer) fonts() error {
	if d.note != nil {
		return nil
	}
	for _, f := range []struct {
		face **face
		ttf  []byte
		size int
	}{
		{&d.title, gobold.TTF, titleSize}, {&d.text, goregular.TTF, textSize},
		{&d.name, goregular.TTF, nameSize}, {&d.note, goregular.TTF, noteSize},
	} {
		own, err := ParseFont(f.ttf)
		if err != nil {
			return err
		}
		fonts := []*Font{own}
		if d.Font != nil {
			fonts = append(fonts, d.Font)
		}
		*f.face = newFace(f.size, fonts...)
	}
	return nil
}

// clear returns an empty strip of the figure.
func (d *Drawer) clear(r image.Rectangle) *image.RGBA {
	if n := 4 * r.Dx() * r.Dy(); cap(d.strip.Pix) < n {
		d.strip.Pix = make([]uint8, n)
	} else {
		d.strip.Pix = d.strip.Pix[:n]
	}
	d.strip.Stride, d.strip.Rect = 4*r.Dx(), r
	draw.Draw(&d.strip, r, image.NewUniform(paper), image.Point{}, draw.Src)
	return &d.strip
}

// pack converts a strip to RGB.
func (d *Drawer) pack(src *image.RGBA) []byte {
	n := len(src.Pix) / 4
	if cap(d.rgb) < 3*n {
		d.rgb = make([]byte, 3*n)
	}
	d.rgb = d.rgb[:3*n]
	for i := range n {
		copy(d.rgb[3*i:3*i+3], src.Pix[4*i:])
	}
	return d.rgb
}

func (d *Drawer) header(dst *image.RGBA, f *Figure, l *layout) {
	if f.Lead != nil {
		framed(dst, &f.Lead.Raster, l.lead)
		d.labels(dst, &f.Lead.Raster, l.lead)
		at := l.lead.Add(image.Pt(0, f.Lead.Size().Y+captionGap+nameSize))
		d.name.draw(dst, at, dimmed, d.name.shorten(f.Lead.Caption, l.text.Min.X-l.lead.X-gapX))
	}
	at, width := l.text.Min.Add(image.Pt(0, titleSize-3)), l.text.Dx()
	d.title.draw(dst, at, ink, d.title.shorten(f.Title, width))
	at.Y += titleLine
	for _, line := range f.Lines {
		d.text.draw(dst, at, ink, d.text.shorten(line, width))
		at.Y += textLine
	}
	if f.Bar != nil {
		d.bar(dst, f.Bar, at.Add(image.Pt(0, captionGap-textSize+3)))
	}
}

// bar draws a colour bar with its upper left corner at a point.
func (d *Drawer) bar(dst *image.RGBA, b *Bar, at image.Point) {
	levels := make([]byte, barWidth)
	for x := range levels {
		levels[x] = byte(x * 256 / barWidth)
	}
	frame(dst, image.Rect(0, 0, barWidth, barHeight).Add(at))
	for y := range barHeight {
		(&Raster{Width: barWidth, Height: 1, Pix: levels, Palette: b.Palette}).draw(dst, at.Add(image.Pt(0, y)))
	}
	base := at.Add(image.Pt(0, barHeight+noteSize+3))
	right := barWidth - d.note.width(b.Hi)
	d.note.draw(dst, base, dimmed, b.Lo)
	d.note.draw(dst, base.Add(image.Pt(right, 0)), dimmed, b.Hi)
	if b.Zero > 0 && b.Zero < 255 {
		x := b.Zero * barWidth / 256
		half := d.note.width("0") / 2
		if x-half > d.note.width(b.Lo)+iconGap && x+half < right-iconGap {
			draw.Draw(dst, image.Rect(x, barHeight, x+1, barHeight+3).Add(at), image.NewUniform(dimmed), image.Point{}, draw.Src)
			d.note.draw(dst, base.Add(image.Pt(x-half, 0)), dimmed, "0")
		}
	}
}

func (d *Drawer) cell(dst *image.RGBA, f *Figure, l *layout, k int) {
	c, at := &f.Cells[k], l.at(k)
	framed(dst, &c.Picture, at)
	d.labels(dst, &c.Picture, at)
	at.Y += l.picture.Y + captionGap
	width := l.picture.X + gapX/2
	index := d.name.width(c.Index)
	if index > 0 {
		d.name.draw(dst, at.Add(image.Pt(0, nameSize)), dimmed, c.Index)
		index += nameSize / 2
	}
	d.name.draw(dst, at.Add(image.Pt(index, nameSize)), ink, d.name.shorten(c.Name, width-index))
	at.Y += nameLine
	if c.Icon != nil {
		framed(dst, c.Icon, at.Add(image.Pt(0, iconGap/2)))
		beside := c.Icon.Size().X + iconGap
		at.X, width = at.X+beside, width-beside
	}
	for i, note := range c.Notes {
		d.note.draw(dst, at.Add(image.Pt(0, noteSize+i*noteLine)), dimmed, d.note.shorten(note, width))
	}
}

// labels writes a raster's labels on its squares, dark on light and light on dark.
func (d *Drawer) labels(dst *image.RGBA, r *Raster, at image.Point) {
	for i, label := range r.Labels {
		fits := func(line string) bool { return d.note.width(line) <= r.Zoom-2 }
		lines := strings.Split(label, "\n")
		if !fits(lines[0]) {
			continue
		}
		if len(lines)*noteLine > r.Zoom || slices.ContainsFunc(lines, func(l string) bool { return !fits(l) }) {
			lines = lines[:1]
		}
		square := at.Add(image.Pt(i%r.Width, i/r.Width).Mul(r.Zoom))
		c, on := r.colour(i), ink
		if 299*int(c[0])+587*int(c[1])+114*int(c[2]) < 130*1000 { // BT.601's luma
			on = paper
		}
		for n, line := range lines {
			down := (r.Zoom+noteSize*3/4)/2 + (2*n-len(lines)+1)*noteLine/2
			d.note.draw(dst, square.Add(image.Pt((r.Zoom-d.note.width(line))/2, down)), on, line)
		}
	}
}

// framed draws a raster with a line of one pixel around it.
func framed(dst *image.RGBA, r *Raster, at image.Point) {
	frame(dst, image.Rectangle{Max: r.Size()}.Add(at))
	r.draw(dst, at)
}

// frame fills a box and one pixel around it with the colour of lines.
func frame(dst *image.RGBA, box image.Rectangle) {
	draw.Draw(dst, box.Inset(-1), image.NewUniform(hair), image.Point{}, draw.Src)
}
