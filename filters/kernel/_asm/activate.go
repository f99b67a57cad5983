package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// activate raises every accumulator to the floor and turns every NaN into the one quiet
// NaN. If accumulator and floor are zeros, the result is the floor, so that a ReLU's −0
// becomes 0. NaNs are rare, and one sum of all accumulators shows whether there may be
// any, which takes less than a comparison each. activate uses three spare registers and
// RDX.
func (p *pixels) activate() {
	floor, total, other := p.spare[0], p.spare[1], p.spare[2]
	var all []reg.VecPhysical
	for _, acc := range p.acc {
		all = append(all, acc...)
	}
	p.VBROADCASTSS(argument(p.Context, "floor"), floor)
	sum := all[0]
	if len(all) > 1 {
		sum = p.sumOf(all, total, other)
	}
	if p.masked() {
		p.VCMPPS(unordered, sum, sum, reg.K3)
		p.KORTESTW(reg.K3, reg.K3)
	} else {
		p.VCMPPS(unordered, sum, sum, total)
		p.VMOVMSKPS(total, reg.EDX)
		p.TESTL(reg.EDX, reg.EDX)
	}
	p.JNZ(operand.LabelRef("nan"))
	for _, a := range all {
		p.VMAXPS(floor, a, a)
	}
	p.Label("activated")
}

// sumOf adds up accumulators in two chains.
func (p *pixels) sumOf(all []reg.VecPhysical, total, other reg.VecPhysical) reg.VecPhysical {
	if len(all) < 4 {
		p.VADDPS(all[0], all[1], total)
		for _, a := range all[2:] {
			p.VADDPS(a, total, total)
		}
		return total
	}
	p.VADDPS(all[0], all[1], total)
	p.VADDPS(all[2], all[3], other)
	for i, a := range all[4:] {
		chain := []reg.VecPhysical{total, other}[i%2]
		p.VADDPS(a, chain, chain)
	}
	p.VADDPS(other, total, total)
	return total
}

// activateNaN is the part of activate behind the loop, for tiles that may have NaNs.
func (p *pixels) activateNaN() {
	floor, nan, mask := p.spare[0], p.spare[1], p.spare[2]
	p.Label("nan")
	p.MOVL(quietNaN, reg.EDX)
	p.VMOVD(reg.EDX, nan.AsX())
	p.VBROADCASTSS(nan.AsX(), nan)
	for _, acc := range p.acc {
		for _, a := range acc {
			if p.masked() {
				p.VCMPPS(unordered, a, a, reg.K3)
				p.VMAXPS(floor, a, a)
				p.VMOVAPS(nan, reg.K3, a)
			} else {
				p.VCMPPS(unordered, a, a, mask)
				p.VMAXPS(floor, a, a)
				p.VBLENDVPS(mask, nan, a, a)
			}
		}
	}
	p.JMP(operand.LabelRef("activated"))
}

// bitMask sets as many low bits of a mask register as the parameter says.
func (p *pixels) bitMask(param string, k reg.Register) {
	p.Load(p.Param(param), reg.RCX)
	p.MOVL(operand.U32(1), reg.EAX)
	p.SHLL(reg.CL, reg.EAX)
	p.DECL(reg.EAX)
	p.KMOVW(reg.EAX, k)
}
