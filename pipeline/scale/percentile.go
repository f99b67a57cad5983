package scale

import (
	"math"

	"filterbank/filters/kernel"
	"filterbank/pipeline/render"
)

// PercentilesBytes is about the size of a Percentiles in bytes.
const PercentilesBytes = 4*(8<<11) + 4*mostKept

// mostKept is the largest number of values that are kept.
const mostKept = 1 << 14

// Percentiles finds two percentiles of a map's finite values, exactly and in little memory.
// Each pass counts the next bits of the values that share the bits found so far with a
// wanted value. As soon as few values share them, these values are kept. So a small map is
// seen once, a map with few values near the percentiles twice, and any map at most three
// times. Rows may come in any order. Reset begins a map. Subnormal values below 2⁻¹²⁸ in
// magnitude count as 0.
type Percentiles struct {
	percents [2]float64
	pass     int
	extremes Extremes
	most     int  // largest number of values that may be kept
	keep     bool // whether this pass keeps the values with a wanted prefix
	kept     []float32
	// For each percentile, the values next to it: the one below and the one above.
	wanted [4]ranked
	beyond [2]float64 // place of each percentile between the value below (0) and the one above (1)
	// One table for each prefix of a wanted value. The first pass has no prefix and uses all
	// four in turn, so that equal values do not wait for each other's counts.
	tables [4]table
	used   int
}

// passes is the number of passes. They find 11, 11 and 10 bits of the wanted values.
const passes = 3

// ranked is a wanted value.
type ranked struct {
	rank   int64  // rank among the values with the prefix, from 0
	prefix uint32 // the first bits of its key, as far as they are known
	shared int64  // number of values with the prefix
	zero   bool   // the value is 0 and is found
}

// table counts the values with a prefix by the next bits of their keys.
type table struct {
	prefix uint32
	counts [1 << 11]int64
}

// knownFrom is the lowest known bit of a key before each pass and after the last.
var knownFrom = [passes + 1]uint{32, 21, 10, 0}

// The first 11 bits of keys: of finite values, and of 0 with either sign.
const (
	firstFinite = 1 << 2
	afterFinite = 1<<11 - 1<<2
	minusZero   = 1<<10 - 1
	plusZero    = 1 << 10
)

// keyOf maps a value's bits to a key. Keys have the order of the values.
func keyOf(v float32) uint32 {
	b := math.Float32bits(v)
	return b ^ (uint32(int32(b)>>31) | 1<<31)
}

func (r ranked) value() float64 {
	if r.zero {
		return 0
	}
	b := r.prefix ^ (uint32(int32(^r.prefix)>>31) | 1<<31)
	return float64(math.Float32frombits(b))
}

// Reset begins a map of n values, with 0 ≤ lo < hi ≤ 100.
func (p *Percentiles) Reset(lo, hi float64, n int) {
	*p = Percentiles{percents: [2]float64{lo, hi}, most: mostKept, keep: n <= mostKept, kept: p.kept[:0]}
}

// ResetStretched begins a map of n values whose Stretched range is wanted.
func (p *Percentiles) ResetStretched(n int) { p.Reset(stretch[0], stretch[1], n) }

// Done says whether the percentiles are found. Until then the rows of the whole map are
// added again, and EndPass is called after them.
func (p *Percentiles) Done() bool { return p.pass == passes }

// Add takes a row of the map. k finds the extremes; all kernels give the same result.
func (p *Percentiles) Add(k *kernel.Kernel, row []float32) {
	if p.pass == 0 {
		p.extremes.Add(k, row)
	}
	switch {
	case p.Done():
	case !p.keep:
		p.count(row)
	case p.pass == 0:
		p.kept = append(p.kept, row...)
	default:
		known := knownFrom[p.pass] & 31
		for i := range p.used {
			prefix := p.tables[i].prefix
			for _, v := range row {
				if keyOf(v)>>known == prefix {
					p.kept = append(p.kept, v)
				}
			}
		}
	}
}

// count adds values to the tables.
func (p *Percentiles) count(row []float32) {
	if p.pass == 0 {
		p.countFirst(row)
		return
	}
	known, next := knownFrom[p.pass]&31, knownFrom[p.pass+1]&31
	mask := uint32(1)<<(known-next) - 1
	for i := range p.tables[:p.used] {
		t := &p.tables[i]
		for _, v := range row {
			if key := keyOf(v); key>>known == t.prefix {
				t.counts[key>>next&mask]++
			}
		}
	}
}

