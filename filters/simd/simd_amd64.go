package simd

import "golang.org/x/sys/cpu"

const (
	architecture = "amd64"
	hasNEON      = false
)

var (
	hasAVX2   = assembly && all(features()[:avx2Features])
	hasAVX512 = assembly && all(features()[:avx512Features])
	hasVNNI   = assembly && all(features())
)

// How many of the features each set needs, in their order.
const (
	avx2Features   = 4
	avx512Features = avx2Features + 4
)

// features are the processor's features whose registers the operating system saves.
func features() []feature {
	return []feature{
		{"AVX2", cpu.X86.HasAVX2}, {"FMA", cpu.X86.HasFMA}, {"BMI1", cpu.X86.HasBMI1}, {"BMI2", cpu.X86.HasBMI2},
		{"AVX512F", cpu.X86.HasAVX512F}, {"AVX512BW", cpu.X86.HasAVX512BW},
		{"AVX512DQ", cpu.X86.HasAVX512DQ}, {"AVX512VL", cpu.X86.HasAVX512VL},
		{"AVX512VNNI", cpu.X86.HasAVX512VNNI},
	}
}

func all(features []feature) bool {
	for _, f := range features {
		if !f.present {
			return false
		}
	}
	return true
}
