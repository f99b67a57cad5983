package stats

import (
	"filterbank/filters/kernel"
	"filterbank/filters/volume"
	"filterbank/pipeline/scale"
)

// Values gathers the maps of one filter, of one picture or of all. The zero value has seen
// no values.
type Values struct {
	Histogram
	extremes scale.Extremes
	atMax    uint64 // number of values equal to the largest
	peak     [2]int // row and column of the first of them, in a picture's map
}

// AddRows takes the next rows of a map. k finds the extremes.
func (v *Values) AddRows(k *kernel.Kernel, rows volume.Rows, channel int) {
	for i := range rows.N {
		row := rows.Row(channel, i)
		v.Histogram.Add(row)
		before := v.extremes
		lo, hi := v.extremes.Add(k, row)
		if lo > hi { // no value is finite
			continue
		}
		if !before.Seen() || hi > before.Max() {
			v.atMax, v.peak = 0, [2]int{rows.Y + i, first(row, hi)}
		}
		if hi == v.extremes.Max() {
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

// Drain moves what another has gathered of a picture into v.
func (v *Values) Drain(from *Values) {
	v.Histogram.Drain(&from.Histogram)
	before := v.extremes
	v.extremes.Merge(from.extremes)
	if from.extremes.Seen() {
		if !before.Seen() || from.extremes.Max() > before.Max() {
			v.atMax = 0
		}
		if from.extremes.Max() == v.extremes.Max() {
			v.atMax += from.atMax
		}
	}
	from.extremes, from.atMax = scale.Extremes{}, 0
}

// fires says whether any value is not zero.
func (v *Values) fires() bool {
	return v.extremes.Seen() && (v.extremes.Min() != 0 || v.extremes.Max() != 0)
}

// constant says whether all values are finite and the same.
func (v *Values) constant() bool {
	return v.extremes.Seen() && v.extremes.Min() == v.extremes.Max() && v.nan+v.infinite == 0
}
