package sheet

import (
	"image"
	"image/color"

	"filterbank/pipeline/drawing"
)

// lead draws a lead with the padding around it at a point. room is the width of its caption.
func (d *Drawer) lead(l *Lead, at image.Point, room int) {
	p := &l.Padding
	whole := image.Rectangle{Max: l.whole()}.Add(at)
	inner := at.Add(image.Pt(p.Left, p.Top))
	if l.whole() != l.Size() {
		d.page.Add(drawing.Box{Rectangle: whole, Fill: beside, Line: dashes, Width: 1, Stroke: drawing.Dashed})
	}
	if p.Labels == nil {
		d.raster(&l.Raster, inner)
	} else {
		d.squares(l, at)
	}
	d.uncovered(p.Uncovered, whole, p.Labels != nil)
	if p.Labels != nil {
		d.labels(&l.Raster, inner)
	}
	d.mark(l.Mark, at)
	caption := image.Pt(at.X, whole.Max.Y+captionGap+nameSize)
	d.shortened(caption, nameSize, room, drawing.Run{Text: l.Caption, Ink: dimmed})
}

// squares draws a lead and its padding in squares. The padding's are dashed, with italic labels.
func (d *Drawer) squares(l *Lead, at image.Point) {
	side, columns := l.Zoom, l.whole().X/l.Zoom
	inner := image.Rectangle{Max: image.Pt(l.Width, l.Height)}.Add(image.Pt(l.Padding.Left/side, l.Padding.Top/side))
	size := d.labelSize(l.Padding.Labels, side)
	for i, label := range l.Padding.Labels {
		place := image.Pt(i%columns, i/columns)
		corner := at.Add(place.Mul(side))
		if place.In(inner) {
			continue
		}
		box := image.Rectangle{Min: corner, Max: corner.Add(image.Pt(side+1, side+1))}
		d.page.Add(drawing.Box{Rectangle: box, Fill: beside, Line: dashes, Width: 1, Stroke: drawing.Dashed})
		d.label(label, corner, side, size, drawing.Run{Ink: dimmed, Style: drawing.Italic})
	}
	corner := at.Add(image.Pt(l.Padding.Left, l.Padding.Top))
	for i := range l.Width * l.Height {
		from := corner.Add(image.Pt(i%l.Width, i/l.Width).Mul(side))
		c := l.colour(i)
		d.page.Add(drawing.Box{
			Rectangle: image.Rectangle{Min: from, Max: from.Add(image.Pt(side+1, side+1))},
			Fill:      color.RGBA{c[0], c[1], c[2], 0xff}, Line: hair, Width: 1,
		})
	}
}

// uncovered hatches what no output covers at the right and at the bottom of a box. Strips too
// thin for hatching are filled.
func (d *Drawer) uncovered(size image.Point, box image.Rectangle, numbered bool) {
	const thin = 5 // pixels
	for _, strip := range []image.Rectangle{
		image.Rect(box.Max.X-size.X, box.Min.Y, box.Max.X, box.Max.Y),
		image.Rect(box.Min.X, box.Max.Y-size.Y, box.Max.X-size.X, box.Max.Y),
	} {
		switch {
		case strip.Empty():
		case min(strip.Dx(), strip.Dy()) < thin:
			d.page.Add(drawing.Box{Rectangle: strip, Fill: amber})
		default:
			d.page.Add(drawing.Box{Rectangle: strip, Hatch: amber, Line: amber, Width: 1})
		}
	}
}
