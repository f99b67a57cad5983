package stats

import (
	"slices"
	"sync"

	"filterbank/filters"
	"filterbank/filters/kernel"
	"filterbank/filters/volume"
	"filterbank/pipeline/manifest"
)

// places is how many places of each picture's maps are compared: fewer in layers of
// many filters, so that the pairs of values are at most about 2²³.
func places(filters int) int { return min(256, max(16, 1<<24/(filters*filters))) }

// Part gathers a layer's maps of one picture. It keeps its buffers between pictures and
// has one owner at a time. The zero value is ready.
type Part struct {
	values    []Values
	sample    *Sample
	positions Positions
	shape     volume.Shape
}

// Begin readies the part for a picture whose maps have that shape.
func (p *Part) Begin(shape volume.Shape) {
	if p.shape != shape {
		p.shape, p.positions = shape, NewPositions(shape.H, shape.W, places(shape.C))
		p.values = slices.Grow(p.values[:0], shape.C)[:shape.C]
	}
	p.sample = NewSample(p.positions, shape.C)
}

// AddRows takes in rows of one channel, which come in order. Calls for different
// channels may be concurrent.
func (p *Part) AddRows(k *kernel.Kernel, rows volume.Rows, channel int) {
	p.values[channel].AddRows(k, rows, channel)
	p.sample.AddRows(rows, channel)
}

// Rest is what of a Part has to wait for the pictures before it.
type Rest struct {
	sample *Sample
	peaks  []peak
}

// peak is the largest value of a map and where it is first met.
type peak struct {
	value float32
	at    [2]int
}

// Tally gathers a layer's maps of all pictures.
type Tally struct {
	mu          sync.Mutex
	filters     []tallied
	correlation *correlation
}

type tallied struct {
	Values
	fires, constant int // pictures
	strongest       []Patch
}

// NewTally is a tally of a layer of so many filters.
func NewTally(filters int) *Tally {
	return &Tally{filters: make([]tallied, filters), correlation: newCorrelation(filters)}
}

// Merge takes in a picture, in any order and from any goroutine. The part is then empty.
// Rest is to go to Follow.
func (t *Tally) Merge(p *Part) Rest {
	r := Rest{sample: p.sample, peaks: make([]peak, len(p.values))}
	t.mu.Lock()
	defer t.mu.Unlock()
	for k := range p.values {
		v, f := &p.values[k], &t.filters[k]
		if v.fires() {
			f.fires++
		}
		if v.constant() && p.shape.H*p.shape.W > 1 { // a single value, of a global pool say, could be no other
			f.constant++
		}
		if v.extremes.Seen() {
			r.peaks[k] = peak{v.extremes.Max(), v.peak}
		}
		f.Drain(v)
	}
	p.sample = nil
	return r
}

// Follow takes in the rest of a picture. It is called for one picture after the other,
// in their order.
func (t *Tally) Follow(r Rest, input manifest.Path, plan *filters.LayerPlan) {
	t.correlation.add(r.sample)
	for k, p := range r.peaks {
		list := t.filters[k].strongest
		at := len(list)
		for at > 0 && list[at-1].Value < float64(p.value) {
			at--
		}
		if at == strongest || !(p.value > 0) {
			continue
		}
		patch := Patch{Input: input, Value: float64(p.value), At: p.at}
		for axis := range p.at {
			patch.Box[axis] = plan.FieldStart[axis] + p.at[axis]*plan.Jump[axis]
			patch.Box[2+axis] = plan.Field[axis]
		}
		t.filters[k].strongest = slices.Insert(list[:min(len(list), strongest-1)], at, patch)
	}
}

// strongest is how many patches are kept of each filter.
const strongest = 9

// Bytes is about what tallying a layer of so many filters holds: for the whole run, and
// for each worker. Values of maps of photos span some 40 powers of two, of either sign in
// layers that can be negative.
func Bytes(filters int, signed bool) (run, worker int64) {
	histogram := int64(4+40*2) << 10
	if signed {
		histogram = (4 + 80*2) << 10
	}
	n := int64(filters)
	rest := 4*n*int64(places(filters)) + 24*n
	return n*(histogram+9*256) + 4*n*(n+1), n*histogram + 3*rest
}
