package kernel

import (
	"syscall"
	"testing"
	"unsafe"
)

// TestReadsNoFurtherThanSlack puts the input right before a page that cannot be read. The
// race detector does not see reads of assembly.
func TestReadsNoFurtherThanSlack(t *testing.T) {
	page := syscall.Getpagesize()
	const pages = 4
	memory, err := syscall.Mmap(-1, 0, (pages+1)*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Munmap(memory)
	if err := syscall.Mprotect(memory[pages*page:], syscall.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	readable := unsafe.Slice((*float32)(unsafe.Pointer(&memory[0])), pages*page/4)
	for width := 1; width <= 140; width++ {
		for _, taps := range []int{1, 3, 9, 25, 150} {
			p := newPoolCase(uint64(width), taps, width, 2, 1+width%3, 1)
			src := readable[len(readable)-len(p.src):]
			copy(src, p.src)
			p.src = src
			p.checkPool(t, 0)
		}
		for kind := range 5 { // of sides, strides, and phases
			d := newDepthwiseCase(uint64(width), width, 3, 3+kind/3*2, 1+min(kind%3, 1), 2, kind%3 == 1)
			src := readable[len(readable)-len(d.src):]
			copy(src, d.src)
			d.src = src
			d.check(t, 0)
		}
		for _, filters := range []int{1, 2, 5, 9, 14, 17} {
			for _, stride := range []int{1, Slack / mostOutputs} {
				c := newLayerCase(uint64(width), filters, 3, width, 1, stride, 1)
				if len(c.src) > len(readable) {
					continue
				}
				src := readable[len(readable)-len(c.src):]
				copy(src, c.src)
				c.src = src
				c.offsets[1] = int32(len(c.src) - Slack - c.span()) // the last value before the slack
				c.check(t, 0)
				if filters == 1 && stride == 1 {
					c.groups = make([]Taps, c.taps)
					c.checkNorm(t, NormParams{3, 1, 0.75, 1}, 0)
				}
			}
		}
	}
}
