package output

import (
	"image"
	"math"
	"unicode/utf8"

	"filterbank/filters"
	"filterbank/filters/volume"
	"filterbank/pipeline/arithmetic"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/sheet"
)

// lead is how a sheet shows the stack's input: as a picture, or as numbers in a board for each of
// its channels. A layer that reads the input has its padding around it.
type lead struct {
	plan     *filters.Plan
	lp       *filters.LayerPlan
	reads    bool            // the layer reads the input and nothing else
	whole    image.Rectangle // the input with the padding, in pixels of the input
	lost     image.Point     // columns and rows at the end of whole that no output covers
	raster   image.Point     // size of the raster
	zoom     int
	numbered bool
}

// The inputs that have numbers, and the side of their squares in pixels.
const (
	mostNumbered  = 16 // rows and columns
	mostBoards    = 4  // channels
	mostPadded    = 26 // rows and columns with the padding
	square        = 32
	smallSquare   = 26
	mostSquares   = 10 // rows and columns with the padding, of larger squares
	thinnestFrame = 2  // pixels of padding that are drawn
)

// newLead lays the input of a layer's sheet out in about a box.
func newLead(p *filters.Plan, l int, box image.Point) lead {
	lp := &p.Layers[l]
	in := image.Pt(p.Input.W, p.Input.H)
	d := lead{plan: p, lp: lp, reads: len(lp.Inputs) == 1 && lp.Inputs[0] < 0, whole: image.Rectangle{Max: in}}
	if d.reads {
		d.whole = image.Rect(-lp.Cols.Before, -lp.Rows.Before, in.X+lp.Cols.After, in.Y+lp.Rows.After)
		d.lost = image.Pt(lp.UncoveredCols, lp.UncoveredRows)
	} else {
		lost := func(axis, n, outputs int) int { // fields of deep layers may be larger than any input
			end := float64(lp.FieldStart[axis]) + float64(outputs-1)*float64(lp.Jump[axis]) + float64(lp.Field[axis])
			return int(max(0, float64(n)-end))
		}
		d.lost = image.Pt(lost(1, in.X, lp.Out.W), lost(0, in.Y, lp.Out.H))
	}
	longest := max(d.whole.Dx(), d.whole.Dy())
	d.numbered = max(in.X, in.Y) <= mostNumbered && longest <= mostPadded && p.Input.C <= mostBoards
	switch {
	case d.numbered && longest <= mostSquares:
		d.raster, d.zoom = in, square
	case d.numbered:
		d.raster, d.zoom = in, smallSquare
	default:
		d.fit(in, box)
	}
	return d
}

// fit finds the largest raster that fits a box. With its padding it fits a box that is a quarter
// wider.
func (d *lead) fit(in, box image.Point) {
	d.raster, d.zoom = sheet.Within(in, box)
	wide := box.Add(box.Div(4))
	if all := d.box(d.whole).Size(); all.X <= wide.X && all.Y <= wide.Y {
		return
	}
	whole, zoom := sheet.Within(d.whole.Size(), box)
	if d.zoom = zoom; whole == d.whole.Size() {
		d.raster = in
		return
	}
	d.raster = image.Pt(max(1, in.X*whole.X/d.whole.Dx()), max(1, in.Y*whole.Y/d.whole.Dy()))
}

// box is the place of a box of the input on the figure, from the input's upper left corner.
func (d *lead) box(r image.Rectangle) image.Rectangle {
	of := func(v, size, in int) int { return int(math.Round(float64(v) * float64(size*d.zoom) / float64(in))) }
	x := func(v int) int { return of(v, d.raster.X, d.plan.Input.W) }
	y := func(v int) int { return of(v, d.raster.Y, d.plan.Input.H) }
	return image.Rect(x(r.Min.X), y(r.Min.Y), x(r.Max.X), y(r.Max.Y))
}

// leads are the figure's leads without their pixels and labels.
func (d *lead) leads() []sheet.Lead {
	all, inner := d.box(d.whole), d.raster.Mul(d.zoom)
	frame := func(v int) int {
		if v < thinnestFrame {
			return 0
		}
		return v
	}
	one := sheet.Lead{
		Raster:  sheet.Raster{Width: d.raster.X, Height: d.raster.Y, Zoom: d.zoom},
		Caption: "input " + d.plan.Input.String(),
		Padding: sheet.Padding{
			Top: frame(-all.Min.Y), Left: frame(-all.Min.X), Bottom: frame(all.Max.Y - inner.Y), Right: frame(all.Max.X - inner.X),
			Uncovered: d.strips(),
		},
	}
	if !d.numbered || d.plan.Input.C == 1 {
		return []sheet.Lead{one}
	}
	leads := make([]sheet.Lead, d.plan.Input.C)
	for c, name := range arithmetic.InputChannels(len(leads)) {
		leads[c] = one
		leads[c].Caption = name
	}
	leads[0].Caption = one.Caption + ", " + leads[0].Caption
	return leads
}

