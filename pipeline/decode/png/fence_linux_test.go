package png

import (
	"math/rand/v2"
	"syscall"
	"testing"
	"unsafe"

	"filterbank/filters/simd"
)

// fenced returns n elements between pages that must not be touched, at their start or end.
func fenced[T uint8 | uint16](t *testing.T, n int, end bool) []T {
	var one T
	page, width := syscall.Getpagesize(), int(unsafe.Sizeof(one))
	size := (n*width + page - 1) / page * page
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
	list := unsafe.Slice((*T)(unsafe.Pointer(&all[page])), size/width)
	if end {
		return list[len(list)-n:]
	}
	return list[:n:n]
}

// TestLoopsTouchNothingElse runs every loop at the start and at the end of fenced memory.
// A loop that reads or writes too far ends the test with a fault.
func TestLoopsTouchNothingElse(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 3))
	for _, end := range []bool{false, true} {
		for _, bpp := range []int{1, 2, 3, 4, 6, 8} {
			for _, width := range []int{16, 17, 33} {
				for height := 1; height < 10; height++ {
					p := pass{dx: 1, dy: 1, width: width, height: height, rowBytes: width * bpp}
					raw := filteredRows(r, p, r.IntN(7))
					inside := fenced[uint8](t, len(raw), end)
					copy(inside, raw)
					undoAll(inside, []pass{p}, 8*bpp, simd.Fastest, 1<<20)
				}
			}
		}
		for n := 1; n < 70; n++ {
			dst, row := fenced[uint8](t, 4*n, end), fenced[uint8](t, 3*n, end)
			fromRGB(dst, row, simd.Fastest)
			row = fenced[uint8](t, n, end)
			fromGray(dst, row, simd.Fastest)
			wide := fenced[uint16](t, 4*n, end)
			row = fenced[uint8](t, 6*n, end)
			fromRGB16(wide, row, simd.Fastest)
			row = fenced[uint8](t, 8*n, end)
			fromBigEndian(wide, row, simd.Fastest)
		}
	}
}
