package animate

import (
	"image"
	"image/color"
	"math"

	"filterbank/filters"
	"filterbank/pipeline/arithmetic"
	"filterbank/pipeline/drawing"
)

// board draws a channel of the input with its padding, each value in a cell, with the window over
// it and the next window as a ghost.
func (a *Animation) board(p *painter, o *arithmetic.Output, at image.Point, terms []arithmetic.Term, step, next *Step, current int) {
	l, s, lp := p.l, a.subject, a.subject.Plan
	c := terms[0].Channel
	values := s.channel(o.Filter, c)
	top := a.inputTop
	size := p.letters(values, l.cell)
	positive := p.theme.positive
	if s.colour && c < len(p.theme.channels) {
		positive = p.theme.channels[c]
	}
	mode, _ := filters.AttributeOf[string](lp.Layer, "padding_mode")
	lostRows, lostColumns := lp.UncoveredRows, lp.UncoveredCols
	for i := range l.padded[0] {
		for j := range l.padded[1] {
			y, x := arithmetic.Copied(mode, i-lp.Rows.Before, lp.In.H), arithmetic.Copied(mode, j-lp.Cols.Before, lp.In.W)
			inside := i >= lp.Rows.Before && i < lp.Rows.Before+lp.In.H && j >= lp.Cols.Before && j < lp.Cols.Before+lp.In.W
			var v float32
			if y >= 0 && x >= 0 {
				v = values[y*lp.In.W+x]
			}
			one := cell{value: v, size: size, ground: p.theme.shade(v, top, positive)}
			if !inside {
				one = cell{
					value: v, ground: p.theme.padding, ink: p.theme.dim, style: drawing.Italic, line: p.theme.frame, stroke: drawing.Dashed,
					size: size,
				}
				if lp.Layer.Kind() == "max_pool" {
					one.size = 0
				}
			}
			if i >= l.padded[0]-lostRows || j >= l.padded[1]-lostColumns {
				one.hatch = p.theme.frame
			}
			p.square(at.Add(image.Pt(j, i).Mul(l.cell)), l.cell, one)
		}
	}
	box := func(r image.Rectangle) image.Rectangle {
		return image.Rectangle{Min: at.Add(r.Min.Mul(l.cell)), Max: at.Add(r.Max.Mul(l.cell)).Add(image.Pt(1, 1))}
	}
	if next != nil && (next.Y != step.Y || next.X != step.X) {
		p.outline(box(s.window(next.Y, next.X)), p.theme.dim, 2, drawing.Dotted)
	}
	window := s.window(step.Y, step.X)
	if lp.Rows.Dilation > 1 || lp.Cols.Dilation > 1 {
		for _, t := range terms {
			tap := window.Min.Add(image.Pt(t.Tap[1]*lp.Cols.Dilation, t.Tap[0]*lp.Rows.Dilation))
			p.outline(box(image.Rectangle{Min: tap, Max: tap.Add(image.Pt(1, 1))}), p.theme.accent, 1, drawing.Solid)
		}
	}
	p.outline(box(window), p.theme.accent, p.thick(), drawing.Solid)
	a.pointers(p, at, terms, window.Min)
	if current >= 0 {
		t := terms[current]
		tap := window.Min.Add(image.Pt(t.Tap[1]*lp.Cols.Dilation, t.Tap[0]*lp.Rows.Dilation))
		p.outline(box(image.Rectangle{Min: tap, Max: tap.Add(image.Pt(1, 1))}), p.theme.accent, p.thick(), drawing.Solid)
	}
}

// pointers draw lines from the copied numbers of the padding under a window to their sources.
func (a *Animation) pointers(p *painter, at image.Point, terms []arithmetic.Term, corner image.Point) {
	lp, side := a.subject.Plan, p.l.cell
	before := image.Pt(lp.Cols.Before, lp.Rows.Before)
	inside := image.Rectangle{Max: image.Pt(lp.In.W, lp.In.H)}.Add(before)
	for _, t := range terms {
		copied := corner.Add(image.Pt(t.Tap[1]*lp.Cols.Dilation, t.Tap[0]*lp.Rows.Dilation))
		if !t.Inside || copied.In(inside) || lp.Up != [2]int{} {
			continue
		}
		middle := func(cell image.Point) image.Point { return at.Add(cell.Mul(side)).Add(image.Pt(side/2, side/2)) }
		from, to := middle(copied), middle(image.Pt(t.At[1], t.At[0]).Add(before))
		beside := image.Pt(min(1, abs(to.Y-from.Y)), -min(1, abs(to.X-from.X))).Mul(side * 3 / 10) // off the numbers
		if from.Y == to.Y {
			beside.Y = -beside.Y
		}
		p.page.Add(drawing.Pointer{From: from.Add(beside), To: to.Add(beside), Ink: p.theme.accent, Width: max(1, side/24), Radius: max(2, side/12)})
	}
}

