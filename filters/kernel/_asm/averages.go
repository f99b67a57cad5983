package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// sumsRows is the largest number of output rows whose sums fit into the registers, two vectors of
// each.
func sumsRows(s set) int { return min(8, len(s.registers)/2-2) }

// sumsLoop writes a sumsLoop, with a loop over taps for each number of rows.
func sumsLoop(c *build.Context, s set) {
	most := sumsRows(s)
	low, high, values := s.registers[:most], s.registers[most:2*most], s.registers[2*most:2*most+2]
	c.Function("sums" + s.suffix)
	c.Attributes(attr.NOSPLIT)
	c.Pragma("noescape")
	c.SignatureExpr("func(sums *float32, row int, src *float32, offsets *int32, taps, rows, pairs int)")
	c.Doc(fmt.Sprintf("sums%s is a sumsLoop for at most %d rows.", s.suffix, most))
	c.Load(c.Param("sums"), reg.RDI)
	c.Load(c.Param("row"), reg.R8)
	c.Load(c.Param("src"), reg.RSI)
	offsets, taps := c.Load(c.Param("offsets"), reg.R9), c.Load(c.Param("taps"), reg.R10)
	c.LEAQ(operand.Mem{Base: offsets, Index: taps, Scale: 4}, offsets)
	c.NEGQ(taps) // one register is index and count: offsets[−taps] … offsets[−1]
	c.Load(c.Param("rows"), reg.R11)
	c.Load(c.Param("pairs"), reg.RBX)
	ref := func(label string, rows int) operand.LabelRef { return operand.LabelRef(fmt.Sprint(label, rows)) }
	c.Label("pair")
	c.MOVQ(taps, reg.RCX)
	c.MOVQ(reg.RDI, reg.RDX)
	for i := range most {
		c.VMOVUPS(at(reg.RDX, 0), low[i])
		c.VMOVUPS(at(reg.RDX, s.bytes()), high[i])
		if i+1 < most {
			c.ADDQ(reg.R8, reg.RDX)
			c.CMPQ(reg.R11, operand.U8(i+1))
			c.JEQ(ref("tap", i+1))
		}
	}
	for rows := most; rows >= 1; rows-- {
		c.Label(string(ref("tap", rows)))
		c.MOVLQSX(element(offsets, reg.RCX, 0), reg.RAX)
		for i, v := range values {
			c.VMOVUPS(element(reg.RSI, reg.RAX, i*s.bytes()), v)
		}
		for i := range rows {
			c.VADDPS(values[0], low[i], low[i])
			c.VADDPS(values[1], high[i], high[i])
		}
		c.INCQ(reg.RCX)
		c.JNZ(ref("tap", rows))
		if rows > 1 {
			c.JMP(operand.LabelRef("store"))
		}
	}
	c.Label("store")
	c.MOVQ(reg.RDI, reg.RDX)
	for i := range most {
		c.VMOVUPS(low[i], at(reg.RDX, 0))
		c.VMOVUPS(high[i], at(reg.RDX, s.bytes()))
		if i+1 < most {
			c.ADDQ(reg.R8, reg.RDX)
			c.CMPQ(reg.R11, operand.U8(i+1))
			c.JEQ(operand.LabelRef("stored"))
		}
	}
	c.Label("stored")
	c.ADDQ(operand.I32(2*s.bytes()), reg.RSI)
	c.ADDQ(operand.I32(2*s.bytes()), reg.RDI)
	c.DECQ(reg.RBX)
	c.JNZ(operand.LabelRef("pair"))
	c.VZEROUPPER()
	c.RET()
}

const averagesSignature = "func(dst *float32, channel, row int, src *float32, group int, offsets *int32, taps, channels, rows, vectors, last int, widths, heights *float32)"

// averages is the loop of averagesLoop, with neighbouring outputs in the lanes. A tile is a vector
// of several channels, whose sums hide each other's latency.
type averages struct {
	c *build.Context
	set
	acc                               []reg.VecPhysical
	divisor, height, quiet, nan, mask reg.VecPhysical
}

