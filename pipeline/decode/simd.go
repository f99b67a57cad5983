package decode

import "filterbank/filters/simd"

// loops are the inner loops: the set's assembly if it has one, otherwise the plain Go that
// specifies them.
type loops struct{ avx2 bool }

func newLoops(set simd.Set) loops { return loops{avx2: set.AVX2()} }

// String names the instruction set that runs.
func (l loops) String() string {
	if l.avx2 {
		return simd.AVX2.String()
	}
	return simd.Generic.String()
}