func abs(v int) int { return max(v, -v) }

// inputPicture is the input as a picture: colours of a picture, or the mean of a layer's maps in
// gray.
func (a *Animation) inputPicture() drawing.Picture {
	s := a.subject
	in := s.Plan.In
	lo, hi := float32(math.Inf(1)), float32(math.Inf(-1))
	for _, v := range s.inputs {
		for _, x := range v.Data {
			lo, hi = min(lo, x), max(hi, x)
		}
	}
	if lo >= 0 && hi <= 1 {
		lo, hi = 0, 1
	}
	level := func(c, y, x int) byte {
		v := s.channel(0, c)[y*in.W+x]
		if !(hi > lo) || v != v {
			return 0
		}
		return byte(math.Round(255 * float64(float64(v-lo)/float64(hi-lo))))
	}
	size := a.inner().Size()
	size = image.Pt(min(size.X, in.W), min(size.Y, in.H))
	pic := drawing.Picture{Rectangle: a.inner(), Width: size.X, Height: size.Y, Pix: make([]byte, 0, 3*size.X*size.Y)}
	for j := range size.Y {
		for i := range size.X {
			y, x := (2*j+1)*in.H/(2*size.Y), (2*i+1)*in.W/(2*size.X)
			if s.colour {
				pic.Pix = append(pic.Pix, level(0, y, x), level(1, y, x), level(2, y, x))
			} else {
				v := level(0, y, x)
				pic.Pix = append(pic.Pix, v, v, v)
			}
		}
	}
	return pic
}

// inner is the input's place in its frame of padding.
func (a *Animation) inner() image.Rectangle {
	lp := a.subject.Plan
	return a.onPicture(image.Rect(lp.Cols.Before, lp.Rows.Before, lp.Cols.Before+lp.In.W, lp.Rows.Before+lp.In.H))
}

// onPicture is the place of a box of the padded input.
func (a *Animation) onPicture(r image.Rectangle) image.Rectangle {
	l := &a.layout
	x := func(v int) int { return l.picture.Min.X + v*l.picture.Dx()/l.padded[1] }
	y := func(v int) int { return l.picture.Min.Y + v*l.picture.Dy()/l.padded[0] }
	return image.Rect(x(r.Min.X), y(r.Min.Y), max(x(r.Max.X), x(r.Min.X)+1), max(y(r.Max.Y), y(r.Min.Y)+1))
}

// drawPicture draws the input with its padding, the window and the next window.
func (a *Animation) drawPicture(p *painter, step, next *Step) {
	l, s := p.l, a.subject
	if a.inner() != l.picture {
		p.page.Add(drawing.Box{Rectangle: l.picture, Fill: p.theme.padding, Line: p.theme.frame, Width: 1, Stroke: drawing.Dashed})
	}
	p.page.Add(a.picture)
	mark := func(r image.Rectangle, ink color.RGBA, width int, stroke drawing.Stroke) {
		r = a.onPicture(r)
		if least := 6 * p.thick() / 2; r.Dx() < least || r.Dy() < least { // a window too small to be seen
			r = r.Inset(-(least - min(r.Dx(), r.Dy())) / 2)
		}
		p.page.Add(drawing.Box{Rectangle: r.Inset(-width - 1), Line: p.theme.cell, Width: width + 2})
		p.outline(r.Inset(-width/2), ink, width, stroke)
	}
	window := s.window(step.Y, step.X)
	if step.Row {
		last := s.window(step.Y, s.maps.W-1)
		p.outline(a.onPicture(window.Union(last)), p.theme.accent, 2, drawing.Dotted)
	} else if next != nil && !next.Row {
		p.outline(a.onPicture(s.window(next.Y, next.X)), p.theme.dim, 2, drawing.Dotted)
	}
	mark(window, p.theme.accent, p.thick(), drawing.Solid)
}
