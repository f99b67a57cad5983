package kernel

import "math"

// depthwiseLoop computes rows of outputs of many channels, each with a filter of its own of
// side×side taps. Row i of channel c is
//
//	dst[c·channel + i·row + x] = max(floor, bias[c] + Σ_t weight[c][t] · src[c·group + offsets[i·stride + t/side] + place(t%side + x·stride)])
//
// where channel, row, group and offsets are in bytes, and weights holds a bias and the weights of each
// channel. side and stride, which is vertical and horizontal, are the loop's own. With AVX-512,
// place(j) is j values. With AVX2 and a stride of 2, columns of even index are neighbours, and columns
// of odd index lie apart bytes behind them: place(j) is j/2 values, and apart bytes more for odd j.
//
// With AVX-512 and windows of 3×3, a row without padding in memory has columns values. As many zeros as
// before says belong to the left of it, and others to the right. There are fewer than side on each side.
// place(before) is 0. An offset may be negative: its row is zeros. If a block reads such rows, its first or
// its last row is one of them. For rows that lie in memory with their padding, before is 0, and columns is
// 0 with a stride of 1 and math.MaxInt32 with a stride of 2.
//
// Behind the last offset that a row needs, the last one stands blockPadding times. NaN becomes the quiet
// NaN. The loop reads whole vectors, but of the last vector of a row it stores only the first last
// lanes. With each vector of a block it takes the next address of ahead, as a pixelLoop does with each
// tile.
type depthwiseLoop func(dst *float32, channel, row int, src *float32, group int, offsets *int, apart, before, columns int, weights *float32, channels, rows, vectors, last int, ahead *uintptr, lines int, floor float32)

// channelsLoop computes what a depthwiseLoop does, for filters of any taps, whose offsets are as
// a pixelLoop's, and for at least four rows.
type channelsLoop func(dst *float32, channel, row int, src *float32, group int, offsets *int32, taps int, weights *float32, channels, rows, vectors, last int, floor float32)

// Bounds of a channelsLoop: wider rows are computed sooner in tiles of several vectors.
const (
	channelsRows    = 4
	channelsVectors = 2
)

// depthwiseLoops are the loops by side, 3 or 5, and stride, 1 or 2.
type depthwiseLoops [2][2]depthwiseLoop

// highBlock is the number of a block's rows for filters of 5×5 and lowBlock for 3×3, with AVX-512. With
// AVX2, all rows are one block.
const (
	highBlock = 7
	lowBlock  = 4

	blockPadding = 2 * highBlock
)

// blocks is the number of blocks of so many rows.
func (k *Kernel) blocks(side, rows int) int {
	switch {
	case k.lanes < 16:
		return 1
	case side == 5:
		return ceilDiv(rows, highBlock)
	}
	return ceilDiv(rows, lowBlock)
}

// packDepthwise keeps a layer's weights in the form of depthwise loops, if they are for it.
func (l *Layer) packDepthwise(groups []Taps) {
	if l.kernel.channels == nil || l.layout != Pixels || l.filters != 1 {
		return
	}
	l.channels = make([]float32, 0, len(groups)*(l.taps+1))
	for _, g := range groups {
		l.channels = append(append(l.channels, g.Bias...), g.Weights...)
	}
}

// DepthwiseRows is the least number of rows for which Compute may have a loop for all channels at
// once, and 0 if it has none. ComputeBlock has no such loop.
func (l *Layer) DepthwiseRows() int {
	switch {
	case l.channels == nil:
		return 0
	case l.side() > 0 && l.kernel.depthwise[l.side()/2-1][0] != nil:
		return 1
	}
	return channelsRows
}

// side is the side of windows of so many taps, 3 or 5, and 0 for others.
func (l *Layer) side() int {
	switch l.taps {
	case 3 * 3:
		return 3
	case 5 * 5:
		return 5
	}
	return 0
}

