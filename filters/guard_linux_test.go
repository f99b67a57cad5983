package filters

import (
	"context"
	"math/rand/v2"
	"syscall"
	"testing"
	"unsafe"

	"filterbank/filters/kernel"
	"filterbank/filters/simd"
	"filterbank/filters/volume"
)

// TestReadsNothingBesideVolumes puts volumes between two pages that cannot be read. Depthwise layers
// read rows where they are. The race detector does not see reads of assembly.
func TestReadsNothingBesideVolumes(t *testing.T) {
	page := syscall.Getpagesize()
	memory, err := syscall.Mmap(-1, 0, 10*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Munmap(memory)
	for _, guard := range [][]byte{memory[:page], memory[9*page:]} {
		if err := syscall.Mprotect(guard, syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	readable := unsafe.Slice((*float32)(unsafe.Pointer(&memory[page])), 8*page/4)
	random := rand.New(rand.NewPCG(9, 1))
	for i := range 400 {
		side, stride, channels := 3+i/2%2*2, 1+i%2, 1+i%3
		pad := func() int { return random.IntN(side) }
		layer := mustConv(t, ConvSpec{
			Name: "depthwise", InChannels: channels, Groups: channels, KernelSize: [2]int{side, side}, Stride: [2]int{stride, stride},
			Padding: Padding{Top: side - 1, Left: pad(), Bottom: pad(), Right: pad()}, Weights: make([]float32, channels*side*side),
		})
		fillRandom(random, layer.spec.Weights)
		s, err := NewStack("", channels, layer)
		if err != nil {
			t.Fatal(err)
		}
		p, err := s.Plan(volume.Shape{C: channels, H: 1 + random.IntN(12), W: side + random.IntN(60)})
		if err != nil {
			t.Fatal(err)
		}
		n, err := p.Input.Len()
		if err != nil {
			t.Fatal(err)
		}
		for _, data := range [][]float32{readable[:n], readable[len(readable)-n:]} {
			in := &volume.Volume{Shape: p.Input, Data: data}
			fillRandom(random, data)
			for _, set := range simd.Sets() {
				r := Runner{Kernel: kernel.New(set)}
				checkAgainstReference(t, func(emit Emit) error {
					return r.Run(context.Background(), p, []bool{true}, in, emit)
				}, p, in, []bool{true})
			}
		}
	}
}
