package main

import (
	"fmt"
	"strings"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// pixelSignature is the signature of the package's pixelLoop.
const pixelSignature = "func(dst *float32, channel, row int, src *float32, offsets *int32, taps int, weights *float32, rows, tiles, last int, ahead *uintptr, lines int, floor float32)"

// pixels is a loop with neighbouring outputs in the lanes: a tile of filters×vectors
// accumulators stays in registers over all taps. A tap loads the tile's vectors once and
// broadcasts one weight a filter.
type pixels struct {
	*build.Context
	set
	filters, vectors int
	acc              [][]reg.VecPhysical // [filter][vector]
	spare            []reg.VecPhysical   // the registers that are no accumulators
}

// widest is the largest number of vectors in a tile of so many filters. The registers
// hold the accumulators, the smaller of vectors and weights, and one value to load. Eight
// accumulators hide the latency of an FMA on two ports, and more only help the loads, so
// eight vectors are enough for one filter.
func (s set) widest(filters int) int {
	v := 0
	for v < 8 && filters*(v+1)+max(min(filters, v+1)+1, finishing) <= len(s.registers) {
		v++
	}
	return v
}

// finishing counts the registers that finish needs beside the accumulators.
const finishing = 3

// mostFilters is the largest block that leaves room for two vectors.
func (s set) mostFilters() int {
	f := 1
	for s.widest(f+1) >= 2 {
		f++
	}
	return f
}

// pixelLoops writes a loop for every size of tile and returns the table of the loops.
func pixelLoops(c *build.Context, s set) (table string) {
	if !s.masked() {
		c.StaticGlobal("lastMask" + s.suffix)
		c.DataAttributes(attr.RODATA | attr.NOPTR)
		for i := range 2 * s.lanes {
			mask := operand.U32(0)
			if i < s.lanes {
				mask = 1<<32 - 1
			}
			c.AppendDatum(mask)
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n// pixels%s holds the loop for f filters and v vectors at [f-1][v-1].\n", s.suffix)
	fmt.Fprintf(&b, "var pixels%s = [][]pixelLoop{\n", s.suffix)
	for f := 1; f <= s.mostFilters(); f++ {
		var names []string
		for v := 1; v <= s.widest(f); v++ {
			name := fmt.Sprintf("pixels%dx%d%s", f, v, s.suffix)
			(&pixels{Context: c, set: s, filters: f, vectors: v}).loop(name)
			names = append(names, name)
		}
		fmt.Fprintf(&b, "\t{%s},\n", strings.Join(names, ", "))
	}
	b.WriteString("}\n")
	return b.String()
}

func (p *pixels) loop(name string) {
	p.Function(name)
	p.Attributes(attr.NOSPLIT)
	p.Pragma("noescape")
	p.SignatureExpr(pixelSignature)
	p.Doc(fmt.Sprintf("%s is the pixelLoop for %d filters and %d vectors.", name, p.filters, p.vectors))
	p.spare = p.registers
	for range p.filters {
		p.acc = append(p.acc, p.spare[:p.vectors])
		p.spare = p.spare[p.vectors:]
	}

	dst := p.Load(p.Param("dst"), reg.RDI)
	channel := p.Load(p.Param("channel"), reg.R8)
	offsets := p.Load(p.Param("offsets"), reg.R9)
	taps := p.Load(p.Param("taps"), reg.R10)
	weights := p.Load(p.Param("weights"), reg.R11)
	rows := p.Load(p.Param("rows"), reg.R12)
	if p.masked() {
		p.bitMask("last", reg.K2)
	}

	src, out, tiles := reg.RSI, reg.RAX, reg.RBX
	p.Label("row")
	p.LEAQ(operand.Mem{Base: offsets, Index: taps, Scale: 4}, offsets)
	p.NEGQ(taps) // one register is index and count: offsets[−taps] … offsets[−1]
	p.Load(p.Param("src"), src)
	p.Load(p.Param("tiles"), tiles)
	p.MOVQ(dst, out)
	p.Label("tile")
	fetchAhead(p.Context, reg.RDX, reg.R13)
	p.sum(src, offsets, taps, weights)
	p.finish(out, channel, tiles)
	p.ADDQ(operand.I32(p.vectors*p.bytes()), src)
	p.ADDQ(operand.I32(p.vectors*p.bytes()), out)
	p.DECQ(tiles)
	p.JNZ(operand.LabelRef("tile"))

	p.NEGQ(taps)
	p.ADDQ(p.Load(p.Param("row"), reg.RAX), dst)
	p.DECQ(rows)
	p.JNZ(operand.LabelRef("row"))
	p.VZEROUPPER()
	p.RET()
	p.activateNaN()
}

// sum leaves bias + Σ weight·value in the accumulators.
func (p *pixels) sum(src, offsets, taps, weights reg.Register) {
	w, count, index := reg.RDX, reg.RCX, reg.R13
	for f, acc := range p.acc {
		p.VBROADCASTSS(at(weights, 4*f), acc[0])
		for _, a := range acc[1:] {
			p.VMOVAPS(acc[0], a)
		}
	}
	p.LEAQ(at(weights, 4*p.filters), w)
	p.MOVQ(taps, count)
	for n := 1; n < roundTaps; n *= 2 { // taps that are no whole round
		skip := fmt.Sprintf("skip%d", n)
		p.TESTQ(operand.U32(n), count)
		p.JZ(operand.LabelRef(skip))
		for i := range n {
			p.tap(i, src, offsets, w, count, index)
		}
		p.ADDQ(operand.I32(4*n*p.filters), w)
		p.ADDQ(operand.I8(n), count)
		p.Label(skip)
	}
	p.TESTQ(count, count)
	p.JZ(operand.LabelRef("summed"))
	p.Label("tap")
	for i := range roundTaps {
		p.tap(i, src, offsets, w, count, index)
	}
	p.ADDQ(operand.I32(4*roundTaps*p.filters), w)
	p.ADDQ(operand.I8(roundTaps), count)
	p.JNZ(operand.LabelRef("tap"))
	p.Label("summed")
}

// roundTaps is the number of taps in a round of the loop. Scalar instructions take ports from
// multiply-adds.
const roundTaps = 2

// tap adds the i-th tap from here.
func (p *pixels) tap(i int, src, offsets, w, count, index reg.Register) {
	p.MOVLQSX(element(offsets, count, 4*i), index)
	weight := func(f int) operand.Mem { return at(w, 4*(i*p.filters+f)) }
	if p.filters < p.vectors {
		one := p.spare[p.filters]
		for f := range p.filters {
			p.VBROADCASTSS(weight(f), p.spare[f])
		}
		for v := range p.vectors {
			p.VMOVUPS(element(src, index, v*p.bytes()), one)
			for f := range p.filters {
				p.VFMADD231PS(one, p.spare[f], p.acc[f][v])
			}
		}
		return
	}
	one := p.spare[p.vectors]
	for v := range p.vectors {
		p.VMOVUPS(element(src, index, v*p.bytes()), p.spare[v])
	}
	for f := range p.filters {
		p.VBROADCASTSS(weight(f), one)
		for v := range p.vectors {
			p.VFMADD231PS(p.spare[v], one, p.acc[f][v])
		}
	}
}

// finish applies the activation and stores a tile. The last vector of a row's last tile
// is stored in part.
func (p *pixels) finish(out, channel, tiles reg.Register) {
	p.activate()
	if p.masked() {
		p.MOVQ(out, reg.RDX)
		p.KXNORW(reg.K1, reg.K1, reg.K1)
		p.CMPQ(tiles, operand.U8(1))
		p.JNE(operand.LabelRef("full"))
		p.KMOVW(reg.K2, reg.K1)
		p.Label("full")
		p.store(channel, func(a reg.Register, m operand.Mem) { p.VMOVUPS(a, reg.K1, m) })
		return
	}
	p.MOVQ(out, reg.RDX)
	p.CMPQ(tiles, operand.U8(1))
	p.JNE(operand.LabelRef("full"))
	// a mask of last lanes: lanes−last words into ones followed by zeros
	p.Load(p.Param("last"), reg.RCX)
	p.NEGQ(reg.RCX)
	p.LEAQ(operand.NewDataAddr(operand.NewStaticSymbol("lastMask"+p.suffix), 4*p.lanes), reg.R13)
	p.VMOVUPS(element(reg.R13, reg.RCX, 0), p.spare[2])
	p.store(channel, func(a reg.Register, m operand.Mem) { p.VMASKMOVPS(a, p.spare[2], m) })
	p.JMP(operand.LabelRef("stored"))
	p.Label("full")
	p.store(channel, func(a reg.Register, m operand.Mem) { p.VMOVUPS(a, m) })
	p.Label("stored")
}

// store writes the accumulators to where RDX points, the last vector in its own way.
func (p *pixels) store(channel reg.Register, last func(reg.Register, operand.Mem)) {
	for f, acc := range p.acc {
		for v, a := range acc {
			m := at(reg.RDX, v*p.bytes())
			if v+1 < p.vectors {
				p.VMOVUPS(a, m)
			} else {
				last(a, m)
			}
		}
		if f+1 < p.filters {
			p.ADDQ(channel, reg.RDX)
		}
	}
}
