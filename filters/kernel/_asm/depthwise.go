package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const depthwiseSignature = "func(dst *float32, channel, row int, src *float32, group int, offsets *int32, second, third int, weights *float32, channels, rows, vectors, last int, ahead *uintptr, lines int, floor float32)"

// depthwise is the loop of depthwiseLoop, with neighbouring outputs in the lanes. A channel's
// weights stay in registers. It goes down a strip one vector wide, and loads the vectors of an
// input row once for the outputs of all rows that read them.
type depthwise struct {
	c *build.Context
	set
	stride                  int // vertical
	weights, values         []reg.VecPhysical
	now, next, then         reg.VecPhysical // sums of an output row and of the rows below it
	floor, quiet            reg.VecPhysical
	rows, from, out, offset reg.GPPhysical
}

// Registers that hold the same value in all rows of a strip.
var (
	stripWeights = reg.R12
	stripIn      = reg.RDX
	stripSecond  = reg.R10
	stripThird   = reg.R11
)

func depthwiseLoops(c *build.Context, s set) {
	r := s.registers
	for stride := 1; stride <= 2; stride++ {
		d := depthwise{
			c: c, set: s, stride: stride, weights: r[:9], now: r[9], next: r[10], then: r[11], values: r[12:14], floor: r[14], quiet: r[15],
			rows: reg.RCX, from: reg.R14, out: reg.RAX, offset: reg.R13,
		}
		if s.masked() {
			d.values = r[16:19]
		}
		d.loop(fmt.Sprintf("depthwise%d%s", stride, s.suffix))
	}
}

func (d *depthwise) loop(name string) {
	c := d.c
	c.Function(name)
	c.Attributes(attr.NOSPLIT)
	c.Pragma("noescape")
	c.SignatureExpr(depthwiseSignature)
	c.Doc(fmt.Sprintf("%s is the depthwiseLoop for a vertical stride of %d.", name, d.stride))
	dst, src, strips := reg.RDI, reg.RSI, reg.RBX
	c.Load(c.Param("dst"), dst)
	c.Load(c.Param("src"), src)
	c.Load(c.Param("row"), reg.R8)
	c.Load(c.Param("offsets"), reg.R9)
	c.Load(c.Param("second"), stripSecond)
	c.Load(c.Param("third"), stripThird)
	c.Load(c.Param("weights"), stripWeights)
	d.constants()
	c.Label("channel")
	for i, w := range d.weights {
		c.VBROADCASTSS(at(stripWeights, 4+4*i), w)
	}
	c.Load(c.Param("vectors"), strips)
	c.MOVQ(src, stripIn)
	c.Label("strip")
	fetchAhead(d.c, reg.R13, reg.R14)
	c.LEAQ(operand.Mem{Base: stripIn, Index: dst, Scale: 1}, d.out) // stripIn + dst − src
	c.SUBQ(src, d.out)
	c.Load(c.Param("rows"), d.rows)
	c.MOVQ(reg.R9, d.offset)
	c.CMPQ(strips, operand.U8(1))
	c.JEQ(operand.LabelRef("narrow"))
	d.strip("whole", d.store)
	c.ADDQ(operand.I32(d.bytes()), stripIn)
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

// constants puts the floor, the quiet NaN and the mask of the last lanes to registers.
func (d *depthwise) constants() {
	c := d.c
	c.VBROADCASTSS(argument(d.c, "floor"), d.floor)
	c.MOVL(quietNaN, reg.EAX)
	c.VMOVD(reg.EAX, d.quiet.AsX())
	c.VBROADCASTSS(d.quiet.AsX(), d.quiet)
	if d.masked() {
		c.Load(c.Param("last"), reg.RCX)
		c.MOVL(operand.U32(1), reg.EAX)
		c.SHLL(reg.CL, reg.EAX)
		c.DECL(reg.EAX)
		c.KMOVW(reg.EAX, reg.K2)
	}
}

// strip computes all rows of a strip.
func (d *depthwise) strip(label string, store func(acc reg.VecPhysical, m operand.Mem)) {
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
	d.activate(d.now)
	store(d.now, at(d.out, 0))
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

func (d *depthwise) begin(acc reg.VecPhysical, row int) sum { return sum{acc, row, false} }
func (d *depthwise) with(acc reg.VecPhysical, row int) sum  { return sum{acc, row, true} }

// row adds the next input row to sums, column after column.
func (d *depthwise) row(sums ...sum) {
	c := d.c
	c.MOVLQSX(at(d.offset, 0), d.from)
	c.ADDQ(operand.I8(4), d.offset)
	c.LEAQ(element(stripIn, d.from, 0), d.from)
	for _, s := range sums {
		if !s.begun {
			c.VBROADCASTSS(at(stripWeights, 0), s.acc)
		}
	}
	for column, m := range []operand.Mem{
		at(d.from, 0), {Base: d.from, Index: stripSecond, Scale: 1}, {Base: d.from, Index: stripThird, Scale: 1},
	} {
		value := d.values[column%len(d.values)]
		c.VMOVUPS(m, value)
		for _, s := range sums {
			c.VFMADD231PS(value, d.weights[3*s.row+column], s.acc)
		}
	}
}

// activate applies the floor and gives NaNs their one form.
func (d *depthwise) activate(acc reg.VecPhysical) {
	c, mask := d.c, d.values[0]
	if d.masked() {
		c.VCMPPS(unordered, acc, acc, reg.K1)
		c.VMAXPS(d.floor, acc, acc)
		c.VMOVAPS(d.quiet, reg.K1, acc)
		return
	}
	c.VCMPPS(unordered, acc, acc, mask)
	c.VMAXPS(d.floor, acc, acc)
	c.VBLENDVPS(mask, d.quiet, acc, acc)
}

func (d *depthwise) store(acc reg.VecPhysical, m operand.Mem) { d.c.VMOVUPS(acc, m) }

// storeLast stores the first last lanes.
func (d *depthwise) storeLast(acc reg.VecPhysical, m operand.Mem) {
	c := d.c
	if d.masked() {
		c.VMOVUPS(acc, reg.K2, m)
		return
	}
	// a mask of last lanes: lanes−last words into ones followed by zeros
	c.Load(c.Param("last"), d.from)
	c.NEGQ(d.from)
	c.LEAQ(operand.NewDataAddr(operand.NewStaticSymbol("lastMask"+d.suffix), 4*d.lanes), reg.R15)
	c.VMOVUPS(element(reg.R15, d.from, 0), d.values[0])
	c.VMASKMOVPS(acc, d.values[0], m)
}
