package filters

import (
	"context"
	"fmt"
	"slices"

	"filterbank/filters/kernel"
	"filterbank/filters/volume"
)

// RowReader gives the rows of a volume, in any order and as often as asked.
// volume.Volume is one; a decoded picture that makes its rows on demand is another.
type RowReader interface {
	// Size is the volume's shape.
	Size() volume.Shape
	// ReadRows fills dst with rows dst.Y ≤ y < dst.Y+dst.N of every channel.
	ReadRows(dst volume.Rows) error
}

// Emit receives rows of a layer's output, after its activation. For each layer the
// bands come in order, every row once; bands of different layers interleave. The
// rows are the runner's own and hold only until Emit returns.
type Emit func(layer int, rows volume.Rows) error

// Runner runs stacks over pictures in bands of rows, every layer of a band before
// the next band, so that its memory grows with a picture's width but not with its
// height. It keeps its buffers between pictures and has one owner at a time.
type Runner struct {
	// Kernel computes the rows; nil is the fastest that the processor runs.
	Kernel *kernel.Kernel

	budget  int // bytes of the working set aimed at; 0 is bandBytes
	plan    *Plan
	windows []window // of the layers that are computed
	out     []float32

	src   RowReader
	taps  []bool
	emit  Emit
	quiet bool // rows are computed ahead, for pinning; they will come again
}

// bandBytes is the working set that a runner aims at: three quarters of a second-level
// cache of 1 MiB, which leaves room for weights and for what the consumer touches.
const bandBytes = 768 << 10

// Run computes the plan's layers on src and gives the output of every layer l with
// taps[l] to emit. Layers behind the last tap are not computed. It stops at the
// first error of src, emit or ctx.
func (r *Runner) Run(ctx context.Context, plan *Plan, taps []bool, src RowReader, emit Emit) error {
	last := -1
	for l, tapped := range taps {
		if tapped {
			last = l
		}
	}
	if last < 0 || len(taps) != len(plan.Layers) {
		return fmt.Errorf("run: %d of %d layers named, at least one is needed", len(taps), len(plan.Layers))
	}
	if src.Size() != plan.Input {
		return fmt.Errorf("run: the plan is for an input of %v, the picture is %v", plan.Input, src.Size())
	}
	r.src, r.taps, r.emit = src, taps, emit
	defer func() { r.src, r.emit = nil, nil }()
	r.prepare(plan, last+1)
	if err := r.pin(); err != nil {
		return err
	}
	return r.sweep(ctx, last)
}

// sweep computes the last layer band by band, then what earlier layers have left:
// rows that no later layer looked at are output all the same.
func (r *Runner) sweep(ctx context.Context, last int) error {
	out := r.plan.Layers[last].Out
	band := r.windows[last].band
	for y := 0; y < out.H; y += band {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(band, out.H-y)
		err := r.produce(last, volume.Rows{
			C: out.C, N: n, W: out.W, Y: y,
			Data: r.out, ChannelStride: channelStride(out, n), RowStride: rowStride(out),
		})
		if err != nil {
			return err
		}
	}
	for l := last - 1; l >= 0; l-- {
		if !r.taps[l] {
			continue
		}
		next := &r.windows[l+1]
		for next.hi < r.plan.Layers[l].Out.H {
			next.lo = next.hi
			if err := r.fill(l+1, min(next.hi+next.slots, r.plan.Layers[l].Out.H)); err != nil {
				return err
			}
		}
	}
	return nil
}

// produce computes rows of a layer's output into dst; layer −1 is the picture.
func (r *Runner) produce(layer int, dst volume.Rows) error {
	if layer < 0 {
		return r.src.ReadRows(dst)
	}
	w := &r.windows[layer]
	for i := 0; i < dst.N; i += w.band {
		n := min(w.band, dst.N-i)
		y := dst.Y + i
		if err := r.supply(layer, y, y+n); err != nil {
			return err
		}
		w.compute(y, n, dst, i)
		if r.taps[layer] && !r.quiet {
			if err := r.emit(layer, dst.Sub(i, i+n)); err != nil {
				return err
			}
		}
	}
	return nil
}

// supply brings the input of output rows y0 ≤ y < y1 into a layer's window.
func (r *Runner) supply(layer, y0, y1 int) error {
	w := &r.windows[layer]
	lo, hi := w.need(y0, y1)
	if lo < w.lo || (lo > w.hi && !r.tapped(layer-1)) {
		w.lo, w.hi = lo, lo
	}
	for w.hi < lo { // rows between two kernels, which only the tap wants
		w.lo = w.hi
		if err := r.fill(layer, min(lo, w.hi+w.slots)); err != nil {
			return err
		}
	}
	w.lo = max(w.lo, lo)
	return r.fill(layer, hi)
}

func (r *Runner) tapped(layer int) bool {
	return layer >= 0 && r.taps[layer] && !r.quiet
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
// padding puts at the opposite edge. Each layer's are computed with those of the
// layers before it in place, so that the work grows with the depth and not
// exponentially with it.
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
	for l := range r.windows {
		r.windows[l].lo, r.windows[l].hi = 0, 0
	}
	return nil
}

// prepare readies the windows for a picture. Buffers that have once been large
// enough are used again, and packed weights while the layers are the same.
func (r *Runner) prepare(plan *Plan, layers int) {
	r.layOut(plan, layers)
	band := r.fitBand()
	for l, b := range r.bands(band) {
		r.windows[l].reset(b)
	}
	out := plan.Layers[layers-1].Out
	if n := out.C * channelStride(out, min(band, out.H)); cap(r.out) < n {
		r.out = kernel.Floats(n)
	}
}

// layOut fixes where the values of every layer's input lie.
func (r *Runner) layOut(plan *Plan, layers int) {
	k := r.Kernel
	if k == nil {
		k = kernel.Best()
	}
	r.plan = plan
	r.windows = slices.Grow(r.windows[:0], layers)[:layers]
	for l := range layers {
		r.windows[l].layOut(&plan.Layers[l], k)
	}
}

// rowStride and channelStride lay out n rows of a band of outputs so that each starts
// a cache line and those of different channels fall into different sets of the cache.
func rowStride(out volume.Shape) int { return (out.W + kernel.Align - 1) &^ (kernel.Align - 1) }

func channelStride(out volume.Shape, n int) int { return oddLines(n * rowStride(out)) }

// fitBand is the height of the tallest bands whose working set fits the budget.
func (r *Runner) fitBand() int {
	budget := r.budget
	if budget == 0 {
		budget = bandBytes
	}
	band := 1
	for band < r.windows[len(r.windows)-1].plan.Out.H && r.workingSet(2*band) <= budget/4 {
		band *= 2
	}
	return band
}

// bands is, for each layer, the output rows computed at a time so that the last
// layer advances by band rows.
func (r *Runner) bands(band int) []int {
	bands := make([]int, len(r.windows))
	for l := len(bands) - 1; l >= 0; l-- {
		bands[l] = min(band, r.windows[l].plan.Out.H)
		band = bands[l] * r.windows[l].plan.Rows.Stride
	}
	return bands
}

// workingSet is the floats that a band touches: every window and the output.
func (r *Runner) workingSet(band int) int {
	bands := r.bands(band)
	last := len(bands) - 1
	out := r.windows[last].plan.Out
	n := out.C * channelStride(out, bands[last])
	for l, b := range bands {
		n += r.windows[l].floats(b)
	}
	return n
}
