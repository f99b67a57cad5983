package kernel

import "slices"

// chain is how the maxima of windows of a row are found: first the maxima of each window's first
// columns. If windows have more columns, the maxima of several outputs are taken together. Their
// columns may overlap.
type chain struct {
	first   []int32 // offsets of columns
	starts  []int32 // distances of the outputs whose maxima are taken together, or none
	outputs int     // of the first columns, so many that they meet every value
}

// direct is the largest number of columns that are taken at once.
const direct = 4

// of chooses the chain for so many outputs with columns at these offsets. It is not ok if
// NaNs could be missed or more than Slack values behind the last one read.
func (c *chain) of(columns []int32, outputs, lanes int) bool {
	c.first, c.starts = columns, c.starts[:0]
	more, ok := reach(columns)
	c.outputs = outputs + more
	n, phases := len(columns), phasesOf(columns)
	if n > direct && phases > 0 {
		size := firstColumns(n, phases)
		c.first = columns[:size]
		for at := 0; at < n-size; at += size - size%phases {
			c.starts = append(c.starts, int32(at/phases))
		}
		c.starts = append(c.starts, int32((n-size)/phases))
	}
	read := int(slices.Max(c.first)) + ceilDiv(c.outputs, lanes)*lanes
	return ok && read <= int(slices.Max(columns))+outputs+Slack
}

// reach is how many more outputs must be computed for tap 0 and tap 1 to meet every value that
// another tap meets. It is not ok if they never do.
func reach(columns []int32) (more int, ok bool) {
	for t := 2; t < len(columns); t++ {
		d := columns[t] - columns[0]
		if e := columns[t] - columns[1]; e >= 0 && (d < 0 || e < d) {
			d = e
		}
		if d < 0 {
			return 0, false
		}
		more = max(more, int(d))
	}
	return more, true
}

// phasesOf is 1 if the columns are neighbours, 2 if every second one is, and otherwise 0.
func phasesOf(columns []int32) int {
	for phases := 1; phases <= 2; phases++ {
		t := phases
		for t < len(columns) && columns[t] == columns[t-phases]+1 {
			t++
		}
		if t >= len(columns) {
			return phases
		}
	}
	return 0
}

// firstColumns is how many of n columns are taken first for the fewest taps in all. The others
// start at multiples of phases, and so do the last ones.
func firstColumns(n, phases int) int {
	best, fewest := n, n
	for size := n%phases + phases; size < n; size += phases {
		if taps := size + ceilDiv(n-size, size-size%phases) + 1; taps < fewest {
			best, fewest = size, taps
		}
	}
	return best
}
