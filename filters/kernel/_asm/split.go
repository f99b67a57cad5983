package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const splitSignature = "func(even, odd *float32, dstChannel, dstRow int, src *float32, srcChannel, srcRow int, channels, rows, n int)"

// splitLoop writes a loop that splits rows into values of even and odd index: whole vectors
// of either, and the rest of a row under masks with AVX-512, otherwise value by value.
func splitLoop(c *build.Context, s set) {
	r := s.registers
	low, high, even, odd, evens, odds := r[0], r[1], r[2], r[3], r[4], r[5]
	if s.masked() {
		c.StaticGlobal("splitIndex")
		c.DataAttributes(attr.RODATA | attr.NOPTR)
		for i := range 2 * s.lanes { // even indices into two vectors, and then odd ones
			c.AppendDatum(operand.U32(2*i%(2*s.lanes) + i/s.lanes))
		}
	}
	c.Function("split" + s.suffix)
	c.Attributes(attr.NOSPLIT)
	c.Pragma("noescape")
	c.SignatureExpr(splitSignature)
	c.Doc("split" + s.suffix + " is a splitLoop.")
	dst, src := c.Load(c.Param("even"), reg.RDI), c.Load(c.Param("src"), reg.RSI)
	apart := c.Load(c.Param("odd"), reg.R14)
	c.SUBQ(dst, apart)
	dstRow, srcRow := c.Load(c.Param("dstRow"), reg.R8), c.Load(c.Param("srcRow"), reg.R9)
	channels := c.Load(c.Param("channels"), reg.R10)
	n := c.Load(c.Param("n"), reg.R11)
	to, from, toRow, fromRow, rows, left := reg.RAX, reg.RBX, reg.R12, reg.R13, reg.RDX, reg.RCX
	beside := operand.Mem{Base: to, Index: apart, Scale: 1} // where values of odd index go
	if s.masked() {
		index := operand.NewDataAddr(operand.NewStaticSymbol("splitIndex"), 0)
		c.VMOVDQU32(index, evens)
		c.VMOVDQU32(index.Offset(s.bytes()), odds)
		c.MOVQ(n, reg.RDX)
		c.ANDQ(operand.I8(2*s.lanes-1), reg.RDX) // values of the last vectors
		for i, m := range []struct {
			mask     reg.OpmaskPhysical
			add, div int // of so many values, (values + add) >> div are masked
		}{{reg.K1, 0, 0}, {reg.K2, -s.lanes, 0}, {reg.K3, 1, 1}, {reg.K4, 0, 1}} {
			c.LEAQ(at(reg.RDX, m.add), reg.RCX)
			if m.div > 0 {
				c.SHRQ(operand.U8(m.div), reg.RCX)
			}
			label := fmt.Sprintf("mask%d", i)
			c.XORL(reg.EAX, reg.EAX)
			c.TESTQ(reg.RCX, reg.RCX)
			c.JLE(operand.LabelRef(label))
			c.MOVL(operand.U32(1), reg.EAX)
			c.SHLL(reg.CL, reg.EAX) // of more than a vector, the first 16 bits are ones in the end
			c.DECL(reg.EAX)
			c.Label(label)
			c.KMOVW(reg.EAX, m.mask)
		}
	}
	c.Label("channel")
	c.Load(c.Param("rows"), rows)
	c.MOVQ(dst, toRow)
	c.MOVQ(src, fromRow)
	c.Label("row")
	c.MOVQ(toRow, to)
	c.MOVQ(fromRow, from)
	c.MOVQ(n, left)
	c.Label("next")
	c.SUBQ(operand.I32(2*s.lanes), left)
	c.JLT(operand.LabelRef("rest"))
	c.VMOVUPS(at(from, 0), low)
	c.VMOVUPS(at(from, s.bytes()), high)
	if s.masked() {
		c.VMOVAPS(low, even)
		c.VPERMT2PS(high, evens, even)
		c.VPERMT2PS(high, odds, low)
		c.VMOVUPS(even, at(to, 0))
		c.VMOVUPS(low, beside)
	} else {
		c.VSHUFPS(operand.U8(0x88), high, low, even)
		c.VSHUFPS(operand.U8(0xdd), high, low, odd)
		c.VPERMPD(operand.U8(0xd8), even, even)
		c.VPERMPD(operand.U8(0xd8), odd, odd)
		c.VMOVUPS(even, at(to, 0))
		c.VMOVUPS(odd, beside)
	}
	c.ADDQ(operand.I32(2*s.bytes()), from)
	c.ADDQ(operand.I32(s.bytes()), to)
	c.JMP(operand.LabelRef("next"))
	c.Label("rest")
	c.ADDQ(operand.I32(2*s.lanes), left)
	c.JZ(operand.LabelRef("split"))
	if s.masked() {
		c.VMOVUPS_Z(at(from, 0), reg.K1, low)
		c.VMOVUPS_Z(at(from, s.bytes()), reg.K2, high)
		c.VMOVAPS(low, even)
		c.VPERMT2PS(high, evens, even)
		c.VPERMT2PS(high, odds, low)
		c.VMOVUPS(even, reg.K3, at(to, 0))
		c.VMOVUPS(low, reg.K4, beside)
	} else {
		c.Label("one")
		c.VMOVSS(at(from, 0), even.AsX())
		c.VMOVSS(even.AsX(), at(to, 0))
		c.DECQ(left)
		c.JZ(operand.LabelRef("split"))
		c.VMOVSS(at(from, 4), odd.AsX())
		c.VMOVSS(odd.AsX(), beside)
		c.ADDQ(operand.I32(8), from)
		c.ADDQ(operand.I32(4), to)
		c.DECQ(left)
		c.JNZ(operand.LabelRef("one"))
	}
	c.Label("split")
	c.ADDQ(dstRow, toRow)
	c.ADDQ(srcRow, fromRow)
	c.DECQ(rows)
	c.JNZ(operand.LabelRef("row"))
	c.ADDQ(c.Load(c.Param("dstChannel"), reg.RAX), dst)
	c.ADDQ(c.Load(c.Param("srcChannel"), reg.RAX), src)
	c.DECQ(channels)
	c.JNZ(operand.LabelRef("channel"))
	c.VZEROUPPER()
	c.RET()
}
