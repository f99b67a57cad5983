package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const depthwiseSignature = "func(dst *float32, channel, row int, src *float32, group int, offsets *int, apart, before, columns int, weights *float32, channels, rows, vectors, last int, ahead *uintptr, lines int, floor float32)"

// depthwise is the loop of depthwiseLoop, with neighbouring outputs in the lanes. A block is
// neighbouring rows of one vector. An input row is loaded once for all sums that it is a part of.
type depthwise struct {
	c *build.Context
	set
	side, stride  int               // of a filter's window
	acc           []reg.VecPhysical // a block's sums
	values        []reg.VecPhysical // columns of an input row
	value         reg.VecPhysical   // one of them, or a result
	table, quiet  reg.VecPhysical   // for results that are NaN or below the floor
	floor, mask   reg.VecPhysical   // the same with AVX2
	weights       []reg.VecPhysical // the first ones of a channel
	other         reg.VecPhysical   // the second vector of a pair's columns
	evens, odds   reg.VecPhysical   // indices of a pair's columns in two vectors
	from, in, out reg.GPPhysical    // input row; input and output of a block
	blanks        []string          // labels of loads that a row of the padding passes over
}

// Registers of depthwise loops.
var (
	blockWeights = reg.R12
	blockMask    = reg.R10 // a bit for each column from the block's first on: 1 in the picture
	blockColumns = reg.R11 // columns from the block's first on, with the padding left of the picture
)

// height is the number of a block's rows. Most maps that filters of 5×5 slide over have multiples of
// seven.
func (d *depthwise) height() int {
	if d.side == 5 {
		return 7
	}
	return 4
}

// depthwiseLoops writes the loops with AVX-512.
func depthwiseLoops(c *build.Context) {
	for _, window := range []struct{ side, stride int }{{3, 1}, {3, 2}, {5, 1}} {
		d := depthwise{c: c, set: avx512(), side: window.side, stride: window.stride, from: reg.R14, in: reg.RDX, out: reg.RAX}
		free := d.registers
		take := func() (taken reg.VecPhysical) {
			taken, free = free[0], free[1:]
			return taken
		}
		for range d.height() {
			d.acc = append(d.acc, take())
		}
		d.value, d.quiet, d.table = take(), take(), take()
		if d.bare() {
			d.values = []reg.VecPhysical{d.value, take(), take()}
		}
		if d.pairs() {
			d.other, d.evens, d.odds = take(), take(), take()
		}
		d.weights = free[:min(len(free), d.side*d.side)]
		d.loop()
	}
}

// pairs says whether the columns of a stride of 2 are picked out of vectors, two at a time.
func (d *depthwise) pairs() bool { return d.stride == 2 }

// bare says whether the loop reads rows without padding in memory, under masks.
func (d *depthwise) bare() bool { return d.side == 3 }

func (d *depthwise) name() string {
	return fmt.Sprintf("depthwise%dx%ds%d%s", d.side, d.side, d.stride, d.suffix)
}

func (d *depthwise) doc() string {
	return fmt.Sprintf("%s is the depthwiseLoop for windows of %d×%d and a stride of %d.", d.name(), d.side, d.side, d.stride)
}

// declare begins the function.
func (d *depthwise) declare() {
	d.c.Function(d.name())
	d.c.Attributes(attr.NOSPLIT)
	d.c.Pragma("noescape")
	d.c.SignatureExpr(depthwiseSignature)
	d.c.Doc(d.doc())
}

func (d *depthwise) loop() {
	c := d.c
	d.declare()
	dst, offsets, left, strips := reg.RDI, reg.R9, reg.RSI, reg.RBX
	c.Load(c.Param("row"), reg.R8)
	c.Load(c.Param("weights"), blockWeights)
	d.constants()
	if d.bare() { // the padding left of the first row is not in memory
		c.Load(c.Param("before"), reg.RAX)
		c.SHLQ(operand.U8(2), reg.RAX)
		c.SUBQ(reg.RAX, argument(c, "src"))
		c.XORL(blockMask.As32(), blockMask.As32())
	}
	c.Label("channel")
	for i, w := range d.weights {
		c.VBROADCASTSS(at(blockWeights, 4+4*i), w)
	}
	c.Load(c.Param("dst"), dst)
	c.Load(c.Param("offsets"), offsets)
	c.Load(c.Param("rows"), left)
	c.Label("block")
	c.Load(c.Param("vectors"), strips)
	c.Load(c.Param("src"), d.in)
	if d.bare() {
		c.Load(c.Param("columns"), blockColumns)
		c.ADDQ(argument(c, "before"), blockColumns)
	}
	height := d.height()
	c.Label("strip")
	fetchAhead(c, reg.R13, reg.R14)
	d.block(height)
	c.ADDQ(operand.I32(d.bytes()), dst)
	c.ADDQ(operand.I32(d.stride*d.bytes()), d.in)
	if d.bare() {
		c.SUBQ(operand.I8(d.lanes*d.stride), blockColumns)
	}
	c.DECQ(strips)
	c.JNZ(operand.LabelRef("strip"))
	c.SUBQ(operand.I8(height), left)
	c.JLE(operand.LabelRef("computed"))
	// to the block below
	c.Load(c.Param("vectors"), reg.RAX)
	c.IMUL3Q(operand.I8(d.bytes()), reg.RAX, reg.RAX)
	c.SUBQ(reg.RAX, dst)
	c.IMUL3Q(operand.I8(height), reg.R8, reg.RAX)
	c.ADDQ(reg.RAX, dst)
	c.ADDQ(operand.I32(8*height*d.stride), offsets)
	c.JMP(operand.LabelRef("block"))
	c.Label("computed")
	c.ADDQ(operand.I32(4*(1+d.side*d.side)), blockWeights)
	for _, p := range [][2]string{{"channel", "dst"}, {"group", "src"}} {
		c.Load(c.Param(p[0]), reg.RAX)
		c.ADDQ(reg.RAX, argument(c, p[1]))
	}
	c.DECQ(argument(c, "channels"))
	c.JNZ(operand.LabelRef("channel"))
	c.VZEROUPPER()
	c.RET()
	d.zeros()
}

