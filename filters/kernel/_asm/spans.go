package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// columnsTile is the number of vectors in a tile, enough to hide the latency of an
// operation.
const columnsTile = 4

// columnsLoop writes a loop that finds the smallest and the largest values of columns.
func columnsLoop(c *build.Context, s set) {
	c.Function("columns" + s.suffix)
	c.Attributes(attr.NOSPLIT)
	c.Pragma("noescape")
	c.SignatureExpr("func(lo, hi, src *float32, offsets *int32, rows, vectors int)")
	c.Doc("columns" + s.suffix + " is a columnsLoop.")
	c.Load(c.Param("lo"), reg.RDI)
	c.Load(c.Param("hi"), reg.RDX)
	c.Load(c.Param("src"), reg.RSI)
	offsets, rows := c.Load(c.Param("offsets"), reg.R9), c.Load(c.Param("rows"), reg.R10)
	c.LEAQ(operand.Mem{Base: offsets, Index: rows, Scale: 4}, offsets)
	c.NEGQ(rows) // one register is index and count: offsets[−rows] … offsets[−1]
	c.Load(c.Param("vectors"), reg.RBX)
	r := s.registers
	e := extremes{Context: c, set: s, lo: r[:columnsTile], hi: r[columnsTile : 2*columnsTile], value: r[8]}
	e.plus, e.minus = r[9], r[10]
	e.infinities(e.plus, e.minus)
	e.columns("four", columnsTile)
	e.columns("one", 1)
	c.VZEROUPPER()
	c.RET()
}

// columns does tiles of so many vectors until fewer are left. The minimum and maximum of a
// NaN and a second operand are the second operand.
func (e *extremes) columns(label string, vectors int) {
	e.Label(label)
	e.SUBQ(operand.I32(vectors), reg.RBX)
	e.JLT(operand.LabelRef(label + "End"))
	for i := range vectors {
		e.VMOVAPS(e.plus, e.lo[i])
		e.VMOVAPS(e.minus, e.hi[i])
	}
	e.MOVQ(reg.R10, reg.RCX)
	e.Label(label + "Row")
	e.MOVLQSX(element(reg.R9, reg.RCX, 0), reg.RAX)
	for i := range vectors {
		e.VMOVUPS(element(reg.RSI, reg.RAX, i*e.bytes()), e.value)
		e.VMINPS(e.lo[i], e.value, e.lo[i])
		e.VMAXPS(e.hi[i], e.value, e.hi[i])
	}
	e.INCQ(reg.RCX)
	e.JNZ(operand.LabelRef(label + "Row"))
	for i := range vectors {
		e.VMOVUPS(e.lo[i], at(reg.RDI, i*e.bytes()))
		e.VMOVUPS(e.hi[i], at(reg.RDX, i*e.bytes()))
	}
	for _, p := range []reg.Register{reg.RDI, reg.RDX, reg.RSI} {
		e.ADDQ(operand.I32(vectors*e.bytes()), p)
	}
	e.JMP(operand.LabelRef(label))
	e.Label(label + "End")
	e.ADDQ(operand.I32(vectors), reg.RBX)
}

// spansLoop writes a loop that finds the smallest and the largest value of windows of
// columns. The last vector of a window overlaps the one before.
func spansLoop(c *build.Context, s set) {
	c.Function("spans" + s.suffix)
	c.Attributes(attr.NOSPLIT)
	c.Pragma("noescape")
	c.SignatureExpr("func(lo, hi, least, most *float32, windows, step, width int)")
	c.Doc("spans" + s.suffix + " is a spansLoop.")
	e := newExtremes(c, s)
	left := c.Load(c.Param("windows"), reg.R10)
	step, width := c.Load(c.Param("step"), reg.R11), c.Load(c.Param("width"), reg.R12)
	c.SHLQ(operand.U8(2), step)
	c.LEAQ(operand.Mem{Base: width, Disp: -s.lanes}, width) // where the last vector starts
	c.SHLQ(operand.U8(2), width)
	sides := []struct {
		to, from string
		pointers [2]reg.Register
		chains   []reg.VecPhysical
		less     func(...operand.Op)
	}{
		{"lo", "least", [2]reg.Register{reg.RDI, reg.RDX}, e.lo, c.VMINPS},
		{"hi", "most", [2]reg.Register{reg.RSI, reg.R8}, e.hi, c.VMAXPS},
	}
	for _, side := range sides {
		c.Load(c.Param(side.to), side.pointers[0])
		c.Load(c.Param(side.from), side.pointers[1])
	}
	c.Label("window")
	for i, side := range sides {
		from := side.pointers[1]
		c.VMOVUPS(operand.Mem{Base: from, Index: width, Scale: 1}, side.chains[0])
		c.VMOVUPS(at(from, 0), side.chains[1])
		c.MOVQ(operand.I32(s.bytes()), reg.RCX)
		label := fmt.Sprintf("next%d", i)
		c.Label(label)
		c.CMPQ(reg.RCX, width)
		c.JGE(operand.LabelRef(label + "End"))
		side.less(operand.Mem{Base: from, Index: reg.RCX, Scale: 1}, side.chains[1], side.chains[1])
		c.ADDQ(operand.I32(s.bytes()), reg.RCX)
		c.JMP(operand.LabelRef(label))
		c.Label(label + "End")
		c.VMOVSS(e.fold(side.chains, side.less), at(side.pointers[0], 0))
		c.ADDQ(operand.I32(4), side.pointers[0])
		c.ADDQ(step, from)
	}
	c.DECQ(left)
	c.JNZ(operand.LabelRef("window"))
	c.VZEROUPPER()
	c.RET()
}
