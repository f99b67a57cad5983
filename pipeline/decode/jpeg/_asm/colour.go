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
	r.function("fromYCCAVX2", "func(px, luma, cb, cr *uint8, n int)", "fromYCCAVX2 is fromYCC for n ≥ 16 pixels.")
	px, luma, cbs, crs := r.pointer("px"), r.pointer("luma"), r.pointer("cb"), r.pointer("cr")
	centre, half, minusOne, opaque := r.words(128), r.lanes(1<<15), r.words(-1), r.words(255)
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

		// Packing clamps to bytes. Red and blue lie side by side so that unpacking
		// puts green and alpha between them.
		r.VPACKUSWB(blue, red, red)
		r.VPACKUSWB(opaque, green, green)
		rg, ba := r.YMM(), r.YMM()
		r.VPUNPCKLBW(green, red, rg)
		r.VPUNPCKHBW(green, red, ba)
		r.storePixels(px, i, rg, ba)
	})
}

// storePixels stores 16 pixels whose first and last two bytes are given.
func (r row) storePixels(px, i, rg, ba reg.Register) {
	y := [2]reg.VecVirtual{r.YMM(), r.YMM()}
	r.VPUNPCKLWD(ba, rg, y[0])
	r.VPUNPCKHWD(ba, rg, y[1])
	r.storeHalves(px, i, 4, y)
}
