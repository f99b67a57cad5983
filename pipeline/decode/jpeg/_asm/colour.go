package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// fromYCC converts 16 pixels at a time with products of 16 bits. The constants of rgb
// are too large for that; as chroma is whole, whole multiples of it can stand outside
// the rounding:
//
//	(91881·cr + half)>>16 = cr + (26345·cr + half)>>16
//	(−22554·cb − 46802·cr + half)>>16 = −cr + (−22554·cb + 18734·cr + half)>>16
//	(116130·cb + half)>>16 = 2·cb + (−14942·cb + half)>>16
//
// A sum of two products keeps its 32 bits (VPMADDWD). Of one, VPMULHW gives the upper
// half of double, (k·2·c)>>16, and adding 1 to that and halving it rounds as half does,
// since a floor of a floor is the floor.
func fromYCC(r row) {
	r.function("fromYCCAVX2", "func(red, green, blue, luma, cb, cr *uint8, n int)", "fromYCCAVX2 is fromYCC for n ≥ 16 pixels.")
	reds, greens, blues := r.pointer("red"), r.pointer("green"), r.pointer("blue")
	luma, cbs, crs := r.pointer("luma"), r.pointer("cb"), r.pointer("cr")
	centre, half, minusOne := r.words(128), r.lanes(1<<15), r.words(-1)
	toR, toG, toB := r.words(26345), r.pairs(-22554, 18734), r.words(-14942)
	r.blocks(16, func(i reg.Register) {
		y, cb, cr := r.YMM(), r.YMM(), r.YMM()
		r.VPMOVZXBW(at(luma, i, 1, 0), y)
		r.VPMOVZXBW(at(cbs, i, 1, 0), cb)
		r.VPMOVZXBW(at(crs, i, 1, 0), cr)
		r.VPSUBW(centre, cb, cb)
		r.VPSUBW(centre, cr, cr)
		// product is (k·c + half)>>16, of double c.
		product := func(double, k reg.Register) reg.VecVirtual {
			p := r.YMM()
			r.VPMULHW(k, double, p)
			r.VPSUBW(minusOne, p, p)
			r.VPSRAW(operand.U8(1), p, p)
			return p
		}
		double := r.YMM()
		r.VPADDW(cr, cr, double)
		red := product(double, toR)
		r.VPADDW(cr, red, red)
		r.VPADDW(y, red, red)

		double = r.YMM()
		r.VPADDW(cb, cb, double)
		blue := product(double, toB)
		r.VPADDW(double, blue, blue)
		r.VPADDW(y, blue, blue)

		green, high := r.YMM(), r.YMM()
		r.VPUNPCKLWD(cr, cb, green)
		r.VPUNPCKHWD(cr, cb, high)
		for _, sum := range []reg.VecVirtual{green, high} {
			r.VPMADDWD(toG, sum, sum)
			r.VPADDD(half, sum, sum)
			r.VPSRAD(operand.U8(16), sum, sum)
		}
		r.VPACKSSDW(high, green, green)
		r.VPSUBW(cr, green, green)
		r.VPADDW(y, green, green)

		// Packing clamps to bytes. It takes the lower halves of both registers first.
		const inOrder = operand.U8(0xd8)
		r.VPACKUSWB(blue, red, red)
		r.VPERMQ(inOrder, red, red)
		r.VPACKUSWB(green, green, green)
		r.VPERMQ(inOrder, green, green)
		r.VMOVDQU(red.AsX(), at(reds, i, 1, 0))
		r.VMOVDQU(green.AsX(), at(greens, i, 1, 0))
		r.VEXTRACTI128(operand.U8(1), red, at(blues, i, 1, 0))
	})
}

// interleave makes 16 pixels of RGBA at a time.
func interleave(r row) {
	r.function("interleaveAVX2", "func(px, red, green, blue *uint8, n int)", "interleaveAVX2 is interleave for n ≥ 16 pixels.")
	px, reds, greens, blues := r.pointer("px"), r.pointer("red"), r.pointer("green"), r.pointer("blue")
	opaque := r.words(-1 << 8)
	r.blocks(16, func(i reg.Register) {
		rg, green, ba := r.YMM(), r.YMM(), r.YMM()
		r.VPMOVZXBW(at(reds, i, 1, 0), rg)
		r.VPMOVZXBW(at(greens, i, 1, 0), green)
		r.VPMOVZXBW(at(blues, i, 1, 0), ba)
		r.VPSLLW(operand.U8(8), green, green)
		r.VPOR(green, rg, rg)
		r.VPOR(opaque, ba, ba)
		y := [2]reg.VecVirtual{r.YMM(), r.YMM()}
		r.VPUNPCKLWD(ba, rg, y[0])
		r.VPUNPCKHWD(ba, rg, y[1])
		r.storeHalves(px, i, 4, y)
	})
}