// averagesTile is the number of channels in a tile.
const averagesTile = 8

func averagesLoop(c *build.Context, s set) {
	r := s.registers
	a := averages{c: c, set: s, acc: r[:averagesTile], divisor: r[8], height: r[9], quiet: r[10], nan: r[11], mask: r[12]}
	c.Function("averages" + s.suffix)
	c.Attributes(attr.NOSPLIT)
	c.Pragma("noescape")
	c.SignatureExpr(averagesSignature)
	c.Doc("averages" + s.suffix + " is an averagesLoop.")
	c.Load(c.Param("last"), reg.RCX)
	lastLanes(c, s, a.mask)
	c.MOVL(quietNaN, reg.EAX)
	c.VMOVD(reg.EAX, a.quiet.AsX())
	c.VBROADCASTSS(a.quiet.AsX(), a.quiet)
	c.Load(c.Param("dst"), reg.RDI)
	c.Load(c.Param("src"), reg.RSI)
	c.Load(c.Param("group"), reg.R8)
	c.LEAQ(operand.Mem{Base: reg.R8, Index: reg.R8, Scale: 2}, reg.R11)
	a.tiles("eight", averagesTile)
	a.tiles("one", 1)
	c.VZEROUPPER()
	c.RET()
}

// tiles computes tiles of so many channels until fewer are left.
func (a *averages) tiles(label string, channels int) {
	c := a.c
	ref := func(part string) operand.LabelRef { return operand.LabelRef(label + part) }
	table, taps, tap := reg.R9, reg.R10, reg.RCX
	out, x, left, heights := reg.R12, reg.R14, reg.RBX, reg.R15
	c.Label(label)
	c.SUBQ(operand.U8(channels), argument(c, "channels"))
	c.JLT(ref("End"))
	c.Load(c.Param("taps"), taps)
	c.Load(c.Param("offsets"), table)
	c.LEAQ(operand.Mem{Base: table, Index: taps, Scale: 4}, table)
	c.NEGQ(taps) // one register is index and count: table[−taps] … table[−1]
	c.Load(c.Param("heights"), heights)
	c.MOVQ(reg.RDI, out)
	c.Load(c.Param("rows"), reg.R13)
	c.Label(label + "Row")
	c.VBROADCASTSS(at(heights, 0), a.height)
	c.ADDQ(operand.U8(4), heights)
	c.XORL(x.As32(), x.As32())
	c.Load(c.Param("vectors"), left)
	if channels == 1 {
		a.vectors(table, taps, tap, out, x, left)
	}
	c.Label(label + "Vector")
	a.zero(channels)
	c.MOVQ(taps, tap)
	c.Label(label + "Tap")
	c.MOVLQSX(element(table, tap, 0), reg.RAX)
	c.LEAQ(element(reg.RSI, reg.RAX, 0), reg.RDX)
	for i, acc := range a.acc[:channels] {
		m := operand.Mem{Base: reg.RDX}
		switch i % 4 {
		case 0:
			if i > 0 {
				c.LEAQ(operand.Mem{Base: reg.RDX, Index: reg.R8, Scale: 4}, reg.RDX)
			}
		case 3:
			m.Index, m.Scale = reg.R11, 1
		default:
			m.Index, m.Scale = reg.R8, uint8(i%4)
		}
		c.VADDPS(m, acc, acc)
	}
	c.INCQ(tap)
	c.JNZ(ref("Tap"))
	c.Load(c.Param("widths"), reg.RAX)
	c.VMULPS(operand.Mem{Base: reg.RAX, Index: x, Scale: 1}, a.height, a.divisor)
	for _, acc := range a.acc[:channels] {
		a.divide(acc)
	}
	c.LEAQ(operand.Mem{Base: out, Index: x, Scale: 1}, reg.RDX)
	c.Load(c.Param("channel"), reg.RAX)
	c.DECQ(left)
	c.JZ(ref("Last"))
	a.store(channels, func(acc reg.VecPhysical) { c.VMOVUPS(acc, at(reg.RDX, 0)) })
	c.ADDQ(operand.I32(a.bytes()), x)
	c.ADDQ(operand.I32(a.bytes()), reg.RSI)
	c.JMP(ref("Vector"))
	c.Label(label + "Last")
	a.store(channels, func(acc reg.VecPhysical) { storeLanes(c, a.set, acc, a.mask, at(reg.RDX, 0)) })
	c.SUBQ(x, reg.RSI)
	c.ADDQ(argument(c, "row"), out)
	c.SUBQ(taps, table) // four bytes a tap
	c.SUBQ(taps, table)
	c.SUBQ(taps, table)
	c.SUBQ(taps, table)
	c.DECQ(reg.R13)
	c.JNZ(ref("Row"))
	for range channels / 4 {
		c.LEAQ(operand.Mem{Base: reg.RDI, Index: reg.RAX, Scale: 4}, reg.RDI)
		c.LEAQ(operand.Mem{Base: reg.RSI, Index: reg.R8, Scale: 4}, reg.RSI)
	}
	for range channels % 4 {
		c.ADDQ(reg.RAX, reg.RDI)
		c.ADDQ(reg.R8, reg.RSI)
	}
	c.JMP(operand.LabelRef(label))
	c.Label(label + "End")
	c.ADDQ(operand.U8(channels), argument(c, "channels"))
}

