package filters

import (
	"filterbank/filters/kernel"
	"filterbank/filters/volume"
)

// window holds the rows of a layer's input that the current band needs, in a ring of
// slots. A slot has one row of every channel with its padding left and right. Padding
// above and below is not copied: its taps point to the blank slot, to the mirrored or
// repeated row, or, with circular padding, to a pinned copy of a row at the opposite
// edge.
type window struct {
	plan   *LayerPlan
	access access
	packed packing
	layout kernel.Layout

	slots   int // the ring's capacity; the blank slot and the pinned slots follow it
	lo, hi  int // rows lo ≤ y < hi of the input are in the ring
	first   int // the ring's first slot has this row, or one that is a multiple of slots away
	row     rowLayout
	slot    int            // floats a slot: C·row.width
	data    []float32      // all slots
	blank   blank          // for which the padding in data was written
	split   []float32      // rows before they are put in phases, C·slots·W
	bases   []int          // offsets in data of the slots that a kernel's rows read
	columns []int32        // offsets in a row of a kernel's columns
	offset  []int32        // offsets in data of the first group's taps, a table for each row of a band
	tables  tables         // which rows offset is for; n is 0 for none
	bare    bool           // a volume's rows may be read where they are
	picture *volume.Volume // whose rows are read where they are; nil for the ring's
	lines   []int          // offsets in picture of the rows that a band reads
	rows    kernel.Rows
}

// layOut prepares the window for a layer.
func (w *window) layOut(lp *LayerPlan, k *kernel.Kernel) {
	layer := lp.Layer.(slider)
	w.plan, w.access = lp, layer.access(lp)
	w.packed.use(layer, k)
	w.layout = layer.layout(k, lp)
	w.row = newRowLayout(lp, w.layout, k)
	w.slot = lp.In.C * w.row.width
	w.bare = bare(lp, w.layout, k)
	w.tables = tables{}
	w.bases = resize(w.bases, lp.Rows.Kernel)
	w.columns = resize(w.columns, lp.Cols.Kernel)
	for i := range w.columns {
		w.columns[i] = int32(w.row.index(i * lp.Cols.Dilation))
	}
	if p := w.access.average; p != nil {
		w.rows.Widths = resize(w.rows.Widths, (lp.Out.W-1)*w.row.stride+1+kernel.Slack)
		for i := range w.rows.Widths {
			w.rows.Widths[i] = 1
		}
		for x := range lp.Out.W {
			w.rows.Widths[x*w.row.stride] = p.counted(1, lp.Cols, lp.In.W, x)
		}
	}
}

// ringRows bounds the input rows that a band of output rows needs at once.
func (w *window) ringRows(band int) int {
	e := w.plan.Rows
	rows := (band-1)*e.Stride + e.EffectiveKernel()
	if w.access.mode == Reflect {
		rows += max(e.Before, e.After)
	}
	return min(rows, w.plan.In.H)
}

// floats is the size of a window for bands of that many output rows.
func (w *window) floats(band int) int {
	n := (w.ringRows(band) + 1 + w.pinned()) * w.slot
	if w.row.phases > 1 {
		n += w.splitFloats(band)
	}
	return n
}

// splitFloats is the size of the largest load of rows.
func (w *window) splitFloats(band int) int {
	rows := w.ringRows(band)
	if w.access.mode == Circular {
		rows = max(rows, w.plan.Rows.Before, w.plan.Rows.After)
	}
	return w.plan.In.C * rows * w.plan.In.W
}

// pinned counts the rows of the opposite edges that circular padding needs.
func (w *window) pinned() int {
	if w.access.mode != Circular {
		return 0
	}
	return w.plan.Rows.Before + w.plan.Rows.After
}

// reset prepares the window for a new picture in bands of that many output rows. Nothing
// else writes to the blank slot and to the padding left and right of each row, so they
// stay valid while pictures have the same plan.
func (w *window) reset(band int) {
	w.seek(0)
	w.slots = w.ringRows(band)
	n := band * w.taps()
	if cap(w.offset) < n {
		w.tables = tables{}
	}
	w.offset = resize(w.offset, n)
	if w.row.phases > 1 {
		w.split = resize(w.split, w.splitFloats(band))
	}
	now := blank{w.plan, w.row, w.slots}
	if w.blank == now {
		return
	}
	w.blank, w.tables = now, tables{}
	n = (w.slots+1+w.pinned())*w.slot + kernel.Slack
	if cap(w.data) < n {
		w.data = kernel.Floats(n)
	} else {
		w.data = w.data[:n]
		clear(w.data)
	}
	if w.access.padding != 0 {
		for i := range w.data {
			w.data[i] = w.access.padding
		}
	}
}

// blank identifies the places of constant padding in a window's data.
type blank struct {
	plan  *LayerPlan
	row   rowLayout
	slots int
}

// seek empties the ring.
func (w *window) seek(lo int) { w.lo, w.hi, w.first = lo, lo, lo }

// produce computes output rows y ≤ … < y+n of the layer into rows i, i+1, … of dst.
func (w *window) produce(r *Runner, layer, y, n int, dst volume.Rows, i int) error {
	if w.picture = w.whole(r, layer); w.picture != nil {
		_, hi := w.need(y, y+n)
		w.seek(hi)
		w.rows.Ahead.Len = 0 // the processor foresees rows that lie one behind the other
	} else {
		if err := w.supply(r, layer, y, y+n); err != nil {
			return err
		}
		if v, ok := r.src.(*volume.Volume); ok && layer == 0 {
			w.expect(v, n)
		}
	}
	if r.pruner != nil && layer == len(r.ops)-1 {
		r.pruner.take(r.crew, w, y, n, dst, i)
		return nil
	}
	w.compute(r.crew, y, n, dst, i)
	return nil
}

