package inflate

import (
	"bytes"
	"compress/zlib"
	"syscall"
	"testing"

	"filterbank/filters/simd"
)

// fenced returns n bytes between pages that must not be touched, at their start or end.
func fenced(t *testing.T, n int, end bool) []byte {
	page := syscall.Getpagesize()
	size := (n + page - 1) / page * page
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
	if end {
		return all[page+size-n : page+size : page+size]
	}
	return all[page : page+n : page+n]
}

// TestTouchesNothingElse decompresses from and into fenced memory. A loop that reads or
// writes too far ends the test with a fault.
func TestTouchesNothingElse(t *testing.T) {
	for name, data := range sources() {
		for _, level := range []int{1, 9, zlib.HuffmanOnly} {
			var out bytes.Buffer
			z, _ := zlib.NewWriterLevel(&out, level)
			z.Write(data)
			z.Close()
			for _, end := range []bool{false, true} {
				src, dst := fenced(t, out.Len(), end), fenced(t, len(data), end)
				copy(src, out.Bytes())
				for _, set := range simd.Sets() {
					clear(dst)
					d := new(Decoder)
					d.Reset(set)
					d.Feed(src)
					if at, err := d.Inflate(dst, 0, len(dst)); err != nil || !d.Done() || !bytes.Equal(dst[:at], data) {
						t.Fatalf("%s, level %d, %v: %d bytes, %v", name, level, set, at, err)
					}
				}
			}
		}
	}
}
