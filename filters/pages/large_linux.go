package pages

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Spread asks for large pages for values that are not yet written. The channels of a band of rows,
// and the weights of deep layers, lie in more small pages than a processor's tables of addresses
// have. Layers are 2 to 8% faster, with AVX-512 and with AVX2. An error leaves small pages.
func Spread(data []float32) {
	if 4*len(data) < Bytes {
		return
	}
	first := unsafe.Pointer(unsafe.SliceData(data))
	skip := int(-uintptr(first) & (Bytes - 1))
	n := (4*len(data) - skip) &^ (Bytes - 1)
	if n > 0 {
		_ = unix.Madvise(unsafe.Slice((*byte)(unsafe.Add(first, skip)), n), unix.MADV_HUGEPAGE)
	}
}
