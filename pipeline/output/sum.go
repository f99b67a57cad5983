package output

import (
	"context"
	"fmt"
	"image"
	"math"

	"filterbank/filters"
	"filterbank/filters/kernel"
	"filterbank/filters/volume"
	"filterbank/pipeline/arithmetic"
	"filterbank/pipeline/sheet"
)

// The layers whose largest value is worked out on their sheets.
const (
	// mostAgain is the number of multiply-adds that it may take to compute a layer's inputs
	// again: about a millisecond.
	mostAgain   = 5e7
	mostSummed  = 3  // channels with a line of their own
	bytesOfTerm = 64 // bytes of a term and its text
)

// addSum makes room for the arithmetic of the layer's largest value.
func (f *layerFigure) addSum() {
	f.Sum = new(sheet.Sum)
	lp := f.layer()
	rows := lp.Rows.EffectiveKernel()
	if mode, _ := filters.AttributeOf[string](lp.Layer, "padding_mode"); mode == filters.Circular.String() {
		rows = lp.In.H
	}
	values := min(rows, lp.In.H) * lp.In.C * lp.In.W * len(lp.Inputs)
	if values > mostInput || again(f.plan, lp) > mostAgain {
		return
	}
	f.Sum.Most = 1 + mostSummed
	f.summing += 4*int64(values) + bytesOfTerm*int64(lp.Rows.Kernel*lp.Cols.Kernel*lp.In.C)
	if !f.lead.reads {
		f.summing += int64(f.plan.WorkingSet())
	}
}

func (f *layerFigure) layer() *filters.LayerPlan { return &f.plan.Layers[f.index] }

// again is the number of multiply-adds that a layer's inputs take.
func again(p *filters.Plan, lp *filters.LayerPlan) (macs float64) {
	seen := make([]bool, len(p.Layers))
	var add func(lp *filters.LayerPlan)
	add = func(lp *filters.LayerPlan) {
		for _, from := range lp.Inputs {
			if from >= 0 && !seen[from] {
				seen[from] = true
				macs += p.Layers[from].MACs
				add(&p.Layers[from])
			}
		}
	}
	add(lp)
	return macs
}

// peak is the first of the largest finite values of a map.
type peak struct {
	found bool
	value float32
	y, x  int
}

// take looks for a larger value in row y.
func (p *peak) take(k *kernel.Kernel, row []float32, y int) {
	_, hi := k.Extremes(row)
	if math.IsInf(float64(hi), -1) || p.found && hi <= p.value { // no finite value, or none that is larger
		return
	}
	for x, v := range row {
		if v == hi {
			*p = peak{true, v, y, x}
			return
		}
	}
}

// addLargest marks the layer's largest value on its map and on the input, and writes its
// arithmetic.
func (s *sheetWriter) addLargest() error {
	f, most := s.figure, 0
	for k := range s.peaks {
		if p := &s.peaks[k]; p.found && (!s.peaks[most].found || p.value > s.peaks[most].value) {
			most = k
		}
	}
	p := s.peaks[most]
	if !p.found {
		f.Sum = nil
		return nil
	}
	for i := range f.Leads {
		f.Leads[i].Mark = f.lead.mark(&f.Leads[i], p.y, p.x)
	}
	f.Cells[most].Mark = f.markOnMap(p.y, p.x)
	name := arithmetic.Name(s.lp.Layer.Filters()[most], p.y, p.x)
	f.Sum.Title = fmt.Sprintf("largest value: %s = %s, outlined on the map; ", name, arithmetic.Number(float64(p.value)))
	if f.lead.reads {
		f.Sum.Title += "its window is outlined on the input"
	} else {
		f.Sum.Title += "its receptive field is outlined on the input"
	}
	if f.Sum.Most == 0 {
		return nil
	}
	lo, hi := arithmetic.Inputs(s.lp, p.y)
	rows, err := s.inputRows(lo, hi)
	if err != nil {
		return err
	}
	o := arithmetic.Explain(s.lp, rows, most, p.y, p.x, p.value)
	f.Sum.Lines = o.Strongest(o.Write(arithmetic.ChannelsOf(s.plan, s.index), false), mostSummed)
	return nil
}

// markOnMap is the box of an output on its map's picture.
func (f *layerFigure) markOnMap(y, x int) image.Rectangle {
	of := func(v, to, from int) int { return v * to / from * f.zoom }
	corner := image.Pt(of(x, f.to.X, f.from.X), of(y, f.to.Y, f.from.Y))
	return atLeast(image.Rectangle{Min: corner, Max: corner.Add(image.Pt(f.zoom, f.zoom))})
}

// inputRows computes rows lo ≤ y < hi of the layer's inputs.
func (t *target) inputRows(lo, hi int) ([]volume.Rows, error) {
	inputs := make([]volume.Rows, len(t.lp.Inputs))
	taps, computed := make([]bool, len(t.plan.Layers)), false
	for i, from := range t.lp.Inputs {
		shape := t.plan.Input
		if from >= 0 {
			shape = t.plan.Layers[from].Out
			taps[from], computed = true, true
		}
		inputs[i] = volume.Rows{
			C: shape.C, N: hi - lo, W: shape.W, Y: lo, Data: make([]float32, shape.C*(hi-lo)*shape.W),
			ChannelStride: (hi - lo) * shape.W, RowStride: shape.W,
		}
		if from < 0 {
			if err := t.Picture.ReadRows(inputs[i]); err != nil {
				return nil, err
			}
		}
	}
	if !computed {
		return inputs, nil
	}
	r := filters.Runner{Kernel: t.ws.Engine.Kernel}
	return inputs, r.Run(context.Background(), t.plan, taps, t.Picture, func(l int, rows volume.Rows) error {
		for i, from := range t.lp.Inputs {
			y0, y1 := max(lo, rows.Y), min(hi, rows.Y+rows.N)
			if from == l && y0 < y1 {
				inputs[i].Sub(y0-lo, y1-lo).CopyFrom(rows.Sub(y0-rows.Y, y1-rows.Y))
			}
		}
		return nil
	})
}
