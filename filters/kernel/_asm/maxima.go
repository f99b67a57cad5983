package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// maxima is the loop of maximaLoop, with neighbouring outputs in the lanes. It takes taps
// from the last to the first: of two zeros, and of a NaN and another operand, VMAXPS gives
// the operand in memory, which is the earlier tap.
type maxima struct {
	c *build.Context
	set
	acc       []reg.VecPhysical
	mask, nan reg.VecPhysical // nan is not 0 in lanes in which a NaN was met; AVX-512 has K2 for it
}

// maximaTiles are the numbers of vectors in a tile. Rows of the same tile follow each other,
// so that rows which several outputs read stay in the first-level cache.
var maximaTiles = []int{8, 4, 2, 1}

const maximaSignature = "func(dst *float32, row int, src *float32, offsets *int32, taps, rows, vectors int) (nan bool)"

func maximaLoop(c *build.Context, s set) {
	r := s.registers
	m := maxima{c: c, set: s, acc: r[:maximaTiles[0]], mask: r[8], nan: r[9]}
	c.Function("maxima" + s.suffix)
	c.Attributes(attr.NOSPLIT)
	c.Pragma("noescape")
	c.SignatureExpr(maximaSignature)
	c.Doc("maxima" + s.suffix + " is a maximaLoop.")
	c.Load(c.Param("dst"), reg.RDI)
	c.Load(c.Param("row"), reg.R8)
	c.Load(c.Param("src"), reg.RSI)
	c.Load(c.Param("offsets"), reg.R9)
	c.Load(c.Param("taps"), reg.R10)
	c.Load(c.Param("rows"), reg.R11)
	c.Load(c.Param("vectors"), reg.RBX)
	if s.masked() {
		c.KXORW(reg.K2, reg.K2, reg.K2)
	} else {
		c.VXORPS(m.nan, m.nan, m.nan)
	}
	for _, vectors := range maximaTiles {
		m.tiles(fmt.Sprintf("tile%d", vectors), vectors)
	}
	if s.masked() {
		c.KORTESTW(reg.K2, reg.K2)
	} else {
		c.VPTEST(m.nan, m.nan)
	}
	c.SETNE(reg.AL)
	c.Store(reg.AL, c.ReturnIndex(0))
	c.VZEROUPPER()
	c.RET()
}

// tiles computes tiles of so many vectors until fewer are left.
func (m *maxima) tiles(label string, vectors int) {
	c := m.c
	ref := func(part string) operand.LabelRef { return operand.LabelRef(label + part) }
	offsets, out, rows, tap := reg.RDX, reg.R12, reg.R13, reg.RCX
	c.Label(label)
	c.SUBQ(operand.I32(vectors), reg.RBX)
	c.JLT(ref("End"))
	c.MOVQ(reg.R9, offsets)
	c.MOVQ(reg.RDI, out)
	c.MOVQ(reg.R11, rows)
	c.Label(label + "Row")
	c.LEAQ(at(reg.R10, -1), tap)
	c.MOVLQSX(element(offsets, tap, 0), reg.RAX)
	for i := range vectors {
		c.VMOVUPS(element(reg.RSI, reg.RAX, i*m.bytes()), m.acc[i])
	}
	c.CMPQ(tap, operand.I8(1))
	c.JLE(ref("First"))
	c.Label(label + "Tap")
	c.DECQ(tap)
	m.take(offsets, tap, vectors)
	c.CMPQ(tap, operand.I8(1))
	c.JG(ref("Tap"))
	c.Label(label + "First") // a NaN of the tap that was taken last is a maximum now
	m.note(vectors)
	c.TESTQ(tap, tap)
	c.JZ(ref("Store"))
	c.DECQ(tap)
	m.take(offsets, tap, vectors)
	m.note(vectors)
	c.Label(label + "Store")
	for i := range vectors {
		c.VMOVUPS(m.acc[i], at(out, i*m.bytes()))
	}
	c.ADDQ(reg.R8, out)
	c.LEAQ(operand.Mem{Base: offsets, Index: reg.R10, Scale: 4}, offsets)
	c.DECQ(rows)
	c.JNZ(ref("Row"))
	c.ADDQ(operand.I32(vectors*m.bytes()), reg.RSI)
	c.ADDQ(operand.I32(vectors*m.bytes()), reg.RDI)
	c.JMP(operand.LabelRef(label))
	c.Label(label + "End")
	c.ADDQ(operand.I32(vectors), reg.RBX)
}

func (m *maxima) take(offsets, tap reg.Register, vectors int) {
	c := m.c
	c.MOVLQSX(element(offsets, tap, 0), reg.RAX)
	for i := range vectors {
		c.VMAXPS(element(reg.RSI, reg.RAX, i*m.bytes()), m.acc[i], m.acc[i])
	}
}

// note notes NaNs among the maxima. A comparison sees two vectors of them.
func (m *maxima) note(vectors int) {
	c := m.c
	for i := 0; i < vectors; i += 2 {
		a, b := m.acc[i], m.acc[min(i+1, vectors-1)]
		if m.masked() {
			c.VCMPPS(unordered, a, b, reg.K1)
			c.KORW(reg.K1, reg.K2, reg.K2)
		} else {
			c.VCMPPS(unordered, a, b, m.mask)
			c.VORPS(m.mask, m.nan, m.nan)
		}
	}
}
