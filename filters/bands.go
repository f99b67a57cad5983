package filters

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"filterbank/filters/kernel"
	"filterbank/filters/volume"
)

// prepare readies the operations for a picture that sweeps go over in parts of at most so many
// rows of the last layer. It uses buffers again if they are large enough, and packed weights
// if the layers are the same.
func (r *Runner) prepare(plan *Plan, selected []bool, rows int) error {
	if f := (fitting{plan, r.Kernel, rows, r.budget, r.cache}); f != r.fitting || !slices.Equal(selected, r.fitted) {
		r.fit(plan, selected)
		r.divide(rows)
		r.fitting, r.fitted = f, append(r.fitted[:0], selected...)
	}
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

// fitting is everything that a runner's bands depend on, beside the selected layers.
type fitting struct {
	plan                *Plan
	kernel              *kernel.Kernel
	rows, budget, cache int
}

// fit lays out the operations for a plan and chooses the bands for whole pictures. lowered says
// that runs of fewer layers may have taller bands.
func (r *Runner) fit(plan *Plan, selected []bool) (lowered bool) {
	r.fitting = fitting{}
	r.layOut(plan, len(selected), selected)
	limit := cmp.Or(r.budget, tallBytes)
	for most := limit; ; most /= 2 {
		lowest := r.choose(most)
		if n := r.workingSet(); lowest || 4*n <= limit {
			return most < limit
		}
	}
}

// choose gives every layer bands that touch at most most bytes, and are tall enough for the
// layers that it reads to get bands of the height that they need. lowest says that all bands
// are of one row.
func (r *Runner) choose(most int) (lowest bool) {
	lowest = true
	above := 0
	for l := range r.ops {
		r.bands[l], r.rows[l] = 0, 0
		if !r.active[l] {
			continue
		}
		lp, t := &r.plan.Layers[l], r.traffic(l)
		t.above = above
		want, need := t.height(most)
		for _, from := range lp.Inputs {
			if from >= 0 {
				need = max(need, min(lp.Out.H, ceilDiv(r.rows[from]*lp.up(0), lp.Rows.Stride)))
			}
		}
		for need > want && need > 1 && t.own(need) > most {
			need = (need + 1) / 2
		}
		r.rows[l] = need
		r.bands[l] = evenly(lp.Out.H, max(want, need))
		lowest = lowest && r.bands[l] == 1
		above = min(above+t.own(r.bands[l])+t.weights, 1<<40)
	}
	return lowest
}

// divide fits bands to the rows that are asked for at a time, if sweeps go over so many rows of
// the last layer at most. Bands of parts are no taller than the whole picture's, which the plan's
// working set counts.
func (r *Runner) divide(rows int) {
	height := r.plan.Layers[len(r.ops)-1].Out.H
	r.ask(height, 4)
	if rows < height {
		r.ask(rows, math.MaxInt)
	}
}

// ask fits bands to sweeps over so many rows. A band grows by at most one of so many parts of its
// height, if that saves a band.
func (r *Runner) ask(rows, parts int) {
	fitted := func(l, n int) int { return evenly(n, r.bands[l]+r.bands[l]/parts) }
	demand(r, r.rows, evenly(rows, r.bands[len(r.ops)-1]), func(l, n int) int {
		return r.plan.Layers[l].across(fitted(l, n))
	})
	for l, n := range r.rows {
		if r.active[l] {
			r.bands[l] = fitted(l, min(n, r.plan.Layers[l].Out.H))
		}
	}
}

// workingSet counts the floats that a band touches: buffers of operations, rows that wait,
// output and tables of offsets, whose int32s count as floats.
func (r *Runner) workingSet() int {
	r.bound(r.bands[len(r.ops)-1])
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
	if r.into != nil {
		return r.into.Rows(y, y+n)
	}
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
