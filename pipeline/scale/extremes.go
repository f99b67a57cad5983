package scale

import (
	"filterbank/filters/kernel"
	"filterbank/pipeline/render"
)

// Extremes gathers the smallest and the largest finite value of maps. The zero value has
// seen no values.
type Extremes struct {
	min, max float32
	seen     bool
}

// Add takes a row of a map and returns the row's own extremes, found with k's loops. They are
// +Inf and −Inf if the row has no finite value. All kernels give the same numbers.
func (e *Extremes) Add(k *kernel.Kernel, row []float32) (lo, hi float32) {
	lo, hi = k.Extremes(row)
	e.Merge(Extremes{lo, hi, lo <= hi})
	return lo, hi
}

// Seen says whether any value was finite.
func (e Extremes) Seen() bool { return e.seen }

// Min is the smallest finite value, 0 if there was none. A zero may have either sign.
func (e Extremes) Min() float32 { return e.min }

// Max is the largest finite value, 0 if there was none. A zero may have either sign.
func (e Extremes) Max() float32 { return e.max }

// Merge takes the extremes of another.
func (e *Extremes) Merge(other Extremes) {
	switch {
	case !other.seen:
	case !e.seen:
		*e = other
	default:
		e.min, e.max = min(e.min, other.min), max(e.max, other.max)
	}
}

// Range is lo = min(0, the smallest value) and hi = the largest value. If all values are the
// same, or none is finite, lo and hi are equal. A zero is always +0, so that the range does
// not depend on the order of the values.
func (e Extremes) Range() render.Range {
	lo, hi := float64(e.min)+0, float64(e.max)+0 // −0 + 0 is +0
	if e.min != e.max {
		lo = min(0, lo)
	}
	return render.Range{Lo: lo, Hi: hi}
}
