package kernel

// stride2Loop computes rows of pooling of many channels, with square windows of the loop's own
// size and a horizontal stride of 2. The taps of row j of a window are neighbours: column t of
// row j of the window of output x in row i of channel c is
//
//	src[c·group + offsets[i·size² + j·size] + t + 2·x]
//
// Row i of channel c is dst[c·channel + i·row:], where channel, row and group are in bytes. An
// average is divided by heights[i]·widths[2·x]. The loop gives the bits of maxRow and averageRow.
// It reads whole vectors, but of the last vector of a row it stores only the first last lanes.
type stride2Loop func(dst *float32, channel, row int, src *float32, group int, offsets *int32, channels, rows, vectors, last int, widths, heights *float32)

// stride2Loops are the loops for windows of 2×2 and of 3×3.
type stride2Loops [2]stride2Loop

// Whole says whether pools of such windows with a horizontal stride of 2 and neighbouring columns
// are fast if rows of the input are not in phases.
func (k *Kernel) Whole(rows, columns int) bool {
	return rows == columns && 2 <= rows && rows <= 3 && k.maxStride2[0] != nil
}

// stride2 computes rows of channels from ≤ c < to at once. It is not ok if no loop is for them.
func (p *Pool) stride2(r *Rows, from, to int) (ok bool) {
	k, size := p.kernel, p.window.Columns
	if r.Stride != 2 || !k.Whole(p.window.Rows, size) || !p.neighbours(r) {
		return false
	}
	vectors := ceilDiv(r.Width, k.lanes)
	last := r.Width - (vectors-1)*k.lanes
	_ = r.Dst[(to-1)*r.ChannelStride+(r.N-1)*r.RowStride+r.Width-1]
	loop, widths, heights := k.maxStride2[size-2], (*float32)(nil), (*float32)(nil)
	if p.average {
		loop, widths, heights = k.averageStride2[size-2], &r.Widths[:2*vectors*k.lanes][0], &r.Heights[:r.N][0]
	}
	loop(&r.Dst[from*r.ChannelStride], 4*r.ChannelStride, 4*r.RowStride, &r.Src[from*r.GroupStride], 4*r.GroupStride, &r.Offsets[0], to-from, r.N, vectors, last, widths, heights)
	return true
}

// neighbours says whether the taps of each row of a window are neighbours.
func (p *Pool) neighbours(r *Rows) bool {
	for t := 1; t < p.window.Columns; t++ {
		if r.Offsets[t] != r.Offsets[0]+int32(t) {
			return false
		}
	}
	return true
}
