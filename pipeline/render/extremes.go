package render

import "math"

// Extremes gathers the smallest and the largest finite value of one or more maps.
// The zero value has seen none.
type Extremes struct {
	min, max float32
	seen     bool
}

// Add takes in a row of a map.
func (e *Extremes) Add(row []float32) {
	lo, hi := extremes(row)
	if math.IsInf(float64(lo), 0) || math.IsInf(float64(hi), 0) {
		lo, hi = finiteExtremes(row)
	}
	e.Merge(Extremes{lo, hi, lo <= hi})
}

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
func (e Extremes) Range() Range {
	lo, hi := float64(e.min)+0, float64(e.max)+0 // −0 + 0 is +0
	if e.min != e.max {
		lo = min(0, lo)
	}
	return Range{lo, hi}
}

// extremesGeneric is the smallest and the largest value that is not NaN, infinities
// included: no row but one that holds an infinity or no number at all gives one. Which
// zero it gives for −0 and +0 is open.
func extremesGeneric(row []float32) (lo, hi float32) {
	lo, hi = float32(math.Inf(1)), float32(math.Inf(-1))
	for _, v := range row {
		if v < lo {
			lo = v
		}
		if v > hi {
			hi = v
		}
	}
	return lo, hi
}

// finiteExtremes is the smallest and the largest finite value; without any, lo is
// above hi.
func finiteExtremes(row []float32) (lo, hi float32) {
	lo, hi = float32(math.Inf(1)), float32(math.Inf(-1))
	for _, v := range row {
		if v-v == 0 { // neither NaN nor infinite
			lo, hi = min(lo, v), max(hi, v)
		}
	}
	return lo, hi
}
