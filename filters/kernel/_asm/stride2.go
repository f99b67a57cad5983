package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const stride2Signature = "func(dst *float32, channel, row int, src *float32, group int, offsets *int32, channels, rows, vectors, last int, widths, heights *float32)"

// stride2 is a stride2Loop for windows of size×size, with neighbouring outputs in the lanes. It
// loads the two vectors of each row that the outputs' first columns and those beside them lie
// in, and parts them by their index, even or odd. With AVX2, parted values are out of order until
// the output is stored.
type stride2 struct {
	c *build.Context
	set
	size                               int
	average                            bool
	low, high, even, odd, third        reg.VecPhysical
	acc, nan, mask, first, quiet       reg.VecPhysical
	evens, odds                        reg.VecPhysical // indices of VPERMT2PS
	rows                               []reg.GPPhysical
	at, left, out, table, rest, height reg.GPPhysical
}

func stride2Loops(c *build.Context, s set) {
	r := s.registers
	for size := 2; size <= 3; size++ {
		for _, average := range []bool{false, true} {
			p := stride2{
				c: c, set: s, size: size, average: average,
				low: r[0], high: r[1], even: r[2], odd: r[3], third: r[4], acc: r[5], nan: r[6], mask: r[7], first: r[8], quiet: r[9],
				rows: []reg.GPPhysical{reg.R10, reg.R11, reg.R12}, at: reg.RCX, left: reg.RBX, out: reg.R13, table: reg.R9, rest: reg.RDX, height: reg.R14,
			}
			if s.masked() {
				p.evens, p.odds = r[10], r[11]
			}
			p.loop()
		}
	}
}

func (p *stride2) loop() {
	c, name := p.c, "max"
	if p.average {
		name = "average"
	}
	name = fmt.Sprintf("%sStride2x%d%s", name, p.size, p.suffix)
	c.Function(name)
	c.Attributes(attr.NOSPLIT)
	c.Pragma("noescape")
	c.SignatureExpr(stride2Signature)
	c.Doc(fmt.Sprintf("%s is the stride2Loop for windows of %d×%d.", name, p.size, p.size))
	dst, src := reg.RDI, reg.RSI
	c.Load(c.Param("dst"), dst)
	c.Load(c.Param("src"), src)
	c.Load(c.Param("row"), reg.R8)
	p.constants()
	c.Label("channel")
	c.Load(c.Param("offsets"), p.table)
	c.Load(c.Param("rows"), p.rest)
	if p.average {
		c.Load(c.Param("heights"), p.height)
	}
	c.MOVQ(dst, p.out)
	c.Label("row")
	for i, row := range p.rows[:p.size] {
		c.MOVLQSX(at(p.table, 4*p.size*i), row)
		c.LEAQ(element(src, row, 0), row)
	}
	if p.average {
		c.VBROADCASTSS(at(p.height, 0), p.first)
		c.ADDQ(operand.U8(4), p.height)
	}
	c.XORL(p.at.As32(), p.at.As32())
	c.Load(c.Param("vectors"), p.left)
	c.Label("vector")
	for i, row := range p.rows[:p.size] {
		p.window(row, i == 0)
	}
	p.finish()
	c.CMPQ(p.left, operand.U8(1))
	c.JEQ(operand.LabelRef("last"))
	c.VMOVUPS(p.acc, operand.Mem{Base: p.out, Index: p.at, Scale: 1})
	c.ADDQ(operand.U8(p.bytes()), p.at)
	c.DECQ(p.left)
	c.JMP(operand.LabelRef("vector"))
	c.Label("last")
	storeLanes(c, p.set, p.acc, p.mask, operand.Mem{Base: p.out, Index: p.at, Scale: 1})
	c.ADDQ(reg.R8, p.out)
	c.ADDQ(operand.U8(4*p.size*p.size), p.table)
	c.DECQ(p.rest)
	c.JNZ(operand.LabelRef("row"))
	c.ADDQ(c.Load(c.Param("channel"), reg.RAX), dst)
	c.ADDQ(c.Load(c.Param("group"), reg.RAX), src)
	c.DECQ(argument(c, "channels"))
	c.JNZ(operand.LabelRef("channel"))
	c.VZEROUPPER()
	c.RET()
}

