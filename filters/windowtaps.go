package filters

// taps is the number of values that an output is computed from.
func (w *window) taps() int { return w.access.channels * w.plan.Rows.Kernel * w.plan.Cols.Kernel }

// ringRow is the input row whose values row q of the padded input has. It is not ok if
// the ring has no such row.
func (w *window) ringRow(q int) (y int, ok bool) {
	h := w.plan.In.H
	if q >= 0 && q < h {
		return q, true
	}
	if w.access.mode == Reflect || w.access.mode == Replicate {
		return edgeIndex(w.access.mode, q, h), true
	}
	return 0, false
}

// slotOf is the slot that row q of the padded input is read from.
func (w *window) slotOf(q int) int {
	if y, ok := w.ringRow(q); ok {
		return w.slotIn(y)
	}
	switch {
	case w.access.mode == Zeros:
		return w.slots
	case q < 0:
		return w.pinnedAbove() + q + w.plan.Rows.Before
	}
	return w.pinnedBelow() + q - w.plan.In.H
}

// slotIn is the slot of row y of the input in the ring.
func (w *window) slotIn(y int) int { return (y - w.first) % w.slots }

func (w *window) pinnedAbove() int { return w.slots + 1 }
func (w *window) pinnedBelow() int { return w.slots + 1 + w.plan.Rows.Before }

// point fills a table of offsets with the taps of output row y.
func (w *window) point(offset []int32, y int) {
	e := w.plan.Rows
	for i := range w.bases {
		w.bases[i] = w.slotOf(y*e.Stride-e.Before+i*e.Dilation) * w.slot
	}
	first := offset[:len(w.bases)*len(w.columns)]
	for i, base := range w.bases {
		for j, column := range w.columns {
			first[i*len(w.columns)+j] = int32(base) + column
		}
	}
	width := int32(w.row.width)
	for c := 1; c < w.access.channels; c++ {
		before, next := offset[:len(first)], offset[len(first):2*len(first)]
		for t, at := range before {
			next[t] = at + width
		}
		offset = offset[len(first):]
	}
}

// tables are the output rows y ≤ … < y+n whose tables of offsets a window has, and the row in
// its first slot.
type tables struct{ y, n, first int }

// pointAll fills tables of offsets with the taps of output rows y ≤ … < y+n.
func (w *window) pointAll(y, n int) {
	now := tables{y, n, w.first}
	if w.tables == now { // as in the picture before, if one band has all rows
		return
	}
	w.tables = now
	taps := w.taps()
	for j := range n {
		w.point(w.offset[j*taps:][:taps], y+j)
	}
}

// pointLines fills lines with the rows of the picture that output rows y ≤ … < y+n read.
func (w *window) pointLines(y, n int) {
	e, in := w.plan.Rows, w.plan.In
	w.lines = w.lines[:0]
	for q := y*e.Stride - e.Before; q < (y+n-1)*e.Stride-e.Before+e.Kernel; q++ {
		at := q * in.W
		if q < 0 || q >= in.H {
			at = -1
		}
		w.lines = append(w.lines, at)
	}
}
