package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
)

// sums adds up three sums: the bytes; the sums before each vector, each of which counts once
// for every byte of the vector; and the bytes inside the vectors, of which the first counts
// 32 times and the last once. The third sum is in lanes of 32 bits. A step adds at most
// 255·(32+31+30+29) to such a lane, so that 2¹⁵ steps fit.
func sums(l loop) {
	l.function("sumsAVX2", "func(p *byte, vectors int) (plain, weighted uint64)",
		"sumsAVX2 is sums of vectors > 0 times 32 bytes, at most 1 MiB.")
	weights := l.StaticGlobal("weights")
	l.DataAttributes(attr.RODATA | attr.NOPTR)
	for i := range bytes {
		l.AddDatum(i, operand.U8(bytes-i))
	}
	p, zero, plain, before, inside := l.param("p"), l.zero(), l.zero(), l.zero(), l.zero()
	weight, ones := l.YMM(), l.lanes(0x00010001)
	l.VMOVDQU(weights, weight)
	l.times("vectors", func() {
		y, sum := l.YMM(), l.YMM()
		l.VMOVDQU(behind(p, 0), y)
		l.VPADDQ(plain, before, before)
		l.VPSADBW(zero, y, sum)
		l.VPADDQ(sum, plain, plain)
		l.VPMADDUBSW(weight, y, y)
		l.VPMADDWD(ones, y, y)
		l.VPADDD(y, inside, inside)
		l.ADDQ(operand.I32(bytes), p)
	})
	low, high := l.YMM(), l.YMM()
	l.VPUNPCKLDQ(zero, inside, low)
	l.VPUNPCKHDQ(zero, inside, high)
	l.VPADDQ(low, high, inside)
	l.Store(l.total(plain), l.Return("plain"))
	weighted := l.total(before)
	l.SHLQ(operand.U8(5), weighted)
	l.ADDQ(l.total(inside), weighted)
	l.Store(weighted, l.Return("weighted"))
	l.VZEROUPPER()
	l.RET()
}
