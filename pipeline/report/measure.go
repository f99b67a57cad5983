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

// measure runs a stack on a picture twice and returns the tallies of the maps of its tapped
// layers, by layer and filter. The second run fills the histograms. second gets the tallies
// before that run and returns a function that takes its rows too.
func measure(ctx context.Context, r *filters.Runner, k *kernel.Kernel, plan *filters.Plan, taps []bool, src filters.RowReader, second func(tallies [][]tally) filters.Emit) ([][]tally, error) {
	tallies := make([][]tally, len(plan.Layers))
	for l := range plan.Layers {
		if !taps[l] {
			continue
		}
		tallies[l] = make([]tally, plan.Layers[l].Out.C)
	}
	err := r.Run(ctx, plan, taps, src, func(layer int, rows volume.Rows) error {
		for c := range rows.C {
			for i := range rows.N {
				tallies[layer][c].add(k, rows.Row(c, i))
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	emit := second(tallies)
	err = r.Run(ctx, plan, taps, src, func(layer int, rows volume.Rows) error {
		for c := range rows.C {
			for i := range rows.N {
				tallies[layer][c].count(rows.Row(c, i))
			}
		}
		return emit(layer, rows)
	})
	return tallies, err
}
