package filters

import (
	"fmt"
	"math"

	"filterbank/filters/kernel"
	"filterbank/filters/volume"
)

// bandBytes is the working set that a runner aims at: five eighths of a second-level
// cache of 1 MiB. The rest is for weights and for the consumer's memory. On Zen 5, speeds
// with 300 to 1000 KiB differ by less than 2%.
const bandBytes = 640 << 10

// prepare readies the operations for a picture. It uses buffers again if they are large
// enough, and packed weights if the layers are the same.
func (r *Runner) prepare(plan *Plan, selected []bool) error {
	layers := len(selected)
	r.layOut(plan, layers, selected)
	band := r.fitBand()
	r.setBands(band)
	r.bound(band)
	for l, op := range r.ops {
		if !r.active[l] {
			continue
		}
		lp := &plan.Layers[l]
		if n := op.floats(r.bands[l]); n > math.MaxInt32 {
			return fmt.Errorf("run: layer %s: the rows that one row of outputs needs are %d values, at most %d are possible", lp.Layer.Name(), n, math.MaxInt32)
		}
		op.reset(r.bands[l])
		if s := &r.stores[l]; s.used {
			s.reset(len(r.readers[l]))
		}
	}
	if n := r.outFloats(); cap(r.out) < n {
		r.out = kernel.Floats(n)
	}
	return nil
}

// outFloats is the size of the memory for a band of the last layer's output, which the bands of
// all other ends of the graph use too.
func (r *Runner) outFloats() int {
	n, last := 0, len(r.ops)-1
	for l, band := range r.bands {
		if l == last || r.active[l] && r.ends(l) {
			out := r.plan.Layers[l].Out
			n = max(n, out.C*channelStride(out, band))
		}
	}
	return n
}

// layOut decides where the values of each layer's input lie in memory. All layers are
// computed if selected is nil.
func (r *Runner) layOut(plan *Plan, layers int, selected []bool) {
	r.kernel = r.Kernel
	if r.kernel == nil {
		r.kernel = kernel.Best()
	}
	r.plan = plan
	r.wire(plan, layers, selected)
	r.ops = resizeKeeping(r.ops, layers)
	r.stores = resizeKeeping(r.stores, layers)
	r.bands, r.rows = resize(r.bands, layers), resize(r.rows, layers)
	r.from, r.to, r.next = resize(r.from, layers), resize(r.to, layers), resize(r.next, layers)
	r.unbroken = resize(r.unbroken, layers)
	for l := range layers {
		lp := &plan.Layers[l]
		s := &r.stores[l]
		s.used, s.out = r.active[l] && r.stored(l), lp.Out
		if r.active[l] {
			r.ops[l] = lp.Layer.operation(r.ops[l])
			r.ops[l].layOut(lp, r.kernel)
		}
		r.unbroken[l] = selected == nil || selected[l]
		if _, slides := r.ops[l].(*window); r.active[l] && !slides {
			for _, from := range lp.Inputs {
				r.unbroken[l] = r.unbroken[l] || from >= 0 && r.unbroken[from]
			}
		}
	}
}

// fitBand is the height of the last layer's bands: the largest power of two whose working
// set fits the budget, at least 1.
func (r *Runner) fitBand() int {
	budget := r.budget
	if budget == 0 {
		budget = bandBytes
	}
	band := 1
	for band < r.plan.Layers[len(r.ops)-1].Out.H && r.workingSet(2*band) <= budget/4 {
		band *= 2
	}
	return band
}

// setBands sets the bands of all layers so that the last one advances by band rows.
func (r *Runner) setBands(band int) {
	limit := func(l, rows int) int { return min(rows, r.plan.Layers[l].Out.H) }
	demand(r, r.bands, limit(len(r.ops)-1, band), func(l, rows int) int {
		return r.plan.Layers[l].through(limit(l, rows))
	})
	for l := range r.bands {
		r.bands[l] = limit(l, r.bands[l])
	}
}

// workingSet counts the floats that a band touches: buffers of operations, rows that wait,
// output and tables of offsets, whose int32s count as floats. It leaves the bands set to
// that height.
func (r *Runner) workingSet(band int) int {
	r.setBands(band)
	r.bound(band)
	n := r.outFloats()
	for l, b := range r.bands {
		if !r.active[l] {
			continue
		}
		n += r.ops[l].floats(b) + r.stores[l].floats()
		if w, ok := r.ops[l].(*window); ok {
			n += b * w.taps()
		}
	}
	return n
}

// outRows is the memory for n rows of the last layer's output from row y on. The rows of
// a channel are contiguous.
func (r *Runner) outRows(y, n int) volume.Rows {
	if r.keep != nil {
		kept := r.keep[len(r.keep)-1]
		return kept.Sub(y-kept.Y, y-kept.Y+n)
	}
	return rowsOf(r.plan.Layers[len(r.ops)-1].Out, y, n, r.out)
}

// rowsOf views data as n rows of a layer's output from row y on.
func rowsOf(out volume.Shape, y, n int, data []float32) volume.Rows {
	return volume.Rows{C: out.C, N: n, W: out.W, Y: y, Data: data, ChannelStride: channelStride(out, n), RowStride: out.W}
}

// channelStride is the distance between the channels of n rows of a layer's output. Each
// channel starts a cache line, and neighbouring channels fall into different sets of the
// cache.
func channelStride(out volume.Shape, n int) int { return oddLines(n * out.W) }
