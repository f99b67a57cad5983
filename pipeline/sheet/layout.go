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
	smallSize            = 9 // of labels that do not fit otherwise
	captionGap           = 4 // between a picture and its captions
	iconGap              = 6
	sumSize, sumStep     = 12, 17
	sumGap               = 14 // between the header's text and the arithmetic
	broken               = 3  // lines of the figure that a line of arithmetic takes at most
	arrow                = 26 // between the pictures of a pair
	besideIcons          = 56 // width of notes right of icons, at least

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
	leads   []image.Point // upper left corners, padding included
	text    image.Rectangle
	sum     image.Rectangle // the arithmetic
	grid    image.Point     // upper left corner of the first cell
	cell    image.Point     // distance from each cell to the next
	content image.Point     // largest size of a cell's pictures
	top     int             // of a pair's words over the pictures
	under   bool            // notes are under the icons
	columns int
	rows    int
}

// layOut computes a figure's layout with so many lines of arithmetic. A figure too large for
// most programs is an error.
func (f *Figure) layOut(sumLines int) (layout, error) {
	var l layout
	l.content = f.Cell
	if f.Pair != "" {
		l.content.X += f.Cell.X + arrow
		l.top = noteLine
	}
	l.content.X = max(l.content.X, narrowest)
	var under int // height of everything under the name
	under, l.under = f.notes(l.content.X)
	l.cell = l.content.Add(image.Pt(gapX, l.top+captionGap+nameLine+under+gapY))
	text, lead := f.header(&l)
	sum := 0
	if sumLines > 0 {
		sum = sumGap + sumLines*sumStep
	}
	header := text + sum + headerGap
	l.columns = f.Columns
	if l.columns <= 0 {
		l.columns = f.columnsFor(l.cell, text+headerGap, lead) // whatever the arithmetic takes, since its lines depend on the width
	}
	l.columns = max(1, min(l.columns, len(f.Cells)))
	l.rows = (len(f.Cells) + l.columns - 1) / l.columns
	l.size = f.sizeFor(l.columns, l.cell, header, lead)
	l.text = image.Rect(margin+lead, margin, l.size.X-margin, margin+text)
	l.sum = image.Rect(margin, l.text.Max.Y+sumGap, l.size.X-margin, l.text.Max.Y+sum)
	l.grid = image.Pt(margin, margin+header)
	if l.size.X > largeSide || l.size.Y > largeSide {
		return l, fmt.Errorf("%d pictures of %d×%d would make a sheet of %d×%d pixels, and few programs show more than %d a side; choose smaller tiles or another number of columns",
			len(f.Cells), f.Cell.X, f.Cell.Y, l.size.X, l.size.Y, largeSide)
	}
	return l, nil
}

// notes computes the height of everything under the names of cells that are so wide, and says
// whether notes are under the icons and not beside them.
func (f *Figure) notes(width int) (height int, under bool) {
	height = f.Notes * noteLine
	icons, most := 0, 0
	for i := range f.Cells {
		across, down := f.Cells[i].icons()
		icons, most = max(icons, down), max(most, across)
	}
	if icons == 0 {
		return height, false
	}
	icons += iconGap / 2
	if f.Notes > 0 && width+gapX/2-most-iconGap < besideIcons {
		return height + icons, true
	}
	return max(height, icons), false
}

// icons is the size of a cell's icons, with the gaps between them.
func (c *Cell) icons() (width, height int) {
	for i := range c.Icons {
		icon := &c.Icons[i]
		if i > 0 {
			width += iconGap
		}
		width += icon.Size().X
		down := icon.Size().Y
		if icon.Caption != "" {
			down += noteLine
		}
		height = max(height, down)
	}
	return width, height
}

// header computes the height of everything above the arithmetic and the width of the leads,
// with the gaps behind them. It places the leads.
func (f *Figure) header(l *layout) (height, width int) {
	height = titleLine + textLine*len(f.Lines)
	if f.Bar != nil {
		height += captionGap + barLine
	}
	for i := range f.Leads {
		size := f.Leads[i].whole()
		l.leads = append(l.leads, image.Pt(margin+width, margin))
		height = max(height, size.Y+captionGap+nameLine)
		width += max(size.X, narrowest) + margin
	}
	return height, width
}

// whole is the size of a lead with its padding.
func (l *Lead) whole() image.Point {
	return l.Size().Add(image.Pt(l.Padding.Left+l.Padding.Right, l.Padding.Top+l.Padding.Bottom))
}

// most is the largest number of lines of a figure that the arithmetic takes, its title among
// them.
func (s *Sum) most() int {
	if s == nil {
		return 0
	}
	return 1 + broken*s.Most
}

// columnsFor chooses the number of columns, at least as many as the header is wide. The figure's
// shape should be near the shape of a slide, and the last row should be full.
func (f *Figure) columnsFor(cell image.Point, header, lead int) (best int) {
	const ragged = 2 // cost of a last row that is not full
	least := 0.0
	under := min((lead+textWidth+gapX)/cell.X, len(f.Cells))
	for columns := max(1, under); columns <= len(f.Cells); columns++ {
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
