package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// normConstants are the terms of (1−e)^−3/4 from the last that is used to that of e, 1, and what
// the ends of an interval around a result are multiplied by.
//
// The inverse of a square root that estimate starts from has an error of at most 2⁻¹⁴ with
// AVX-512, and 1.5·2⁻¹² otherwise (Intel, Architectures Software Developer's Manual, VRSQRT14PD and
// VRSQRTPS). The estimate of base^−1/4 has then at most 1.5 times as much, and |e| is at most
// four times that of the estimate. The first term left out is below 2⁻⁴⁶ or 2⁻⁴⁵. Roundings,
// the specification's among them, add less than 2⁻⁴⁹.
func normConstants(s set) []float64 {
	terms := []float64{77.0 / 128, 21.0 / 32, 3.0 / 4}
	width := 0x1p-44
	if !s.masked() {
		terms, width = append([]float64{1155.0 / 2048}, terms...), 0x1p-43
	}
	return append(terms, 1, 1+width, 1-width)
}

// norm is the loop of local response normalization, with neighbouring outputs in the lanes of
// float64. A vector has half as many of them as of float32.
type norm struct {
	c *build.Context
	set
	base, value, root, square, factor reg.VecPhysical
	constants                         []float64
}

// constant is a vector of the i-th of normConstants.
func (n *norm) constant(i int) operand.Mem {
	return operand.NewDataAddr(operand.NewStaticSymbol("normConstants"+n.suffix), i*n.bytes())
}

// narrow is the part of a register that a vector of float64 has as float32.
func (n *norm) narrow(r reg.VecPhysical) reg.Register {
	if n.masked() {
		return r.AsY()
	}
	return r.AsX()
}

// convert rounds a vector of float64 to float32, in place.
func (n *norm) convert(r reg.VecPhysical) {
	if n.masked() {
		n.c.VCVTPD2PS(r, n.narrow(r))
	} else {
		n.c.VCVTPD2PSY(r, n.narrow(r))
	}
}

// estimate leaves value/base^0.75, rounded to float32, in value, and goes to exact if it may
// differ from the specification's. That divides by square roots, which takes several times as
// long. With an estimate z of base^−1/4 and e = 1 − base·z⁴, the power is z³·(1−e)^−3/4. If both
// ends of an interval around the quotient have the same float32, so has every value between them.
// NaN is unlike itself.
func (n *norm) estimate(exact operand.LabelRef) {
	c, z := n.c, n.root
	if n.masked() {
		c.VRSQRT14PD(n.base, z)
		c.VRSQRT14PD(z, n.square)
		c.VMULPD(n.square, z, z)
	} else {
		c.VCVTPD2PSY(n.base, z.AsX())
		c.VRSQRTPS(z.AsX(), z.AsX())
		c.VRSQRTPS(z.AsX(), n.square.AsX())
		c.VMULPS(n.square.AsX(), z.AsX(), z.AsX())
		c.VCVTPS2PD(z.AsX(), z)
	}
	one := len(n.constants) - 3
	e := n.factor
	c.VMULPD(z, z, n.square)
	c.VMULPD(n.square, n.square, e)
	c.VFNMADD213PD(n.constant(one), n.base, e)
	c.VMULPD(n.square, z, z) // z³
	c.VMULPD(z, n.value, n.value)
	sum := n.square
	c.VMOVUPD(n.constant(0), sum)
	for i := 1; i <= one; i++ {
		c.VFMADD213PD(n.constant(i), e, sum)
	}
	c.VMULPD(sum, n.value, n.value)
	other := n.square
	c.VMULPD(n.constant(one+1), n.value, other)
	c.VMULPD(n.constant(one+2), n.value, n.value)
	n.convert(other)
	n.convert(n.value)
	if n.masked() {
		c.VCMPPS(unequal, n.narrow(other), n.narrow(n.value), reg.K1)
		c.KORTESTW(reg.K1, reg.K1)
	} else {
		c.VCMPPS(unequal, n.narrow(other), n.narrow(n.value), n.narrow(other))
		c.VMOVMSKPS(n.narrow(other), reg.EDX)
		c.TESTL(reg.EDX, reg.EDX)
	}
	c.JNZ(exact)
}

// threeQuarters is the fraction of an exponent of 0.75.
const threeQuarters = operand.U32(0xc0000000)

func normLoop(c *build.Context, s set) {
	r := s.registers
	n := norm{c: c, set: s, base: r[4], value: r[6], root: r[8], square: r[9], factor: r[10], constants: normConstants(s)}
	c.StaticGlobal("normConstants" + s.suffix)
	c.DataAttributes(attr.RODATA | attr.NOPTR)
	for _, v := range n.constants {
		for range s.lanes / 2 {
			c.AppendDatum(operand.F64(v))
		}
	}
	c.Function("norm" + s.suffix)
	c.Attributes(attr.NOSPLIT)
	c.Pragma("noescape")
	c.SignatureExpr("func(dst, src *float32, offsets *int32, channels, own, vectors int, scale, k float64, whole uint64, fraction uint32)")
	c.Doc("norm" + s.suffix + " is the normLoop.")
	scale, k, one, quiet := r[0], r[1], r[2], r[3]
	base, result, value, nan := r[4], r[5], r[6], r[7]
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
	c.VBROADCASTSS(quiet.AsX(), n.narrow(quiet))

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
	c.CMPQ(argument(n.c, "whole"), operand.I8(0))
	c.JNE(operand.LabelRef("exact"))
	c.CMPL(argument(n.c, "fraction"), threeQuarters)
	c.JNE(operand.LabelRef("exact"))
	c.VCVTPS2PD(element(reg.RSI, own, 0), value)
	n.estimate(operand.LabelRef("exact"))
	c.VMOVUPS(n.narrow(value), at(reg.RDI, 0))
	c.JMP(operand.LabelRef("next"))

	c.Label("exact")
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
	n.convert(value)
	narrow := n.narrow(value)
	c.VCMPPS(unordered, narrow, narrow, n.narrow(nan))
	c.VBLENDVPS(n.narrow(nan), n.narrow(quiet), narrow, narrow)
	c.VMOVUPS(narrow, at(reg.RDI, 0))
	c.Label("next")
	c.ADDQ(operand.I32(s.bytes()/2), reg.RDI)
	c.ADDQ(operand.I32(s.bytes()/2), reg.RSI)
	c.DECQ(vectors)
	c.JNZ(operand.LabelRef("vector"))
	c.VZEROUPPER()
	c.RET()
}
