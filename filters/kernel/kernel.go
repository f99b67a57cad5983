package kernel

//go:generate go -C _asm run . -set avx512 -dir ..
//go:generate go -C _asm run . -set avx2 -dir ..
//go:generate go -C _asm run . -set neon -dir ..

import (
	"unsafe"

	"filterbank/filters/pages"
	"filterbank/filters/simd"
)

// Kernel is the loops of one instruction set, or plain Go. All kernels give the same
// bits. A Kernel is immutable and safe for concurrent use.
type Kernel struct {
	set                        simd.Set
	lanes                      int // float32 in a vector; 0 is plain Go
	pixels                     [][]pixelLoop
	filters                    filterLoops    // without any if the instruction set has none
	depthwise                  depthwiseLoops // nil if there are none
	channels                   channelsLoop
	extremes                   extremesLoop
	columns                    columnsLoop
	spans                      spansLoop
	copy                       copyLoop
	split                      splitLoop
	max                        maxLoop
	maxima                     maximaLoop
	maxStride2, averageStride2 stride2Loops
	average                    averageLoop
	averages, narrowAverages   averagesLoop
	sums                       sumsLoop
	sumsRows                   int // of a sumsLoop, at most
	norm                       normLoop
	floor                      applyLoop // max(x, operand) of any values; NaN becomes the quiet NaN
	apply                      applyLoops
	add                        addLoop
	functions                  functionLoops
}

// pixelLoop computes rows of outputs for a block of f filters, with neighbouring
// outputs of a row in the lanes of v vectors, a tile. Row i of filter k is
//
//	dst[k·channel + i·row + x] = max(floor, bias[k] + Σ_t weight[t][k] · src[offsets[i·taps+t] + x])
//
// where channel and row are in bytes and weights holds the f biases and then, tap
// after tap, f weights. NaN becomes the quiet NaN. It reads whole tiles, but of the
// last vector of the last tile it stores only the first last lanes. With each tile it
// takes the next address of ahead, unless ahead is nil, and prefetches so many cache
// lines from there.
type pixelLoop func(dst *float32, channel, row int, src *float32, offsets *int32, taps int, weights *float32, rows, tiles, last int, ahead *uintptr, lines int, floor float32)

// filterLoop computes what pixelLoop does, for a block of up to v·lanes filters with the
// filters in the lanes. A tile is p neighbouring outputs of a row. The inputs of
// neighbouring outputs are stride values apart. weights holds v·lanes biases and then,
// tap after tap, v·lanes weights. With a stride of 1 it prefetches a
// cache line for each eight lanes in each round of four taps of a tile, step bytes behind the
// round before. Without memory ahead step is 0.
//
// AVX2's loops for two or three vectors and a stride of 1 may compute a part of the taps. All other
// loops compute all taps. Of a part, offsets begins with the first tap, and weights with the v·lanes
// values before the first weights. The argument part is the address of the fields of a part.
type filterLoop func(dst *float32, channel, row int, src *float32, offsets *int32, taps int, weights *float32, rows, tiles int, part, ahead *uintptr, lines, step int, floor float32, stride, filters int)

// part says how a filterLoop computes a part of the taps. If stage has resume, a tile does not begin
// with the biases but goes on from p·v·lanes unfinished sums, output after output. If stage has
// leave, it leaves such sums and no outputs. sums is the address of the first tile's, in the order
// of the tiles; the loop moves it on. skip is the bytes between a row's last offset and the next
// row's first one.
type part struct {
	sums        uintptr
	stage, skip int
}

// Stages of a part.
const (
	resume = 1 << iota
	leave
)

// filterLoops holds the loop for v vectors of filters and p outputs at [v-1][p-1]: with unit
// for a stride of 1, with strided for any. Three vectors are only for what Kernel.triples allows.
type filterLoops struct{ unit, strided [][]filterLoop }

// extremesLoop finds the smallest and the largest finite value of at least a vector of
// values: +Inf and −Inf if there is none.
type extremesLoop func(values *float32, n int) (lo, hi float32)

// copyLoop copies rows of n values; strides are in bytes.
type copyLoop func(dst *float32, dstChannel, dstRow int, src *float32, srcChannel, srcRow int, channels, rows, n int)

// splitLoop splits rows of n values into values of even and odd index; strides are in bytes.
type splitLoop func(even, odd *float32, dstChannel, dstRow int, src *float32, srcChannel, srcRow int, channels, rows, n int)

// maximaLoop computes vectors of maxima: in row i, output x is the first of the largest of
// src[offsets[i·taps+t] + x], and any value if one of them is NaN. nan says whether tap 0 or
// tap 1 of an output is NaN. row is in bytes. The loop reads and writes whole vectors.
type maximaLoop func(dst *float32, row int, src *float32, offsets *int32, taps, rows, vectors int) (nan bool)

// maxLoop and averageLoop compute vectors of a row of pooling with a stride of 1. They
// give the bits of maxRow and averageRow, and read and write whole vectors.
type (
	maxLoop     func(dst, src *float32, offsets *int32, taps, vectors int)
	averageLoop func(dst, src *float32, offsets *int32, taps, vectors int, widths *float32, height float32)
)

// normLoop computes vectors of a row of local response normalization. It gives the bits
// of Norm.plain if the norm is normal, and reads and writes whole vectors.
type normLoop func(dst, src *float32, offsets *int32, channels, own, vectors int, scale, k float64, whole uint64, fraction uint32)

// applyLoop applies an activation to at least one vector of sums, whose NaNs are quiet
// already. operand is a slope or a limit.
type applyLoop func(values *float32, vectors int, operand float32)

// applyLoops are the loops by activation. The loops of convolution apply ReLU and None
// themselves, so theirs are nil.
type applyLoops [activations]applyLoop

// functionLoop applies one of the functions of float64 to at least one vector of sums. Its
// constants are the package's.
type functionLoop func(values *float32, vectors int, operand float64, constants *float64)

// functionLoops are the loops by activation, nil for all others.
type functionLoops [activations]functionLoop

var generic = &Kernel{set: simd.Generic}

// New is the kernel of the fastest loops that a set allows. Equal sets give the same
// pointer.
func New(set simd.Set) *Kernel { return of(set) }

// Best is the fastest kernel that this processor runs: New of simd.Fastest.
func Best() *Kernel { return New(simd.Fastest) }

// SIMD is the set whose loops the kernel has. Other packages' loops take it to use the
// same instructions. A nil Kernel stands for the fastest wherever one is an option, so
// that its set is simd.Fastest.
func (k *Kernel) SIMD() simd.Set {
	if k == nil {
		return simd.Fastest
	}
	return k.set
}

// String is the set's name.
func (k *Kernel) String() string { return k.set.String() }

// Align is the number of floats in a cache line. Rows that start at multiples of it
// in memory from Floats are loaded and stored fastest.
const Align = 16

// Floats allocates n zeros, the first at the start of a cache line, in large pages if they are many.
// Go's heap does not move.
func Floats(n int) []float32 {
	data := make([]float32, n+Align-1)
	pages.Enlarge(data)
	skip := -int(uintptr(unsafe.Pointer(&data[0]))/4) & (Align - 1)
	return data[skip : skip+n : skip+n]
}
