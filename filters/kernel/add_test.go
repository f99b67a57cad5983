package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"filterbank/filters/simd"
)

// TestAdd compares sums of rows of all lengths and of special values with plain Go's, bit for
// bit, and finds writes behind the row.
func TestAdd(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for n := range 100 {
		a, b := make([]float32, n+1), make([]float32, n)
		for i := range b {
			a[i], b[i] = quieted(value(r, 2)), quieted(value(r, 2))
		}
		a[n] = math.Float32frombits(sentinel)
		want := append([]float32(nil), a...)
		generic.Add(want[:n], b)
		for i, v := range b {
			if sum := a[i] + v; math.Float32bits(want[i]) != math.Float32bits(quieted(sum)) {
				t.Fatalf("%v + %v is %v, want %v", a[i], v, want[i], sum)
			}
		}
		for _, set := range simd.Sets() {
			got := append([]float32(nil), a...)
			New(set).Add(got[:n], b)
			for i, w := range want {
				if math.Float32bits(got[i]) != math.Float32bits(w) {
					t.Fatalf("%v: value %d of %d is %x, want %x", set, i, n, got[i], w)
				}
			}
		}
	}
}
