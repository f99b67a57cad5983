package report

import (
	"context"

	"filterbank/filters"
	"filterbank/filters/kernel"
	"filterbank/filters/volume"
	"filterbank/pipeline/scale"
)

// binCount is the number of bins of a histogram.
const binCount = 64

// tally counts the values of a map. It sums them in their order, so that sums have the same
// bits on every machine.
type tally struct {
	ranked    *scale.Percentiles // nil unless the map is stretched
	extremes  scale.Extremes
	sum       float64 // sum of the finite values
	zeros     int64
	notFinite int64
	values    int64
	bins      [binCount]int64 // counts of finite values except zeros, from the smallest to the largest
}

// add counts a row, but does not fill the histogram.
func (t *tally) add(k *kernel.Kernel, row []float32) {
	lo, hi := t.extremes.Add(k, row)
	if t.ranked != nil {
		t.ranked.Add(k, row)
	}
	t.values += int64(len(row))
	if lo == 0 && hi == 0 { // true for most rows of sparse maps; some values may still be NaN or infinite
		if allZero(row) {
			t.zeros += int64(len(row))
			return
		}
	}
	for _, v := range row {
		switch {
		case v == 0:
			t.zeros++
		case v-v != 0:
			t.notFinite++
		default:
			t.sum += float64(v)
		}
	}
}

func allZero(row []float32) bool {
	for _, v := range row {
		if v != 0 {
			return false
		}
	}
	return true
}

// count adds a row to the histogram. Before that, add must have seen the whole map.
func (t *tally) count(row []float32) {
	if !t.extremes.Seen() {
		return
	}
	lo, hi, bins := float64(t.extremes.Min()), float64(t.extremes.Max()), 0.0
	if hi > lo {
		bins = binCount / (hi - lo)
	}
	for _, v := range row {
		if v == 0 || v-v != 0 {
			continue
		}
		t.bins[min(int((float64(v)-lo)*bins), binCount-1)]++
	}
}

// measure runs a stack on a picture and returns the tallies of the maps of its tapped layers,
// by layer and filter. It takes two runs, and one or two more where maps are stretched. draw
// gets the tallies and returns a function that takes the rows of the last run; nil takes none.
func measure(ctx context.Context, r *filters.Runner, k *kernel.Kernel, plan *filters.Plan, taps []bool, src filters.RowReader, stretched bool, draw func(tallies [][]tally) filters.Emit) ([][]tally, error) {
	tallies := make([][]tally, len(plan.Layers))
	for l := range plan.Layers {
		if taps[l] {
			out := plan.Layers[l].Out
			tallies[l] = make([]tally, out.C)
			for c := range tallies[l] {
				tallies[l][c].rank(stretched, out.H*out.W)
			}
		}
	}
	run := func(do func(t *tally, row []float32), emit filters.Emit) error {
		return r.Run(ctx, plan, taps, src, func(layer int, rows volume.Rows) error {
			for c := range rows.C {
				for i := range rows.N {
					do(&tallies[layer][c], rows.Row(c, i))
				}
			}
			if emit != nil {
				return emit(layer, rows)
			}
			return nil
		})
	}
	err := run(func(t *tally, row []float32) { t.add(k, row) }, nil)
	counted := false
	for err == nil && left(tallies) {
		err = run(func(t *tally, row []float32) {
			t.ranked.Add(k, row)
			if !counted {
				t.count(row)
			}
		}, nil)
		counted = true
	}
	if err != nil {
		return nil, err
	}
	if emit := draw(tallies); emit != nil || !counted {
		err = run(func(t *tally, row []float32) {
			if !counted {
				t.count(row)
			}
		}, emit)
	}
	return tallies, err
}

// rank has the map of n values ranked for its stretched range.
func (t *tally) rank(stretched bool, n int) {
	if stretched {
		t.ranked = new(scale.Percentiles)
		t.ranked.ResetStretched(n)
	}
}

// left ends a run over ranked maps and says whether they need another.
func left(tallies [][]tally) (more bool) {
	for _, layer := range tallies {
		for c := range layer {
			if p := layer[c].ranked; p != nil {
				p.EndPass()
				more = more || !p.Done()
			}
		}
	}
	return more
}
