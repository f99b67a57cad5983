package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Places in the package's constants.
const (
	atLeast = iota
	atMost
	atLog2e
	atShift
	atHigh
	atLow
	atOne
	atTwo
	atMostTwice
	atCubic
	atTwiceRoot
	atMinusHalf
	atFarthest
	atMiddle
	atSeries
	atNormal      = atSeries + 8
	constantCount = atNormal + 12
)

// functions writes the loops of activations that are computed in float64. A step takes half
// a vector of float32.
type functions struct {
	*build.Context
	set
	constants                     reg.Register
	value, result                 reg.VecPhysical
	shifted, n, rest, sum, scale  reg.VecPhysical
	constant, operand, bits, mask reg.VecPhysical
	signs                         reg.VecPhysical
	w, over                       reg.VecPhysical
}

func functionLoops(c *build.Context, s set) {
	r := s.registers
	f := &functions{
		Context: c, set: s, constants: reg.RDX,
		value: r[0], result: r[1], shifted: r[2], n: r[3], rest: r[4], sum: r[5], scale: r[6],
		constant: r[7], operand: r[8], bits: r[9], mask: r[10], signs: r[11], w: r[12], over: r[13],
	}
	f.loop("sigmoid", func() {
		f.negate(f.value, f.result)
		f.exponential(f.result)
		f.exp(f.result)
		f.with(f.add, atOne, f.result)
		f.broadcast(atOne, f.value)
		f.VDIVPD(f.result, f.value, f.result)
	})
	f.loop("silu", func() {
		f.negate(f.value, f.result)
		f.exponential(f.result)
		f.exp(f.result)
		f.with(f.add, atOne, f.result)
		f.VDIVPD(f.result, f.value, f.result)
	})
	f.loop("tanh", func() {
		f.magnitude(f.value, f.result)
		f.VADDPD(f.result, f.result, f.result)
		f.with(f.min, atMostTwice, f.result)
		f.exponential(f.result)
		f.expm1(f.result)
		f.VMOVAPD(f.result, f.sum)
		f.with(f.add, atTwo, f.sum)
		f.VDIVPD(f.sum, f.result, f.result)
		f.copySign(f.value, f.result)
	})
	f.loop("elu", func() {
		f.VMOVAPD(f.value, f.result)
		f.exponential(f.result)
		f.expm1(f.result)
		f.copySign(f.value, f.result)
		f.VMULPD(f.operand, f.result, f.result)
		f.zero(f.sum)
		f.choose(f.value, f.sum, f.value, f.result)
	})
	f.loop("geluTanh", func() {
		f.VMULPD(f.value, f.value, f.result)
		f.VMULPD(f.value, f.result, f.result)
		f.with(f.mul, atCubic, f.result)
		f.VADDPD(f.result, f.value, f.result)
		f.with(f.mul, atTwiceRoot, f.result)
		f.exponential(f.result)
		f.exp(f.result)
		f.with(f.add, atOne, f.result)
		f.VDIVPD(f.result, f.value, f.result)
	})
	f.loop("gelu", func() {
		f.magnitude(f.value, f.result)
		f.with(f.min, atFarthest, f.result)
		f.broadcast(atMiddle, f.constant)
		f.VADDPD(f.constant, f.result, f.over)
		f.VSUBPD(f.constant, f.result, f.w)
		f.broadcast(atOne, f.constant)
		f.VDIVPD(f.over, f.constant, f.over)
		f.VMULPD(f.over, f.w, f.w)
		f.VMULPD(f.result, f.result, f.result)
		f.with(f.mul, atMinusHalf, f.result)
		f.exponential(f.result)
		f.exp(f.result)
		f.broadcast(atNormal, f.sum)
		for i := atNormal + 1; i < constantCount; i++ {
			f.VMULPD(f.w, f.sum, f.sum)
			f.with(f.add, i, f.sum)
		}
		f.VMULPD(f.over, f.sum, f.sum)
		f.VMULPD(f.sum, f.result, f.result)
		f.broadcast(atOne, f.n)
		f.VSUBPD(f.result, f.n, f.n)
		f.zero(f.sum)
		f.choose(f.value, f.sum, f.n, f.result)
		f.VMULPD(f.result, f.value, f.result)
	})
}

// half is the part of a register with the float32 that a vector of float64 becomes.
func (f *functions) half(r reg.VecPhysical) reg.Register {
	if f.masked() {
		return r.AsY()
	}
	return r.AsX()
}

