package kernel

// depthwiseLoop computes rows of outputs of many channels, each with a filter of its own and
// nine taps: three columns in each of three rows. Row i of channel c is
//
//	dst[c·channel + i·row + x] = max(floor, bias[c] + Σ_t weight[c][t] · src[c·group + at(i, t) + x])
//
// where channel, row and group are in bytes, weights holds a bias and nine weights a channel,
// and at(i, t) is offsets[i·stride + t/3] plus 0, second or third bytes. The vertical stride is
// the loop's own. NaN becomes the quiet NaN. The loop reads whole vectors, but of the last
// vector of a row it stores only the first last lanes. With each vector of a channel it takes
// the next address of ahead, as a pixelLoop does with each tile.
type depthwiseLoop func(dst *float32, channel, row int, src *float32, group int, offsets *int32, second, third int, weights *float32, channels, rows, vectors, last int, ahead *uintptr, lines int, floor float32)

// channelsLoop computes what a depthwiseLoop does, for filters of any taps, whose offsets are as
// a pixelLoop's, and for at least four rows.
type channelsLoop func(dst *float32, channel, row int, src *float32, group int, offsets *int32, taps int, weights *float32, channels, rows, vectors, last int, floor float32)

// Bounds of a channelsLoop: wider rows are computed sooner in tiles of several vectors.
const (
	channelsRows    = 4
	channelsVectors = 2
)

// nine is the number of a filter's taps that a depthwiseLoop computes.
const nine = 9

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
	case l.taps == nine:
		return 1
	}
	return channelsRows
}

// depthwise computes rows of all channels at once. It is not ok if no loop is for them.
func (l *Layer) depthwise(r *Rows) (ok bool) {
	if l.channels == nil {
		return false
	}
	k, stride := l.kernel, 0
	if l.taps == nine {
		stride = r.threeRows()
	}
	vectors := ceilDiv(r.Width, k.lanes)
	last := r.Width - (vectors-1)*k.lanes
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
	r.Ahead.plan(l.groups*vectors, nine*r.N)
	ahead, lines := r.Ahead.take(l.groups * vectors)
	second, third := r.Offsets[1]-r.Offsets[0], r.Offsets[2]-r.Offsets[0]
	k.depthwise[stride-1](&r.Dst[0], channel, row, &r.Src[0], group, &r.rows[0], 4*int(second), 4*int(third),
		&l.channels[0], l.groups, r.N, vectors, last, ahead, lines, l.floor())
	return true
}

// threeRows puts the offsets of the input rows that windows of 3×3 read to r.rows, each once,
// if the windows are a vertical stride of 1 or 2 apart. It returns the stride, or 0.
func (r *Rows) threeRows() (stride int) {
	second, third := r.Offsets[1]-r.Offsets[0], r.Offsets[2]-r.Offsets[0]
	for at := 0; at < nine*r.N; at += 3 {
		if o := r.Offsets[at:]; o[1]-o[0] != second || o[2]-o[0] != third {
			return 0
		}
	}
	for stride = 1; stride <= 2; stride++ {
		if r.rowsApart(stride) {
			r.rows = r.rows[:0]
			for i := range r.N {
				for row := range stride {
					r.rows = append(r.rows, r.Offsets[nine*i+3*row])
				}
			}
			for row := stride; row < 3; row++ {
				r.rows = append(r.rows, r.Offsets[nine*(r.N-1)+3*row])
			}
			return stride
		}
	}
	return 0
}

// rowsApart says whether each window of three rows has the last ones in common with the next
// window, as windows so far apart have.
func (r *Rows) rowsApart(stride int) bool {
	for i := range r.N - 1 {
		for row := stride; row < 3; row++ {
			if r.Offsets[nine*i+3*row] != r.Offsets[nine*(i+1)+3*(row-stride)] {
				return false
			}
		}
	}
	return true
}
