package kernel

import "math"

// spansLoop does Spans for windows at least one vector wide. step and width are in values.
type spansLoop func(lo, hi, src *float32, offsets *int32, rows, windows, step, width int)

// Spans finds the smallest and the largest value of windows that lie side by side. Window
// j is the columns j·step ≤ x < j·step+width of every row, and row i starts at
// src[offsets[i]]. The results go to lo[j] and hi[j], one for each element of lo. NaN is
// passed over: a window of nothing else gives +Inf and −Inf. A zero may have either sign.
func (k *Kernel) Spans(lo, hi, src []float32, offsets []int32, step, width int) {
	if k.spans != nil && width >= k.lanes {
		hi = hi[:len(lo)]
		for _, at := range offsets {
			_ = src[at:][(len(lo)-1)*step+width-1]
		}
		k.spans(&lo[0], &hi[0], &src[0], &offsets[0], len(offsets), len(lo), step, width)
		return
	}
	for j := range lo {
		lo[j], hi[j] = span(src[j*step:], offsets, width)
	}
}

// span is the specification of a window.
func span(src []float32, offsets []int32, width int) (lo, hi float32) {
	lo, hi = float32(math.Inf(1)), float32(math.Inf(-1))
	for _, at := range offsets {
		for _, v := range src[at:][:width] {
			if v < lo {
				lo = v
			}
			if v > hi {
				hi = v
			}
		}
	}
	return lo, hi
}
