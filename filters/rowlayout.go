package filters

import (
	"filterbank/filters/kernel"
	"filterbank/filters/volume"
)

// rowLayout says where the values of one row of one channel, with its padding, lie in a
// window: one after the other, or in phases. Phase p holds columns p, p+phases,
// p+2·phases, …, so that neighbouring outputs of a strided layer read neighbouring
// values.
type rowLayout struct {
	width  int // floats a row takes
	before int // floats before column 0
	phases int // 1 is one after the other
	phase  int // floats of a phase
	stride int // distance of the values that neighbouring outputs read
}

func newRowLayout(lp *LayerPlan, layout kernel.Layout, k *kernel.Kernel) rowLayout {
	columns := lp.Cols.Before + lp.In.W + lp.Cols.After
	if layout == kernel.Pixels && lp.Cols.Stride > 1 && lp.Out.W > 1 && !strides(lp, k) {
		phases := lp.Cols.Stride
		phase := (columns + phases - 1) / phases
		phase = narrower(lp, oddLines(phase), compact(phase))
		return rowLayout{width: phases * phase, phases: phases, phase: phase, stride: 1}
	}
	// The picture's first column starts a cache line. Rows take an odd number of lines,
	// so that different channels fall into different sets of the cache.
	r := rowLayout{phases: 1, stride: lp.Cols.Stride}
	r.before = -lp.Cols.Before & (kernel.Align - 1)
	r.width = oddLines(r.before + columns)
	width := compact(columns)
	if layout == kernel.Pixels || layout == kernel.Scalar { // others read values one by one
		width = narrower(lp, r.width, width)
	}
	if width < r.width {
		r.before, r.width = 0, width
	}
	return r
}

// depthwise is the spec of a layer that has a filter for each channel, without dilation. It is not
// ok for other layers.
func depthwise(lp *LayerPlan) (s *ConvSpec, ok bool) {
	conv, ok := lp.Layer.(*Conv)
	if !ok || lp.Out.C != lp.In.C || conv.spec.Groups != lp.In.C || conv.spec.Dilation != [2]int{1, 1} {
		return nil, false
	}
	return &conv.spec, true
}

// strides says whether the loops of a layer read columns that are the stride apart.
func strides(lp *LayerPlan, k *kernel.Kernel) bool {
	s, ok := depthwise(lp)
	return ok && k.Strides(s.KernelSize, s.Stride)
}

// bare says whether the loops of a layer can read rows that have no padding in memory.
func bare(lp *LayerPlan, layout kernel.Layout, k *kernel.Kernel) bool {
	s, ok := depthwise(lp)
	return ok && layout == kernel.Pixels && s.Padding.Mode == Zeros && max(lp.Cols.Before, lp.Cols.After) < lp.Cols.Kernel && k.Bare(s.KernelSize, s.Stride)
}

// narrower is the compact width of a depthwise layer's rows if it is at most half of their width in
// whole lines. Otherwise it is the width in whole lines. Compact rows make taller bands. A band loads
// the weights of every channel, which takes longer than unaligned loads: layers of 7×7 are two to
// five times as fast with compact rows.
func narrower(lp *LayerPlan, lines, compact int) int {
	if conv, ok := lp.Layer.(*Conv); ok && conv.spec.Groups == lp.In.C && 2*compact <= lines {
		return compact
	}
	return lines
}

// compact is the width of rows of so many columns. Short rows need not start a cache line. Rows of
// whole lines have an odd number of them, so that different channels fall into different sets of
// the cache.
func compact(columns int) int {
	const short = 8 * kernel.Align
	if columns < short && columns%kernel.Align != 0 {
		return columns
	}
	return oddLines(columns)
}

// oddLines rounds floats up to an odd number of cache lines.
func oddLines(n int) int { return ((n+kernel.Align-1)/kernel.Align | 1) * kernel.Align }

// index is where column x of the padded input lies.
func (r *rowLayout) index(x int) int {
	if r.phases == 1 {
		return r.before + x
	}
	return x%r.phases*r.phase + x/r.phases
}

// intoPhases writes rows, whose first column is x, to their phases. to is at the first row.
func (r *rowLayout) intoPhases(k *kernel.Kernel, to kernel.Grid, rows volume.Rows, x int) {
	from := kernel.Grid{Data: rows.Data, ChannelStride: rows.ChannelStride, RowStride: rows.RowStride}
	if r.phases == 2 && rows.W > 1 {
		odd := to
		to.Data, odd.Data = to.Data[r.index(x):], to.Data[r.index(x+1):]
		k.Split(to, odd, from, rows.C, rows.N, rows.W)
		return
	}
	for c := range rows.C {
		for i := range rows.N {
			row, values := to.Data[c*to.ChannelStride+i*to.RowStride:], rows.Row(c, i)
			for p := range min(r.phases, len(values)) {
				phase := row[r.index(x+p):]
				for i, j := p, 0; i < len(values); i, j = i+r.phases, j+1 {
					phase[j] = values[i]
				}
			}
		}
	}
}

// padSides fills the padding left and right of a row of size columns.
func (r *rowLayout) padSides(row []float32, mode PaddingMode, cols Extent, size int) {
	fill := func(x int) {
		row[r.index(x)] = row[r.index(cols.Before+edgeIndex(mode, x-cols.Before, size))]
	}
	for x := range cols.Before {
		fill(x)
	}
	for x := range cols.After {
		fill(cols.Before + size + x)
	}
}

// edgeIndex is the index whose value the padding has at index i outside 0 ≤ i < n.
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
