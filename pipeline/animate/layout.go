package animate

import (
	"image"

	"filterbank/pipeline/arithmetic"
	"filterbank/pipeline/drawing"
)

// layout is the place of everything, the same on all frames. Lengths are in pixels.
type layout struct {
	margin, text, title int  // text and title are sizes of letters
	line                int  // distance between lines
	top, bottom         int  // of the space for channels and maps
	rows                int  // channels shown
	lines               int  // of the arithmetic, the result among them
	beside              bool // the arithmetic stands under the maps, and not under everything
	label               int  // width of the channels' names

	rowHeight, rowGap int
	board             bool // the input's values are numbers in cells
	cell              int  // of the input's values
	tap               int  // of weights and products
	padded            [2]int
	picture           image.Rectangle // of the input, padding included, if it is no board
	patchX            int             // left edges of the columns
	weightsX          int
	productsX, sumX   int

	maps    image.Rectangle
	shown   int // maps below each other
	value   int // cell of an output; 0 if outputs are pixels
	pair    bool
	mapSize image.Point // of one map
}

// The inputs and maps that have numbers.
const (
	boardSide = 32
	mapSide   = 16
	leastCell = 12
)

func clamp(v, lo, hi int) int { return max(lo, min(hi, v)) }

// channels is the number of sums of an output, plane the number of terms of each.
func (s *Subject) channels() (channels, plane int) {
	o := s.explain(0, 0, 0)
	if s.Plan.Layer.Kind() == "local_response_norm" {
		return len(o.Terms), 1
	}
	plane = max(1, min(o.Plane(), len(o.Terms)))
	return len(o.Terms) / plane, plane
}

// weighted says whether the layer multiplies values by weights.
func (s *Subject) weighted() bool {
	_, ok := s.Plan.Layer.Kernels()
	return ok
}

// layOut finds the place of everything. The arithmetic stands under the maps if there is room for
// it on all frames.
func (a *Animation) layOut() {
	a.layout = a.place(true)
	l := &a.layout
	if l.lines == 1 || l.value == 0 || !a.narrow() {
		a.layout = a.place(false)
	}
}

// narrow says whether the arithmetic of all frames is as narrow as the maps' space.
func (a *Animation) narrow() bool {
	p := &painter{page: &drawing.Page{}, theme: &a.Options.Theme, fonts: a.fonts, l: &a.layout}
	for _, step := range a.Steps.All {
		o := a.subject.explain(step.Filter, step.Y, step.X)
		for _, line := range o.Write(a.subject.names, false) {
			label := drawing.Run{Text: line.Label + "  ", Style: drawing.Bold}
			if p.fonts.Width(a.layout.text, append(p.fonts.Arithmetic(line.Parts, line.Result, p.theme.ink, p.theme.dim), label)...)+a.layout.text > a.layout.maps.Dx() {
				return false
			}
		}
	}
	return true
}

// place finds the place of everything, with the arithmetic under the maps or under everything.
func (a *Animation) place(beside bool) layout {
	s, size := a.subject, a.Options.Size
	l := layout{margin: max(8, size.Y/36), text: clamp(size.Y/45, 11, 48)}
	l.title, l.line = l.text*5/4, l.text*3/2
	l.rows = min(3, a.channels)
	l.beside = beside
	for _, name := range s.names {
		l.label = max(l.label, a.fonts.Width(l.text, drawing.Run{Text: name, Style: drawing.Bold}))
	}
	l.label = clamp(l.label, l.text, l.text*6)
	l.lines = 1
	if size.Y >= 480 && s.Plan.Layer.Kind() != "add" {
		l.lines += l.rows
	}
	l.top = l.margin + l.title + l.line + l.text*2
	l.bottom = size.Y - l.margin - l.lines*l.line - l.text/2
	if beside {
		l.bottom = size.Y - l.margin
	}
	l.rowGap = l.text / 2
	l.rowHeight = (l.bottom - l.top - (l.rows-1)*l.rowGap) / l.rows
	e, f := s.Plan.Rows, s.Plan.Cols
	l.padded = [2]int{e.Before + s.Plan.In.H + e.After, f.Before + s.Plan.In.W + f.After}
	l.cell = min(l.rowHeight/l.padded[0], size.X*2/5/l.padded[1], l.text*5/2)
	l.board = max(s.Plan.In.H, s.Plan.In.W) <= boardSide && l.cell >= leastCell
	x := l.boardX()
	if l.board {
		l.rowHeight = min(l.rowHeight, max(l.padded[0]*l.cell, l.text*4))
		x += l.padded[1]*l.cell + l.text*2
	} else {
		box := image.Rect(l.margin, l.top, l.margin+size.X*3/10, l.bottom)
		l.picture = within(image.Pt(l.padded[1], l.padded[0]), box)
		x = l.picture.Max.X + l.label + l.text*2
	}
	l.columns(s, size, x)
	if !l.board {
		l.rowHeight = min(l.rowHeight, max(s.Plan.Rows.Kernel*l.tap, l.text*4))
	}
	l.placeMaps(s, size)
	return l
}

