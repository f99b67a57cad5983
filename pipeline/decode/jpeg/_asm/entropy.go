package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// How an entry of a table's look is laid out, as in huffman.go.
const (
	lookBits   = 10
	pending    = 1 << 7
	stepShift  = 8
	valueShift = 16
	longCode   = pending
	endOfBlock = 128
)

// Where blockBMI2 stops.
const (
	done = iota
	long // at a code that the table has to be searched for
	bad  // the data ends, or is not as encoders write it
)

// entropy is a reader of bits in registers.
type entropy struct {
	*build.Context
	data, limit, pos, acc, n reg.GPVirtual
}

// block writes a function that decodes a block of a sequential scan.
func block(c *build.Context) {
	c.Function("blockBMI2")
	c.Attributes(attr.NOSPLIT)
	c.Pragma("noescape")
	c.SignatureExpr("func(data *uint8, limit int, state *int, block *int16, dc, ac *uint32, order *uint8, pred, k int) (next, last, status int)")
	c.Doc("blockBMI2 is reader.sequential from behind coefficient k on, or from DC where k is −1. state is the",
		"reader's pos, acc and n, limit the last place that eight bytes can be read from. status says whether",
		"it has stopped at the block's end (0), before a code of more than lookBits bits (1) or at data that is",
		"not as encoders write it (2). Then next is the prediction and last the last coefficient.")
	e := entropy{Context: c, data: c.GP64(), limit: c.GP64(), pos: c.GP64(), acc: c.GP64(), n: c.GP64()}
	c.Load(c.Param("data"), e.data)
	c.Load(c.Param("limit"), e.limit)
	state := c.Load(c.Param("state"), c.GP64())
	at := func(i int) operand.Mem { return operand.Mem{Base: state, Disp: 8 * i} }
	c.MOVQ(at(0), e.pos)
	c.MOVQ(at(1), e.acc)
	c.MOVQ(at(2), e.n)
	to, k := c.Load(c.Param("block"), c.GP64()), c.GP64()
	c.Load(c.Param("k"), k)
	c.TESTQ(k, k)
	c.JGE(operand.LabelRef("ac"))

	dc := c.Load(c.Param("dc"), c.GP64())
	e.refill("dc")
	entry, difference := e.look(dc), c.GP64()
	c.TESTL(operand.U32(pending), entry.As32())
	c.JE(operand.LabelRef("dcShort"))
	c.CMPL(entry.As32(), operand.U32(longCode))
	c.JE(operand.LabelRef("long"))
	e.pendingValue(entry, difference)
	c.JMP(operand.LabelRef("dcValue"))
	c.Label("dcShort")
	c.MOVLQSX(entry.As32(), difference)
	c.SARQ(operand.U8(valueShift), difference)
	e.consume(entry)
	c.Label("dcValue")
	pred := c.GP64()
	c.Load(c.Param("pred"), pred)
	c.ADDQ(difference, pred)
	c.Store(pred, c.Param("pred"))
	c.MOVW(pred.As16(), operand.Mem{Base: to})
	c.XORL(k.As32(), k.As32())

	c.Label("ac")
	ac, order := c.Load(c.Param("ac"), c.GP64()), c.Load(c.Param("order"), c.GP64())
	step, value := c.GP64(), c.GP64()
	// Two symbols in turn. The first one fills the accumulator, so that before the second one
	// it hardly ever has too few bits: a branch that depends on their number would often be
	// foretold wrongly.
	c.Label("symbol")
	e.fill()
	first := e.coefficient("First", ac, order, to, k, step, value)
	c.JEQ(operand.LabelRef("last"))
	e.refill("second")
	second := e.coefficient("Second", ac, order, to, k, step, value)
	c.JNE(operand.LabelRef("symbol"))
	c.Label("last")
	status := c.GP64()
	c.XORL(status.As32(), status.As32())
	c.JMP(operand.LabelRef("return"))
	first()
	second()

	c.Label("end")
	c.XORL(status.As32(), status.As32())
	c.CMPQ(step, operand.U32(endOfBlock))
	c.JCC(operand.LabelRef("return"))
	c.Label("bad")
	c.MOVL(operand.U32(bad), status.As32())
	c.JMP(operand.LabelRef("return"))
	c.Label("long")
	c.MOVL(operand.U32(long), status.As32())
	c.Label("return")
	c.MOVQ(e.pos, at(0))
	c.MOVQ(e.acc, at(1))
	c.MOVQ(e.n, at(2))
	next := c.Load(c.Param("pred"), c.GP64())
	c.Store(next, c.ReturnIndex(0))
	c.Store(k, c.ReturnIndex(1))
	c.Store(status, c.ReturnIndex(2))
	c.RET()
}

