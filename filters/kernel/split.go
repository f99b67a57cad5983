package kernel

// Splits says whether Split is fast.
func (k *Kernel) Splits() bool { return k.split != nil }

// Split splits rows of n values of every channel into values of even and of odd index, which
// go to rows of their own. even and odd have the same strides. All counts are at least 1 and
// strides are not negative.
func (k *Kernel) Split(even, odd, src Grid, channels, rows, n int) {
	if k.split != nil && n > 1 {
		_ = src.Data[src.extent(channels, rows, n)-1]
		_, _ = even.Data[even.extent(channels, rows, (n+1)/2)-1], odd.Data[even.extent(channels, rows, n/2)-1]
		k.split(&even.Data[0], &odd.Data[0], 4*even.ChannelStride, 4*even.RowStride, &src.Data[0], 4*src.ChannelStride, 4*src.RowStride, channels, rows, n)
		return
	}
	for c := range channels {
		for i := range rows {
			at := c*even.ChannelStride + i*even.RowStride
			for x, v := range src.Data[c*src.ChannelStride+i*src.RowStride:][:n] {
				if x%2 == 0 {
					even.Data[at+x/2] = v
				} else {
					odd.Data[at+x/2] = v
				}
			}
		}
	}
}
