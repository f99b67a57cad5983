package stats

import (
	"filterbank/filters/kernel"
	"filterbank/filters/volume"
)

// Values gathers the maps of one filter: on a picture, and over all of them. The zero
// value has seen none.
type Values struct {
	Histogram
	seen     bool // a finite value
	min, max float32
	atMax    uint64 // values equal to max
	peak     [2]int // row and column of the first of them on a picture
}

// AddRows takes in rows of a map, which come in order; k finds their extremes.
func (v *Values) AddRows(k *kernel.Kernel, rows volume.Rows, channel int) {
	for i := range rows.N {
		row := rows.Row(channel, i)
		v.Histogram.Add(row)
		lo, hi := k.Extremes(row)
		if lo > hi { // nothing finite
			continue
		}
		if !v.seen {
			v.seen, v.min = true, lo
		}
		v.min = min(v.min, lo)
		if v.atMax == 0 || hi > v.max {
			v.max, v.atMax, v.peak[0] = hi, 0, rows.Y+i
			v.peak[1] = first(row, hi)
		}
		if hi == v.max {
			v.atMax += count(row, hi)
		}
	}
}

func first(row []float32, value float32) int {
	for x, v := range row {
		if v == value {
			return x
		}
	}
	return 0
}

func count(row []float32, value float32) (n uint64) {
	for _, v := range row {
		if v == value {
			n++
		}
	}
	return n
}

// Drain takes what from has seen of a picture, which then has seen nothing.
func (v *Values) Drain(from *Values) {
	v.Histogram.Drain(&from.Histogram)
	switch {
	case !from.seen:
	case !v.seen:
		v.seen, v.min, v.max, v.atMax = true, from.min, from.max, from.atMax
	default:
		v.min = min(v.min, from.min)
		if from.max > v.max {
			v.max, v.atMax = from.max, 0
		}
		if from.max == v.max {
			v.atMax += from.atMax
		}
	}
	from.seen, from.atMax = false, 0
}

// fires says that a value is not zero.
func (v *Values) fires() bool { return v.seen && (v.min != 0 || v.max != 0) }

// constant says that all values are the same.
func (v *Values) constant() bool { return v.seen && v.min == v.max && v.nan+v.infinite == 0 }
