package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Of package inflate: the tables and their entries.
const (
	litBits, distBits = 11, 8
	codeShift         = 8
	codeMask          = 15
	bitsMask          = 63
	pairFlag          = 1 << 12
	pointerFlag       = 1 << 14
	specialFlag       = 1 << 15
	valueShift        = 16

	lookups   = 4 // pairs of literals for one load of bits
	copyWidth = 16
)

// decoder is what symbols keeps in registers. The shifts look at the low six bits of their
// counts alone, so that n and entries may have any bits above these.
type decoder struct {
	loop
	out, in, buf, n  reg.GPVirtual
	pairs, lit, dist reg.GPVirtual
	e                reg.GPVirtual
	eight            reg.GPVirtual
}

func symbols(l loop) {
	l.function("symbolsBMI2",
		"func(dst *byte, at, end, low int, src *byte, in, stop int, buf, n uint64, pairs, lit, dist *uint32) (atOut, inOut int, bufOut, nOut uint64, length int)",
		"symbolsBMI2 is fastGeneric. It stops where at is end or more or in is more than stop, or",
		"before a symbol that is special; length is then 0, or that of a match whose distance",
		"has not been taken.")
	d := decoder{loop: l, out: l.param("at"), in: l.param("in"), buf: l.param("buf"), n: l.param("n"),
		pairs: l.param("pairs"), lit: l.param("lit"), dist: l.param("dist"), e: l.GP64(), eight: l.GP64()}
	dst, src, length := l.param("dst"), l.param("src"), l.GP64()
	end, low, stop := l.argument("end"), l.argument("low"), l.argument("stop")
	l.ADDQ(dst, d.out)
	l.ADDQ(dst, end)
	l.ADDQ(dst, low)
	l.ADDQ(src, d.in)
	l.ADDQ(src, stop)
	l.MOVQ(operand.I32(codeShift), d.eight)

	l.Label("symbol")
	l.XORL(length.As32(), length.As32())
	l.CMPQ(d.out, end)
	l.JAE(operand.LabelRef("done"))
	l.CMPQ(d.in, stop)
	l.JA(operand.LabelRef("done"))
	d.refill()
	d.look(d.pairs, litBits, d.buf)
	l.TESTL(operand.U32(pairFlag), d.e.As32())
	l.JZ(operand.LabelRef("other"))
	for i := range lookups {
		value := l.GP64()
		l.MOVL(d.e.As32(), value.As32())
		l.SHRL(operand.U8(valueShift), value.As32())
		l.MOVW(value.As16(), behind(d.out, 0))
		d.use(d.e, d.buf)
		l.SHRL(operand.U8(codeShift), d.e.As32())
		l.ANDL(operand.U8(3), d.e.As32())
		l.ADDQ(d.e, d.out)
		if i == lookups-1 {
			l.JMP(operand.LabelRef("symbol"))
			break
		}
		d.look(d.pairs, litBits, d.buf)
		l.TESTL(operand.U32(pairFlag), d.e.As32())
		l.JZ(operand.LabelRef("refilled"))
	}
	l.Label("refilled")
	d.refill()
	l.Label("other")
	l.TESTL(operand.U32(specialFlag), d.e.As32())
	l.JNZ(operand.LabelRef("special"))
	l.Label("length")
	d.value(length, d.buf)
	d.use(d.e, d.buf)
	d.distance(length, low)
	l.JMP(operand.LabelRef("symbol"))

	l.Label("special")
	l.TESTL(operand.U32(pointerFlag), d.e.As32())
	l.JZ(operand.LabelRef("done"))
	rest := l.GP64()
	l.MOVQ(d.buf, rest)
	l.SHRQ(operand.U8(litBits), rest)
	d.follow(d.lit, rest)
	l.TESTL(operand.U32(specialFlag), d.e.As32())
	l.JNZ(operand.LabelRef("done"))
	l.MOVQ(rest, d.buf)
	l.SUBL(operand.U8(litBits), d.n.As32())
	l.TESTL(d.e.As32(), d.e.As32())
	l.JNS(operand.LabelRef("length"))
	d.use(d.e, d.buf)
	l.SHRL(operand.U8(valueShift), d.e.As32())
	l.MOVB(d.e.As8(), behind(d.out, 0))
	l.INCQ(d.out)
	l.JMP(operand.LabelRef("symbol"))

	l.Label("done")
	l.SUBQ(l.param("dst"), d.out)
	l.SUBQ(l.param("src"), d.in)
	l.ANDL(operand.U8(bitsMask), d.n.As32())
	l.Store(d.out, l.Return("atOut"))
	l.Store(d.in, l.Return("inOut"))
	l.Store(d.buf, l.Return("bufOut"))
	l.Store(d.n, l.Return("nOut"))
	l.Store(length, l.Return("length"))
	l.VZEROUPPER()
	l.RET()
}

// refill loads bits so that there are at least 56.
func (d decoder) refill() {
	word, whole := d.GP64(), d.GP64()
	d.SHLXQ(d.n, behind(d.in, 0), word)
	d.ORQ(word, d.buf)
	d.MOVL(d.n.As32(), whole.As32())
	d.NOTL(whole.As32())
	d.SHRL(operand.U8(3), whole.As32())
	d.ANDL(operand.U8(7), whole.As32())
	d.ADDQ(whole, d.in)
	d.ORL(operand.U8(56), d.n.As32())
}

