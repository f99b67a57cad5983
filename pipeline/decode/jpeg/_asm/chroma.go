package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// threeToOne holds the weights 3 and 1 of pairs of bytes, for VPMADDUBSW.
const threeToOne = 0x01030103

// upsampleH2V1 makes 64 samples of 32 at a time.
func upsampleH2V1(r row) {
	r.function("upsampleH2V1AVX2", "func(dst, src *uint8, n int)",
		"upsampleH2V1AVX2 is upsampleH2V1 of n ≥ 32 columns that have neighbours: src[-1] and src[n] are read.")
	dst, src := r.pointer("dst"), r.pointer("src")
	weights, left, right := r.lanes(threeToOne), r.words(1), r.words(2)
	r.blocks(32, func(i reg.Register) {
		this, neighbour := r.YMM(), r.YMM()
		var even, odd [2]reg.VecVirtual
		r.VMOVDQU(at(src, i, 1, 0), this)
		r.VMOVDQU(at(src, i, 1, -1), neighbour)
		even = r.weigh(this, neighbour, weights)
		r.VMOVDQU(at(src, i, 1, 1), neighbour)
		odd = r.weigh(this, neighbour, weights)
		for k := range even {
			r.VPADDW(left, even[k], even[k])
			r.VPADDW(right, odd[k], odd[k])
			r.VPSRLW(operand.U8(2), even[k], even[k])
			r.VPSRLW(operand.U8(2), odd[k], odd[k])
		}
		r.storePairs(dst, i, even, odd)
	})
}

// upsampleH2V2 makes 64 samples of 32 columns at a time.
func upsampleH2V2(r row) {
	r.function("upsampleH2V2AVX2", "func(dst, near, far *uint8, n int)",
		"upsampleH2V2AVX2 is upsampleH2V2 of n ≥ 32 columns that have neighbours: near[-1], near[n], far[-1] and far[n] are read.")
	dst, near, far := r.pointer("dst"), r.pointer("near"), r.pointer("far")
	weights, left, right := r.lanes(threeToOne), r.words(8), r.words(7)
	r.blocks(32, func(i reg.Register) {
		blend := func(disp int) [2]reg.VecVirtual {
			n, f := r.YMM(), r.YMM()
			r.VMOVDQU(at(near, i, 1, disp), n)
			r.VMOVDQU(at(far, i, 1, disp), f)
			return r.weigh(n, f, weights)
		}
		this, even, odd := blend(0), blend(-1), blend(1)
		for k := range this {
			triple := r.YMM()
			r.VPADDW(this[k], this[k], triple)
			r.VPADDW(this[k], triple, triple)
			r.VPADDW(triple, even[k], even[k])
			r.VPADDW(triple, odd[k], odd[k])
			r.VPADDW(left, even[k], even[k])
			r.VPADDW(right, odd[k], odd[k])
			r.VPSRLW(operand.U8(4), even[k], even[k])
			r.VPSRLW(operand.U8(4), odd[k], odd[k])
		}
		r.storePairs(dst, i, even, odd)
	})
}

// weigh is 3·a + b in 16 bits: of columns 0 to 7 and 16 to 23, and of the others.
func (r row) weigh(a, b, weights reg.Register) (sum [2]reg.VecVirtual) {
	sum = [2]reg.VecVirtual{r.YMM(), r.YMM()}
	r.VPUNPCKLBW(b, a, sum[0])
	r.VPUNPCKHBW(b, a, sum[1])
	for _, s := range sum {
		r.VPMADDUBSW(weights, s, s)
	}
	return sum
}

// storePairs stores what weigh's columns became, an even and an odd sample of each.
func (r row) storePairs(dst, i reg.Register, even, odd [2]reg.VecVirtual) {
	for k := range even {
		r.VPSLLW(operand.U8(8), odd[k], odd[k])
		r.VPOR(odd[k], even[k], even[k])
	}
	r.storeHalves(dst, i, 2, even)
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
