package kernel

// averagesLoop computes rows of average pooling of many channels. Tap t of output x in row i of
// channel c is
//
//	src[c·group + offsets[i·taps + t] + x]
//
// and the average is divided by heights[i]·widths[x]. Row i of channel c is
// dst[c·channel + i·row:], where channel, row and group are in bytes. The loop gives the bits of
// averageRow. It reads whole vectors, but of the last vector of a row it stores only the first
// last lanes.
type averagesLoop func(dst *float32, channel, row int, src *float32, group int, offsets *int32, taps, channels, rows, vectors, last int, widths, heights *float32)

const (
	narrowLanes      = 8    // of the loop for rows that would leave half of their last vector empty
	averagesChannels = 8    // whose sums hide each other's latency
	averagesFloats   = 8192 // outputs that stay in the first-level cache until every Stride-th is picked
)

// averages computes rows of channels from ≤ c < to at once. It is not ok if no loop is for them.
func (p *Pool) averages(r *Rows, from, to int) (ok bool) {
	if !p.average || p.kernel.averages == nil || r.Stride > p.kernel.lanes || p.manySums(r) {
		return false
	}
	if r.Stride == 1 || r.Width == 1 {
		_ = r.Dst[(to-1)*r.ChannelStride+(r.N-1)*r.RowStride+r.Width-1]
		p.averageRows(r, r.Dst[from*r.ChannelStride:], r.ChannelStride, r.Src[from*r.GroupStride:], to-from, 0, r.N, r.Width)
		return true
	}
	unit := (r.Width-1)*r.Stride + 1
	most := max(1, averagesFloats/unit/averagesChannels) * averagesChannels
	row := r.scratch(most * unit)
	for c := from; c < to; c += most {
		channels := min(most, to-c)
		for i := range r.N {
			p.averageRows(r, row, unit, r.Src[c*r.GroupStride:], channels, i, 1, unit)
			for j := range channels {
				pick(r.Dst[(c+j)*r.ChannelStride+i*r.RowStride:][:r.Width], row[j*unit:], r.Stride)
			}
		}
	}
	return true
}

// AverageFloats bounds the scratch memory of average pools, in floats, for rows of so many outputs
// that are stride values apart.
func AverageFloats(outputs, stride int) int {
	unit := (outputs-1)*stride + 1
	return max(sumsFloats, averagesFloats, averagesChannels*(unit+2*Align)) + Align
}

// averageRows computes outputs at a stride of 1 of rows i ≤ … < i+n of so many channels.
func (p *Pool) averageRows(r *Rows, dst []float32, channel int, src []float32, channels, i, n, width int) {
	loop, lanes := p.kernel.averages, p.kernel.lanes
	if (width-1)%lanes < narrowLanes {
		loop, lanes = p.kernel.narrowAverages, narrowLanes
	}
	vectors := ceilDiv(width, lanes)
	loop(&dst[0], 4*channel, 4*r.RowStride, &src[0], 4*r.GroupStride, &r.Offsets[i*p.taps], p.taps,
		channels, n, vectors, width-(vectors-1)*lanes, &r.Widths[:vectors*lanes][0], &r.Heights[i : i+n][0])
}