// constants puts the quiet NaN, indices and the mask of the last lanes to registers.
func (p *stride2) constants() {
	c := p.c
	c.MOVL(quietNaN, reg.EAX)
	c.VMOVD(reg.EAX, p.quiet.AsX())
	c.VBROADCASTSS(p.quiet.AsX(), p.quiet)
	c.Load(c.Param("last"), reg.RCX)
	if p.masked() {
		index := operand.NewDataAddr(operand.NewStaticSymbol("splitIndex"), 0)
		c.VMOVDQU32(index, p.evens)
		c.VMOVDQU32(index.Offset(p.bytes()), p.odds)
	}
	lastLanes(c, p.set, p.mask)
}

// window takes a row of the windows.
func (p *stride2) window(row reg.GPPhysical, begins bool) {
	p.part(row, 0, p.even, p.odd)
	values := []reg.VecPhysical{p.even, p.odd}
	if p.size == 3 {
		p.part(row, 8, p.third, nil)
		values = append(values, p.third)
	}
	for i, v := range values {
		p.take(v, begins && i == 0)
	}
	if p.average {
		return
	}
	if p.note(p.even, p.odd, begins); p.size == 3 {
		p.note(p.third, p.third, false)
	}
}

// part loads two vectors and parts their values.
func (p *stride2) part(row reg.Register, disp int, even, odd reg.VecPhysical) {
	c := p.c
	from := operand.Mem{Base: row, Index: p.at, Scale: 2, Disp: disp}
	c.VMOVUPS(from.Offset(p.bytes()), p.high)
	if p.masked() {
		c.VMOVUPS(from, even)
		if odd != nil {
			c.VMOVAPS(even, odd)
			c.VPERMT2PS(p.high, p.odds, odd)
		}
		c.VPERMT2PS(p.high, p.evens, even)
		return
	}
	c.VMOVUPS(from, p.low)
	c.VSHUFPS(operand.U8(0x88), p.high, p.low, even)
	if odd != nil {
		c.VSHUFPS(operand.U8(0xdd), p.high, p.low, odd)
	}
}

// take takes the next value of the windows. Of two zeros, VMAXPS keeps the one that was there before.
func (p *stride2) take(v reg.VecPhysical, begins bool) {
	c := p.c
	switch {
	case p.average && begins: // the sum begins with +0
		if p.masked() {
			c.VPXORD(p.acc, p.acc, p.acc)
		} else {
			c.VXORPS(p.acc, p.acc, p.acc)
		}
		c.VADDPS(v, p.acc, p.acc)
	case p.average:
		c.VADDPS(v, p.acc, p.acc)
	case begins:
		c.VMOVAPS(v, p.acc)
	default:
		c.VMAXPS(p.acc, v, p.acc)
	}
}

// note notes NaNs in two vectors.
func (p *stride2) note(a, b reg.VecPhysical, begins bool) {
	c := p.c
	switch {
	case p.masked() && begins:
		c.VCMPPS(ordered, a, b, reg.K1)
	case p.masked():
		c.VCMPPS(ordered, a, b, reg.K1, reg.K1)
	case begins:
		c.VCMPPS(unordered, a, b, p.nan)
	default:
		c.VCMPPS(unordered, a, b, a)
		c.VORPS(a, p.nan, p.nan)
	}
}

// finish divides, puts values in order and gives NaNs their one form.
func (p *stride2) finish() {
	c := p.c
	if p.average {
		widths := reg.RAX
		c.Load(c.Param("widths"), widths)
		p.part(widths, 0, p.even, nil)
		c.VMULPS(p.even, p.first, p.even)
		c.VDIVPS(p.even, p.acc, p.acc)
		if p.masked() {
			c.VCMPPS(ordered, p.acc, p.acc, reg.K1)
		} else {
			c.VCMPPS(unordered, p.acc, p.acc, p.nan)
		}
	}
	if p.masked() {
		c.VBLENDMPS(p.acc, p.quiet, reg.K1, p.acc)
		return
	}
	c.VBLENDVPS(p.nan, p.quiet, p.acc, p.acc)
	c.VPERMPD(operand.U8(0xd8), p.acc, p.acc)
}