// columns places patches, weights, products and sums from x on.
func (l *layout) columns(s *Subject, size image.Point, x int) {
	kH, kW := s.Plan.Rows.Kernel, s.Plan.Cols.Kernel
	columns := 0
	if !l.board {
		columns++
	}
	if s.weighted() {
		columns += 2
	}
	gap := l.text * 2
	if columns > 0 {
		room := size.X*2/3 - x - l.text*5 - (columns-1)*gap
		l.tap = max(1, min(l.rowHeight/kH, room/(columns*kW), l.text*5/2))
	}
	width := max(kW*l.tap+gap, l.text*6)
	l.patchX = x
	if !l.board {
		x += width
	}
	l.weightsX = x
	if s.weighted() {
		l.productsX = x + width
		x += 2 * width
	}
	l.sumX = x - gap/2
}

// placeMaps places the maps to the right of the sums.
func (l *layout) placeMaps(s *Subject, size image.Point) {
	l.pair = s.before != nil
	l.maps = image.Rect(l.sumX+l.text*7, l.top, size.X-l.margin, l.bottom)
	if l.beside {
		l.maps.Max.Y -= l.lines*l.line + l.text
	}
	across := 1
	if l.pair {
		across = 2
	}
	out := image.Pt(s.maps.W, s.maps.H)
	label := l.line
	l.shown = 1
	numbered := max(out.X, out.Y) <= mapSide
	for n := min(len(s.Filters), 4); n >= 1 && numbered; n-- {
		cell := min((l.maps.Dy()-n*label)/(n*out.Y), (l.maps.Dx()-(across-1)*l.text*3)/(across*out.X), l.text*9/2)
		if cell >= leastCell*3/2 || n == 1 && cell >= leastCell {
			l.shown, l.value = n, cell
			break
		}
	}
	if l.value > 0 {
		l.mapSize = out.Mul(l.value)
		return
	}
	box := image.Rect(0, 0, (l.maps.Dx()-(across-1)*l.text*2)/across, l.maps.Dy()-label-l.line)
	l.mapSize = within(out, box).Size()
}

// within is the largest box of a shape in another, at its upper left corner. A picture that is
// enlarged has whole pixels.
func within(shape image.Point, box image.Rectangle) image.Rectangle {
	size := box.Size()
	if zoom := min(size.X/shape.X, size.Y/shape.Y); zoom >= 1 {
		size = shape.Mul(zoom)
	} else if size.X*shape.Y <= size.Y*shape.X {
		size.Y = max(1, size.X*shape.Y/shape.X)
	} else {
		size.X = max(1, size.Y*shape.X/shape.Y)
	}
	return image.Rectangle{Min: box.Min, Max: box.Min.Add(size)}
}

// boardX is the left edge of the input's values in cells.
func (l *layout) boardX() int { return l.margin + l.label + l.text*2/3 }

// row is the upper edge of a channel's row.
func (l *layout) row(i int) int { return l.top + i*(l.rowHeight+l.rowGap) }

// mapAt is the upper left corner of the i-th shown map, before or after the activation.
func (l *layout) mapAt(i int, after bool) image.Point {
	at := l.maps.Min.Add(image.Pt(0, i*(l.mapSize.Y+l.line)))
	if after && l.pair {
		at.X += l.mapSize.X + l.text*3
	}
	return at
}

// window is the box of an output's window in cells of the padded input.
func (s *Subject) window(y, x int) image.Rectangle { return arithmetic.Window(s.Plan, y, x) }
