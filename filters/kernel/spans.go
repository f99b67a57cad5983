package kernel

import "math"

// columnsLoop does Columns for so many vectors, and reads and writes whole ones. spansLoop
// does Spans for windows at least a vector wide.
type (
	columnsLoop func(lo, hi, src *float32, offsets *int32, rows, vectors int)
	spansLoop   func(lo, hi, least, most *float32, windows, step, width int)
)

// Columns finds the smallest and the largest value of n columns of rows: lo[x] and hi[x]
// are the extremes of src[offset+x] over all offsets. NaN is passed over. A column of NaN
// alone gives +Inf and −Inf. A zero may have either sign. lo and hi have Align floats more
// than n, with any content, and src has Slack floats behind the last value.
func (k *Kernel) Columns(lo, hi, src []float32, offsets []int32, n int) {
	if k.columns == nil {
		columns(lo[:n], hi[:n], src, offsets)
		return
	}
	_, _ = lo[n+Align-1], hi[n+Align-1]
	for _, at := range offsets {
		_ = src[int(at)+n-1+Slack]
	}
	k.columns(&lo[0], &hi[0], &src[0], &offsets[0], len(offsets), ceilDiv(n, k.lanes))
}

func columns(lo, hi, src []float32, offsets []int32) {
	for x := range lo {
		lo[x], hi[x] = float32(math.Inf(1)), float32(math.Inf(-1))
	}
	for _, at := range offsets {
		for x, v := range src[at:][:len(lo)] {
			if v < lo[x] {
				lo[x] = v
			}
			if v > hi[x] {
				hi[x] = v
			}
		}
	}
}

// Spans finds the smallest and the largest value of windows of columns, which Columns has
// found: lo[j] is the smallest of least[j·step:][:width], and hi[j] the largest of
// most[j·step:][:width], for all j of lo. A zero may have either sign.
func (k *Kernel) Spans(lo, hi, least, most []float32, step, width int) {
	hi = hi[:len(lo)]
	n := (len(lo)-1)*step + width
	least, most = least[:n], most[:n]
	if k.spans != nil && width >= k.lanes {
		k.spans(&lo[0], &hi[0], &least[0], &most[0], len(lo), step, width)
		return
	}
	for j := range lo {
		lo[j], hi[j] = float32(math.Inf(1)), float32(math.Inf(-1))
		for x := range width {
			lo[j], hi[j] = min(lo[j], least[j*step+x]), max(hi[j], most[j*step+x])
		}
	}
}