// depthwise computes rows of all channels at once. It is not ok if no loop is for them.
func (l *Layer) depthwise(r *Rows) (ok bool) {
	if l.channels == nil {
		return false
	}
	k := l.kernel
	vectors := ceilDiv(r.Width, k.lanes)
	last := r.Width - (vectors-1)*k.lanes
	side := l.side()
	stride, apart := r.Stride, 0
	if r.Bare.Columns == 0 {
		stride, apart = r.square(side, k)
	}
	if stride == 0 && (r.N < channelsRows || vectors > channelsVectors) {
		return false
	}
	_ = r.Dst[(l.groups-1)*r.ChannelStride+(r.N-1)*r.RowStride+r.Width-1]
	channel, row, group := 4*r.ChannelStride, 4*r.RowStride, 4*r.GroupStride
	if stride == 0 {
		r.Ahead.plan(0, l.taps)
		k.channels(&r.Dst[0], channel, row, &r.Src[0], group, &r.Offsets[0], l.taps, &l.channels[0], l.groups, r.N, vectors, last, l.floor())
		return true
	}
	tiles := l.groups * vectors * k.blocks(side, r.N)
	r.Ahead.plan(tiles, l.taps*min(r.N, lowBlock))
	ahead, lines := r.Ahead.take(tiles)
	before, columns := r.Bare.Before, r.Bare.Columns
	if columns == 0 && stride == 2 {
		columns = math.MaxInt32
	}
	r.share(side, stride)
	k.depthwise[side/2-1][stride-1](&r.Dst[0], channel, row, &r.Src[0], group, &r.lines[0], 4*apart, before, columns,
		&l.channels[0], l.groups, r.N, vectors, last, ahead, lines, l.floor())
	return true
}

// Strides says whether a layer of a filter for each channel, without dilation and in the layout Pixels,
// reads rows that are not in phases: Rows.Stride is the layer's stride. Sizes and strides are vertical,
// horizontal.
func (k *Kernel) Strides(size, stride [2]int) bool {
	return stride == [2]int{2, 2} && k.Bare(size, stride)
}

// Bare says whether such a layer can read rows that have no padding in memory: Rows.Bare. It needs
// fewer columns of padding on each side than a window has.
func (k *Kernel) Bare(size, stride [2]int) bool {
	return k.lanes == 16 && size == [2]int{3, 3} && (stride == [2]int{1, 1} || stride == [2]int{2, 2})
}

// square says whether a depthwiseLoop computes windows of side×side. It returns their stride, or 0,
// and the distance of the first two columns.
func (r *Rows) square(side int, k *Kernel) (stride, apart int) {
	if side == 0 {
		return 0, 0
	}
	apart = int(r.Offsets[1] - r.Offsets[0])
	for stride := 1; stride <= 2; stride++ {
		if k.depthwise[side/2-1][stride-1] != nil && r.columnsApart(side, stride, k.lanes, int32(apart)) && r.rowsApart(side, stride) {
			return stride, apart
		}
	}
	return 0, 0
}

// columnsApart says whether the columns of each window lie as the loops for a stride need them.
func (r *Rows) columnsApart(side, stride, lanes int, apart int32) bool {
	phased := stride == 2 && lanes < 16
	if phased && r.Stride != 1 || !phased && (r.Stride != stride || apart != 1) {
		return false
	}
	for at := 0; at < side*side*r.N; at += side {
		for j, o := range r.Offsets[at:][:side] {
			want := int32(j) * apart
			if phased {
				want = int32(j/2) + int32(j%2)*apart
			}
			if o-r.Offsets[at] != want {
				return false
			}
		}
	}
	return true
}

// rowsApart says whether each window of so many rows has the last ones in common with the next
// window, as windows so far apart have.
func (r *Rows) rowsApart(side, stride int) bool {
	taps := side * side
	for i := range r.N - 1 {
		for row := stride; row < side; row++ {
			if r.Offsets[taps*i+side*row] != r.Offsets[taps*(i+1)+side*(row-stride)] {
				return false
			}
		}
	}
	return true
}

// share puts the places of the input rows that windows read to r.lines, in bytes and each once, and
// repeats the last one.
func (r *Rows) share(side, stride int) {
	r.lines = r.lines[:0]
	taps := side * side
	for i := range (r.N-1)*stride + side {
		if r.Bare.Columns > 0 {
			r.lines = append(r.lines, 4*r.Bare.Rows[i])
			continue
		}
		window := min(i/stride, r.N-1)
		r.lines = append(r.lines, 4*int(r.Offsets[taps*window+side*(i-window*stride)]))
	}
	last := r.lines[len(r.lines)-1]
	for range blockPadding {
		r.lines = append(r.lines, last)
	}
}
