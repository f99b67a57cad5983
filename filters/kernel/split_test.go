package kernel

import (
	"math"
	"slices"
	"testing"

	"filterbank/filters/simd"
)

// TestSplit compares every kernel with values put to their places one by one, and finds writes
// elsewhere.
func TestSplit(t *testing.T) {
	const guard = 80
	for n := 1; n <= 150; n++ {
		channels, rows := 1+n%3, 1+n%4
		src := Grid{make([]float32, 10000), 4*n + 7, n + n%2}
		for i := range src.Data {
			src.Data[i] = math.Float32frombits(uint32(0x7f800001 + i)) // NaNs keep their payload
		}
		half := (n+1)/2 + n%5
		to := Grid{make([]float32, guard), 5*2*half + 3, 2*half + n%5}
		to.Data = make([]float32, guard+to.extent(channels, rows, 2*half)+guard)
		for _, oddFirst := range []bool{false, true} {
			even, odd := guard, guard+half
			if oddFirst {
				even, odd = odd, even
			}
			clear(to.Data)
			want := slices.Clone(to.Data)
			for c := range channels {
				for i := range rows {
					at := c*to.ChannelStride + i*to.RowStride
					for x, v := range src.Data[c*src.ChannelStride+i*src.RowStride:][:n] {
						want[at+[2]int{even, odd}[x%2]+x/2] = v
					}
				}
			}
			for _, set := range simd.Sets() {
				k := New(set)
				clear(to.Data)
				k.Split(Grid{to.Data[even:], to.ChannelStride, to.RowStride}, Grid{to.Data[odd:], to.ChannelStride, to.RowStride}, src, channels, rows, n)
				for i, w := range want {
					if math.Float32bits(to.Data[i]) != math.Float32bits(w) {
						t.Fatalf("%v, %d channels of %d rows of %d values: value %d is %x, want %x", k, channels, rows, n, i-guard, to.Data[i], w)
					}
				}
			}
		}
	}
}
