package output

import (
	"context"
	"fmt"

	"filterbank/filters"
	"filterbank/filters/volume"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/mapng"
	"filterbank/pipeline/render"
	"filterbank/pipeline/scale"
	"filterbank/pipeline/sheet"
)

// pairOf says what stands over the second map of a layer's pairs, before and after its activation.
// It is empty if the layer has no pairs.
func (s *Settings) pairOf(layer filters.Layer) string {
	if !s.Sheet.Pair {
		return ""
	}
	name := ""
	for _, key := range []string{"activation", "function"} {
		if of, ok := filters.AttributeOf[string](layer, key); ok {
			name = of
		}
	}
	switch name {
	case "", filters.None.String():
		return ""
	case filters.ReLU.String():
		name = "ReLU"
	}
	return "after " + name
}

// sheetColormap returns the colormap of a layer's sheet. Pairs have negative values, whatever the
// activation makes of them.
func (s *Settings) sheetColormap(layer filters.Layer) render.Colormap {
	if s.pairOf(layer) == "" {
		return s.ColormapOf(layer)
	}
	return s.Colormap.For(s.Scale.Centred())
}

// unactivated computes the maps of a layer before its activation.
type unactivated struct {
	plan *filters.Plan
	tap  int // the layer with the maps, −1 for the input
}

// newUnactivated plans a layer of a plan without its activation: the stack up to the layer, or up
// to what an activation reads.
func newUnactivated(p *filters.Plan, l int) (*unactivated, error) {
	conv, ok := p.Layers[l].Layer.(*filters.Conv)
	if !ok {
		return &unactivated{p, p.Layers[l].Inputs[0]}, nil
	}
	layer, ok := conv.Unactivated()
	if !ok {
		return nil, fmt.Errorf("sheet of layer %s: it has no activation", conv.Name())
	}
	layers := append(p.Stack.Layers()[:l:l], layer)
	stack, err := filters.NewStack("", p.Input.C, layers...)
	if err != nil {
		return nil, err
	}
	plan, err := stack.Plan(p.Input)
	return &unactivated{plan, l}, err
}

// ranges are the ranges of pairs: given ones, or the maps' own with 0 in the middle. A map that is
// 0 everywhere has the range of its values before the activation.
func (u *unactivated) ranges(t *target) ([]render.Range, error) {
	if t.Scale.Per == scale.Fixed {
		return t.ranges, nil
	}
	ranges, empty := make([]render.Range, len(t.ranges)), false
	for k, r := range t.ranges {
		ranges[k] = r.Centred()
		empty = empty || ranges[k].Lo == ranges[k].Hi
	}
	if !empty || u.tap < 0 {
		return ranges, nil
	}
	r := filters.Runner{Kernel: t.ws.Engine.Kernel}
	found, err := r.Extremes(context.Background(), u.plan, u.taps(), t.Picture)
	if err != nil {
		return nil, err
	}
	for k, e := range found[u.tap] {
		if ranges[k].Lo == ranges[k].Hi && e.Min <= e.Max {
			ranges[k] = render.Range{Lo: float64(e.Min), Hi: float64(e.Max)}.Centred()
		}
	}
	return ranges, nil
}

func (u *unactivated) taps() []bool {
	taps := make([]bool, len(u.plan.Layers))
	taps[u.tap] = true
	return taps
}

// run computes the maps and gives their rows to each.
func (u *unactivated) run(t *target, each func(rows volume.Rows) error) error {
	if u.tap >= 0 {
		r := filters.Runner{Kernel: t.ws.Engine.Kernel}
		return r.Run(context.Background(), u.plan, u.taps(), t.Picture, func(_ int, rows volume.Rows) error { return each(rows) })
	}
	in := u.plan.Input
	row := volume.Rows{C: in.C, N: 1, W: in.W, Data: make([]float32, in.C*in.W), ChannelStride: in.W, RowStride: in.W}
	for ; row.Y < in.H; row.Y++ {
		if err := t.Picture.ReadRows(row); err != nil {
			return err
		}
		if err := each(row); err != nil {
			return err
		}
	}
	return nil
}

// addBefore puts the maps before the activation into the figure.
func (s *sheetWriter) addBefore() error {
	var before []*sheet.Reduction
	for _, m := range s.maps {
		before = append(before, m.Again())
	}
	below := make([]int, len(s.maps))
	var values [][]float32
	if s.values != nil {
		values = make([][]float32, len(s.maps))
	}
	err := s.before.run(s.target, func(rows volume.Rows) error {
		return s.ws.each(1, rows, func(l *engine.Lane, _ *mapng.Workspace, k int) error {
			levels := l.Scratch(rows.W)
			for i := range rows.N {
				row := rows.Row(k, i)
				s.grays[k].Row(levels, row)
				before[k].Row(levels)
				if values != nil {
					values[k] = append(values[k], row...)
				}
				for _, v := range row {
					if v < 0 {
						below[k]++
					}
				}
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	f := s.figure
	for k := range f.Cells {
		f.Cells[k].Before = before[k].Raster(f.zoom, f.Bar.Palette)
		if values != nil {
			f.Cells[k].Before.Labels = labels(values[k], k, nil)
		}
		f.Cells[k].Notes = append(f.Cells[k].Notes, belowText(below[k], f.from.X*f.from.Y))
	}
	return nil
}

// belowText says how many values of a map are below 0 before the activation.
func belowText(below, all int) string {
	const few = 256
	if all <= few {
		return fmt.Sprintf("before: %d of %d below 0", below, all)
	}
	return fmt.Sprintf("before: %.1f%% below 0", float64(100*float64(below)/float64(all)))
}
