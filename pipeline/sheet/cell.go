package sheet

import (
	"image"
	"image/color"
	"slices"
	"strings"

	"filterbank/pipeline/drawing"
)

// cell draws a cell.
func (d *Drawer) cell(f *Figure, l *layout, k int) {
	c, at := &f.Cells[k], l.at(k)
	named := l.content.X + gapX/2
	if f.Pair != "" {
		d.pair(f, c, at)
		at.Y += l.top
		d.marked(&c.Before, at, c.Mark)
		d.marked(&c.Picture, at.Add(image.Pt(f.Cell.X+arrow, 0)), c.Mark)
	} else {
		d.marked(&c.Picture, at, c.Mark)
	}
	at.Y += l.content.Y + captionGap
	index := d.width(nameSize, c.Index)
	if index > 0 {
		d.write(at.Add(image.Pt(0, nameSize)), nameSize, drawing.Run{Text: c.Index, Ink: dimmed})
		index += nameSize / 2
	}
	d.shortened(at.Add(image.Pt(index, nameSize)), nameSize, named-index, drawing.Run{Text: c.Name, Ink: ink})
	at.Y += nameLine
	d.icons(c, at)
	width := named
	if across, down := c.icons(); l.under {
		at.Y += down + iconGap/2
	} else if across > 0 {
		at.X, width = at.X+across+iconGap, width-across-iconGap
	}
	for i, note := range c.Notes {
		d.shortened(at.Add(image.Pt(0, noteSize+i*noteLine)), noteSize, width, drawing.Run{Text: note, Ink: dimmed})
	}
}

// pair writes what stands over and between the two pictures of a cell at a point.
func (d *Drawer) pair(f *Figure, c *Cell, at image.Point) {
	over := func(x int, text string) {
		d.shortened(at.Add(image.Pt(x, noteSize-2)), noteSize, f.Cell.X, drawing.Run{Text: text, Ink: dimmed})
	}
	over(0, "before")
	over(f.Cell.X+arrow, f.Pair)
	middle := at.Add(image.Pt(f.Cell.X+arrow/2, noteLine+(f.Cell.Y+textSize)/2))
	d.page.Add(drawing.Text{At: middle, Align: drawing.Middle, Size: textSize, Runs: []drawing.Run{{Text: "→", Ink: dimmed}}})
}

// icons draws the icons of a cell at a point, with their lower edges on a line.
func (d *Drawer) icons(c *Cell, at image.Point) {
	bottom := at.Y + iconGap/2
	for i := range c.Icons {
		bottom = max(bottom, at.Y+iconGap/2+c.Icons[i].Size().Y)
	}
	for i := range c.Icons {
		icon := &c.Icons[i]
		size := icon.Size()
		d.raster(&icon.Raster, image.Pt(at.X, bottom-size.Y))
		if icon.Caption != "" {
			under := image.Pt(at.X+size.X/2, bottom+noteSize+1)
			d.page.Add(drawing.Text{At: under, Align: drawing.Middle, Size: noteSize, Runs: []drawing.Run{{Text: icon.Caption, Ink: dimmed}}})
		}
		at.X += size.X + iconGap
	}
}

// marked draws a raster with an outline at a box of its own.
func (d *Drawer) marked(r *Raster, at image.Point, mark image.Rectangle) {
	d.raster(r, at)
	d.mark(mark, at)
}

// mark draws an outline around a box, light outside so that it is seen on every ground.
func (d *Drawer) mark(box image.Rectangle, at image.Point) {
	if box.Empty() {
		return
	}
	const width = 2
	box = box.Add(at)
	d.page.Add(
		drawing.Box{Rectangle: box.Inset(-width), Line: paper, Width: 1},
		drawing.Box{Rectangle: box.Inset(1 - width), Line: accent, Width: width},
	)
}

// raster draws a raster with a line of one pixel around it, the signs of its squares and its
// labels.
func (d *Drawer) raster(r *Raster, at image.Point) {
	box := image.Rectangle{Max: r.Size()}.Add(at)
	d.page.Add(framed(box), drawing.Picture{Rectangle: box, Width: r.Width, Height: r.Height, Pix: r.Pix, Palette: r.Palette})
	if r.Signed && r.Labels == nil {
		d.signs(r, at)
	}
	d.labels(r, at)
}

// signs draws a bar on negative squares, so that signs do not depend on colours. Labels have signs
// of their own.
func (d *Drawer) signs(r *Raster, at image.Point) {
	bar := r.bar()
	for i := range r.Pix {
		if r.negative(i) {
			square := at.Add(image.Pt(i%r.Width, i/r.Width).Mul(r.Zoom))
			d.page.Add(drawing.Box{Rectangle: bar.Add(square), Fill: inkOn(r.colour(i))})
		}
	}
}

// bar is the place of the bar in a negative square.
func (r *Raster) bar() image.Rectangle {
	length := max(1, r.Zoom/2-(r.Zoom/2+r.Zoom)%2) // as odd or even as the square
	height := max(1, r.Zoom/8-(r.Zoom/8+r.Zoom)%2)
	from := image.Pt((r.Zoom-length)/2, (r.Zoom-height)/2)
	return image.Rectangle{Min: from, Max: from.Add(image.Pt(length, height))}
}

// inkOn is the colour of letters on a ground: dark on light and light on dark.
func inkOn(c [3]uint8) color.RGBA {
	if 299*int(c[0])+587*int(c[1])+114*int(c[2]) < 130*1000 { // BT.601's luma
		return paper
	}
	return ink
}

// labels writes a raster's labels on its squares.
func (d *Drawer) labels(r *Raster, at image.Point) {
	if r.Labels == nil {
		return
	}
	size := d.labelSize(r.Labels, r.Zoom)
	for i, label := range r.Labels {
		d.label(label, at.Add(image.Pt(i%r.Width, i/r.Width).Mul(r.Zoom)), r.Zoom, size, drawing.Run{Ink: inkOn(r.colour(i))})
	}
}

// labelSize is the size of letters at which labels fit into squares of a side, or the smallest
// if not all do.
func (d *Drawer) labelSize(labels []string, side int) int {
	for size := noteSize; size > smallSize; size-- {
		if !slices.ContainsFunc(labels, func(label string) bool {
			line, _, _ := strings.Cut(label, "\n")
			return d.width(size, line) > side-2
		}) {
			return size
		}
	}
	return smallSize
}

// label writes a label in the middle of a square. Lines that do not fit are left out.
func (d *Drawer) label(label string, square image.Point, side, size int, look drawing.Run) {
	fits := func(line string) bool { return d.width(size, line) <= side-2 }
	lines := strings.Split(label, "\n")
	if !fits(lines[0]) {
		return
	}
	if len(lines)*noteLine > side || slices.ContainsFunc(lines, func(l string) bool { return !fits(l) }) {
		lines = lines[:1]
	}
	for n, line := range lines {
		down := (side+size*3/4)/2 + (2*n-len(lines)+1)*noteLine/2
		look.Text = line
		d.write(square.Add(image.Pt((side-d.fonts.Width(size, look))/2, down)), size, look)
	}
}
