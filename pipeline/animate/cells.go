package animate

import (
	"image"
	"image/color"

	"filterbank/pipeline/arithmetic"
	"filterbank/pipeline/drawing"
)

// painter draws the parts of a page.
type painter struct {
	page  *drawing.Page
	theme *Theme
	fonts *drawing.Fonts
	l     *layout
}

// write writes a text in one colour and style.
func (p *painter) write(at image.Point, align drawing.Align, size int, ink color.RGBA, style drawing.Style, text string) {
	p.page.Add(drawing.Text{At: at, Align: align, Size: size, Runs: []drawing.Run{{Text: text, Ink: ink, Style: style}}})
}

// number is a value as it fits into a cell, empty if it does not fit at all.
func (p *painter) number(v float32, size, width int) string {
	for _, digits := range []int{6, 4, 3, 2, 1} {
		text := arithmetic.Digits(float64(v), digits)
		if p.fonts.Width(size, drawing.Run{Text: text}) <= width {
			return text
		}
	}
	return ""
}

// cell is a square with a number.
type cell struct {
	value  float32
	ground color.RGBA
	ink    color.RGBA // of nothing: the colour that is readable on the ground
	line   color.RGBA
	stroke drawing.Stroke
	style  drawing.Style
	empty  bool // without a number
	hatch  color.RGBA
}

// square draws a cell of a size at a place. Neighbours share their outline.
func (p *painter) square(at image.Point, side int, c cell) {
	r := image.Rect(at.X, at.Y, at.X+side+1, at.Y+side+1)
	if c.line.A == 0 {
		c.line = p.theme.hair
	}
	p.page.Add(drawing.Box{Rectangle: r, Fill: c.ground, Hatch: c.hatch, Line: c.line, Width: 1, Stroke: c.stroke})
	if c.empty {
		return
	}
	size := clamp(side*11/20, 9, p.l.text*5/4)
	text := p.number(c.value, size, side-1)
	if text == "" {
		return
	}
	if c.ink.A == 0 {
		c.ink = p.theme.on(c.ground)
	}
	p.write(image.Pt(at.X+side/2+1, at.Y+(side+size*3/4)/2+1), drawing.Middle, size, c.ink, c.style, text)
}

// outline draws a frame of some width around a box of cells.
func (p *painter) outline(r image.Rectangle, ink color.RGBA, width int, stroke drawing.Stroke) {
	p.page.Add(drawing.Box{Rectangle: r.Inset(-width / 2), Line: ink, Width: width, Stroke: stroke})
}

// thick is the width of the window's outline.
func (p *painter) thick() int { return max(2, p.l.text/5) }

// grid draws values of a channel's taps in cells.
func (p *painter) grid(at image.Point, terms []arithmetic.Term, columns int, largest float64, value func(arithmetic.Term) float32, empty func(i int) bool, current int) {
	side := p.l.tap
	for i, t := range terms {
		place := at.Add(image.Pt(i%columns, i/columns).Mul(side))
		if empty(i) {
			p.square(place, side, cell{ground: p.theme.cell, empty: true})
			continue
		}
		v := value(t)
		c := cell{value: v, ground: p.theme.shade(v, largest, p.theme.positive)}
		p.square(place, side, c)
	}
	if current >= 0 {
		place := at.Add(image.Pt(current%columns, current/columns).Mul(side))
		p.outline(image.Rect(place.X, place.Y, place.X+side+1, place.Y+side+1), p.theme.accent, p.thick(), drawing.Solid)
	}
}
