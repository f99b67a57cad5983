package filters

import (
	"filterbank/filters/kernel"
	"filterbank/filters/volume"
)

// operation computes a layer's rows from rows of its inputs. It keeps its buffers between
// pictures and has one owner.
type operation interface {
	// layOut prepares for a layer.
	layOut(lp *LayerPlan, k *kernel.Kernel)
	// floats is the size of the buffers for bands of so many output rows.
	floats(band int) int
	// need is the rows lo ≤ y < hi of each input that output rows y0 ≤ y < y1 read.
	need(y0, y1 int) (lo, hi int)
	// read is the end of the input rows that have been read, at most, when the first y output
	// rows are computed.
	read(y int) int
	// reset prepares for a new picture in bands of that many output rows.
	reset(band int)
	// seek forgets rows of the input, and expects rows from lo on.
	seek(lo int)
	// produce computes output rows y ≤ … < y+n of the layer into rows i, i+1, … of dst.
	produce(r *Runner, layer, y, n int, dst volume.Rows, i int) error
}

// reuse is an operation as its own kind, or a new one if it is of another kind.
func reuse[T any](old operation) *T {
	if same, ok := any(old).(*T); ok {
		return same
	}
	return new(T)
}

// slider is a layer that slides a window over its only input.
type slider interface {
	Layer
	access(lp *LayerPlan) access
	layout(k *kernel.Kernel, lp *LayerPlan) kernel.Layout
	loops(k *kernel.Kernel, layout kernel.Layout, channels int) loops
}

// reader is a place at which a layer reads another: input i of the layer.
type reader struct{ layer, input int }

// wire finds the layers that the selected ones need, and who reads whom. All layers are
// needed if selected is nil.
func (r *Runner) wire(plan *Plan, layers int, selected []bool) {
	r.active = resize(r.active, layers)
	r.readers = resizeKeeping(r.readers, layers)
	for l := range layers {
		r.active[l] = selected == nil || selected[l]
		r.readers[l] = r.readers[l][:0]
	}
	for l := layers - 1; l >= 0; l-- {
		if !r.active[l] {
			continue
		}
		for _, from := range plan.Layers[l].Inputs {
			if from >= 0 {
				r.active[from] = true
			}
		}
	}
	for l := range layers {
		for i, from := range plan.Layers[l].Inputs {
			if r.active[l] && from >= 0 {
				r.readers[from] = append(r.readers[from], reader{l, i})
			}
		}
	}
}

// resizeKeeping is resize that keeps the elements, for the memory that they own.
func resizeKeeping[T any](s []T, n int) []T {
	s = s[:cap(s)]
	for len(s) < n {
		var zero T
		s = append(s, zero)
	}
	return s[:n]
}

// ends says whether no needed layer reads this one.
func (r *Runner) ends(layer int) bool { return len(r.readers[layer]) == 0 }

// aligned is the row of another layer that stands where row y of the last one does. It is
// for ends of the graph besides the last layer, which all advance together.
func (r *Runner) aligned(layer, y int) int {
	last := len(r.ops) - 1
	return int(int64(y) * int64(r.plan.Layers[layer].Out.H) / int64(r.plan.Layers[last].Out.H))
}

// demand carries a number of rows of the last layer back to all layers: through gives the
// rows of its input that a layer with so many rows reads. A layer that several others read
// has the largest number.
func demand[N int | float64](r *Runner, to []N, rows N, through func(l int, rows N) N) {
	last := len(r.ops) - 1
	for l := last; l >= 0; l-- {
		to[l] = 0
		if !r.active[l] {
			continue
		}
		if r.ends(l) {
			to[l] = rows
			if l != last {
				h, all := N(r.plan.Layers[l].Out.H), N(r.plan.Layers[last].Out.H)
				to[l] = max(1, (rows*h+all-1)/all)
			}
		}
		for _, c := range r.readers[l] {
			to[l] = max(to[l], through(c.layer, to[c.layer]))
		}
	}
}

// through is the rows of its input that so many rows of a layer advance by, at least 1.
func (lp *LayerPlan) through(rows int) int {
	return (rows*lp.Rows.Stride + lp.up(0) - 1) / lp.up(0)
}

// across is the rows of its input that so many rows of a layer read.
func (lp *LayerPlan) across(rows int) int {
	e := lp.Rows
	return min(lp.In.H, ceilDiv((rows-1)*e.Stride+max(e.EffectiveKernel(), e.Stride), lp.up(0)))
}

// up is the factor by which the layer enlarges an axis.
func (lp *LayerPlan) up(axis int) int { return max(1, lp.Up[axis]) }
