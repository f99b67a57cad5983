package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// pool is a loop with neighbouring outputs in the lanes, the vectors of a tile in
// registers over all taps.
type pool struct {
	*build.Context
	set
	average             bool
	acc, nan            []reg.VecPhysical // nan has all ones in lanes in which a max has met a NaN; AVX-512 has mask registers for it
	value, first, quiet reg.VecPhysical
	ordered             []reg.OpmaskPhysical
}

// poolTile is the number of vectors in a tile, enough to hide the latency of an
// operation.
const poolTile = 4

// poolLoops writes the loops of max and average pooling.
func poolLoops(c *build.Context, s set) {
	for _, average := range []bool{false, true} {
		p := pool{Context: c, set: s, average: average, ordered: []reg.OpmaskPhysical{reg.K1, reg.K2, reg.K3, reg.K4}}
		r := s.registers
		p.acc, p.nan, p.value, p.first, p.quiet = r[:poolTile], r[poolTile:2*poolTile], r[8], r[9], r[10]
		p.loop()
	}
}

func (p *pool) loop() {
	name, more := "max", ""
	if p.average {
		name, more = "average", ", widths *float32, height float32"
	}
	p.Function(name + p.suffix)
	p.Attributes(attr.NOSPLIT)
	p.Pragma("noescape")
	p.SignatureExpr("func(dst, src *float32, offsets *int32, taps, vectors int" + more + ")")
	p.Doc(name + p.suffix + " is the " + name + "Loop.")
	p.Load(p.Param("dst"), reg.RDI)
	p.Load(p.Param("src"), reg.RSI)
	offsets, taps := p.Load(p.Param("offsets"), reg.R9), p.Load(p.Param("taps"), reg.R10)
	p.LEAQ(operand.Mem{Base: offsets, Index: taps, Scale: 4}, offsets)
	p.NEGQ(taps) // one register is index and count: offsets[−taps] … offsets[−1]
	p.Load(p.Param("vectors"), reg.RBX)
	p.broadcast(quietNaN, p.quiet)
	if p.average {
		p.Load(p.Param("widths"), reg.R11)
		height, err := p.Param("height").Resolve()
		if err != nil {
			panic(err)
		}
		p.VBROADCASTSS(height.Addr, p.first)
	} else {
		p.broadcast(0xff800000, p.first) // −Inf
	}
	p.tiles("four", poolTile)
	p.tiles("one", 1)
	p.VZEROUPPER()
	p.RET()
}

func (p *pool) broadcast(bits operand.U32, to reg.VecPhysical) {
	p.MOVL(bits, reg.EAX)
	p.VMOVD(reg.EAX, to.AsX())
	p.VBROADCASTSS(to.AsX(), to)
}

// tiles computes tiles of so many vectors until fewer are left.
func (p *pool) tiles(label string, vectors int) {
	p.Label(label)
	p.SUBQ(operand.I32(vectors), reg.RBX)
	p.JLT(operand.LabelRef(label + "End"))
	for i := range vectors {
		switch {
		case p.average:
			p.zero(p.acc[i])
		case p.masked():
			p.VMOVAPS(p.first, p.acc[i])
			p.KXNORW(p.ordered[i], p.ordered[i], p.ordered[i])
		default:
			p.VMOVAPS(p.first, p.acc[i])
			p.zero(p.nan[i])
		}
	}
	p.MOVQ(reg.R10, reg.RCX)
	p.Label(label + "Tap")
	p.MOVLQSX(element(reg.R9, reg.RCX, 0), reg.RAX)
	for i := range vectors {
		p.take(element(reg.RSI, reg.RAX, i*p.bytes()), i)
	}
	p.INCQ(reg.RCX)
	p.JNZ(operand.LabelRef(label + "Tap"))
	for i := range vectors {
		p.finish(i)
		p.VMOVUPS(p.acc[i], at(reg.RDI, i*p.bytes()))
	}
	p.ADDQ(operand.I32(vectors*p.bytes()), reg.RSI)
	p.ADDQ(operand.I32(vectors*p.bytes()), reg.RDI)
	if p.average {
		p.ADDQ(operand.I32(vectors*p.bytes()), reg.R11)
	}
	p.JMP(operand.LabelRef(label))
	p.Label(label + "End")
	p.ADDQ(operand.I32(vectors), reg.RBX)
}

func (p *pool) zero(r reg.VecPhysical) {
	if p.masked() {
		p.VPXORD(r, r, r)
	} else {
		p.VXORPS(r, r, r)
	}
}

// take takes a vector of a tap. Of two zeros, and of a NaN and another operand, VMAXPS
// keeps the value that was there before. A register beside it notes NaNs.
func (p *pool) take(m operand.Mem, i int) {
	if p.average {
		p.VADDPS(m, p.acc[i], p.acc[i])
		return
	}
	p.VMOVUPS(m, p.value)
	p.VMAXPS(p.acc[i], p.value, p.acc[i])
	if p.masked() {
		p.VCMPPS(ordered, p.value, p.value, p.ordered[i], p.ordered[i])
	} else { // all ones are a NaN, which stays one
		p.VCMPPS(unordered, p.value, p.nan[i], p.nan[i])
	}
}

// finish divides and gives NaNs their one form.
func (p *pool) finish(i int) {
	a := p.acc[i]
	if p.average {
		p.VMULPS(at(reg.R11, i*p.bytes()), p.first, p.value)
		p.VDIVPS(p.value, a, a)
		if p.masked() {
			p.VCMPPS(ordered, a, a, p.ordered[i])
		} else {
			p.VCMPPS(unordered, a, a, p.nan[i])
		}
	}
	if p.masked() {
		p.VBLENDMPS(a, p.quiet, p.ordered[i], a)
	} else {
		p.VBLENDVPS(p.nan[i], p.quiet, a, a)
	}
}
