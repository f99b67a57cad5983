package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// extremesLoop writes a loop that finds the smallest and the largest finite value of at
// least a vector of values. Two vectors that overlap the ones before cover the rest.
func extremesLoop(c *build.Context, s set) {
	c.Function("extremes" + s.suffix)
	c.Attributes(attr.NOSPLIT)
	c.Pragma("noescape")
	c.SignatureExpr("func(values *float32, n int) (lo, hi float32)")
	c.Doc("extremes" + s.suffix + " is an extremesLoop.")
	values := c.Load(c.Param("values"), reg.RSI)
	left := c.Load(c.Param("n"), reg.RCX)
	e := extremes{Context: c, set: s}
	e.lo, e.hi, e.value, e.rest = s.registers[:2], s.registers[2:4], s.registers[4], s.registers[5]
	for i, bits := range []uint64{0x7f800000, 0xff800000} { // +Inf, −Inf
		to := [][]reg.VecPhysical{e.lo, e.hi}[i]
		c.MOVL(operand.U32(bits), reg.EAX)
		c.VMOVD(reg.EAX, to[0].AsX())
		c.VBROADCASTSS(to[0].AsX(), to[0])
		c.VMOVAPS(to[0], to[1])
	}
	c.SUBQ(operand.I32(2*s.lanes), left)
	c.JLT(operand.LabelRef("rest"))
	c.Label("next")
	e.take(at(values, 0), 0)
	e.take(at(values, s.bytes()), 1)
	c.ADDQ(operand.I32(2*s.bytes()), values)
	c.SUBQ(operand.I32(2*s.lanes), left)
	c.JGE(operand.LabelRef("next"))
	c.Label("rest") // left is 2·lanes less than the values that remain
	c.ADDQ(operand.I32(s.lanes), left)
	c.JLT(operand.LabelRef("last"))
	e.take(at(values, 0), 0)
	c.Label("last")
	e.take(element(values, left, 0), 1)
	for _, r := range []struct {
		of   []reg.VecPhysical
		less func(...operand.Op)
		to   string
	}{{e.lo, c.VMINPS, "lo"}, {e.hi, c.VMAXPS, "hi"}} {
		x, half := r.of[0].AsX(), e.value.AsX()
		r.less(r.of[1], r.of[0], r.of[0])
		if s.masked() {
			c.VEXTRACTF64X4(operand.U8(1), r.of[0], e.value.AsY())
			r.less(e.value.AsY(), r.of[0].AsY(), r.of[0].AsY())
		}
		c.VEXTRACTF128(operand.U8(1), r.of[0].AsY(), half)
		r.less(half, x, x)
		for _, order := range []operand.U8{0x0e, 0x01} { // the upper two to the lower, the second to the first
			c.VPERMILPS(order, x, half)
			r.less(half, x, x)
		}
		c.Store(x, c.Return(r.to))
	}
	c.VZEROUPPER()
	c.RET()
}

type extremes struct {
	*build.Context
	set
	lo, hi      []reg.VecPhysical // two chains, against the latency
	value, rest reg.VecPhysical
}

// take adds a vector to a chain. Values that are not finite become NaN: the minimum and
// maximum of a NaN and a second operand are the second operand.
func (e *extremes) take(m operand.Mem, chain int) {
	e.VMOVUPS(m, e.value)
	e.VSUBPS(e.value, e.value, e.rest)
	e.VADDPS(e.rest, e.value, e.value)
	e.VMINPS(e.lo[chain], e.value, e.lo[chain])
	e.VMAXPS(e.hi[chain], e.value, e.hi[chain])
}