// Tables of VFIXUPIMMPS: for NaN the destination, which is the quiet NaN, and for others the value,
// or 0 in the place of values that are not above it.
const (
	keepValues    = operand.U32(0x11111100)
	keepPositives = operand.U32(0x18181800)
)

// constants puts to registers what no channel changes.
func (d *depthwise) constants() {
	c := d.c
	c.Load(c.Param("last"), reg.RCX)
	c.MOVL(operand.U32(1), reg.EAX)
	c.SHLL(reg.CL, reg.EAX)
	c.DECL(reg.EAX)
	c.KMOVW(reg.EAX, reg.K2)
	d.broadcast(quietNaN, d.quiet)
	d.broadcast(keepPositives, d.table)
	c.CMPL(argument(c, "floor"), operand.U8(0))
	c.JEQ(operand.LabelRef("floor"))
	d.broadcast(keepValues, d.table)
	c.Label("floor")
	if d.pairs() {
		index := operand.NewDataAddr(operand.NewStaticSymbol("splitIndex"), 0)
		c.VMOVDQU32(index, d.evens)
		c.VMOVDQU32(index.Offset(d.bytes()), d.odds)
	}
}

// broadcast puts a word to all lanes.
func (d *depthwise) broadcast(word operand.U32, to reg.VecPhysical) {
	d.c.MOVL(word, reg.EAX)
	d.c.VMOVD(reg.EAX, to.AsX())
	d.c.VBROADCASTSS(to.AsX(), to)
}

// block computes so many rows of a strip and stores those that are left.
func (d *depthwise) block(height int) {
	c := d.c
	switch {
	case d.pairs():
		d.masks()
		d.sums(height, true)
	case d.bare():
		c.CMPQ(argument(c, "columns"), operand.U8(0))
		c.JEQ(operand.LabelRef("plain"))
		d.masks()
		c.NOTQ(reg.R13)
		c.TESTQ(operand.U32(1<<(d.lanes+d.side-1)-1), reg.R13)
		c.JNZ(operand.LabelRef("edge"))
		for _, row := range []int{0, height + d.side - 2} {
			c.CMPQ(at(reg.R9, 8*row), operand.U8(0))
			c.JLT(operand.LabelRef("edge"))
		}
		c.Label("plain")
		d.sums(height, false)
		c.JMP(operand.LabelRef("summed"))
		c.Label("edge")
		d.sums(height, true)
		c.Label("summed")
	default:
		d.sums(height, false)
	}
	c.MOVQ(reg.RDI, d.out)
	c.CMPQ(reg.RBX, operand.U8(1))
	c.JEQ(operand.LabelRef("last"))
	d.stores(height, func(acc reg.VecPhysical) { c.VMOVUPS(acc, at(d.out, 0)) })
	c.JMP(operand.LabelRef("stored"))
	c.Label("last")
	d.stores(height, d.storeLast)
	c.Label("stored")
}

// sums computes the sums of a block. bare rows are read under masks.
func (d *depthwise) sums(height int, bare bool) {
	c := d.c
	for _, acc := range d.acc[:height] {
		c.VBROADCASTSS(at(blockWeights, 0), acc)
	}
	for row := range (height-1)*d.stride + d.side {
		c.MOVQ(at(reg.R9, 8*row), d.from)
		if bare {
			d.loads(fmt.Sprint("row", row))
		}
		for column := range d.side {
			value := d.value
			if bare {
				value = d.values[column]
			} else {
				c.VMOVUPS(operand.Mem{Base: d.in, Index: d.from, Scale: 1, Disp: 4 * column}, value)
			}
			for y, acc := range d.acc[:height] {
				if tap := row - y*d.stride; tap >= 0 && tap < d.side {
					d.add(tap*d.side+column, value, acc)
				}
			}
		}
	}
}

