package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"filterbank/filters/simd"
)

func TestExtremes(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for n := range 200 {
		for special := range 3 {
			buffer := make([]float32, n+80)
			for i := range buffer {
				buffer[i] = math.MaxFloat32 // what must not be read
			}
			row := buffer[40:][:n]
			for i := range row {
				row[i] = value(r, special)
			}
			lo, hi := float32(math.Inf(1)), float32(math.Inf(-1))
			for _, v := range row {
				if finite(v) {
					lo, hi = min(lo, v), max(hi, v)
				}
			}
			lo, hi = lo+0, hi+0 // −0 + 0 is 0
			for _, set := range simd.Sets() {
				k := New(set)
				gotLo, gotHi := k.Extremes(row)
				if math.Float32bits(gotLo) != math.Float32bits(lo) || math.Float32bits(gotHi) != math.Float32bits(hi) {
					t.Fatalf("%v, %d values: got %x … %x, want %x … %x", k, n, gotLo, gotHi, lo, hi)
				}
			}
		}
	}
}
