// Package pages owns how large arrays of values lie in the system's memory. It never computes
// values.
package pages

import "unsafe"

// Bytes is the size of a large page, on the processors that Linux has them for.
const Bytes = 2 << 20

// Floats allocates n zeros. The first is at an address that align, a power of two of at least 4
// bytes, divides. Arrays of at least a large page start one instead, and get large pages. Go's heap
// does not move.
func Floats(n, align int) []float32 {
	if 4*n >= Bytes {
		align = max(align, Bytes)
	}
	data := make([]float32, n+align/4-1)
	skip := -int(uintptr(unsafe.Pointer(&data[0]))/4) & (align/4 - 1)
	data = data[skip : skip+n : skip+n]
	Spread(data)
	return data
}
