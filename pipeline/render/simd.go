package render

import "filterbank/filters/simd"

// loops selects the inner loops: assembly if the set has it, else the plain Go that specifies
// them.
type loops struct{ avx2 bool }

func newLoops(set simd.Set) loops { return loops{avx2: set.AVX2()} }

// String names the instruction set that runs.
func (l loops) String() string {
	if l.avx2 {
		return simd.AVX2.String()
	}
	return simd.Generic.String()
}