// vectors computes tiles of several vectors of a channel, which hide each other's latency too.
func (a *averages) vectors(table, taps, tap, out, x, left reg.GPPhysical) {
	const n = 4
	c := a.c
	c.Label("vectors")
	c.CMPQ(left, operand.U8(n)) // the last vector is stored under a mask
	c.JLE(operand.LabelRef("oneVector"))
	a.zero(n)
	c.MOVQ(taps, tap)
	c.Label("vectorsTap")
	c.MOVLQSX(element(table, tap, 0), reg.RAX)
	for i, acc := range a.acc[:n] {
		c.VADDPS(element(reg.RSI, reg.RAX, i*a.bytes()), acc, acc)
	}
	c.INCQ(tap)
	c.JNZ(operand.LabelRef("vectorsTap"))
	c.Load(c.Param("widths"), reg.RAX)
	for i, acc := range a.acc[:n] {
		c.VMULPS(operand.Mem{Base: reg.RAX, Index: x, Scale: 1, Disp: i * a.bytes()}, a.height, a.divisor)
		a.divide(acc)
		c.VMOVUPS(acc, operand.Mem{Base: out, Index: x, Scale: 1, Disp: i * a.bytes()})
	}
	c.ADDQ(operand.I32(n*a.bytes()), x)
	c.ADDQ(operand.I32(n*a.bytes()), reg.RSI)
	c.SUBQ(operand.U8(n), left)
	c.JMP(operand.LabelRef("vectors"))
}

func (a *averages) zero(n int) {
	for _, acc := range a.acc[:n] {
		if a.masked() {
			a.c.VPXORD(acc, acc, acc)
		} else {
			a.c.VXORPS(acc, acc, acc)
		}
	}
}

// store stores a tile whose first output is at RDX. Channels are RAX bytes apart.
func (a *averages) store(channels int, store func(acc reg.VecPhysical)) {
	for i, acc := range a.acc[:channels] {
		if i > 0 {
			a.c.ADDQ(reg.RAX, reg.RDX)
		}
		store(acc)
	}
}

// divide divides sums and gives NaNs their one form.
func (a *averages) divide(acc reg.VecPhysical) {
	c := a.c
	c.VDIVPS(a.divisor, acc, acc)
	if a.masked() {
		c.VCMPPS(ordered, acc, acc, reg.K1)
		c.VBLENDMPS(acc, a.quiet, reg.K1, acc)
		return
	}
	c.VCMPPS(unordered, acc, acc, a.nan)
	c.VBLENDVPS(a.nan, a.quiet, acc, acc)
}
