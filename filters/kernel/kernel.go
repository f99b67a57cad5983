package kernel

//go:generate go -C _asm run . -set avx512 -dir ..
//go:generate go -C _asm run . -set avx2 -dir ..
//go:generate go -C _asm run . -set neon -dir ..

import (
	"fmt"
	"strings"
	"sync"
	"unsafe"
)

// Kernel is a way to compute rows of a convolution: plain Go, or loops written for
// one instruction set. All give the same bits. It is immutable and safe for
// concurrent use.
type Kernel struct {
	name     string
	lanes    int // float32 in a vector; 0 is plain Go
	pixels   [][]pixelLoop
	filters  [][]filterLoop // nil where an instruction set has none
	extremes extremesLoop
	copy     copyLoop
	max      maxLoop
	average  averageLoop
	norm     normLoop
	apply    applyLoops
}

// pixelLoop computes rows of outputs for a block of f filters, with neighbouring
// outputs of a row in the lanes of v vectors, a tile. Row i of filter k is
//
//	dst[k·channel + i·row + x] = max(floor, bias[k] + Σ_t weight[t][k] · src[offsets[i·taps+t] + x])
//
// where channel and row are in bytes and weights holds the f biases and then, tap
// after tap, f weights. NaN becomes the quiet NaN. It reads whole tiles but of the
// last vector of the last tile stores only the first last lanes. With each tile it
// takes the next address of ahead, unless that is nil, and has so many cache lines
// from there fetched.
type pixelLoop func(dst *float32, channel, row int, src *float32, offsets *int32, taps int, weights *float32, rows, tiles, last int, ahead *uintptr, lines int, floor float32)

// filterLoop computes rows of outputs for a block of up to v·lanes filters, with the
// filters in the lanes, p neighbouring outputs of a row at a time, a tile: what
// pixelLoop computes, but of an input stride values apart between outputs and with
// weights of v·lanes biases, then v·lanes weights a tap. It reads the input of whole
// tiles but of the last tile stores only the first last outputs.
type filterLoop func(dst *float32, channel, row int, src *float32, offsets *int32, taps int, weights *float32, rows, tiles, last int, ahead *uintptr, lines int, floor float32, stride, filters int)

// extremesLoop finds the smallest and the largest finite value of at least a vector
// of values: +Inf and −Inf where there is none.
type extremesLoop func(values *float32, n int) (lo, hi float32)

// copyLoop copies rows of n values; strides are in bytes.
type copyLoop func(dst *float32, dstChannel, dstRow int, src *float32, srcChannel, srcRow int, channels, rows, n int)

// maxLoop and averageLoop compute vectors of a row of pooling with a stride of 1, as
// maxRow and averageRow do. They read and write whole vectors.
type (
	maxLoop     func(dst, src *float32, offsets *int32, taps, vectors int)
	averageLoop func(dst, src *float32, offsets *int32, taps, vectors int, widths *float32, height float32)
)

// normLoop computes vectors of a row of local response normalization, as Norm.plain
// does. It reads and writes whole vectors.
type normLoop func(dst, src *float32, offsets *int32, channels, own, vectors int, scale, k float64, whole uint64, fraction uint32)

// applyLoop applies an activation to at least one vector of sums, whose NaNs are the
// quiet one. operand is a slope or a limit.
type applyLoop func(values *float32, vectors int, operand float32)

// applyLoops are the loops by activation, nil for those that the loops of convolution
// compute themselves.
type applyLoops [Square + 1]applyLoop

var generic = &Kernel{name: "generic"}

// Select gives the kernel of that name: generic, avx2, avx512 or neon; the empty name
// is the fastest that this processor runs. Names that it cannot run are errors that
// say which it can.
func Select(name string) (*Kernel, error) {
	if name == "" {
		return Best(), nil
	}
	var names []string
	for _, k := range kernels() {
		if k.name == name {
			return k, nil
		}
		names = append(names, k.name)
	}
	return nil, fmt.Errorf("this processor or build has no kernel %q, it has %s", name, strings.Join(names, ", "))
}

// Best is the fastest kernel that this processor runs.
func Best() *Kernel { return kernels()[0] }

var kernels = sync.OnceValue(available)

// Names are the kernels that this processor runs, the fastest first. The last is
// always generic.
func Names() []string {
	var names []string
	for _, k := range kernels() {
		names = append(names, k.name)
	}
	return names
}

// String is the kernel's name.
func (k *Kernel) String() string { return k.name }

// Align is the number of floats in a cache line. Rows that start at multiples of it
// in memory from Floats are loaded and stored fastest.
const Align = 16

// Floats allocates n zeros, the first at the start of a cache line: Go's heap does
// not move.
func Floats(n int) []float32 {
	data := make([]float32, n+Align-1)
	skip := -int(uintptr(unsafe.Pointer(&data[0]))/4) & (Align - 1)
	return data[skip : skip+n : skip+n]
}
