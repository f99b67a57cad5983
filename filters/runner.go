package filters

import (
	"context"
	"fmt"

	"filterbank/filters/kernel"
	"filterbank/filters/volume"
)

// RowReader reads rows of a volume, in any order and as often as asked. A volume.Volume
// is one, and so is a decoded picture that computes its rows on demand.
type RowReader interface {
	// Size is the volume's shape.
	Size() volume.Shape
	// ReadRows fills dst with rows dst.Y ≤ y < dst.Y+dst.N of every channel. A Team
	// calls it from several goroutines at once.
	ReadRows(dst volume.Rows) error
}

// Emit receives rows of a layer's output, after its activation. The bands of each layer
// come in order, every row once; bands of different layers interleave. The rows belong to
// the runner and are valid only until Emit returns.
type Emit func(layer int, rows volume.Rows) error

// Runner runs stacks over pictures in bands of rows, every layer of a band before
// the next band, so that its memory grows with a picture's width but not with its
// height. It keeps its buffers between pictures and has one owner at a time. The zero
// value is ready.
type Runner struct {
	// Kernel computes the rows; nil is the fastest that the processor runs.
	Kernel *kernel.Kernel

	budget  int // bytes of the working set aimed at; 0 is bandBytes
	tiles   int // the least of a map that is bounded; 0 is fewestTiles
	plan    *Plan
	windows []window // of the layers that are computed
	bands   []int    // of each layer, the output rows computed at a time
	out     []float32

	src      RowReader
	selected []bool
	emit     Emit
	keep     []volume.Rows // where rows are kept instead of emitted; nil emits them
	share    share
	quiet    bool    // rows are computed ahead for pinning and not delivered
	pruner   *pruner // takes the last layer's rows; nil computes and delivers them
	bounds   pruner  // what pruner points to, kept between pictures
}

// Run computes the plan's layers on src and passes the output of every layer l with
// selected[l] to emit. It does not compute layers behind the last selected one. It stops
// at the first error of src, emit or ctx.
func (r *Runner) Run(ctx context.Context, plan *Plan, selected []bool, src RowReader, emit Emit) error {
	last, err := check(plan, selected, src)
	if err != nil {
		return err
	}
	defer r.end()
	if err := r.begin(plan, selected[:last+1], src, emit); err != nil {
		return err
	}
	return r.sweep(ctx, 0, plan.Layers[last].Out.H)
}

// check finds the last selected layer.
func check(plan *Plan, selected []bool, src RowReader) (last int, err error) {
	last = -1
	for l, wanted := range selected {
		if wanted {
			last = l
		}
	}
	if last < 0 || len(selected) != len(plan.Layers) {
		return 0, fmt.Errorf("run: selected must have an entry for each of the %d layers and select at least one, got %v", len(plan.Layers), selected)
	}
	if src.Size() != plan.Input {
		return 0, fmt.Errorf("run: the plan is for an input of %v, the picture is %v", plan.Input, src.Size())
	}
	return last, nil
}

// begin readies the runner for a picture.
func (r *Runner) begin(plan *Plan, selected []bool, src RowReader, emit Emit) error {
	r.src, r.selected, r.emit, r.keep = src, selected, emit, nil
	if err := r.prepare(plan, len(selected)); err != nil {
		return err
	}
	return r.pin()
}

// end releases the picture.
func (r *Runner) end() {
	r.src, r.emit, r.pruner = nil, nil, nil
	r.windows[0].rows.Ahead.Data = nil
}

// sweep computes rows y0 ≤ y < y1 of the last layer band by band. Then it delivers the
// rows of earlier layers that no later layer has read.
func (r *Runner) sweep(ctx context.Context, y0, y1 int) error {
	last := len(r.windows) - 1
	r.share.set(r.plan.Layers[:last+1], y0, y1)
	r.seek(y0)
	for y := y0; y < y1; y += r.bands[last] {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.produce(last, r.outRows(y, min(r.bands[last], y1-y))); err != nil {
			return err
		}
	}
	for l := last - 1; l >= 0; l-- {
		if !r.selected[l] {
			continue
		}
		next, end := &r.windows[l+1], r.share.to[l]
		for next.hi < end {
			next.lo = next.hi
			if err := r.fill(l+1, min(next.hi+next.slots, end)); err != nil {
				return err
			}
		}
	}
	return nil
}

