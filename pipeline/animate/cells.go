package animate

import (
	"image"
	"image/color"
	"slices"

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
	if text == "" {
		return
	}
	p.page.Add(drawing.Text{At: at, Align: align, Size: size, Runs: []drawing.Run{{Text: text, Ink: ink, Style: style}}})
}

// number is a value with as many digits as fit into so many pixels, empty if not even least
// digits do.
func (p *painter) number(v float32, size, width, least int) string {
	if v == 0 {
		return "0" // a product's sign says nothing to a reader
	}
	for digits := 6; digits >= least; digits-- {
		text := arithmetic.Digits(float64(v), digits)
		if p.fonts.Width(size, drawing.Run{Text: text}) <= width {
			return text
		}
	}
	return ""
}

// leastDigits are the significant digits that a number in a cell has, unless it has fewer.
const leastDigits = 2

// letters is the size of letters at which all values fit into cells of a side, 0 if that is too
// small to be read.
func (p *painter) letters(values []float32, side int) int {
	most := min(side*11/20, p.l.text*5/4)
	for size := max(smallest, most); size >= smallest; size-- {
		if !slices.ContainsFunc(values, func(v float32) bool { return p.number(v, size, side-1, leastDigits) == "" }) {
			return size
		}
	}
	return 0
}

// smallest is the least size of letters.
const smallest = 9

// cell is a square with a number.
type cell struct {
	value  float32
	ground color.RGBA
	ink    color.RGBA // of nothing: the colour that is readable on the ground
	line   color.RGBA
	stroke drawing.Stroke
	style  drawing.Style
	size   int // of the number's letters; 0 leaves it out
	hatch  color.RGBA
}

// square draws a cell of a size at a place. Neighbours share their outline.
func (p *painter) square(at image.Point, side int, c cell) {
	r := image.Rect(at.X, at.Y, at.X+side+1, at.Y+side+1)
	if c.line.A == 0 {
		c.line = p.theme.hair
	}
	p.page.Add(drawing.Box{Rectangle: r, Fill: c.ground, Hatch: c.hatch, Line: c.line, Width: 1, Stroke: c.stroke})
	if c.size == 0 {
		return
	}
	if c.ink.A == 0 {
		c.ink = p.theme.on(c.ground)
	}
	p.write(image.Pt(at.X+side/2+1, at.Y+(side+c.size*3/4)/2+1), drawing.Middle, c.size, c.ink, c.style, p.number(c.value, c.size, side-1, 1))
}

// outline draws a frame of some width around a box of cells.
func (p *painter) outline(r image.Rectangle, ink color.RGBA, width int, stroke drawing.Stroke) {
	p.page.Add(drawing.Box{Rectangle: r.Inset(-width / 2), Line: ink, Width: width, Stroke: stroke})
}

// thick is the width of the window's outline.
func (p *painter) thick() int { return max(2, p.l.text/5) }

// grid draws values of a channel's taps in cells, as far as they are shown. current is the index of
// the one that is added, −1 for none.
func (p *painter) grid(at image.Point, values []float32, columns int, largest float64, shown func(i int) bool, current int) {
	side := p.l.tap
	size := p.letters(values, side)
	for i, v := range values {
		place := at.Add(image.Pt(i%columns, i/columns).Mul(side))
		if shown(i) {
			p.square(place, side, cell{value: v, size: size, ground: p.theme.shade(v, largest, p.theme.positive)})
		} else {
			p.square(place, side, cell{ground: p.theme.cell})
		}
	}
	if current >= 0 {
		place := at.Add(image.Pt(current%columns, current/columns).Mul(side))
		p.outline(image.Rect(place.X, place.Y, place.X+side+1, place.Y+side+1), p.theme.accent, p.thick(), drawing.Solid)
	}
}
