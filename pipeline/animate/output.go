package animate

import (
	"fmt"
	"image"
	"math"

	"filterbank/filters"
	"filterbank/filters/volume"
	"filterbank/pipeline/arithmetic"
	"filterbank/pipeline/drawing"
)

// maps draws the outputs as far as they are computed.
func (a *Animation) maps(p *painter, step *Step, last bool) {
	l, s := p.l, a.subject
	first := step.Filter - step.Filter%l.shown
	activation, _ := filters.AttributeOf[string](s.Plan.Layer, "activation")
	if function, ok := filters.AttributeOf[string](s.Plan.Layer, "function"); ok {
		activation = function
	}
	if activation == filters.ReLU.String() {
		activation = "ReLU"
	}
	for i := 0; i < l.shown && first+i < len(s.Filters); i++ {
		f := first + i
		name := s.Plan.Layer.Filters()[s.Filters[f]]
		runs := []drawing.Run{{Text: "output ", Ink: p.theme.dim}, {Text: p.fonts.Shorten(l.text, l.text*9, name), Ink: p.theme.dim}}
		if f == step.Filter {
			runs[1].Ink, runs[1].Style = p.theme.ink, drawing.Bold
		}
		at := l.mapAt(i, false)
		label := image.Pt(0, -l.text/2)
		if l.pair {
			runs = append(runs, drawing.Run{Text: " before", Ink: p.theme.dim})
			p.write(l.mapAt(i, true).Add(label), drawing.Left, l.text, p.theme.dim, drawing.Regular, "after "+activation)
		}
		p.page.Add(drawing.Text{At: at.Add(label), Size: l.text, Runs: runs})
		if l.pair {
			a.oneMap(p, s.before, nil, f, at, step, last)
			p.write(image.Pt(at.X+l.mapSize.X+l.text*3/2, at.Y+l.mapSize.Y/2+l.text/3), drawing.Middle, l.title, p.theme.dim, drawing.Regular, "→")
		}
		a.oneMap(p, s.maps, s.before, f, l.mapAt(i, true), step, last)
	}
}

// computed says whether an output is shown at a step.
func (a *Animation) computed(f, y, x int, step *Step, last bool) bool {
	switch {
	case f != step.Filter:
		return f < step.Filter
	case last:
		return true
	case step.Row:
		return y <= step.Y
	}
	complete := step.Term == a.channels*a.plane-1
	return y < step.Y || y == step.Y && (x < step.X || x == step.X && complete)
}

// oneMap draws a map in cells, or as pixels. Values that the activation changed to 0 are
// underlined.
func (a *Animation) oneMap(p *painter, m, before *volume.Volume, f int, at image.Point, step *Step, last bool) {
	l := p.l
	values := plane(m, f)
	if l.value == 0 {
		a.pixelMap(p, values, f, at, step, last)
		return
	}
	size := p.letters(values, l.value)
	for i, v := range values {
		y, x := i/m.W, i%m.W
		place := at.Add(image.Pt(x, y).Mul(l.value))
		if !a.computed(f, y, x, step, last) {
			p.square(place, l.value, cell{ground: p.theme.cell})
			continue
		}
		p.square(place, l.value, cell{value: v, size: size, ground: p.theme.shade(v, a.tops[f], p.theme.positive)})
		if before != nil && v == 0 && plane(before, f)[i] != 0 {
			line := image.Rect(place.X+l.value/3, place.Y+l.value*7/8-1, place.X+l.value*2/3+1, place.Y+l.value*7/8+1)
			p.page.Add(drawing.Box{Rectangle: line, Fill: p.theme.ink})
		}
	}
	if f == step.Filter {
		place := at.Add(image.Pt(step.X, step.Y).Mul(l.value))
		p.outline(image.Rect(place.X, place.Y, place.X+l.value+1, place.Y+l.value+1), p.theme.accent, p.thick(), drawing.Solid)
	}
}

// pixelMap draws a map from its least value, black, to its largest, white.
func (a *Animation) pixelMap(p *painter, values []float32, f int, at image.Point, step *Step, last bool) {
	l, m := p.l, a.subject.maps
	lo, hi := float32(math.Inf(1)), float32(math.Inf(-1))
	for _, v := range values {
		lo, hi = min(lo, v), max(hi, v)
	}
	size := image.Pt(min(l.mapSize.X, m.W), min(l.mapSize.Y, m.H))
	pic := drawing.Picture{Rectangle: image.Rectangle{Min: at, Max: at.Add(l.mapSize)}, Width: size.X, Height: size.Y}
	for j := range size.Y {
		for i := range size.X {
			y, x := (2*j+1)*m.H/(2*size.Y), (2*i+1)*m.W/(2*size.X)
			switch v := values[y*m.W+x]; {
			case !a.computed(f, y, x, step, last):
				pic.Pix = append(pic.Pix, p.theme.padding.R, p.theme.padding.G, p.theme.padding.B)
			case hi > lo:
				g := byte(math.Round(255 * float64(float64(v-lo)/float64(hi-lo))))
				pic.Pix = append(pic.Pix, g, g, g)
			default:
				pic.Pix = append(pic.Pix, 0, 0, 0)
			}
		}
	}
	p.page.Add(drawing.Box{Rectangle: pic.Rectangle.Inset(-1), Line: p.theme.frame, Width: 1}, pic)
	row, column := at.Y+step.Y*l.mapSize.Y/m.H, at.X+step.X*l.mapSize.X/m.W
	box := image.Rect(column, row, max(column+1, at.X+(step.X+1)*l.mapSize.X/m.W), max(row+1, at.Y+(step.Y+1)*l.mapSize.Y/m.H))
	if step.Row {
		box.Max.X = at.X + l.mapSize.X
	}
	p.page.Add(drawing.Box{Rectangle: box.Inset(-p.thick() - 1), Line: p.theme.cell, Width: 1})
	p.page.Add(drawing.Box{Rectangle: box.Inset(-p.thick()), Line: p.theme.accent, Width: p.thick()})
	text := fmt.Sprintf("%s black … %s white", arithmetic.Digits(float64(lo), 3), arithmetic.Digits(float64(hi), 3))
	p.write(image.Pt(at.X, at.Y+l.mapSize.Y+l.line), drawing.Left, l.text, p.theme.dim, drawing.Regular, text)
}
