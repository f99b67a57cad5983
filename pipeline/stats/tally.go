package stats

import (
	"slices"
	"sync"

	"filterbank/filters"
	"filterbank/filters/kernel"
	"filterbank/filters/volume"
	"filterbank/pipeline/manifest"
)

// places is the number of places of each picture's maps at which filters are compared.
// Layers of many filters have fewer, so that at most about 2²³ pairs of values are compared.
func places(filters int) int { return min(256, max(16, 1<<24/(filters*filters))) }

// Part gathers a layer's maps of one picture. It keeps its buffers between pictures and has
// one owner at a time. The zero value is ready for Begin.
type Part struct {
	values    []Values
	sample    *Sample
	positions Positions
	shape     volume.Shape
}

// Begin starts a picture whose maps have a shape.
func (p *Part) Begin(shape volume.Shape) {
	if p.shape != shape {
		p.shape, p.positions = shape, NewPositions(shape.H, shape.W, places(shape.C))
		p.values = slices.Grow(p.values[:0], shape.C)[:shape.C]
	}
	p.sample = NewSample(p.positions, shape.C)
}

// AddRows takes the next rows of one channel. k finds the extremes. Calls for different
// channels may be concurrent.
func (p *Part) AddRows(k *kernel.Kernel, rows volume.Rows, channel int) {
	p.values[channel].AddRows(k, rows, channel)
	p.sample.AddRows(rows, channel)
}

// Ordered is the share of a Part whose sums are rounded or whose ties go to the first
// picture. A Tally takes it in the order of the pictures.
type Ordered struct {
	sample *Sample
	peaks  []peak
}

// peak is the largest value of a map and the first place, row and column, that has it.
type peak struct {
	value float32
	at    [2]int
}

// Tally gathers a layer's maps over all pictures.
type Tally struct {
	mu          sync.Mutex
	filters     []tallied
	correlation *correlation
}

type tallied struct {
	Values
	fires, constant int // number of pictures
	strongest       []Patch
}

// NewTally returns an empty tally of a layer with a number of filters.
func NewTally(filters int) *Tally {
	return &Tally{filters: make([]tallied, filters), correlation: newCorrelation(filters)}
}

// Merge takes and empties a picture's part, in any order and from any goroutine. The result
// must go to AddOrdered.
func (t *Tally) Merge(p *Part) Ordered {
	r := Ordered{sample: p.sample, peaks: make([]peak, len(p.values))}
	t.mu.Lock()
	defer t.mu.Unlock()
	for k := range p.values {
		v, f := &p.values[k], &t.filters[k]
		if v.fires() {
			f.fires++
		}
		if v.constant() && p.shape.H*p.shape.W > 1 { // the only value of a map, as of a global pool, is always constant
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

// AddOrdered takes what Merge returned for a picture. Its calls are made one at a time, in
// the order of the pictures. plan gives the geometry of the patches.
func (t *Tally) AddOrdered(r Ordered, input manifest.Path, plan *filters.LayerPlan) {
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

// strongest is the number of patches that are kept for each filter.
const strongest = 9

// Bytes estimates the memory, in bytes, for tallying a layer: for the whole run, and for
// each worker. Values of maps of photos span some 40 powers of two, of both signs if the
// layer is signed.
func Bytes(filters int, signed bool) (run, worker int64) {
	histogram := int64(4+40*2) << 10
	if signed {
		histogram = (4 + 80*2) << 10
	}
	n := int64(filters)
	ordered := 4*n*int64(places(filters)) + 24*n
	return n*(histogram+9*256) + 4*n*(n+1), n*histogram + 3*ordered
}
