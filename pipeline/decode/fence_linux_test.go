package decode

import (
	"syscall"
	"testing"
	"unsafe"
)

const fencedBytes = 16 << 10

// fenced returns memory between pages that must not be touched: guards only tell of
// writes.
func fenced[T sample | float32](t *testing.T) []T {
	page := syscall.Getpagesize()
	size := (fencedBytes + page - 1) / page * page
	all, err := syscall.Mmap(-1, 0, size+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Skip("no memory to fence: ", err)
	}
	t.Cleanup(func() { syscall.Munmap(all) })
	for _, fence := range [][]byte{all[:page], all[page+size:]} {
		if err := syscall.Mprotect(fence, syscall.PROT_NONE); err != nil {
			t.Skip("cannot fence: ", err)
		}
	}
	var one T
	return unsafe.Slice((*T)(unsafe.Pointer(&all[page])), size/int(unsafe.Sizeof(one)))
}

// TestLoopsTouchNothingElse runs every loop with all of its rows at the start and at
// the end of fenced memory. A loop that reads too much ends the test with a fault.
func TestLoopsTouchNothingElse(t *testing.T) {
	var src [3][]uint8
	var dst [3][]float32
	for c := range src {
		src[c], dst[c] = fenced[uint8](t), fenced[float32](t)
	}
	px8, px16 := fenced[uint8](t), fenced[uint16](t)
	values := []*values{&newDecoder(t, Options{}).values, &newDecoder(t, Options{Mean: [3]float32{1}}).values}
	for n := 1; n <= 4*32+3; n++ {
		for _, end := range []bool{false, true} {
			rows := [3][]uint8{part(src[0], n, end), part(src[1], n, end), part(src[2], n, end)}
			for _, l := range byteLoops() {
				l.built(part(px8, l.out*n, end), rows)
			}
			built.fromBigEndian(part(px16, 4*n, end), part(px8, 8*n, end))
			planes := [3][]float32{part(dst[0], n, end), part(dst[1], n, end), part(dst[2], n, end)}
			for _, v := range values {
				for _, l := range floatLoops(v, part(px8, 4*n, end), part(px16, 4*n, end)) {
					l.built(planes)
				}
			}
		}
	}
}

// part is n elements at the start or at the end.
func part[T any](all []T, n int, end bool) []T {
	if end {
		return all[len(all)-n:]
	}
	return all[:n:n]
}
