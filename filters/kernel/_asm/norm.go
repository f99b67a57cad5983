package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// normLoop writes the loop of local response normalization, with neighbouring outputs in
// the lanes of float64. A vector has half as many of them as of float32.
func normLoop(c *build.Context, s set) {
	c.Function("norm" + s.suffix)
	c.Attributes(attr.NOSPLIT)
	c.Pragma("noescape")
	c.SignatureExpr("func(dst, src *float32, offsets *int32, channels, own, vectors int, scale, k float64, whole uint64, fraction uint32)")
	c.Doc("norm" + s.suffix + " is the normLoop.")
	r := s.registers
	scale, k, one, quiet := r[0], r[1], r[2], r[3]
	base, result, value, nan := r[4], r[5], r[6], r[7]
	half := func(r reg.VecPhysical) reg.Register { // of the float32 that a vector of float64 becomes
		if s.masked() {
			return r.AsY()
		}
		return r.AsX()
	}
	c.Load(c.Param("dst"), reg.RDI)
	c.Load(c.Param("src"), reg.RSI)
	c.Load(c.Param("offsets"), reg.R8)
	channels := c.Load(c.Param("channels"), reg.R9)
	own := c.Load(c.Param("own"), reg.R10)
	vectors := c.Load(c.Param("vectors"), reg.R11)
	for i, name := range []string{"scale", "k"} {
		p, err := c.Param(name).Resolve()
		if err != nil {
			panic(err)
		}
		c.VBROADCASTSD(p.Addr, r[i])
	}
	c.MOVQ(operand.U64(0x3ff0000000000000), reg.RAX)
	c.VMOVQ(reg.RAX, one.AsX())
	c.VBROADCASTSD(one.AsX(), one)
	c.MOVL(quietNaN, reg.EAX)
	c.VMOVD(reg.EAX, quiet.AsX())
	c.VBROADCASTSS(quiet.AsX(), half(quiet))

	c.Label("vector")
	if s.masked() {
		c.VPXORD(base, base, base)
	} else {
		c.VXORPD(base, base, base)
	}
	c.XORQ(reg.RCX, reg.RCX)
	c.Label("channel")
	c.MOVLQSX(element(reg.R8, reg.RCX, 0), reg.RAX)
	c.VCVTPS2PD(element(reg.RSI, reg.RAX, 0), value)
	c.VFMADD231PD(value, value, base) // the square is exact
	c.INCQ(reg.RCX)
	c.CMPQ(reg.RCX, channels)
	c.JLT(operand.LabelRef("channel"))
	c.VMULPD(scale, base, base)
	c.VADDPD(base, k, base)

	c.VMOVAPD(one, result)
	c.VMOVAPD(base, value)
	whole := c.Load(c.Param("whole"), reg.RAX)
	c.Label("whole")
	c.TESTQ(whole, whole)
	c.JZ(operand.LabelRef("roots"))
	c.SHRQ(operand.U8(1), whole)
	c.JNC(operand.LabelRef("squared"))
	c.VMULPD(value, result, result)
	c.Label("squared")
	c.VMULPD(value, value, value)
	c.JMP(operand.LabelRef("whole"))
	c.Label("roots")
	fraction := c.Load(c.Param("fraction"), reg.EAX)
	c.Label("root")
	c.TESTL(fraction, fraction)
	c.JZ(operand.LabelRef("divide"))
	c.VSQRTPD(base, base)
	c.SHLL(operand.U8(1), fraction)
	c.JNC(operand.LabelRef("root"))
	c.VMULPD(base, result, result)
	c.JMP(operand.LabelRef("root"))

	c.Label("divide")
	c.VCVTPS2PD(element(reg.RSI, own, 0), value)
	c.VDIVPD(result, value, value)
	if s.masked() {
		c.VCVTPD2PS(value, half(value))
	} else {
		c.VCVTPD2PSY(value, half(value))
	}
	narrow := half(value)
	c.VCMPPS(unordered, narrow, narrow, half(nan))
	c.VBLENDVPS(half(nan), half(quiet), narrow, narrow)
	c.VMOVUPS(narrow, at(reg.RDI, 0))
	c.ADDQ(operand.I32(s.bytes()/2), reg.RDI)
	c.ADDQ(operand.I32(s.bytes()/2), reg.RSI)
	c.DECQ(vectors)
	c.JNZ(operand.LabelRef("vector"))
	c.VZEROUPPER()
	c.RET()
}
