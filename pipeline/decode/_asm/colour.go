package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// fromGray repeats 16 samples at a time.
func fromGray(r row) {
	r.function("fromGrayAVX2", "func(px, gray *uint8, n int)", "fromGrayAVX2 is fromGray for n ≥ 16 pixels.")
	px, gray := r.pointer("px"), r.pointer("gray")
	opaque := r.words(-1 << 8)
	r.blocks(16, func(i reg.Register) {
		rg, ba := r.YMM(), r.YMM()
		r.VPMOVZXBW(at(gray, i, 1, 0), ba)
		r.VPSLLW(operand.U8(8), ba, rg)
		r.VPOR(ba, rg, rg)
		r.VPOR(opaque, ba, ba)
		r.storePixels(px, i, rg, ba)
	})
}

// fromBigEndian swaps the bytes of 16 samples at a time.
func fromBigEndian(r row) {
	r.function("fromBigEndianAVX2", "func(dst *uint16, pix *uint8, n int)", "fromBigEndianAVX2 is fromBigEndian for n ≥ 16 samples.")
	dst, pix := r.pointer("dst"), r.pointer("pix")
	r.blocks(16, func(i reg.Register) {
		v, low := r.YMM(), r.YMM()
		r.VMOVDQU(at(pix, i, 2, 0), v)
		r.VPSRLW(operand.U8(8), v, low)
		r.VPSLLW(operand.U8(8), v, v)
		r.VPOR(low, v, v)
		r.VMOVDQU(v, at(dst, i, 2, 0))
	})
}

// storePixels stores 16 pixels whose first and last two bytes are given.
func (r row) storePixels(px, i, rg, ba reg.Register) {
	y := [2]reg.VecVirtual{r.YMM(), r.YMM()}
	r.VPUNPCKLWD(ba, rg, y[0])
	r.VPUNPCKHWD(ba, rg, y[1])
	r.storeHalves(px, i, 4, y)
}

// storeHalves stores the lower half of the first and of the second register, then
// their upper halves, to element i of an array.
func (r row) storeHalves(dst, i reg.Register, size uint8, y [2]reg.VecVirtual) {
	const lower, upper = operand.U8(0x20), operand.U8(0x31)
	out := r.YMM()
	r.VPERM2I128(lower, y[1], y[0], out)
	r.VMOVDQU(out, at(dst, i, size, 0))
	out = r.YMM()
	r.VPERM2I128(upper, y[1], y[0], out)
	r.VMOVDQU(out, at(dst, i, size, 32/int(size)))
}
