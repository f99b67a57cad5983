package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// loop builds a function that goes over bytes or tokens.
type loop struct{ *build.Context }

// bytes is the number of bytes of a vector.
const bytes = 32

func (l loop) function(name, signature string, doc ...string) {
	l.Function(name)
	l.Attributes(attr.NOSPLIT)
	l.Pragma("noescape")
	l.SignatureExpr(signature)
	l.Doc(doc...)
}

func (l loop) param(name string) reg.Register { return l.Load(l.Param(name), l.GP64()) }

// overlapping runs body for each vector of n ≥ bytes bytes and returns from the function. i is
// the number of the vector's first byte. The last vector ends with the bytes, so it may
// repeat some bytes of the vector before.
func (l loop) overlapping(body func(i reg.Register)) {
	last, i := l.param("n"), l.GP64()
	l.SUBQ(operand.I32(bytes), last)
	l.XORQ(i, i)
	l.Label("vector")
	body(i)
	l.CMPQ(i, last)
	l.JEQ(operand.LabelRef("done"))
	l.ADDQ(operand.I32(bytes), i)
	l.CMPQ(i, last)
	l.CMOVQGT(last, i)
	l.JMP(operand.LabelRef("vector"))
	l.Label("done")
	l.VZEROUPPER()
	l.RET()
}

// times runs body as often as a parameter says, at least once.
func (l loop) times(param string, body func()) {
	left := l.param(param)
	l.Label("step")
	body()
	l.DECQ(left)
	l.JNZ(operand.LabelRef("step"))
}

func (l loop) zero() reg.VecVirtual {
	y := l.YMM()
	l.VPXOR(y, y, y)
	return y
}

// lanes returns a vector with a 32-bit constant in every lane.
func (l loop) lanes(v uint32) reg.VecVirtual {
	bits, y := l.GP32(), l.YMM()
	l.MOVL(operand.U32(v), bits)
	l.VMOVD(bits, y.AsX())
	l.VPBROADCASTD(y.AsX(), y)
	return y
}

// total adds up the four 64-bit lanes of a vector.
func (l loop) total(y reg.VecVirtual) reg.GPVirtual {
	upper, sum := l.XMM(), l.GP64()
	l.VEXTRACTI128(operand.U8(1), y, upper)
	l.VPADDQ(upper, y.AsX(), y.AsX())
	l.VPSHUFD(operand.U8(0x4e), y.AsX(), upper)
	l.VPADDQ(upper, y.AsX(), y.AsX())
	l.VMOVQ(y.AsX(), sum)
	return sum
}

// at is the address disp bytes after byte i of an array.
func at(base, i reg.Register, disp int) operand.Mem {
	return operand.Mem{Base: base, Index: i, Scale: 1, Disp: disp}
}

// behind is the address disp bytes after a pointer.
func behind(base reg.Register, disp int) operand.Mem {
	return operand.Mem{Base: base, Disp: disp}
}