// countFirst is count for the first pass.
func (p *Percentiles) countFirst(row []float32) {
	t := &p.tables
	for ; len(row) >= 4; row = row[4:] {
		t[0].counts[keyOf(row[0])>>21]++
		t[1].counts[keyOf(row[1])>>21]++
		t[2].counts[keyOf(row[2])>>21]++
		t[3].counts[keyOf(row[3])>>21]++
	}
	for _, v := range row {
		t[0].counts[keyOf(v)>>21]++
	}
}

// EndPass ends a pass after all rows of the map have been added.
func (p *Percentiles) EndPass() {
	if p.keep {
		for !p.Done() {
			p.count(p.kept)
			p.narrow()
		}
	} else if !p.Done() {
		p.narrow()
	}
}

// narrow finds the next bits of the wanted values in the tables.
func (p *Percentiles) narrow() {
	if p.pass == 0 {
		p.rank()
	}
	bits := knownFrom[p.pass] - knownFrom[p.pass+1]
	for i := range p.wanted {
		w := &p.wanted[i]
		if w.zero {
			continue
		}
		counts := &p.find(w.prefix).counts
		next := 0
		for ; next < 1<<bits-1 && w.rank >= counts[next]; next++ {
			w.rank -= counts[next]
		}
		w.prefix, w.shared = w.prefix<<bits|uint32(next), counts[next]
		w.zero = p.pass == 0 && (next == minusZero || next == plusZero)
	}
	p.pass++
	if !p.Done() {
		p.prepare()
	}
}

// prepare sets up the next pass.
func (p *Percentiles) prepare() {
	p.used = 0
	left := int64(0)
	for _, w := range p.wanted {
		if !w.zero && p.find(w.prefix) == nil {
			p.tables[p.used] = table{prefix: w.prefix}
			p.used++
			left += w.shared
		}
	}
	switch {
	case p.used == 0:
		p.pass = passes
	case p.pass == 1 && left <= int64(p.most):
		p.keep = true
	}
}

// find returns the table of a prefix, or nil.
func (p *Percentiles) find(prefix uint32) *table {
	for i := range p.tables[:p.used] {
		if p.tables[i].prefix == prefix {
			return &p.tables[i]
		}
	}
	return nil
}

// rank computes the places of the percentiles once all values are counted. The q-th
// percentile of n values is at (n−1)·q/100, which may lie between two values.
func (p *Percentiles) rank() {
	counts := &p.tables[0].counts
	p.used = 1
	var n int64
	for i := range counts {
		for t := 1; t < len(p.tables); t++ {
			counts[i] += p.tables[t].counts[i]
		}
		if i < firstFinite || i >= afterFinite {
			counts[i] = 0
		}
		n += counts[i]
	}
	last := max(n-1, 0)
	for i, q := range p.percents {
		at := float64(float64(last) * (q / 100))
		below := math.Floor(at)
		p.beyond[i] = at - below
		p.wanted[2*i].rank = int64(below)
		p.wanted[2*i+1].rank = min(int64(below)+1, last)
	}
}

// Range returns the range between the percentiles once Done. It interpolates linearly
// between two values, as numpy.percentile does by default. If both percentiles are equal
// (often 0 after ReLU), it is the range of Extremes.
func (p *Percentiles) Range() render.Range {
	var found [2]float64
	for i, t := range p.beyond {
		a, b := p.wanted[2*i].value(), p.wanted[2*i+1].value()
		if t < 0.5 {
			found[i] = a + float64((b-a)*t)
		} else {
			found[i] = b - float64((b-a)*(1-t))
		}
	}
	if !p.extremes.seen || !(found[0] < found[1]) {
		return p.extremes.Range()
	}
	return render.Range{Lo: found[0], Hi: found[1]}
}

// faintest is the share of a map's largest magnitude below which an end of a stretched range
// counts as 0. Rounding leaves such values where a map is flat.
const faintest = 1e-5

// Stretched returns a range that shows most values of a map well, once Done: from the lower
// percentile, or 0 if that is smaller, to the upper one. Both ends are values of the map, the
// ones next to the percentiles on the outside, so that a map of few values is shown whole.
// If that leaves no range, because most values are 0 or hardly more than rounding, it is the
// range of Extremes.
func (p *Percentiles) Stretched() render.Range {
	upper := 2
	if p.beyond[1] > 0 {
		upper = 3
	}
	lo, hi := min(0, p.wanted[0].value()), p.wanted[upper].value()
	least := faintest * max(math.Abs(float64(p.extremes.min)), math.Abs(float64(p.extremes.max)))
	if lo > -least {
		lo = 0
	}
	if !p.extremes.seen || !(lo < hi) || hi-lo < least {
		return p.extremes.Range()
	}
	return render.Range{Lo: lo, Hi: hi}
}
