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
	*build.Context
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
	m := maxima{Context: c, set: s, acc: r[:maximaTiles[0]], mask: r[8], nan: r[9]}
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
	ref := func(part string) operand.LabelRef { return operand.LabelRef(label + part) }
	offsets, out, rows, tap := reg.RDX, reg.R12, reg.R13, reg.RCX
	m.Label(label)
	m.SUBQ(operand.I32(vectors), reg.RBX)
	m.JLT(ref("End"))
	m.MOVQ(reg.R9, offsets)
	m.MOVQ(reg.RDI, out)
	m.MOVQ(reg.R11, rows)
	m.Label(label + "Row")
	m.LEAQ(at(reg.R10, -1), tap)
	m.MOVLQSX(element(offsets, tap, 0), reg.RAX)
	for i := range vectors {
		m.VMOVUPS(element(reg.RSI, reg.RAX, i*m.bytes()), m.acc[i])
	}
	m.CMPQ(tap, operand.I8(1))
	m.JLE(ref("First"))
	m.Label(label + "Tap")
	m.DECQ(tap)
	m.take(offsets, tap, vectors)
	m.CMPQ(tap, operand.I8(1))
	m.JG(ref("Tap"))
	m.Label(label + "First") // a NaN of the tap that was taken last is a maximum now
	m.note(vectors)
	m.TESTQ(tap, tap)
	m.JZ(ref("Store"))
	m.DECQ(tap)
	m.take(offsets, tap, vectors)
	m.note(vectors)
	m.Label(label + "Store")
	for i := range vectors {
		m.VMOVUPS(m.acc[i], at(out, i*m.bytes()))
	}
	m.ADDQ(reg.R8, out)
	m.LEAQ(operand.Mem{Base: offsets, Index: reg.R10, Scale: 4}, offsets)
	m.DECQ(rows)
	m.JNZ(ref("Row"))
	m.ADDQ(operand.I32(vectors*m.bytes()), reg.RSI)
	m.ADDQ(operand.I32(vectors*m.bytes()), reg.RDI)
	m.JMP(operand.LabelRef(label))
	m.Label(label + "End")
	m.ADDQ(operand.I32(vectors), reg.RBX)
}

func (m *maxima) take(offsets, tap reg.Register, vectors int) {
	m.MOVLQSX(element(offsets, tap, 0), reg.RAX)
	for i := range vectors {
		m.VMAXPS(element(reg.RSI, reg.RAX, i*m.bytes()), m.acc[i], m.acc[i])
	}
}

// note notes NaNs among the maxima. A comparison sees two vectors of them.
func (m *maxima) note(vectors int) {
	for i := 0; i < vectors; i += 2 {
		a, b := m.acc[i], m.acc[min(i+1, vectors-1)]
		if m.masked() {
			m.VCMPPS(unordered, a, b, reg.K1)
			m.KORW(reg.K1, reg.K2, reg.K2)
		} else {
			m.VCMPPS(unordered, a, b, m.mask)
			m.VORPS(m.mask, m.nan, m.nan)
		}
	}
}
