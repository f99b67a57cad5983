package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// copyLoop writes a loop that copies rows of channels, for AVX-512: whole vectors, four
// at a time if there are as many, and the rest of a row under a mask.
func copyLoop(c *build.Context) {
	c.Function("copyAVX512")
	c.Attributes(attr.NOSPLIT)
	c.Pragma("noescape")
	c.SignatureExpr("func(dst *float32, dstChannel, dstRow int, src *float32, srcChannel, srcRow int, channels, rows, n int)")
	c.Doc("copyAVX512 is a copyLoop.")
	s := avx512()
	const unroll = 4
	dst, src := c.Load(c.Param("dst"), reg.RDI), c.Load(c.Param("src"), reg.RSI)
	dstRow, srcRow := c.Load(c.Param("dstRow"), reg.R8), c.Load(c.Param("srcRow"), reg.R9)
	channels := c.Load(c.Param("channels"), reg.R10)
	n := c.Load(c.Param("n"), reg.R11)
	c.MOVQ(n, reg.RCX)
	c.ANDQ(operand.I8(s.lanes-1), reg.RCX)
	c.MOVL(operand.U32(1), reg.EAX)
	c.SHLL(reg.CL, reg.EAX)
	c.DECL(reg.EAX)
	c.KMOVW(reg.EAX, reg.K1)

	to, from, toRow, fromRow, rows, left := reg.RAX, reg.RBX, reg.R12, reg.R13, reg.RDX, reg.RCX
	c.Label("channel")
	c.Load(c.Param("rows"), rows)
	c.MOVQ(dst, toRow)
	c.MOVQ(src, fromRow)
	c.Label("row")
	c.MOVQ(toRow, to)
	c.MOVQ(fromRow, from)
	c.MOVQ(n, left)
	step := func(label string, vectors int) {
		c.Label(label)
		c.SUBQ(operand.I32(vectors*s.lanes), left)
		c.JLT(operand.LabelRef(label + "End"))
		for i := range vectors {
			c.VMOVUPS(at(from, i*s.bytes()), s.registers[i])
		}
		for i := range vectors {
			c.VMOVUPS(s.registers[i], at(to, i*s.bytes()))
		}
		c.ADDQ(operand.I32(vectors*s.bytes()), from)
		c.ADDQ(operand.I32(vectors*s.bytes()), to)
		c.JMP(operand.LabelRef(label))
		c.Label(label + "End")
		c.ADDQ(operand.I32(vectors*s.lanes), left)
	}
	step("four", unroll)
	step("one", 1)
	c.JZ(operand.LabelRef("copied"))
	c.VMOVUPS_Z(at(from, 0), reg.K1, s.registers[0])
	c.VMOVUPS(s.registers[0], reg.K1, at(to, 0))
	c.Label("copied")
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
