//go:build !amd64 || purego

package inflate

import "filterbank/filters/simd"

func (d *Decoder) fast(dst []byte, at, end int) int { return d.fastGeneric(dst, at, end) }

func sums(p []byte, _ simd.Set) (plain, weighted uint64) { return sumsGeneric(p) }
