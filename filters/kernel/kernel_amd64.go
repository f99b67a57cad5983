//go:build !purego

package kernel

import "filterbank/filters/simd"

var (
	avx512 = &Kernel{
		set: simd.AVX512, lanes: 16, pixels: pixelsAVX512, filters: filtersAVX512, depthwise: depthwiseLoops{{depthwise3x3s1AVX512, depthwise3x3s2AVX512}, {depthwise5x5s1AVX512}}, channels: channelsAVX512, extremes: extremesAVX512, columns: columnsAVX512, spans: spansAVX512, copy: copyAVX512,
		max: maxAVX512, maxima: maximaAVX512, split: splitAVX512, norm: normAVX512,
		maxStride2: stride2Loops{maxStride2x2AVX512, maxStride2x3AVX512}, averageStride2: stride2Loops{averageStride2x2AVX512, averageStride2x3AVX512},
		averages: averagesAVX512, narrowAverages: averagesAVX2, sums: sumsAVX512, sumsRows: 8,
		floor: floorAVX512, apply: applyLoops{LeakyReLU: leakyAVX512, ReLU6: atMostAVX512, Abs: absAVX512, Square: squareAVX512, HardSigmoid: hardSigmoidAVX512, HardSwish: hardSwishAVX512},
		add: addAVX512, functions: functionLoops{Sigmoid: sigmoidAVX512, Tanh: tanhAVX512, SiLU: siluAVX512, GELU: geluAVX512, GELUTanh: geluTanhAVX512, ELU: eluAVX512},
	}
	avx2 = &Kernel{
		set: simd.AVX2, lanes: 8, pixels: pixelsAVX2, filters: filtersAVX2, depthwise: depthwiseLoops{{depthwise3x3s1AVX2, depthwise3x3s2AVX2}}, channels: channelsAVX2, extremes: extremesAVX2, columns: columnsAVX2, spans: spansAVX2, max: maxAVX2, maxima: maximaAVX2, split: splitAVX2, norm: normAVX2,
		maxStride2: stride2Loops{maxStride2x2AVX2, maxStride2x3AVX2}, averageStride2: stride2Loops{averageStride2x2AVX2, averageStride2x3AVX2},
		averages: averagesAVX2, narrowAverages: averagesAVX2, sums: sumsAVX2, sumsRows: 6,
		floor: floorAVX2, apply: applyLoops{LeakyReLU: leakyAVX2, ReLU6: atMostAVX2, Abs: absAVX2, Square: squareAVX2, HardSigmoid: hardSigmoidAVX2, HardSwish: hardSwishAVX2},
		add: addAVX2, functions: functionLoops{Sigmoid: sigmoidAVX2, Tanh: tanhAVX2, SiLU: siluAVX2, GELU: geluAVX2, GELUTanh: geluTanhAVX2, ELU: eluAVX2},
	}
)

func of(set simd.Set) *Kernel {
	switch {
	case set.AVX512():
		return avx512
	case set.AVX2():
		return avx2
	}
	return generic
}
