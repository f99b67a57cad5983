package kernel

import "math"

// Extremes are the smallest and the largest finite value of a row: +Inf and −Inf if there
// is none. A zero is +0.
func (k *Kernel) Extremes(row []float32) (lo, hi float32) {
	if k.extremes != nil && len(row) >= k.lanes {
		lo, hi = k.extremes(&row[0], len(row))
	} else {
		lo, hi = extremes(row)
	}
	return lo + 0, hi + 0
}

func extremes(row []float32) (lo, hi float32) {
	lo, hi = float32(math.Inf(1)), float32(math.Inf(-1))
	for _, v := range row {
		if v-v == 0 {
			lo, hi = min(lo, v), max(hi, v)
		}
	}
	return lo, hi
}
