package kernel

// Grid says where rows of channels lie: row i of channel c starts at
// Data[c·ChannelStride+i·RowStride].
type Grid struct {
	Data                     []float32
	ChannelStride, RowStride int
}

// extent is the index behind the last value of so many rows of n values.
func (g *Grid) extent(channels, rows, n int) int {
	return (channels-1)*g.ChannelStride + (rows-1)*g.RowStride + n
}

// Copy copies rows of n values of every channel. All counts are at least 1 and strides
// are not negative. It is faster than copy for each row if rows are short.
func (k *Kernel) Copy(dst, src Grid, channels, rows, n int) {
	if k.copy != nil {
		_, _ = dst.Data[dst.extent(channels, rows, n)-1], src.Data[src.extent(channels, rows, n)-1]
		k.copy(&dst.Data[0], 4*dst.ChannelStride, 4*dst.RowStride, &src.Data[0], 4*src.ChannelStride, 4*src.RowStride, channels, rows, n)
		return
	}
	for c := range channels {
		for i := range rows {
			copy(dst.Data[c*dst.ChannelStride+i*dst.RowStride:][:n], src.Data[c*src.ChannelStride+i*src.RowStride:][:n])
		}
	}
}
