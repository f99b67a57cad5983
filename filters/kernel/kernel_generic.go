//go:build purego || !(amd64 || arm64)

package kernel

import "filterbank/filters/simd"

func of(simd.Set) *Kernel { return generic }
