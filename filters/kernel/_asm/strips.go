package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// strips is the depthwiseLoop for windows of 3×3 with AVX2, which has too few registers for blocks. It
// goes down a strip one vector wide, and loads the vectors of an input row once for the outputs of
// all rows that read them.
type strips struct {
	depthwise
	now, next, then reg.VecPhysical // sums of an output row and of the rows below it
	rows, offset    reg.GPPhysical
}

// Registers that hold the same value in all rows of a strip.
var (
	stripWeights = reg.R12
	stripOdd     = reg.R10 // the input for columns of odd index, with a stride of 2
)

func stripLoops(c *build.Context, s set) {
	r := s.registers
	for stride := 1; stride <= 2; stride++ {
		d := strips{
			depthwise: depthwise{
				c: c, set: s, side: 3, stride: stride, weights: r[:9], value: r[12], mask: r[12], floor: r[14], quiet: r[15], from: reg.R14, in: reg.RDX, out: reg.RAX,
			},
			now: r[9], next: r[10], then: r[11], rows: reg.RCX, offset: reg.R13,
		}
		d.loop()
	}
}

func (d *strips) loop() {
	c := d.c
	d.declare()
	dst, src, strips := reg.RDI, reg.RSI, reg.RBX
	c.Load(c.Param("dst"), dst)
	c.Load(c.Param("src"), src)
	c.Load(c.Param("row"), reg.R8)
	c.Load(c.Param("offsets"), reg.R9)
	c.Load(c.Param("weights"), stripWeights)
	c.VBROADCASTSS(argument(c, "floor"), d.floor)
	d.broadcast(quietNaN, d.quiet)
	c.Label("channel")
	for i, w := range d.weights {
		c.VBROADCASTSS(at(stripWeights, 4+4*i), w)
	}
	c.Load(c.Param("vectors"), strips)
	c.MOVQ(src, d.in)
	c.Load(c.Param("apart"), stripOdd)
	c.ADDQ(src, stripOdd)
	c.Label("strip")
	fetchAhead(d.c, reg.R13, reg.R14)
	c.LEAQ(operand.Mem{Base: d.in, Index: dst, Scale: 1}, d.out) // d.in + dst − src
	c.SUBQ(src, d.out)
	c.Load(c.Param("rows"), d.rows)
	c.MOVQ(reg.R9, d.offset)
	c.CMPQ(strips, operand.U8(1))
	c.JEQ(operand.LabelRef("narrow"))
	d.strip("whole", func(acc reg.VecPhysical) { c.VMOVUPS(acc, at(d.out, 0)) })
	c.ADDQ(operand.I32(d.bytes()), d.in)
	c.ADDQ(operand.I32(d.bytes()), stripOdd)
	c.DECQ(strips)
	c.JMP(operand.LabelRef("strip"))
	c.Label("narrow")
	d.strip("last", d.storeLast)
	c.ADDQ(operand.I32(40), stripWeights)
	c.ADDQ(c.Load(c.Param("channel"), reg.RAX), dst)
	c.ADDQ(c.Load(c.Param("group"), reg.RAX), src)
	c.DECQ(argument(d.c, "channels"))
	c.JNZ(operand.LabelRef("channel"))
	c.VZEROUPPER()
	c.RET()
}

// strip computes all rows of a strip.
func (d *strips) strip(label string, store func(acc reg.VecPhysical)) {
	c := d.c
	d.row(d.begin(d.now, 0))
	if d.stride == 1 {
		d.row(d.with(d.now, 1), d.begin(d.next, 0))
	}
	c.Label(label)
	if d.stride == 1 {
		d.row(d.with(d.now, 2), d.with(d.next, 1), d.begin(d.then, 0))
	} else {
		d.row(d.with(d.now, 1))
		d.row(d.with(d.now, 2), d.begin(d.next, 0))
	}
	store(d.activate(d.now))
	c.VMOVAPS(d.next, d.now)
	if d.stride == 1 {
		c.VMOVAPS(d.then, d.next)
	}
	c.ADDQ(reg.R8, d.out)
	c.DECQ(d.rows)
	c.JNZ(operand.LabelRef(label))
}

// sum is an output row that reads an input row as row of its window.
type sum struct {
	acc   reg.VecPhysical
	row   int
	begun bool
}

func (d *strips) begin(acc reg.VecPhysical, row int) sum { return sum{acc, row, false} }
func (d *strips) with(acc reg.VecPhysical, row int) sum  { return sum{acc, row, true} }

// row adds the next input row to sums, column after column.
func (d *strips) row(sums ...sum) {
	c := d.c
	c.MOVQ(at(d.offset, 0), d.from)
	c.ADDQ(operand.I8(8), d.offset)
	for _, s := range sums {
		if !s.begun {
			c.VBROADCASTSS(at(stripWeights, 0), s.acc)
		}
	}
	for column := range d.side {
		d.load(column)
		for _, s := range sums {
			c.VFMADD231PS(d.value, d.weights[3*s.row+column], s.acc)
		}
	}
}

// load brings a column of an input row to a register. With a stride of 2, columns of odd index lie
// apart from even ones.
func (d *strips) load(column int) {
	m := operand.Mem{Base: d.in, Index: d.from, Scale: 1, Disp: 4 * column}
	if d.stride == 2 {
		m.Disp = 4 * (column / 2)
		if column%2 == 1 {
			m.Base = stripOdd
		}
	}
	d.c.VMOVUPS(m, d.value)
}
