package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// spansLoop writes a loop that finds the smallest and the largest value of windows. The
// last vector of a window's rows overlaps the one before, and has chains of its own.
func spansLoop(c *build.Context, s set) {
	c.Function("spans" + s.suffix)
	c.Attributes(attr.NOSPLIT)
	c.Pragma("noescape")
	c.SignatureExpr("func(lo, hi, src *float32, offsets *int32, rows, windows, step, width int)")
	c.Doc("spans" + s.suffix + " is a spansLoop.")
	lo, hi := c.Load(c.Param("lo"), reg.RDI), c.Load(c.Param("hi"), reg.RSI)
	src := c.Load(c.Param("src"), reg.RDX)
	offsets, rows := c.Load(c.Param("offsets"), reg.R8), c.Load(c.Param("rows"), reg.R9)
	windows, step, last := c.Load(c.Param("windows"), reg.R10), c.Load(c.Param("step"), reg.R11), c.Load(c.Param("width"), reg.R12)
	c.LEAQ(operand.Mem{Base: offsets, Index: rows, Scale: 4}, offsets)
	c.NEGQ(rows) // one register is index and count: offsets[−rows] … offsets[−1]
	e := spans{extremes: newExtremes(c, s), rows: rows, offsets: offsets}
	first := s.registers[6:8]
	e.infinities(first[0], first[1])

	c.Label("window")
	for chain := range 2 {
		c.VMOVAPS(first[0], e.lo[chain])
		c.VMOVAPS(first[1], e.hi[chain])
	}
	column, end := reg.RBX, reg.R13
	c.MOVQ(src, column)
	c.LEAQ(element(src, last, -s.bytes()), end)
	c.Label("column")
	c.CMPQ(column, end)
	c.JGE(operand.LabelRef("last"))
	e.take("row", column, 0)
	c.ADDQ(operand.I32(s.bytes()), column)
	c.JMP(operand.LabelRef("column"))
	c.Label("last")
	e.take("lastRow", end, 1)
	c.VMOVSS(e.fold(e.lo, c.VMINPS), at(lo, 0))
	c.VMOVSS(e.fold(e.hi, c.VMAXPS), at(hi, 0))
	c.ADDQ(operand.I32(4), lo)
	c.ADDQ(operand.I32(4), hi)
	c.LEAQ(element(src, step, 0), src)
	c.DECQ(windows)
	c.JNZ(operand.LabelRef("window"))
	c.VZEROUPPER()
	c.RET()
}

type spans struct {
	extremes
	rows, offsets reg.Register
}

// take adds a vector of every row to a chain. The minimum and maximum of a NaN and a
// second operand are the second operand.
func (s *spans) take(label string, column reg.Register, chain int) {
	s.MOVQ(s.rows, reg.RCX)
	s.Label(label)
	s.MOVLQSX(element(s.offsets, reg.RCX, 0), reg.RAX)
	s.VMOVUPS(element(column, reg.RAX, 0), s.value)
	s.VMINPS(s.lo[chain], s.value, s.lo[chain])
	s.VMAXPS(s.hi[chain], s.value, s.hi[chain])
	s.INCQ(reg.RCX)
	s.JNZ(operand.LabelRef(label))
}