// coefficient reads a symbol with its value. It stores the value and moves k on, and sets
// the flags as a comparison of k with the last coefficient's place does. rest writes the code
// for values that the entry does not have.
func (e entropy) coefficient(name string, ac, order, to reg.Register, k, step, value reg.GPVirtual) (rest func()) {
	entry := e.look(ac)
	e.MOVL(entry.As32(), step.As32())
	e.SHRL(operand.U8(stepShift), step.As32())
	e.MOVBLZX(step.As8(), step.As32())
	e.TESTL(operand.U32(pending), entry.As32())
	e.JNE(operand.LabelRef("pending" + name))
	e.MOVL(entry.As32(), value.As32())
	e.SHRL(operand.U8(valueShift), value.As32())
	e.consume(entry)
	e.Label("store" + name)
	e.ADDQ(k, step)
	e.CMPQ(step, operand.U8(63))
	e.JHI(operand.LabelRef("end"))
	e.MOVQ(step, k)
	place := e.GP64()
	e.MOVBLZX(operand.Mem{Base: order, Index: k, Scale: 1}, place.As32())
	e.MOVW(value.As16(), operand.Mem{Base: to, Index: place, Scale: 2})
	return func() {
		e.Label("pending" + name)
		e.CMPL(entry.As32(), operand.U32(longCode))
		e.JE(operand.LabelRef("long"))
		e.pendingValue(entry, value)
		e.JMP(operand.LabelRef("store" + name))
	}
}

// refill makes n at least 56 where it is below 32. The name makes its label its own.
func (e entropy) refill(name string) {
	e.CMPQ(e.n, operand.U8(32))
	e.JCC(operand.LabelRef(name + "Full"))
	e.fill()
	e.Label(name + "Full")
}

// fill makes n at least 56.
func (e entropy) fill() {
	e.CMPQ(e.pos, e.limit)
	e.JGT(operand.LabelRef("bad"))
	bits, bytes := e.GP64(), e.GP64()
	e.MOVQ(operand.Mem{Base: e.data, Index: e.pos, Scale: 1}, bits)
	e.BSWAPQ(bits)
	e.SHRXQ(e.n, bits, bits)
	e.ORQ(bits, e.acc)
	e.MOVL(operand.U32(63), bytes.As32())
	e.SUBL(e.n.As32(), bytes.As32())
	e.SHRL(operand.U8(3), bytes.As32())
	e.ADDQ(bytes, e.pos)
	e.ORQ(operand.U8(56), e.n)
}

// look is the entry of the next bits.
func (e entropy) look(table reg.Register) reg.GPVirtual {
	entry := e.GP64()
	e.MOVQ(e.acc, entry)
	e.SHRQ(operand.U8(64-lookBits), entry)
	e.MOVL(operand.Mem{Base: table, Index: entry, Scale: 4}, entry.As32())
	return entry
}

// consume drops the bits of an entry that is not pending. Shifts take six bits of it.
func (e entropy) consume(entry reg.GPVirtual) {
	e.SHLXQ(entry, e.acc, e.acc)
	e.MOVBLZX(entry.As8(), entry.As32())
	e.SUBQ(entry, e.n)
}

// pendingValue reads the value of an entry that is pending, and drops its bits.
func (e entropy) pendingValue(entry, value reg.GPVirtual) {
	size, flip := e.GP64(), e.GP64()
	e.MOVL(entry.As32(), size.As32())
	e.SHRL(operand.U8(valueShift), size.As32())
	e.ANDL(operand.U32(63), entry.As32())
	e.MOVL(entry.As32(), flip.As32())
	e.SUBL(size.As32(), flip.As32())
	e.SHLXQ(flip, e.acc, value) // the value's bits on top
	e.SHLXQ(entry, e.acc, e.acc)
	e.SUBQ(entry, e.n)
	e.MOVQ(value, flip)
	e.SARQ(operand.U8(63), flip)
	e.NOTQ(flip) // ones where the value is negative
	e.XORQ(flip, value)
	e.NEGQ(size) // shifts by 64 − size
	e.SHRXQ(size, value, value)
	e.XORQ(flip, value)
	e.SUBQ(flip, value)
}