func (f *functions) loop(name string, apply func()) {
	f.Function(name + f.suffix)
	f.Attributes(attr.NOSPLIT)
	f.Pragma("noescape")
	f.SignatureExpr("func(values *float32, vectors int, operand float64, constants *float64)")
	f.Doc(name + f.suffix + " is a functionLoop.")
	values, halves := f.Load(f.Param("values"), reg.RSI), f.Load(f.Param("vectors"), reg.RCX)
	f.ADDQ(halves, halves)
	f.Load(f.Param("constants"), f.constants)
	p, err := f.Param("operand").Resolve()
	if err != nil {
		panic(err)
	}
	f.VBROADCASTSD(p.Addr, f.operand)
	f.MOVQ(operand.U64(1023<<52), reg.RAX)
	f.VMOVQ(reg.RAX, f.bits.AsX())
	f.VBROADCASTSD(f.bits.AsX(), f.bits)
	f.MOVQ(operand.U64(1<<63), reg.RAX)
	f.VMOVQ(reg.RAX, f.signs.AsX())
	f.VBROADCASTSD(f.signs.AsX(), f.signs)
	f.Label("next")
	f.VCVTPS2PD(at(values, 0), f.value)
	apply()
	result := f.half(f.result)
	if f.masked() {
		f.VCVTPD2PS(f.result, result)
	} else {
		f.VCVTPD2PSY(f.result, result)
	}
	f.VMOVUPS(at(values, 0), f.half(f.sum))
	f.VCMPPS(unordered, f.half(f.sum), result, f.half(f.mask))
	f.MOVL(quietNaN, reg.EAX)
	f.VMOVD(reg.EAX, f.sum.AsX())
	f.VBROADCASTSS(f.sum.AsX(), f.half(f.sum))
	f.VBLENDVPS(f.half(f.mask), f.half(f.sum), result, result)
	f.VMOVUPS(result, at(values, 0))
	f.ADDQ(operand.I32(f.bytes()/2), values)
	f.DECQ(halves)
	f.JNZ(operand.LabelRef("next"))
	f.VZEROUPPER()
	f.RET()
}

func (f *functions) broadcast(constant int, to reg.VecPhysical) {
	f.VBROADCASTSD(at(f.constants, 8*constant), to)
}

// with changes a register by a constant.
func (f *functions) with(change func(constant, to reg.VecPhysical), constant int, to reg.VecPhysical) {
	f.broadcast(constant, f.constant)
	change(f.constant, to)
}

func (f *functions) add(by, to reg.VecPhysical) { f.VADDPD(by, to, to) }
func (f *functions) mul(by, to reg.VecPhysical) { f.VMULPD(by, to, to) }
func (f *functions) sub(by, to reg.VecPhysical) { f.VSUBPD(by, to, to) }
func (f *functions) min(by, to reg.VecPhysical) { f.VMINPD(by, to, to) }
func (f *functions) max(by, to reg.VecPhysical) { f.VMAXPD(by, to, to) }

func (f *functions) zero(r reg.VecPhysical) {
	if f.masked() {
		f.VPXORQ(r, r, r)
	} else {
		f.VXORPD(r, r, r)
	}
}

func (f *functions) negate(from, to reg.VecPhysical) {
	if f.masked() {
		f.VPXORQ(f.signs, from, to)
	} else {
		f.VXORPD(f.signs, from, to)
	}
}

func (f *functions) magnitude(from, to reg.VecPhysical) {
	if f.masked() {
		f.VPANDNQ(from, f.signs, to)
	} else {
		f.VANDNPD(from, f.signs, to)
	}
}

// copySign gives a register the signs of another. It uses sum.
func (f *functions) copySign(from, to reg.VecPhysical) {
	f.magnitude(to, to)
	if f.masked() {
		f.VPANDQ(f.signs, from, f.sum)
		f.VPORQ(f.sum, to, to)
	} else {
		f.VANDPD(f.signs, from, f.sum)
		f.VORPD(f.sum, to, to)
	}
}

// choose puts other to a register where a > b.
func (f *functions) choose(a, b, other, to reg.VecPhysical) {
	if f.masked() {
		f.VCMPPD(greater, b, a, reg.K1)
		f.VMOVAPD(other, reg.K1, to)
	} else {
		f.VCMPPD(greater, b, a, f.mask)
		f.VBLENDVPD(f.mask, other, to, to)
	}
}

// exponential leaves e^x in parts, scale and rest. x is changed.
func (f *functions) exponential(x reg.VecPhysical) {
	f.with(f.max, atLeast, x)
	f.with(f.min, atMost, x)
	f.broadcast(atLog2e, f.constant)
	f.VMULPD(f.constant, x, f.shifted)
	f.broadcast(atShift, f.constant)
	f.VADDPD(f.constant, f.shifted, f.shifted)
	f.VSUBPD(f.constant, f.shifted, f.n)
	for _, part := range []int{atHigh, atLow} {
		f.broadcast(part, f.constant)
		f.VMULPD(f.constant, f.n, f.constant)
		f.VSUBPD(f.constant, x, x)
	}
	f.broadcast(atSeries, f.sum)
	for i := atSeries + 1; i <= atNormal; i++ {
		f.VMULPD(x, f.sum, f.sum)
		if i == atNormal {
			f.with(f.add, atOne, f.sum)
		} else {
			f.with(f.add, i, f.sum)
		}
	}
	f.VMULPD(x, f.sum, f.rest)
	f.VPSLLQ(operand.U8(52), f.shifted, f.scale)
	f.VPADDQ(f.bits, f.scale, f.scale)
}

func (f *functions) exp(to reg.VecPhysical) {
	f.broadcast(atOne, f.constant)
	f.VADDPD(f.constant, f.rest, f.rest)
	f.VMULPD(f.rest, f.scale, to)
}

func (f *functions) expm1(to reg.VecPhysical) {
	f.VMULPD(f.rest, f.scale, f.rest)
	f.with(f.sub, atOne, f.scale)
	f.VADDPD(f.scale, f.rest, to)
}