// whole is the picture, if the layer reads its rows where they are. A pruner that bounds outputs reads
// the ring's rows.
func (w *window) whole(r *Runner, layer int) *volume.Volume {
	v, ok := r.src.(*volume.Volume)
	if !ok || !w.bare || w.plan.Inputs[0] >= 0 || r.pruner != nil && r.pruner.active && layer == len(r.ops)-1 {
		return nil
	}
	return v
}

// supply brings the input of output rows y0 ≤ y < y1 into the window.
func (w *window) supply(r *Runner, layer, y0, y1 int) error {
	lo, hi := w.need(y0, y1)
	if lo < w.lo || (lo > w.hi && !r.continuous(w.plan.Inputs[0])) {
		w.seek(lo)
	}
	for w.hi < lo { // rows between two kernels are computed for delivery only
		w.lo = w.hi
		if err := w.fill(r, layer, min(lo, w.hi+w.slots)); err != nil {
			return err
		}
	}
	w.lo = max(w.lo, lo)
	return w.fill(r, layer, hi)
}

// fill reads rows up to hi into the ring.
func (w *window) fill(r *Runner, layer, hi int) error {
	for w.hi < hi {
		slot := w.slotIn(w.hi)
		if w.plan.Inputs[0] >= 0 && hi-w.hi > w.slots-slot {
			slot = w.rewind()
		}
		n := min(hi-w.hi, w.slots-slot)
		if err := w.load(r, layer, slot, w.hi, n); err != nil {
			return err
		}
		w.hi += n
	}
	return nil
}

// rewind moves the ring's rows to its first slots, so that the layer that computes the next
// ones reads its weights once for all of them. It returns the slot behind them.
func (w *window) rewind() int {
	slot, n := w.slotIn(w.lo), w.hi-w.lo
	if slot+n <= w.slots { // they do not wrap around
		copy(w.data[:n*w.slot], w.data[slot*w.slot:])
		w.first = w.lo
	}
	return w.slotIn(w.hi)
}

// load computes n rows of the input, from row y on, into slots.
func (w *window) load(r *Runner, layer, slot, y, n int) error {
	if n == 0 {
		return nil
	}
	if v, ok := r.src.(*volume.Volume); ok && w.row.phases > 1 && w.plan.Inputs[0] < 0 {
		w.settle(r.crew, slot, n, v.Rows(y, y+n)) // without a copy
		return nil
	}
	rows := w.slotRows(slot, y, n)
	if err := r.fetch(layer, 0, rows); err != nil {
		return err
	}
	w.settle(r.crew, slot, n, rows)
	return nil
}

// need is the rows lo ≤ y < hi of the ring that output rows y0 ≤ y < y1 read. Reflection
// reads rows at the bottom a second time, so they stay in the ring.
func (w *window) need(y0, y1 int) (lo, hi int) {
	e, h := w.plan.Rows, w.plan.In.H
	keep := h - 1
	if w.access.mode == Reflect {
		keep -= e.After
	}
	lo, hi = max(0, min(keep, y0*e.Stride-e.Before)), 0
	for q := y0*e.Stride - e.Before; q < (y1-1)*e.Stride-e.Before+e.EffectiveKernel(); q++ {
		if y, ok := w.ringRow(q); ok {
			lo, hi = min(lo, y), max(hi, y+1)
		}
	}
	return lo, max(lo, hi)
}

// read is the end of the input rows that have been read, at most, when the first y output
// rows are computed. Reflection reads rows behind the first ones first.
func (w *window) read(y int) int {
	e, h := w.plan.Rows, w.plan.In.H
	if y == 0 {
		return 0
	}
	end := (y-1)*e.Stride - e.Before + e.EffectiveKernel()
	if w.access.mode == Reflect {
		end = max(end, e.Before+1)
	}
	return max(0, min(h, end))
}

// compute computes the output rows y ≤ … < y+n into rows i, i+1, … of dst. Their
// input is in the window. A crew shares the work, unless it is nil.
func (w *window) compute(c *crew, y, n int, dst volume.Rows, i int) {
	r := &w.rows
	r.Dst, r.ChannelStride, r.RowStride = dst.Data[i*dst.RowStride:], dst.ChannelStride, dst.RowStride
	r.Width, r.N = w.plan.Out.W, n
	if v := w.picture; v != nil {
		w.pointLines(y, n)
		r.Src, r.GroupStride = v.Data, v.H*v.W
		r.Bare = kernel.Bare{Rows: w.lines, Before: w.plan.Cols.Before, Columns: v.W}
	} else {
		w.pointAll(y, n)
		r.Src, r.GroupStride = w.data, w.access.channels*w.row.width
		r.Bare = kernel.Bare{}
	}
	r.Offsets, r.Stride = w.offset[:n*w.taps()], w.row.stride
	if p := w.access.average; p != nil {
		r.Heights = resize(r.Heights, n)
		for j := range r.Heights {
			r.Heights[j] = p.counted(0, w.plan.Rows, w.plan.In.H, y+j)
		}
	}
	c.compute(w.packed.loops(w.layout, w.plan.In.C), r)
	r.Dst, r.Src, w.picture = nil, nil, nil
}

// expect announces the rows of v that the next band of n output rows will load, so that
// they come into the cache.
func (w *window) expect(v *volume.Volume, n int) {
	a := &w.rows.Ahead
	a.Len = 0
	if rows := min(n*w.plan.Rows.Stride, v.H-w.hi); rows > 0 {
		a.Data, a.Channels, a.ChannelStride, a.Len = v.Data[w.hi*v.W:], v.C, v.H*v.W, rows*v.W
	}
}

// resize is a slice of n elements, in the same memory if that suffices.
func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
