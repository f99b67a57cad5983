package filters

import (
	"filterbank/filters/kernel"
	"filterbank/filters/volume"
)

// slotRows is the memory for rows y, y+1, … of the input, which belong in n slots from
// the given one. Rows in phases are written to another buffer first.
func (w *window) slotRows(slot, y, n int) volume.Rows {
	in := w.plan.In
	if w.row.phases > 1 {
		return volume.Rows{C: in.C, N: n, W: in.W, Y: y, Data: w.split, ChannelStride: n * in.W, RowStride: in.W}
	}
	return volume.Rows{
		C: in.C, N: n, W: in.W, Y: y,
		Data:          w.data[slot*w.slot+w.row.index(w.plan.Cols.Before):],
		ChannelStride: w.row.width,
		RowStride:     w.slot,
	}
}

// settle completes n slots whose slotRows have been written: it puts values in phases and
// fills the padding left and right. A crew shares the work, unless it is nil.
func (w *window) settle(c *crew, slot, n int, rows volume.Rows) {
	if w.row.phases > 1 {
		to := kernel.Grid{Data: w.data[slot*w.slot:], ChannelStride: w.row.width, RowStride: w.slot}
		if c.divides(rows) {
			c.channels(rows.C, func(from, end int) { w.intoPhases(to, rows, from, end) })
		} else {
			w.intoPhases(to, rows, 0, rows.C)
		}
	}
	if w.access.mode == Zeros {
		return
	}
	for i := range n {
		for c := range w.plan.In.C {
			row := w.data[(slot+i)*w.slot+c*w.row.width:][:w.row.width]
			w.row.padSides(row, w.access.mode, w.plan.Cols, w.plan.In.W)
		}
	}
}

// intoPhases puts the values of channels from ≤ c < end in phases.
func (w *window) intoPhases(to kernel.Grid, rows volume.Rows, from, end int) {
	to.Data = to.Data[from*to.ChannelStride:]
	rows.C, rows.Data = end-from, rows.Data[from*rows.ChannelStride:]
	w.row.intoPhases(w.packed.kernel, to, rows, w.plan.Cols.Before)
}
