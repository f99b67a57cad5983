package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// pool is the loop of maxLoop, with neighbouring outputs in the lanes, the vectors of a tile in
// registers over all taps.
type pool struct {
	*build.Context
	set
	acc, nan            []reg.VecPhysical // nan has all ones in lanes in which a max has met a NaN; AVX-512 has mask registers for it
	value, first, quiet reg.VecPhysical
	ordered             []reg.OpmaskPhysical
}

// poolTile is the number of vectors in a tile, enough to hide the latency of an
// operation.
const poolTile = 4

func maxLoop(c *build.Context, s set) {
	r := s.registers
	p := pool{
		Context: c, set: s, ordered: []reg.OpmaskPhysical{reg.K1, reg.K2, reg.K3, reg.K4},
		acc: r[:poolTile], nan: r[poolTile : 2*poolTile], value: r[8], first: r[9], quiet: r[10],
	}
	p.Function("max" + p.suffix)
	p.Attributes(attr.NOSPLIT)
	p.Pragma("noescape")
	p.SignatureExpr("func(dst, src *float32, offsets *int32, taps, vectors int)")
	p.Doc("max" + p.suffix + " is the maxLoop.")
	p.Load(p.Param("dst"), reg.RDI)
	p.Load(p.Param("src"), reg.RSI)
	offsets, taps := p.Load(p.Param("offsets"), reg.R9), p.Load(p.Param("taps"), reg.R10)
	p.LEAQ(operand.Mem{Base: offsets, Index: taps, Scale: 4}, offsets)
	p.NEGQ(taps) // one register is index and count: offsets[−taps] … offsets[−1]
	p.Load(p.Param("vectors"), reg.RBX)
	p.broadcast(quietNaN, p.quiet)
	p.broadcast(0xff800000, p.first) // −Inf
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
		p.VMOVAPS(p.first, p.acc[i])
		if p.masked() {
			p.KXNORW(p.ordered[i], p.ordered[i], p.ordered[i])
		} else {
			p.VXORPS(p.nan[i], p.nan[i], p.nan[i])
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
	p.JMP(operand.LabelRef(label))
	p.Label(label + "End")
	p.ADDQ(operand.I32(vectors), reg.RBX)
}

// take takes a vector of a tap. Of two zeros, and of a NaN and another operand, VMAXPS
// keeps the value that was there before. A register beside it notes NaNs.
func (p *pool) take(m operand.Mem, i int) {
	p.VMOVUPS(m, p.value)
	p.VMAXPS(p.acc[i], p.value, p.acc[i])
	if p.masked() {
		p.VCMPPS(ordered, p.value, p.value, p.ordered[i], p.ordered[i])
	} else { // all ones are a NaN, which stays one
		p.VCMPPS(unordered, p.value, p.nan[i], p.nan[i])
	}
}

// finish gives NaNs their one form.
func (p *pool) finish(i int) {
	a := p.acc[i]
	if p.masked() {
		p.VBLENDMPS(a, p.quiet, p.ordered[i], a)
	} else {
		p.VBLENDVPS(p.nan[i], p.quiet, a, a)
	}
}
