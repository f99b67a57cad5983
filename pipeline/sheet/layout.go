package sheet

import (
	"fmt"
	"image"
)

// The figure's measures, in pixels.
const (
	margin     = 24 // around everything
	gapX, gapY = 16, 18
	headerGap  = 22 // between header and cells

	titleSize, titleLine = 19, 28 // size of the letters, and distance between lines
	textSize, textLine   = 13, 19
	nameSize, nameLine   = 12, 16
	noteSize, noteLine   = 11, 14
	captionGap           = 4 // between a picture and its captions
	iconGap              = 6

	narrowest  = 104 // of a cell, so that part of a name can be read
	textWidth  = 360 // of the header, at least
	barWidth   = 256
	barHeight  = 12
	barLine    = barHeight + 6 + noteLine // the bar and the numbers under it
	largeSide  = 32767                    // most programs that show pictures can handle this
	wideFigure = 1.6                      // width to height of a slide
)

// layout holds the place of everything on a figure. It depends on numbers and sizes only,
// not on the contents of texts.
type layout struct {
	size    image.Point
	lead    image.Point // upper left corner of the lead
	text    image.Rectangle
	grid    image.Point // upper left corner of the first cell
	cell    image.Point // distance from each cell to the next
	picture image.Point // largest size of a cell's picture
	columns int
	rows    int
}

// layOut computes a figure's layout. A figure too large for most programs is an error.
func (f *Figure) layOut() (layout, error) {
	var l layout
	under := f.Notes * noteLine // height of everything under the name
	for i := range f.Cells {
		if icon := f.Cells[i].Icon; icon != nil {
			under = max(under, icon.Size().Y+iconGap/2)
		}
	}
	l.picture = image.Pt(max(f.Cell.X, narrowest), f.Cell.Y)
	l.cell = l.picture.Add(image.Pt(gapX, captionGap+nameLine+under+gapY))
	header, lead := f.header()
	l.lead = image.Pt(margin, margin)
	l.columns = f.Columns
	if l.columns <= 0 {
		l.columns = f.columnsFor(l.cell, header+headerGap, lead)
	}
	l.columns = max(1, min(l.columns, len(f.Cells)))
	l.rows = (len(f.Cells) + l.columns - 1) / l.columns
	l.size = f.sizeFor(l.columns, l.cell, header+headerGap, lead)
	l.text = image.Rect(margin+lead, margin, l.size.X-margin, margin+header)
	l.grid = image.Pt(margin, margin+header+headerGap)
	if l.size.X > largeSide || l.size.Y > largeSide {
		return l, fmt.Errorf("%d pictures of %d×%d would make a sheet of %d×%d pixels, and few programs show more than %d a side; choose smaller tiles or another number of columns",
			len(f.Cells), f.Cell.X, f.Cell.Y, l.size.X, l.size.Y, largeSide)
	}
	return l, nil
}

// header computes the height of everything above the cells, and the width of the lead with
// the gap behind it.
func (f *Figure) header() (height, lead int) {
	height = titleLine + textLine*len(f.Lines)
	if f.Bar != nil {
		height += captionGap + barLine
	}
	if f.Lead != nil {
		size := f.Lead.Size()
		height = max(height, size.Y+captionGap+nameLine)
		lead = max(size.X, narrowest) + margin
	}
	return height, lead
}

// columnsFor chooses the number of columns. The figure's shape should be near the shape of
// a slide, and the last row should be full.
func (f *Figure) columnsFor(cell image.Point, header, lead int) (best int) {
	const ragged = 2 // cost of a last row that is not full
	least := 0.0
	for columns := 1; columns <= len(f.Cells); columns++ {
		size := f.sizeFor(columns, cell, header, lead)
		cost := float64(size.X) / float64(size.Y) / wideFigure
		cost = max(cost, 1/cost)
		if len(f.Cells)%columns != 0 {
			cost *= ragged
		}
		if best == 0 || cost < least {
			best, least = columns, cost
		}
	}
	rows := (len(f.Cells) + best - 1) / max(1, best)
	return (len(f.Cells) + rows - 1) / max(1, rows) // the same number of rows, more evenly filled
}

func (f *Figure) sizeFor(columns int, cell image.Point, header, lead int) image.Point {
	rows := (len(f.Cells) + columns - 1) / columns
	return image.Pt(
		2*margin+max(lead+textWidth, columns*cell.X-gapX),
		2*margin+header+rows*cell.Y-gapY)
}

// at is the upper left corner of cell i.
func (l *layout) at(i int) image.Point {
	return l.grid.Add(image.Pt(i%l.columns*l.cell.X, i/l.columns*l.cell.Y))
}

// strip returns the rows y0 ≤ y < y1 of the figure's i-th strip, which is drawn at once.
// Strip 0 is the header and each other strip a row of cells. Strips meet in the middle of a
// gap.
func (l *layout) strip(i int) (y0, y1 int) {
	if i > 0 {
		y0 = l.grid.Y - gapY/2 + (i-1)*l.cell.Y
	}
	y1 = l.grid.Y - gapY/2 + i*l.cell.Y
	if i == l.rows {
		y1 = l.size.Y
	}
	return y0, y1
}