// strips is the width and height of what no output covers, so wide that it can be seen.
func (d *lead) strips() image.Point {
	size := d.box(image.Rectangle{Max: d.lost}).Size()
	if d.lost.X > 0 {
		size.X = max(size.X, thinnestFrame)
	}
	if d.lost.Y > 0 {
		size.Y = max(size.Y, thinnestFrame)
	}
	return size
}

// draw puts the input's pixels, or its numbers, into the figure's leads.
func (d *lead) draw(leads []sheet.Lead, pic *decode.Picture) error {
	if d.numbered {
		return d.boards(leads, pic)
	}
	in := image.Pt(d.plan.Input.W, d.plan.Input.H)
	r := sheet.NewReduction(in, d.raster, 3)
	rgb := make([]byte, 3*in.X)
	for y := range in.Y {
		if err := pic.ReadRGB(rgb, y); err != nil {
			return err
		}
		r.Row(rgb)
	}
	leads[0].Raster = r.Raster(d.zoom, nil)
	return nil
}

// boards writes the input's values on squares, a board for each channel. Values from 0 to 1 have
// the shades of this range, and others of the range that they have.
func (d *lead) boards(leads []sheet.Lead, pic *decode.Picture) error {
	v, err := volume.New(pic.Size())
	if err == nil {
		err = pic.ReadRows(v.Rows(0, v.H))
	}
	if err != nil {
		return err
	}
	lo, hi := 0.0, 1.0
	for _, x := range v.Data {
		if x := float64(x); !math.IsInf(x, 0) && !math.IsNaN(x) {
			lo, hi = min(lo, x), max(hi, x)
		}
	}
	n := v.H * v.W
	for c := range leads {
		values := v.Data[c*n:][:n]
		pix := make([]byte, n)
		for i, x := range values {
			pix[i] = byte(math.RoundToEven(255 * max(0, min(1, float64(float64(x)-lo)/(hi-lo)))))
		}
		l := &leads[c]
		l.Raster = sheet.Raster{
			Width: v.W, Height: v.H, Zoom: d.zoom, Pix: pix, Palette: sheet.BoardPalette(c, len(leads)), Labels: make([]string, n),
		}
		for i, x := range values {
			l.Labels[i] = d.number(x)
		}
		l.Padding.Labels = d.padding(values)
	}
	return nil
}

// number writes a value with as many digits as a square has room for.
func (d *lead) number(v float32) string {
	const most, least = 6, 2 // digits
	room := 5
	if d.zoom < square {
		room--
	}
	for digits := most; digits > least; digits-- {
		if text := sheet.Digits(float64(v), digits); utf8.RuneCountInString(text) <= room {
			return text
		}
	}
	return sheet.Digits(float64(v), least)
}

// padding writes the numbers of the padding of a channel: zeros, or copied values. Padding of a
// maximum has none, since it never counts.
func (d *lead) padding(values []float32) []string {
	mode, _ := filters.AttributeOf[string](d.lp.Layer, "padding_mode")
	var texts []string
	for y := d.whole.Min.Y; y < d.whole.Max.Y; y++ {
		for x := d.whole.Min.X; x < d.whole.Max.X; x++ {
			row, column := arithmetic.Copied(mode, y, d.plan.Input.H), arithmetic.Copied(mode, x, d.plan.Input.W)
			switch {
			case row >= 0 && column >= 0:
				texts = append(texts, d.number(values[row*d.plan.Input.W+column]))
			case d.lp.Layer.Kind() == filters.MaxPool.String():
				texts = append(texts, "")
			default:
				texts = append(texts, "0")
			}
		}
	}
	return texts
}

// mark is the box of the input that an output sees, from the corner of the padding.
func (d *lead) mark(l *sheet.Lead, y, x int) image.Rectangle {
	corner := image.Pt(l.Padding.Left, l.Padding.Top)
	if d.reads {
		return atLeast(d.box(arithmetic.Window(d.lp, y, x).Add(d.whole.Min)).Add(corner))
	}
	from := image.Pt(d.lp.FieldStart[1]+x*d.lp.Jump[1], d.lp.FieldStart[0]+y*d.lp.Jump[0])
	field := image.Rectangle{Min: from, Max: from.Add(image.Pt(d.lp.Field[1], d.lp.Field[0]))}
	return atLeast(d.box(field.Intersect(d.whole)).Add(corner))
}

// atLeast widens a box that is too small to be seen.
func atLeast(r image.Rectangle) image.Rectangle {
	const least = 6 // pixels
	if wide := least - min(r.Dx(), r.Dy()); wide > 0 {
		r = r.Inset(-(wide + 1) / 2)
	}
	return r
}
