package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// bytes is the size of a vector.
const bytes = 32

// sums adds up bytes; the sums before each vector, each of which counts once for every
// byte of the vector; and, in lanes of 32 bits, the bytes inside the vectors, of which the
// first counts 32 times and the last once. A step adds at most 255·(32+31+30+29) to such a
// lane, so that 2¹⁵ steps fit.
func sums(l loop) {
	l.function("sumsAVX2", "func(p *byte, vectors int) (plain, weighted uint64)",
		"sumsAVX2 is sums of vectors > 0 times 32 bytes, at most 1 MiB.")
	weights := l.StaticGlobal("weights")
	l.DataAttributes(attr.RODATA | attr.NOPTR)
	for i := range bytes {
		l.AddDatum(i, operand.U8(bytes-i))
	}
	p, left := l.param("p"), l.param("vectors")
	zero, plain, before, inside := l.YMM(), l.YMM(), l.YMM(), l.YMM()
	for _, y := range []reg.VecVirtual{zero, plain, before, inside} {
		l.VPXOR(y, y, y)
	}
	weight, ones, one := l.YMM(), l.YMM(), l.GP32()
	l.MOVL(operand.U32(0x00010001), one)
	l.VMOVD(one, ones.AsX())
	l.VPBROADCASTD(ones.AsX(), ones)
	l.VMOVDQU(weights, weight)
	l.Label("step")
	y, sum := l.YMM(), l.YMM()
	l.VMOVDQU(behind(p, 0), y)
	l.VPADDQ(plain, before, before)
	l.VPSADBW(zero, y, sum)
	l.VPADDQ(sum, plain, plain)
	l.VPMADDUBSW(weight, y, y)
	l.VPMADDWD(ones, y, y)
	l.VPADDD(y, inside, inside)
	l.ADDQ(operand.I32(bytes), p)
	l.DECQ(left)
	l.JNZ(operand.LabelRef("step"))
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

// total adds up a vector's four lanes of 64 bits.
func (l loop) total(y reg.VecVirtual) reg.GPVirtual {
	upper, sum := l.XMM(), l.GP64()
	l.VEXTRACTI128(operand.U8(1), y, upper)
	l.VPADDQ(upper, y.AsX(), y.AsX())
	l.VPSHUFD(operand.U8(0x4e), y.AsX(), upper)
	l.VPADDQ(upper, y.AsX(), y.AsX())
	l.VMOVQ(y.AsX(), sum)
	return sum
}
