package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const channelsSignature = "func(dst *float32, channel, row int, src *float32, group int, offsets *int32, taps int, weights *float32, channels, rows, vectors, last int, floor float32)"

// channelRows is the number of rows that are computed together, enough to hide the latency of
// a multiply-add. If fewer are left, some are computed a second time.
const channelRows = 4

// channels is the loop of channelsLoop: as depthwise, but for any taps.
type channels struct {
	depthwise
	acc    []reg.VecPhysical
	weight reg.VecPhysical
}

func channelsLoop(c *build.Context, s set) {
	r := s.registers
	l := channels{
		depthwise: depthwise{c: c, set: s, value: r[6], mask: r[7], table: r[8], floor: r[14], quiet: r[15], from: reg.RAX, out: reg.R9},
		acc:       r[:channelRows], weight: r[5],
	}
	c.Function("channels" + s.suffix)
	c.Attributes(attr.NOSPLIT)
	c.Pragma("noescape")
	c.SignatureExpr(channelsSignature)
	c.Doc("channels" + s.suffix + " is a channelsLoop.")
	if s.masked() {
		l.constants()
	} else {
		c.VBROADCASTSS(argument(c, "floor"), l.floor)
		l.broadcast(quietNaN, l.quiet)
	}
	taps, strips := reg.R10, reg.RBX
	c.Load(c.Param("row"), reg.R8)
	c.Load(c.Param("taps"), taps)
	c.Load(c.Param("weights"), reg.RDX)
	c.Label("channel")
	c.Load(c.Param("dst"), reg.RDI)
	c.Load(c.Param("src"), reg.RSI)
	c.Load(c.Param("vectors"), strips)
	c.Label("strip")
	c.CMPQ(strips, operand.U8(1))
	c.JEQ(operand.LabelRef("narrow"))
	l.strip("whole", func(acc reg.VecPhysical) { c.VMOVUPS(acc, at(l.out, 0)) })
	c.ADDQ(operand.I32(s.bytes()), reg.RDI)
	c.ADDQ(operand.I32(s.bytes()), reg.RSI)
	c.DECQ(strips)
	c.JMP(operand.LabelRef("strip"))
	c.Label("narrow")
	l.strip("last", l.storeLast)
	c.LEAQ(operand.Mem{Base: reg.RDX, Index: taps, Scale: 4, Disp: 4}, reg.RDX)
	for _, p := range [][2]string{{"channel", "dst"}, {"group", "src"}} {
		c.Load(c.Param(p[0]), reg.RAX)
		c.ADDQ(reg.RAX, argument(c, p[1]))
	}
	c.DECQ(argument(c, "channels"))
	c.JNZ(operand.LabelRef("channel"))
	c.VZEROUPPER()
	c.RET()
}

// strip computes all rows of a strip.
func (l *channels) strip(label string, store func(acc reg.VecPhysical)) {
	c, taps, tap, out, left := l.c, reg.R10, reg.RCX, l.out, reg.R12
	tables := []reg.GPPhysical{reg.R11, reg.R13, reg.R14, reg.R15}
	c.Load(c.Param("offsets"), tables[0])
	c.Load(c.Param("rows"), left)
	c.MOVQ(reg.RDI, out)
	c.Label(label)
	c.CMPQ(left, operand.I8(channelRows))
	c.JGE(operand.LabelRef(label + "Rows"))
	c.SUBQ(operand.I8(channelRows), left) // go back by the rows that are missing
	c.MOVQ(left, reg.RAX)
	c.IMULQ(reg.R8, reg.RAX)
	c.ADDQ(reg.RAX, out)
	c.IMULQ(taps, left)
	c.LEAQ(operand.Mem{Base: tables[0], Index: left, Scale: 4}, tables[0])
	c.MOVQ(operand.I32(channelRows), left)
	c.Label(label + "Rows")
	for i, table := range tables[1:] {
		c.LEAQ(operand.Mem{Base: tables[i], Index: taps, Scale: 4}, table)
	}
	for _, acc := range l.acc {
		c.VBROADCASTSS(at(reg.RDX, 0), acc)
	}
	c.XORQ(tap, tap)
	c.Label(label + "Tap")
	c.VBROADCASTSS(element(reg.RDX, tap, 4), l.weight)
	for i, acc := range l.acc {
		c.MOVLQSX(element(tables[i], tap, 0), reg.RAX)
		c.VFMADD231PS(element(reg.RSI, reg.RAX, 0), l.weight, acc)
	}
	c.INCQ(tap)
	c.CMPQ(tap, taps)
	c.JLT(operand.LabelRef(label + "Tap"))
	c.LEAQ(operand.Mem{Base: tables[channelRows-1], Index: taps, Scale: 4}, tables[0])
	for _, acc := range l.acc {
		store(l.activate(acc))
		c.ADDQ(reg.R8, out)
	}
	c.SUBQ(operand.I8(channelRows), left)
	c.JNZ(operand.LabelRef(label))
}
