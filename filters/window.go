package filters

import (
	"filterbank/filters/kernel"
	"filterbank/filters/volume"
)

// window holds the rows of a layer's input that the band at hand needs: a ring of
// slots, a slot holding one row of every channel with its padding left and right.
// Padding above and below costs no copy: taps there point to the zero slot, to the
// row that is mirrored or repeated, or, with circular padding, to a pinned copy of
// a row at the opposite edge.
type window struct {
	plan       *LayerPlan
	mode       PaddingMode
	groups     []kernel.Taps
	activation kernel.Activation

	band   int // output rows computed at a time
	slots  int // the ring's capacity; the zero slot and the pinned slots follow it
	lo, hi int // rows lo ≤ y < hi of the input are in the ring
	width  int // of a padded row
	slot   int // floats a slot: C·width
	data   []float32
	offset []int // in data, of each tap of a filter of the first group
}

func newWindow(lp *LayerPlan) *window {
	s := &lp.Conv.spec
	w := &window{plan: lp, mode: s.Padding.Mode}
	w.width = lp.Cols.Before + lp.In.W + lp.Cols.After
	w.slot = lp.In.C * w.width
	taps, _ := s.tapCount()
	w.offset = make([]int, taps)
	perGroup := len(s.Filters) / s.Groups
	for k := 0; k < len(s.Filters); k += perGroup {
		w.groups = append(w.groups, kernel.Taps{
			Weights: s.Weights[k*taps : (k+perGroup)*taps],
			Bias:    s.Bias[k : k+perGroup],
		})
	}
	switch s.Activation {
	case ReLU:
		w.activation.Kind = kernel.ReLU
	case LeakyReLU:
		w.activation = kernel.Activation{Kind: kernel.LeakyReLU, Slope: s.NegativeSlope}
	}
	return w
}

// ringRows bounds the input rows that a band of output rows needs at once.
func (w *window) ringRows(band int) int {
	e := w.plan.Rows
	rows := (band-1)*e.Stride + e.EffectiveKernel()
	if w.mode == Reflect {
		rows += max(e.Before, e.After)
	}
	return min(rows, w.plan.In.H)
}

// floats is the size of a window for bands of that many output rows.
func (w *window) floats(band int) int {
	return (w.ringRows(band) + 1 + w.pinned()) * w.slot
}

// pinned counts the rows of the opposite edges that circular padding needs.
func (w *window) pinned() int {
	if w.mode != Circular {
		return 0
	}
	return w.plan.Rows.Before + w.plan.Rows.After
}

// reset readies the window for bands of that many output rows of a new picture.
// The zero slot and the zeros left and right of each row are never written to.
func (w *window) reset(band int) {
	w.lo, w.hi = 0, 0
	if w.data == nil || band != w.band {
		w.band, w.slots = band, w.ringRows(band)
		w.data = make([]float32, w.floats(band))
	}
}

// ringRow is the input row whose values stand at row q of the padded input, if that
// row is one of the ring's.
func (w *window) ringRow(q int) (y int, ok bool) {
	h := w.plan.In.H
	if q >= 0 && q < h {
		return q, true
	}
	if w.mode == Reflect || w.mode == Replicate {
		return edgeIndex(w.mode, q, h), true
	}
	return 0, false
}

// slotOf is the slot that row q of the padded input is read from.
func (w *window) slotOf(q int) int {
	if y, ok := w.ringRow(q); ok {
		return y % w.slots
	}
	switch {
	case w.mode == Zeros:
		return w.slots
	case q < 0:
		return w.pinnedAbove() + q + w.plan.Rows.Before
	}
	return w.pinnedBelow() + q - w.plan.In.H
}

func (w *window) pinnedAbove() int { return w.slots + 1 }
func (w *window) pinnedBelow() int { return w.slots + 1 + w.plan.Rows.Before }

// need is the ring's rows lo ≤ y < hi for the output rows y0 ≤ y < y1. It never gives
// up a row that a later band asks for again: the bottom's mirrored rows are read a
// second time.
func (w *window) need(y0, y1 int) (lo, hi int) {
	e, h := w.plan.Rows, w.plan.In.H
	keep := h - 1
	if w.mode == Reflect {
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

// aim points the taps at the input of output row y.
func (w *window) aim(y int) {
	s := &w.plan.Conv.spec
	e, dx := w.plan.Rows, w.plan.Cols.Dilation
	t := 0
	for c := range s.InChannels / s.Groups {
		for kh := range e.Kernel {
			at := w.slotOf(y*e.Stride-e.Before+kh*e.Dilation)*w.slot + c*w.width
			for kw := range w.plan.Cols.Kernel {
				w.offset[t] = at + kw*dx
				t++
			}
		}
	}
}

// row computes output row y into row i of dst.
func (w *window) row(y int, dst volume.Rows, i int) {
	w.aim(y)
	perGroup := w.plan.Out.C / len(w.groups)
	channels := w.plan.In.C / len(w.groups)
	for g, taps := range w.groups {
		kernel.Row(dst.Data[g*perGroup*dst.ChannelStride+i*dst.RowStride:], dst.ChannelStride,
			w.data[g*channels*w.width:], w.offset, taps, w.plan.Out.W, w.plan.Cols.Stride, w.activation)
	}
}

// rows views n slots from the given one as rows y, y+1, … of the input.
func (w *window) rows(slot, y, n int) volume.Rows {
	return volume.Rows{
		C: w.plan.In.C, N: n, W: w.plan.In.W, Y: y,
		Data:          w.data[slot*w.slot+w.plan.Cols.Before:],
		ChannelStride: w.width,
		RowStride:     w.slot,
	}
}

// padSides fills the padding left and right of n slots.
func (w *window) padSides(slot, n int) {
	if w.mode == Zeros {
		return
	}
	before, size := w.plan.Cols.Before, w.plan.In.W
	for at := slot * w.slot; at < (slot+n)*w.slot; at += w.width {
		row := w.data[at:][:w.width]
		for x := range row {
			if x < before || x >= before+size {
				row[x] = row[before+edgeIndex(w.mode, x-before, size)]
			}
		}
	}
}

// edgeIndex maps an index outside 0 ≤ i < n to the one whose value stands there.
func edgeIndex(mode PaddingMode, i, n int) int {
	switch {
	case i >= 0 && i < n:
		return i
	case mode == Circular:
		return (i + n) % n
	case mode == Replicate:
		return max(0, min(n-1, i))
	case i < 0:
		return -i
	}
	return 2*(n-1) - i
}
