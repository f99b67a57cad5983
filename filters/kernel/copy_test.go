package kernel

import (
	"math"
	"slices"
	"testing"

	"filterbank/filters/simd"
)

func TestCopy(t *testing.T) {
	const guard = 80
	for n := 1; n <= 200; n++ {
		channels, rows := 1+n%3, 1+n%4
		src := Grid{make([]float32, 10000), 4*n + 7, n + n%2}
		for i := range src.Data {
			src.Data[i] = math.Float32frombits(uint32(0x7f800001 + i)) // NaNs keep their payload
		}
		dst := Grid{make([]float32, guard), 5*n + 3, n + n%5}
		dst.Data = make([]float32, guard+dst.extent(channels, rows, n)+guard)
		for _, set := range simd.Sets() {
			k := New(set)
			for i := range dst.Data {
				dst.Data[i] = 0
			}
			want := slices.Clone(dst.Data)
			for c := range channels {
				for i := range rows {
					copy(want[guard+c*dst.ChannelStride+i*dst.RowStride:][:n], src.Data[c*src.ChannelStride+i*src.RowStride:])
				}
			}
			k.Copy(Grid{dst.Data[guard:], dst.ChannelStride, dst.RowStride}, src, channels, rows, n)
			for i, w := range want {
				if math.Float32bits(dst.Data[i]) != math.Float32bits(w) {
					t.Fatalf("%v, %d channels of %d rows of %d values: value %d is %x, want %x", k, channels, rows, n, i-guard, dst.Data[i], w)
				}
			}
		}
	}
}