// masks puts the masks of the block's vectors to registers, if they are others than before.
func (d *depthwise) masks() {
	c := d.c
	c.MOVQ(blockColumns, reg.RCX)
	c.SUBQ(argument(c, "columns"), reg.RCX) // columns of the padding
	c.XORL(reg.EAX, reg.EAX)
	c.TESTQ(reg.RCX, reg.RCX)
	c.CMOVQLT(reg.RAX, reg.RCX)
	c.MOVQ(operand.I32(-1), reg.R13)
	c.SHLQ(reg.CL, reg.R13)
	c.MOVQ(operand.I32(63), reg.RCX)
	c.CMPQ(blockColumns, reg.RCX)
	c.CMOVQLT(blockColumns, reg.RCX)
	c.MOVQ(operand.I32(-1), reg.RAX)
	c.SHLQ(reg.CL, reg.RAX)
	c.NOTQ(reg.RAX)
	c.ANDQ(reg.RAX, reg.R13)
	c.CMPQ(reg.R13, blockMask)
	c.JEQ(operand.LabelRef("masked"))
	c.MOVQ(reg.R13, blockMask)
	for i, k := range d.vectorMasks() {
		shift := i
		if d.pairs() {
			shift = i/2*2 + i%2*d.lanes
		}
		c.MOVQ(reg.R13, reg.RAX)
		if shift > 0 {
			c.SHRQ(operand.U8(shift), reg.RAX)
		}
		c.KMOVW(reg.EAX, k)
	}
	c.Label("masked")
}

// vectorMasks are the masks of each column's vector, or of the two vectors of each pair of columns.
func (d *depthwise) vectorMasks() []reg.OpmaskPhysical {
	all := []reg.OpmaskPhysical{reg.K1, reg.K3, reg.K4, reg.K5, reg.K6, reg.K7}
	if d.pairs() {
		return all[:2*((d.side+1)/2)]
	}
	return all[:d.side]
}

// loads brings the columns of an input row to registers: zeros, if it is a row of the padding.
func (d *depthwise) loads(label string) {
	c, masks := d.c, d.vectorMasks()
	c.TESTQ(d.from, d.from)
	c.JS(operand.LabelRef("blank" + label))
	for column, value := range d.values {
		m := operand.Mem{Base: d.in, Index: d.from, Scale: 1, Disp: 4 * column}
		switch {
		case !d.pairs():
			c.VMOVUPS_Z(m, masks[column], value)
		case column%2 == 0:
			c.VMOVUPS_Z(m, masks[column], value)
			c.VMOVUPS_Z(m.Offset(d.bytes()), masks[column+1], d.other)
			if column+1 < d.side {
				c.VMOVAPS(value, d.values[column+1])
			}
			c.VPERMT2PS(d.other, d.evens, value)
		default:
			c.VPERMT2PS(d.other, d.odds, value)
		}
	}
	c.Label(label)
	d.blanks = append(d.blanks, label)
}

// zeros writes the code for rows of the padding.
func (d *depthwise) zeros() {
	for _, label := range d.blanks {
		d.c.Label("blank" + label)
		for _, value := range d.values {
			d.c.VPXORD(value, value, value)
		}
		d.c.JMP(operand.LabelRef(label))
	}
	d.blanks = nil
}

// add adds a tap to a sum.
func (d *depthwise) add(tap int, value, acc reg.VecPhysical) {
	if tap < len(d.weights) {
		d.c.VFMADD231PS(value, d.weights[tap], acc)
	} else {
		d.c.VFMADD231PS_BCST(at(blockWeights, 4+4*tap), value, acc)
	}
}

// stores stores the rows of a block that are left.
func (d *depthwise) stores(height int, store func(acc reg.VecPhysical)) {
	c := d.c
	for i, acc := range d.acc[:height] {
		if i > 0 {
			c.CMPQ(reg.RSI, operand.I8(i))
			c.JEQ(operand.LabelRef("stored"))
			c.ADDQ(reg.R8, d.out)
		}
		store(d.activate(acc))
	}
}

// activate applies the floor and gives NaNs their one form. It returns the result's register.
func (d *depthwise) activate(acc reg.VecPhysical) reg.VecPhysical {
	c := d.c
	if d.masked() {
		c.VMOVAPS(d.quiet, d.value)
		c.VFIXUPIMMPS(operand.U8(0), d.table, acc, d.value)
		return d.value
	}
	c.VCMPPS(unordered, acc, acc, d.mask)
	c.VMAXPS(d.floor, acc, acc)
	c.VBLENDVPS(d.mask, d.quiet, acc, acc)
	return acc
}

// storeLast stores the first last lanes.
func (d *depthwise) storeLast(acc reg.VecPhysical) {
	c := d.c
	if d.masked() {
		c.VMOVUPS(acc, reg.K2, at(d.out, 0))
		return
	}
	// a mask of last lanes: lanes−last words into ones followed by zeros
	c.Load(c.Param("last"), d.from)
	c.NEGQ(d.from)
	c.LEAQ(operand.NewDataAddr(operand.NewStaticSymbol("lastMask"+d.suffix), 4*d.lanes), reg.R15)
	c.VMOVUPS(element(reg.R15, d.from, 0), d.mask)
	c.VMASKMOVPS(acc, d.mask, at(d.out, 0))
}
