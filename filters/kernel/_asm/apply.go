package main

import (
	"strings"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// applyLoops writes the loops of the activations that pixels and filters do not compute.
// Their values are finished sums, whose NaNs are quiet already and stay the same. The
// loop called floor takes any values.
func applyLoops(c *build.Context, s set) {
	r := s.registers
	factor, value, other, mask := r[0], r[1], r[2], r[3]
	hard := func() { // min(max(value + 3, 0), 6), with 0, 3 and 6 in registers
		c.VADDPS(r[5], value, other)
		c.VMAXPS(mask, other, other)
		c.VMINPS(r[6], other, other)
	}
	quiet := func() { // of a NaN in value and of 0·∞
		if s.masked() {
			c.VCMPPS(unordered, value, other, reg.K1)
			c.VMOVAPS(r[7], reg.K1, other)
		} else {
			c.VCMPPS(unordered, value, other, r[4])
			c.VBLENDVPS(r[4], r[7], other, other)
		}
	}
	for _, loop := range []struct {
		name  string
		mask  operand.U32
		apply func() reg.VecPhysical // the register with the result
	}{
		{"leaky", 0, func() reg.VecPhysical {
			c.VMULPS(factor, value, other)
			if s.masked() {
				c.VCMPPS(greater, mask, value, reg.K1)
				c.VMOVAPS(value, reg.K1, other)
			} else {
				c.VCMPPS(greater, mask, value, r[4])
				c.VBLENDVPS(r[4], value, other, other)
			}
			quiet()
			return other
		}},
		{"floor", 0, func() reg.VecPhysical {
			c.VMAXPS(factor, value, other) // of two zeros the factor, as in convolutions
			quiet()
			return other
		}},
		{"atMost", 0, func() reg.VecPhysical {
			c.VMINPS(value, factor, value) // of a NaN and another the one named first, so that NaN stays
			return value
		}},
		{"abs", 0x7fffffff, func() reg.VecPhysical {
			if s.masked() {
				c.VPANDD(mask, value, value)
			} else {
				c.VANDPS(mask, value, value)
			}
			return value
		}},
		{"square", 0, func() reg.VecPhysical {
			c.VMULPS(value, value, value)
			return value
		}},
		{"hardSigmoid", 0, func() reg.VecPhysical {
			hard()
			c.VDIVPS(r[6], other, other)
			quiet()
			return other
		}},
		{"hardSwish", 0, func() reg.VecPhysical {
			hard()
			c.VMULPS(other, value, other)
			c.VDIVPS(r[6], other, other)
			quiet()
			return other
		}},
	} {
		c.Function(loop.name + s.suffix)
		c.Attributes(attr.NOSPLIT)
		c.Pragma("noescape")
		c.SignatureExpr("func(values *float32, vectors int, operand float32)")
		c.Doc(loop.name + s.suffix + " is an applyLoop.")
		values, vectors := c.Load(c.Param("values"), reg.RSI), c.Load(c.Param("vectors"), reg.RCX)
		p, err := c.Param("operand").Resolve()
		if err != nil {
			panic(err)
		}
		c.VBROADCASTSS(p.Addr, factor)
		c.MOVL(loop.mask, reg.EAX)
		c.VMOVD(reg.EAX, mask.AsX())
		c.VBROADCASTSS(mask.AsX(), mask)
		if loop.name == "leaky" || loop.name == "floor" || strings.HasPrefix(loop.name, "hard") {
			for i, bits := range []operand.U32{0x40400000, 0x40c00000, quietNaN} { // 3 and 6
				c.MOVL(bits, reg.EAX)
				c.VMOVD(reg.EAX, r[5+i].AsX())
				c.VBROADCASTSS(r[5+i].AsX(), r[5+i])
			}
		}
		c.Label("next")
		c.VMOVUPS(at(values, 0), value)
		c.VMOVUPS(loop.apply(), at(values, 0))
		c.ADDQ(operand.I32(s.bytes()), values)
		c.DECQ(vectors)
		c.JNZ(operand.LabelRef("next"))
		c.VZEROUPPER()
		c.RET()
	}
}
