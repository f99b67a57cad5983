package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// row is a loop over the elements of a row, in blocks.
type row struct{ *build.Context }

func (r row) function(name, signature, doc string) {
	r.Function(name)
	r.Attributes(attr.NOSPLIT)
	r.Pragma("noescape")
	r.SignatureExpr(signature)
	r.Doc(doc)
}

func (r row) pointer(param string) reg.Register { return r.Load(r.Param(param), r.GP64()) }

// blocks does body for blocks of size elements, the first of which is number i, and
// returns from the function. The last block ends with the row, so that it may do
// some elements of the one before again; n is at least size.
func (r row) blocks(size int, body func(i reg.Register)) {
	last, i := r.Load(r.Param("n"), r.GP64()), r.GP64()
	r.SUBQ(operand.I32(size), last)
	r.XORQ(i, i)
	r.Label("block")
	body(i)
	r.CMPQ(i, last)
	r.JEQ(operand.LabelRef("done"))
	r.ADDQ(operand.I32(size), i)
	r.CMPQ(i, last)
	r.CMOVQGT(last, i)
	r.JMP(operand.LabelRef("block"))
	r.Label("done")
	r.VZEROUPPER()
	r.RET()
}

// words is a register with a constant of 16 bits in every lane.
func (r row) words(v int16) reg.VecVirtual {
	return r.pairs(v, v)
}

// pairs is a register with two constants of 16 bits in turn.
func (r row) pairs(even, odd int16) reg.VecVirtual {
	return r.lanes(uint32(uint16(even)) | uint32(uint16(odd))<<16)
}

// lanes is a register with a constant of 32 bits in every lane.
func (r row) lanes(v uint32) reg.VecVirtual {
	bits, y := r.GP32(), r.YMM()
	r.MOVL(operand.U32(v), bits)
	r.VMOVD(bits, y.AsX())
	r.VPBROADCASTD(y.AsX(), y)
	return y
}

// at is element i of an array, or the one disp elements after it.
func at(base, i reg.Register, size uint8, disp int) operand.Mem {
	return operand.Mem{Base: base, Index: i, Scale: size, Disp: disp * int(size)}
}
