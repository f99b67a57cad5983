package scale

import (
	"math"

	"filterbank/filters/kernel"
	"filterbank/pipeline/render"
)

// PercentilesBytes is about what a Percentiles holds.
const PercentilesBytes = 4*(8<<11) + 4*mostKept

// mostKept is the number of values that are kept at most.
const mostKept = 1 << 14

// Percentiles finds two percentiles of a map's finite values, exactly and in little
// memory: each pass counts the next bits of those values that share the bits found so far
// with one that is looked for. Once these are few they are kept, so that the map need be
// seen once where it is small, twice where few values lie near the percentiles, and never
// more than three times. Rows may come in any order. A Reset begins a map. Values below
// 2⁻¹²⁸ in magnitude, which are subnormal, count as 0.
type Percentiles struct {
	percents [2]float64
	pass     int
	extremes Extremes
	most     int  // as many values may be kept
	keep     bool // those of this pass that share a wanted prefix are
	kept     []float32
	// The values next to the percentiles: of each percentile the one below and above.
	wanted [4]ranked
	beyond [2]float64 // how far each percentile lies beyond the one below, 0 to 1
	// One for every prefix among the wanted; in the first pass, where there is none, all
	// four, in turn, so that equal values do not wait for each other's count.
	tables [4]table
	used   int
}

// passes is how often more bits of what is wanted are found: 11, 11 and 10.
const passes = 3

// ranked is a value that is looked for.
type ranked struct {
	rank   int64  // among the values with the prefix, from 0
	prefix uint32 // the first bits of its key, those that are known
	shared int64  // the number of values with the prefix
	zero   bool   // it is 0, and no longer looked for
}

// table counts the values of a prefix by the bits of their keys that follow.
type table struct {
	prefix uint32
	counts [1 << 11]int64
}

// knownFrom is the lowest bit of a key that is known before each pass, and after the last.
var knownFrom = [passes + 1]uint{32, 21, 10, 0}

// The first 11 bits of keys: those of finite values, and those of 0 with either sign.
const (
	firstFinite = 1 << 2
	afterFinite = 1<<11 - 1<<2
	minusZero   = 1<<10 - 1
	plusZero    = 1 << 10
)

// keyOf gives a value's bits the order of the values.
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

// Reset begins a map of n values. 0 ≤ lo < hi ≤ 100.
func (p *Percentiles) Reset(lo, hi float64, n int) {
	*p = Percentiles{percents: [2]float64{lo, hi}, most: mostKept, keep: n <= mostKept, kept: p.kept[:0]}
}

// Done says that the percentiles are found. Until then the whole map has to be added,
// and EndPass called.
func (p *Percentiles) Done() bool { return p.pass == passes }

// Add takes in a row of the map. k finds the extremes; all kernels give the same.
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

// countFirst is count in the first pass.
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

// EndPass ends a pass, in which all rows have been added.
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

// narrow finds the next bits of what is wanted in the tables.
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

// find is the table of a prefix, nil if there is none.
func (p *Percentiles) find(prefix uint32) *table {
	for i := range p.tables[:p.used] {
		if p.tables[i].prefix == prefix {
			return &p.tables[i]
		}
	}
	return nil
}

// rank works out where the percentiles lie, once all values have been counted: the q-th
// of n values is at (n − 1)·q/100, between two values where that is no whole number.
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

// Range is from one percentile to the other, after all passes. Between two values it
// goes straight, as numpy.percentile does unless told otherwise. Where that leaves no
// width, because so many values are the same, it is the range of Extremes.
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
