//go:build !purego

package kernel

import "golang.org/x/sys/cpu"

var (
	avx512 = &Kernel{
		name: "avx512", lanes: 16, pixels: pixelsAVX512, filters: filtersAVX512, extremes: extremesAVX512, copy: copyAVX512,
		max: maxAVX512, average: averageAVX512, norm: normAVX512,
		apply: applyLoops{LeakyReLU: leakyAVX512, ReLU6: atMostAVX512, Abs: absAVX512, Square: squareAVX512},
	}
	avx2 = &Kernel{
		name: "avx2", lanes: 8, pixels: pixelsAVX2, extremes: extremesAVX2, max: maxAVX2, average: averageAVX2, norm: normAVX2,
		apply: applyLoops{LeakyReLU: leakyAVX2, ReLU6: atMostAVX2, Abs: absAVX2, Square: squareAVX2},
	}
)

// available are the kernels that processor and operating system support, the fastest
// first.
func available() []*Kernel {
	var ks []*Kernel
	if cpu.X86.HasAVX512F {
		ks = append(ks, avx512)
	}
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		ks = append(ks, avx2)
	}
	return append(ks, generic)
}
