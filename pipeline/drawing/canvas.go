package drawing

import (
	"encoding/binary"
	"image"
	"image/color"
	"image/draw"

	"golang.org/x/image/math/fixed"
)

// Canvas draws pages as pixels. It keeps its pixels between pages and has one owner.
type Canvas struct {
	Image *image.RGBA // its rectangle is the part of pages that is drawn
	fonts *Fonts
}

// NewCanvas makes a canvas of a size.
func NewCanvas(size image.Point, fonts *Fonts) *Canvas {
	return &Canvas{image.NewRGBA(image.Rectangle{Max: size}), fonts}
}

// Show moves the canvas to a part of pages. Its pixels are undefined until Draw.
func (c *Canvas) Show(part image.Rectangle) {
	if n := 4 * part.Dx() * part.Dy(); cap(c.Image.Pix) < n {
		c.Image.Pix = make([]uint8, n)
	} else {
		c.Image.Pix = c.Image.Pix[:n]
	}
	c.Image.Stride, c.Image.Rect = 4*part.Dx(), part
}

// RGB are the canvas's pixels, row after row. They are put into a buffer that may be nil.
func (c *Canvas) RGB(buffer []byte) []byte {
	n := len(c.Image.Pix) / 4
	if cap(buffer) < 3*n+1 {
		buffer = make([]byte, 3*n+1)
	}
	to := buffer[:3*n+1]
	for from := c.Image.Pix; len(from) >= 4; from, to = from[4:], to[3:] {
		binary.NativeEndian.PutUint32(to, binary.NativeEndian.Uint32(from)) // the next pixel's red replaces alpha
	}
	return buffer[:3*n]
}

// Draw draws the canvas's part of a page.
func (c *Canvas) Draw(p *Page) {
	c.fill(c.Image.Rect, p.Ground)
	for _, item := range p.Items {
		item.draw(c)
	}
}

func (c *Canvas) fill(r image.Rectangle, ink color.RGBA) {
	if ink.A != 0 {
		draw.Draw(c.Image, r, image.NewUniform(ink), image.Point{}, draw.Src)
	}
}

func (b Box) draw(c *Canvas) {
	c.fill(b.Rectangle, b.Fill)
	if b.Hatch.A != 0 {
		r := b.Intersect(c.Image.Rect)
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				if (x-b.Min.X+y-b.Min.Y)%hatchStep == 0 {
					c.Image.SetRGBA(x, y, b.Hatch)
				}
			}
		}
	}
	if b.Line.A == 0 || b.Width < 1 {
		return
	}
	w := min(b.Width, b.Dx(), b.Dy())
	mark, gap := b.Stroke.pattern(w)
	for _, edge := range []image.Rectangle{
		image.Rect(b.Min.X, b.Min.Y, b.Max.X, b.Min.Y+w), image.Rect(b.Min.X, b.Max.Y-w, b.Max.X, b.Max.Y),
		image.Rect(b.Min.X, b.Min.Y, b.Min.X+w, b.Max.Y), image.Rect(b.Max.X-w, b.Min.Y, b.Max.X, b.Max.Y),
	} {
		if gap == 0 {
			c.fill(edge, b.Line)
			continue
		}
		along := image.Pt(1, 0)
		if edge.Dx() == w && edge.Dy() != w {
			along = image.Pt(0, 1)
		}
		for at := 0; at < max(edge.Dx(), edge.Dy()); at += mark + gap {
			from := edge.Min.Add(along.Mul(at))
			one := image.Rectangle{Min: from, Max: from.Add(along.Mul(mark)).Add(image.Pt(along.Y*w, along.X*w))}
			c.fill(one.Intersect(edge), b.Line)
		}
	}
}

func (t Text) draw(c *Canvas) {
	x := fixed.I(t.At.X)
	switch t.Align {
	case Middle:
		x -= c.fonts.advance(t.Size, t.Runs) / 2
	case Right:
		x -= c.fonts.advance(t.Size, t.Runs)
	}
	for _, r := range t.Runs {
		x = c.fonts.face(r.Style, t.Size).draw(c.Image, x, t.At.Y, r.Ink, r.Text)
	}
}

// draw draws the line as squares of its width, one for each step along the longer axis.
func (p Pointer) draw(c *Canvas) {
	d := p.To.Sub(p.From)
	steps := max(d.X, -d.X, d.Y, -d.Y)
	for i := range steps + 1 {
		at := p.From
		if steps > 0 {
			at = at.Add(image.Pt(rounded(d.X*i, steps), rounded(d.Y*i, steps)))
		}
		at = at.Sub(image.Pt(p.Width/2, p.Width/2))
		c.fill(image.Rectangle{Min: at, Max: at.Add(image.Pt(p.Width, p.Width))}, p.Ink)
	}
	for y := -p.Radius; y <= p.Radius; y++ {
		half := 0
		for (half+1)*(half+1)+y*y <= p.Radius*p.Radius {
			half++
		}
		c.fill(image.Rect(p.To.X-half, p.To.Y+y, p.To.X+half+1, p.To.Y+y+1), p.Ink)
	}
}

// rounded is a/b, rounded half away from 0. b is above 0.
func rounded(a, b int) int {
	if a < 0 {
		return -rounded(-a, b)
	}
	return (2*a + b) / (2 * b)
}

func (p Picture) draw(c *Canvas) {
	r := p.Intersect(c.Image.Rect)
	last := -1
	for y := r.Min.Y; y < r.Max.Y; y++ {
		to := c.Image.Pix[c.Image.PixOffset(r.Min.X, y):][:4*r.Dx()]
		row := (y - p.Min.Y) * p.Height / p.Dy()
		if row == last {
			copy(to, c.Image.Pix[c.Image.PixOffset(r.Min.X, y-1):])
			continue
		}
		last = row
		for i := range r.Dx() {
			rgb := p.colour(row*p.Width + (r.Min.X+i-p.Min.X)*p.Width/p.Dx())
			copy(to[4*i:4*i+4], []byte{rgb[0], rgb[1], rgb[2], 0xff})
		}
	}
}
