//go:build !purego

package kernel

import "filterbank/filters/simd"

var neon = &Kernel{
	set: simd.NEON, lanes: 4, pixels: pixelsNEON, columns: columnsNEON, max: maxNEON, maxima: maximaNEON, split: splitNEON, average: averageNEON,
	floor: floorNEON, apply: applyLoops{LeakyReLU: leakyNEON, ReLU6: atMostNEON, Abs: absNEON, Square: squareNEON, HardSigmoid: hardSigmoidNEON, HardSwish: hardSwishNEON},
	functions: functionLoops{Sigmoid: sigmoidNEON, Tanh: tanhNEON, SiLU: siluNEON, GELU: geluNEON, GELUTanh: geluTanhNEON, ELU: eluNEON},
	add:       addNEON,
}

func of(set simd.Set) *Kernel {
	if set.NEON() {
		return neon
	}
	return generic
}