// look loads the entry of the lowest bits of from into e.
func (d decoder) look(table reg.Register, bits int, from reg.GPVirtual) {
	i := d.GP64()
	if bits == 8 {
		d.MOVBQZX(from.As8(), i)
	} else {
		d.MOVL(from.As32(), i.As32())
		d.ANDL(operand.U32(1<<bits-1), i.As32())
	}
	d.MOVL(operand.Mem{Base: table, Index: i, Scale: 4}, d.e.As32())
}

// follow loads the entry that the pointer e leads to; rest are the bits after the first look.
func (d decoder) follow(table reg.Register, rest reg.GPVirtual) {
	i, bits := d.GP64(), d.GP64()
	d.SHRXL(d.eight.As32(), d.e.As32(), bits.As32())
	d.ANDL(operand.U8(codeMask), bits.As32())
	d.BZHIL(bits.As32(), rest.As32(), i.As32())
	d.SHRL(operand.U8(valueShift), d.e.As32())
	d.ADDQ(d.e, i)
	d.MOVL(operand.Mem{Base: table, Index: i, Scale: 4}, d.e.As32())
}

// use takes the bits of an entry.
func (d decoder) use(e, buf reg.GPVirtual) {
	d.SHRXQ(e, buf, buf)
	d.SUBL(e.As32(), d.n.As32())
}

// value is the base of e and its extra bits, which follow its code in from.
func (d decoder) value(v, from reg.GPVirtual) {
	extra, bits := d.GP64(), d.GP64()
	d.BZHIQ(d.e, from, extra) // of the low 8 bits of e, which are at most 63
	d.SHRXL(d.eight.As32(), d.e.As32(), bits.As32())
	d.ANDL(operand.U8(codeMask), bits.As32())
	d.SHRXQ(bits, extra, extra)
	d.MOVL(d.e.As32(), v.As32())
	d.SHRL(operand.U8(valueShift), v.As32())
	d.ADDQ(extra, v)
}

// distance takes a distance and copies the match. If there is no valid one it
// goes to done with the distance's bits in place.
func (d decoder) distance(length reg.GPVirtual, low operand.Mem) {
	d.look(d.dist, distBits, d.buf)
	rest, left, distance := d.GP64(), d.GP64(), d.GP64()
	d.MOVQ(d.buf, rest)
	d.MOVL(d.n.As32(), left.As32())
	d.TESTL(operand.U32(specialFlag), d.e.As32())
	d.JZ(operand.LabelRef("distance"))
	d.TESTL(operand.U32(pointerFlag), d.e.As32())
	d.JZ(operand.LabelRef("done"))
	d.SHRQ(operand.U8(distBits), rest)
	d.SUBL(operand.U8(distBits), left.As32())
	d.follow(d.dist, rest)
	d.TESTL(operand.U32(specialFlag), d.e.As32())
	d.JNZ(operand.LabelRef("done"))
	d.Label("distance")
	d.value(distance, rest)
	from := d.GP64()
	d.MOVQ(d.out, from)
	d.SUBQ(distance, from)
	d.CMPQ(from, low)
	d.JB(operand.LabelRef("done"))
	d.SHRXQ(d.e, rest, d.buf)
	d.SUBL(d.e.As32(), left.As32())
	d.MOVL(left.As32(), d.n.As32())
	d.copy(from, distance, length)
}

// copy copies a match, 16 bytes at a time where source and target do not overlap within
// them.
func (d decoder) copy(from, distance, length reg.GPVirtual) {
	x, to := d.XMM(), d.GP64()
	d.MOVQ(d.out, to)
	d.ADDQ(length, d.out)
	d.CMPQ(distance, operand.U8(copyWidth))
	d.JB(operand.LabelRef("near"))
	d.Label("far")
	d.VMOVDQU(behind(from, 0), x)
	d.VMOVDQU(x, behind(to, 0))
	d.CMPQ(length, operand.U8(copyWidth))
	d.JBE(operand.LabelRef("symbol"))
	d.Label("more")
	for i := 1; i <= 2; i++ {
		d.VMOVDQU(behind(from, i*copyWidth), x)
		d.VMOVDQU(x, behind(to, i*copyWidth))
	}
	d.ADDQ(operand.I32(2*copyWidth), from)
	d.ADDQ(operand.I32(2*copyWidth), to)
	d.SUBQ(operand.I32(2*copyWidth), length)
	d.CMPQ(length, operand.U8(copyWidth))
	d.JG(operand.LabelRef("more"))
	d.JMP(operand.LabelRef("symbol"))
	d.Label("near")
	d.CMPQ(distance, operand.U8(1))
	d.JNE(operand.LabelRef("period"))
	d.VPBROADCASTB(behind(from, 0), x)
	d.Label("run")
	d.VMOVDQU(x, behind(to, 0))
	d.ADDQ(operand.I32(copyWidth), to)
	d.SUBQ(operand.I32(copyWidth), length)
	d.JG(operand.LabelRef("run"))
	d.JMP(operand.LabelRef("symbol"))
	d.Label("period")
	b := d.GP64()
	d.MOVBLZX(behind(from, 0), b.As32())
	d.MOVB(b.As8(), behind(to, 0))
	d.INCQ(from)
	d.INCQ(to)
	d.DECQ(length)
	d.JNZ(operand.LabelRef("period"))
}
