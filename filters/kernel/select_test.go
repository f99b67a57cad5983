package kernel

import (
	"testing"

	"filterbank/filters/simd"
)

// TestExpectedKernel fails where a set that this processor has would run other loops than
// its own, or leave convolutions to plain Go.
func TestExpectedKernel(t *testing.T) {
	if k := New(simd.Fastest); k != Best() || k != New(simd.Best()) || k.SIMD() != simd.Best() {
		t.Errorf("the fastest kernel is %v of %v, want %v", k, k.SIMD(), simd.Best())
	}
	for _, set := range simd.Sets() {
		k := New(set)
		if k.SIMD() != set || k.String() != set.String() {
			t.Errorf("kernel of %v is %v, of %v", set, k, k.SIMD())
		}
		for _, s := range []Size{{1, 9, 100, 1, 100}, {64, 576, 100, 1, 100}, {64, 576, 10, 3, 100}} {
			if scalar := k.Layout(s) == Scalar; scalar != (set == simd.Generic) {
				t.Errorf("%v leaves %+v to plain Go: %t", k, s, scalar)
			}
		}
	}
}
