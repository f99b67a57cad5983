package jpeg

import (
	"syscall"
	"testing"
	"unsafe"

	"filterbank/filters/simd"
)

// fenced returns at least n elements of memory between pages that must not be touched:
// guards only tell of writes.
func fenced[T uint8 | int16 | uint16 | int](t *testing.T, n int) []T {
	var one T
	page, bytes := syscall.Getpagesize(), n*int(unsafe.Sizeof(one))
	size := (bytes + page - 1) / page * page
	all, err := syscall.Mmap(-1, 0, size+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal("no memory to fence: ", err)
	}
	t.Cleanup(func() { syscall.Munmap(all) })
	for _, fence := range [][]byte{all[:page], all[page+size:]} {
		if err := syscall.Mprotect(fence, syscall.PROT_NONE); err != nil {
			t.Fatal("cannot fence: ", err)
		}
	}
	return unsafe.Slice((*T)(unsafe.Pointer(&all[page])), size/int(unsafe.Sizeof(one)))
}

// edge is n elements at the start or at the end.
func edge[T any](all []T, n int, end bool) []T {
	if end {
		return all[len(all)-n:]
	}
	return all[:n:n]
}

// TestLoopsTouchNothingElse runs every loop with all of its rows at the start and at the
// end of fenced memory. A loop that reads too much ends the test with a fault.
func TestLoopsTouchNothingElse(t *testing.T) {
	var src [3][]uint8
	for c := range src {
		src[c] = fenced[uint8](t, 1<<10)
	}
	dst := fenced[uint8](t, 1<<10)
	for n := 1; n <= 4*32+3; n++ {
		for _, end := range []bool{false, true} {
			rows := [3][]uint8{edge(src[0], n, end), edge(src[1], n, end), edge(src[2], n, end)}
			for _, l := range rowLoops() {
				l.built(edge(dst, l.out*n, end), rows)
			}
		}
	}
}

// TestIDCTTouchesNothingElse does the same for the inverse DCT, in planes that are no
// larger than the blocks.
func TestIDCTTouchesNothingElse(t *testing.T) {
	const most = 9
	pix, blocks := fenced[uint8](t, most*blockSize), fenced[int16](t, most*blockSize)
	places, quants := fenced[int](t, most), fenced[uint16](t, blockSize)
	for _, set := range simd.Sets() {
		for n := 1; n <= most; n++ {
			for _, end := range []bool{false, true} {
				at := edge(places, n, end)
				for i := range at {
					at[i] = 8 * i
				}
				quant := (*[blockSize]uint16)(edge(quants, blockSize, end))
				idct(edge(pix, n*blockSize, end), 8*n, at, edge(blocks, n*blockSize, end), quant, set)
				for i := range at { // one above the other
					at[i] = i * blockSize
				}
				idct(edge(pix, n*blockSize, end), 8, at, edge(blocks, n*blockSize, end), quant, set)
			}
		}
	}
}
