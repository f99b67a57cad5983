package scale

import (
	"filterbank/filters/kernel"
	"filterbank/pipeline/render"
)

// Extremes gathers the smallest and the largest finite value of one or more maps.
// The zero value has seen none.
type Extremes struct {
	min, max float32
	seen     bool
}

// Add takes in a row of a map, with k's loops, and gives its own extremes: +∞ and −∞ where
// the row has no finite value. All kernels give the same.
func (e *Extremes) Add(k *kernel.Kernel, row []float32) (lo, hi float32) {
	lo, hi = k.Extremes(row)
	e.Merge(Extremes{lo, hi, lo <= hi})
	return lo, hi
}

// Seen says whether there was a finite value.
func (e Extremes) Seen() bool { return e.seen }

// Min is the smallest value, 0 where none was seen. Of a zero it may have either sign.
func (e Extremes) Min() float32 { return e.min }

// Max is the largest value, as Min is the smallest.
func (e Extremes) Max() float32 { return e.max }

// Merge takes in what another one has seen.
func (e *Extremes) Merge(other Extremes) {
	switch {
	case !other.seen:
	case !e.seen:
		*e = other
	default:
		e.min, e.max = min(e.min, other.min), max(e.max, other.max)
	}
}

// Range is lo = min(0, the smallest value) and hi = the largest. Values that are all
// the same give a range of no width, as do maps without a finite value. Of the two
// zeros it has only +0, so that it does not depend on the order of the values.
func (e Extremes) Range() render.Range {
	lo, hi := float64(e.min)+0, float64(e.max)+0 // −0 + 0 is +0
	if e.min != e.max {
		lo = min(0, lo)
	}
	return render.Range{Lo: lo, Hi: hi}
}
