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
	e := newExtremes(c, s)
	e.infinities(e.lo[0], e.hi[0])
	c.VMOVAPS(e.lo[0], e.lo[1])
	c.VMOVAPS(e.hi[0], e.hi[1])
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
	c.Store(e.fold(e.lo, c.VMINPS), c.Return("lo"))
	c.Store(e.fold(e.hi, c.VMAXPS), c.Return("hi"))
	c.VZEROUPPER()
	c.RET()
}

type extremes struct {
	*build.Context
	set
	lo, hi      []reg.VecPhysical // chains, against the latency
	value, rest reg.VecPhysical
	plus, minus reg.VecPhysical // +Inf and −Inf
}

func newExtremes(c *build.Context, s set) extremes {
	r := s.registers
	return extremes{Context: c, set: s, lo: r[:2], hi: r[2:4], value: r[4], rest: r[5]}
}

// infinities fills a register with +Inf and one with −Inf.
func (e *extremes) infinities(plus, minus reg.VecPhysical) {
	for i, bits := range []uint64{0x7f800000, 0xff800000} {
		to := []reg.VecPhysical{plus, minus}[i]
		e.MOVL(operand.U32(bits), reg.EAX)
		e.VMOVD(reg.EAX, to.AsX())
		e.VBROADCASTSS(to.AsX(), to)
	}
}

// fold leaves the least or the most of two chains in the first element of a register.
func (e *extremes) fold(chains []reg.VecPhysical, less func(...operand.Op)) reg.Register {
	x, half := chains[0].AsX(), e.value.AsX()
	less(chains[1], chains[0], chains[0])
	if e.masked() {
		e.VEXTRACTF64X4(operand.U8(1), chains[0], e.value.AsY())
		less(e.value.AsY(), chains[0].AsY(), chains[0].AsY())
	}
	e.VEXTRACTF128(operand.U8(1), chains[0].AsY(), half)
	less(half, x, x)
	for _, order := range []operand.U8{0x0e, 0x01} { // the upper two to the lower, the second to the first
		e.VPERMILPS(order, x, half)
		less(half, x, x)
	}
	return x
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
