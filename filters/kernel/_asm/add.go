package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// addLoop writes the loop that adds a row to another.
func addLoop(c *build.Context, s set) {
	r := s.registers
	value, quiet, mask := r[0], r[1], r[2]
	c.Function("add" + s.suffix)
	c.Attributes(attr.NOSPLIT)
	c.Pragma("noescape")
	c.SignatureExpr("func(dst, src *float32, vectors int)")
	c.Doc("add" + s.suffix + " is an addLoop.")
	dst, src, vectors := c.Load(c.Param("dst"), reg.RDI), c.Load(c.Param("src"), reg.RSI), c.Load(c.Param("vectors"), reg.RCX)
	c.MOVL(quietNaN, reg.EAX)
	c.VMOVD(reg.EAX, quiet.AsX())
	c.VBROADCASTSS(quiet.AsX(), quiet)
	c.Label("next")
	c.VMOVUPS(at(dst, 0), value)
	c.VADDPS(at(src, 0), value, value)
	if s.masked() {
		c.VCMPPS(unordered, value, value, reg.K1)
		c.VMOVAPS(quiet, reg.K1, value)
	} else {
		c.VCMPPS(unordered, value, value, mask)
		c.VBLENDVPS(mask, quiet, value, value)
	}
	c.VMOVUPS(value, at(dst, 0))
	c.ADDQ(operand.I32(s.bytes()), dst)
	c.ADDQ(operand.I32(s.bytes()), src)
	c.DECQ(vectors)
	c.JNZ(operand.LabelRef("next"))
	c.VZEROUPPER()
	c.RET()
}
