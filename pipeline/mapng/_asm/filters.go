package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func sub(l loop) {
	l.function("subAVX2", "func(dst, cur, pred *byte, n int)", "subAVX2 is sub for n ≥ 32 bytes.")
	dst, cur, pred := l.param("dst"), l.param("cur"), l.param("pred")
	l.overlapping(func(i reg.Register) {
		y := l.YMM()
		l.VMOVDQU(at(cur, i, 0), y)
		l.VPSUBB(at(pred, i, 0), y, y)
		l.VMOVDQU(y, at(dst, i, 0))
	})
}

// subMean corrects VPAVGB, which rounds the mean up, since PNG rounds it down.
func subMean(l loop) {
	l.function("subMeanAVX2", "func(dst, cur, left, up *byte, n int)", "subMeanAVX2 is subMean for n ≥ 32 bytes.")
	dst, cur, left, up := l.param("dst"), l.param("cur"), l.param("left"), l.param("up")
	ones := l.lanes(0x01010101)
	l.overlapping(func(i reg.Register) {
		a, b, odd, y := l.YMM(), l.YMM(), l.YMM(), l.YMM()
		l.VMOVDQU(at(left, i, 0), a)
		l.VMOVDQU(at(up, i, 0), b)
		l.VPXOR(a, b, odd)
		l.VPAND(ones, odd, odd)
		l.VPAVGB(a, b, a)
		l.VPSUBB(odd, a, a)
		l.VMOVDQU(at(cur, i, 0), y)
		l.VPSUBB(a, y, y)
		l.VMOVDQU(y, at(dst, i, 0))
	})
}

// subPaeth works with lo ≤ hi, the smaller and the larger of left and up. The estimate is
// left + up − c. If c lies between lo and hi, the distances of the estimate are hi−c to lo,
// c−lo to hi, and the difference of these two to c. If c ≥ hi the estimate is at most lo, and
// if c ≤ lo it is at least hi; saturating subtraction then makes the nearer distance 0. So lo
// is taken if 2(hi−c) ≤ c−lo, hi if 2(c−lo) ≤ hi−c, and c otherwise. If both hold, all three
// are equal.
func subPaeth(l loop) {
	l.function("subPaethAVX2", "func(dst, cur, left, up, upLeft *byte, n int)", "subPaethAVX2 is subPaeth for n ≥ 32 bytes.")
	dst, cur, left, up, upLeft := l.param("dst"), l.param("cur"), l.param("left"), l.param("up"), l.param("upLeft")
	zero := l.zero()
	l.overlapping(func(i reg.Register) {
		a, c, lo, hi, y := l.YMM(), l.YMM(), l.YMM(), l.YMM(), l.YMM()
		above, below, takeLo, takeHi := l.YMM(), l.YMM(), l.YMM(), l.YMM()
		l.VMOVDQU(at(left, i, 0), a)
		l.VMOVDQU(at(upLeft, i, 0), c)
		l.VPMINUB(at(up, i, 0), a, lo)
		l.VPMAXUB(at(up, i, 0), a, hi)
		l.VPSUBUSB(lo, c, above) // c−lo
		l.VPSUBUSB(c, hi, below) // hi−c
		l.VPSUBUSB(below, above, takeLo)
		l.VPSUBUSB(takeLo, below, takeLo) // 0 where (c−lo) − (hi−c) ≥ hi−c
		l.VPCMPEQB(zero, takeLo, takeLo)
		l.VPSUBUSB(above, below, takeHi)
		l.VPSUBUSB(takeHi, above, takeHi)
		l.VPCMPEQB(zero, takeHi, takeHi)
		l.VPBLENDVB(takeLo, lo, c, c)
		l.VPBLENDVB(takeHi, hi, c, c)
		l.VMOVDQU(at(cur, i, 0), y)
		l.VPSUBB(c, y, y)
		l.VMOVDQU(y, at(dst, i, 0))
	})
}

// sumMagnitudes takes the magnitude of −128 as 128, since VPABSB leaves −128 unchanged.
func sumMagnitudes(l loop) {
	l.function("sumMagnitudesAVX2", "func(p *byte, vectors int) uint64", "sumMagnitudesAVX2 is sumMagnitudes of vectors > 0 times 32 bytes.")
	p, zero, sum := l.param("p"), l.zero(), l.zero()
	l.times("vectors", func() {
		y := l.YMM()
		l.VPABSB(behind(p, 0), y)
		l.VPSADBW(zero, y, y)
		l.VPADDQ(y, sum, sum)
		l.ADDQ(operand.I32(bytes), p)
	})
	l.Store(l.total(sum), l.ReturnIndex(0))
	l.VZEROUPPER()
	l.RET()
}