// seek empties the windows and moves each to the first row that row y of the last layer
// needs.
func (r *Runner) seek(y int) {
	for l := len(r.windows) - 1; l >= 0; l-- {
		w := &r.windows[l]
		y, _ = w.need(y, y+1)
		w.lo, w.hi = y, y
	}
}

// produce computes rows of a layer's output into dst; layer −1 is the picture.
func (r *Runner) produce(layer int, dst volume.Rows) error {
	if layer < 0 {
		return r.read(dst)
	}
	w, band := &r.windows[layer], r.bands[layer]
	for i := 0; i < dst.N; i += band {
		n := min(band, dst.N-i)
		y := dst.Y + i
		if err := r.supply(layer, y, y+n); err != nil {
			return err
		}
		if v, ok := r.src.(*volume.Volume); ok && layer == 0 {
			w.expect(v, n)
		}
		if r.pruner != nil && layer == len(r.windows)-1 {
			r.pruner.take(w, y, n, dst, i)
			continue
		}
		w.compute(y, n, dst, i)
		if !r.wanted(layer) {
			continue
		}
		if lo, hi := r.share.clip(layer, y, y+n); lo < hi {
			if err := r.deliver(layer, dst.Sub(lo-dst.Y, hi-dst.Y)); err != nil {
				return err
			}
		}
	}
	return nil
}

// read copies rows of the picture.
func (r *Runner) read(dst volume.Rows) error {
	v, ok := r.src.(*volume.Volume)
	if !ok {
		return r.src.ReadRows(dst)
	}
	r.windows[0].packed.kernel.Copy(
		kernel.Grid{Data: dst.Data, ChannelStride: dst.ChannelStride, RowStride: dst.RowStride},
		kernel.Grid{Data: v.Data[dst.Y*v.W:], ChannelStride: v.H * v.W, RowStride: v.W},
		dst.C, dst.N, dst.W)
	return nil
}

// deliver emits rows or keeps them. The last layer computes its rows where they are kept.
func (r *Runner) deliver(layer int, rows volume.Rows) error {
	if r.keep == nil {
		return r.emit(layer, rows)
	}
	if layer < len(r.keep)-1 {
		at := rows.Y - r.keep[layer].Y
		r.keep[layer].Sub(at, at+rows.N).CopyFrom(rows)
	}
	return nil
}

// supply brings the input of output rows y0 ≤ y < y1 into a layer's window.
func (r *Runner) supply(layer, y0, y1 int) error {
	w := &r.windows[layer]
	lo, hi := w.need(y0, y1)
	if lo < w.lo || (lo > w.hi && !r.wanted(layer-1)) {
		w.lo, w.hi = lo, lo
	}
	for w.hi < lo { // rows between two kernels are computed for delivery only
		w.lo = w.hi
		if err := r.fill(layer, min(lo, w.hi+w.slots)); err != nil {
			return err
		}
	}
	w.lo = max(w.lo, lo)
	return r.fill(layer, hi)
}

// wanted says whether the rows of a layer are to be delivered.
func (r *Runner) wanted(layer int) bool {
	return layer >= 0 && r.selected[layer] && !r.quiet
}

// fill reads rows up to hi into a layer's ring.
func (r *Runner) fill(layer, hi int) error {
	w := &r.windows[layer]
	for w.hi < hi {
		slot := w.hi % w.slots
		n := min(hi-w.hi, w.slots-slot)
		if err := r.load(layer, slot, w.hi, n); err != nil {
			return err
		}
		w.hi += n
	}
	return nil
}

// load computes n rows of a layer's input, from row y on, into its window's slots.
func (r *Runner) load(layer, slot, y, n int) error {
	if n == 0 {
		return nil
	}
	w := &r.windows[layer]
	rows := w.slotRows(slot, y, n)
	if err := r.produce(layer-1, rows); err != nil {
		return err
	}
	w.settle(slot, n, rows)
	return nil
}

// pin computes, layer by layer, the rows at the top and bottom edges that circular
// padding puts at the opposite edge. A layer's pinned rows are computed after the pinned
// rows of the layers before it, so that the work grows linearly with the depth and not
// exponentially.
func (r *Runner) pin() error {
	r.quiet = true
	defer func() { r.quiet = false }()
	for l := range r.windows {
		w := &r.windows[l]
		if w.pinned() == 0 {
			continue
		}
		e := w.plan.Rows
		if err := r.load(l, w.pinnedAbove(), w.plan.In.H-e.Before, e.Before); err != nil {
			return err
		}
		if err := r.load(l, w.pinnedBelow(), 0, e.After); err != nil {
			return err
		}
	}
	return nil
}
