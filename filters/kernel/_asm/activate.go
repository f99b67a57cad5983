package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// activate makes the larger of a sum and the floor of it, which is the floor where
// both are zero, so that a ReLU's −0 becomes 0; NaNs become the quiet NaN. It uses
// K3 or spare[3].
func (p *pixels) activate(a, floor, nan reg.Register, spare []reg.VecPhysical) {
	if p.masked() {
		p.VCMPPS(unordered, a, a, reg.K3)
		p.VMAXPS(floor, a, a)
		p.VMOVAPS(nan, reg.K3, a)
		return
	}
	p.VCMPPS(unordered, a, a, spare[3])
	p.VMAXPS(floor, a, a)
	p.VBLENDVPS(spare[3], nan, a, a)
}

func (p *pixels) broadcastFloor(to reg.VecPhysical) {
	floor, err := p.Param("floor").Resolve()
	if err != nil {
		panic(err)
	}
	p.VBROADCASTSS(floor.Addr, to)
}

func (p *pixels) broadcastNaN(to reg.VecPhysical) {
	x := to.AsX()
	p.MOVL(quietNaN, reg.EDX)
	if p.masked() {
		p.VPBROADCASTD(reg.EDX, to)
		return
	}
	p.VMOVD(reg.EDX, x)
	p.VBROADCASTSS(x, to)
}

// bitMask sets as many low bits of a mask register as the parameter says.
func (p *pixels) bitMask(param string, k reg.Register) {
	p.Load(p.Param(param), reg.RCX)
	p.MOVL(operand.U32(1), reg.EAX)
	p.SHLL(reg.CL, reg.EAX)
	p.DECL(reg.EAX)
	p.KMOVW(reg.EAX, k)
}
