package main

import (
	"fmt"
	"strings"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// filterSignature is the signature of the package's filterLoop.
const filterSignature = "func(dst *float32, channel, row int, src *float32, offsets *int32, taps int, weights *float32, rows, tiles int, part, ahead *uintptr, lines, step int, floor float32, stride, filters int)"

// lanes is a loop with filters in the lanes: a tile of outputs×vectors accumulators. A tap loads
// one or two vectors of weights and broadcasts one input value an output. Tiles are transposed
// before they are stored.
type lanes struct {
	pixels
	outputs, vectors int
	unit             bool // the stride is 1: displacements lead to the inputs of neighbouring outputs
}

// mostOutputs is the widest tile of so many vectors of filters. With two vectors AVX-512 needs 28
// accumulators, two registers for weights and one for the input, and AVX2 needs 12. With three
// vectors AVX2 also needs 12. A tile of one vector and AVX2 has as many outputs as are transposed at
// once.
func (s set) mostOutputs(vectors int) int {
	switch {
	case s.masked():
		return 14
	case vectors == 1:
		return 8
	}
	return 12 / vectors
}

// unrolled is the number of taps in a round of a loop with a stride of 1. Scalar instructions
// take ports from multiply-adds.
const unrolled = 4

// The package's type part: bytes from its beginning to its fields, and the bits of stage.
const (
	partSums, partStage, partSkip = 0, 8, 16

	resume = operand.U32(1)
	leave  = operand.U32(2)
)

// parted says whether the loop computes parts of the taps. AVX-512's loops are no faster in parts.
// Blocks of one vector are seldom, and read half as many weights.
func (l *lanes) parted() bool { return l.unit && l.vectors > 1 && !l.masked() }

// ifStage jumps if a part's stage has a bit. It uses RCX.
func (l *lanes) ifStage(bit operand.U32, label string) {
	l.Load(l.Param("part"), reg.RCX)
	l.TESTQ(bit, at(reg.RCX, partStage))
	l.JNZ(operand.LabelRef(label))
}

// tiles is the narrowest and the widest tile of so many vectors of filters. The widest is 0 if there
// are no loops. Three vectors are for AVX2 and a stride of 1. Their tiles of three and four outputs
// have at least nine sums, which hide the latency of a fused multiply-add, and make up rows of 3, 4
// and 6 or more outputs.
func (s set) tiles(vectors int, unit bool) (narrowest, widest int) {
	if vectors == 3 && (s.masked() || !unit) {
		return 1, 0
	}
	widest = s.mostOutputs(vectors)
	if vectors == 3 {
		return widest - 1, widest
	}
	return 1, widest
}

// filterLoops writes a loop for each number of vectors of filters and of outputs, for strides of 1
// and for all others, and returns the table of the loops.
func filterLoops(c *build.Context, s set) (table string) {
	var b strings.Builder
	fmt.Fprintf(&b, "\nvar filters%s = filterLoops{\n", s.suffix)
	for _, unit := range []bool{true, false} {
		field, infix := "strided", ""
		if unit {
			field, infix = "unit", "Unit"
		}
		fmt.Fprintf(&b, "\t%s: [][]filterLoop{\n", field)
		for v := 1; v <= 3; v++ {
			narrowest, widest := s.tiles(v, unit)
			var names []string
			for outputs := 1; outputs <= widest; outputs++ {
				if outputs < narrowest {
					names = append(names, "nil")
					continue
				}
				name := fmt.Sprintf("filters%dx%d%s%s", v, outputs, infix, s.suffix)
				l := lanes{pixels: pixels{Context: c, set: s}, outputs: outputs, vectors: v, unit: unit}
				l.loop(name)
				names = append(names, name)
			}
			if widest > 0 {
				fmt.Fprintf(&b, "\t\t{%s},\n", strings.Join(names, ", "))
			}
		}
		b.WriteString("\t},\n")
	}
	b.WriteString("}\n")
	return b.String()
}

// The registers of a filter loop. Distances between outputs are odd multiples of the
// stride times a power of two, from one of two bases.
var (
	laneSrc, laneOut, laneOffsets, laneTaps = reg.RSI, reg.RDI, reg.R9, reg.R10
	laneTiles                               = reg.RAX
	laneBase, laneBase7                     = reg.R13, reg.R15
	stride1, stride3, stride5, stride7      = reg.R8, reg.R11, reg.R12, reg.RBX
)

// With a stride of 1, the registers of the distances have the line that is fetched next and the
// distance to the one after it.
var laneAhead, laneStep = reg.R11, reg.R12

// input is the memory of output p's input value.
func input(p int) operand.Mem {
	base := laneBase
	if p >= 7 {
		base, p = laneBase7, p-7
	}
	m := operand.Mem{Base: base, Scale: 1}
	switch p {
	case 1, 2, 4:
		m.Index, m.Scale = stride1, uint8(p)
	case 3, 6:
		m.Index, m.Scale = stride3, uint8(p/3)
	case 5:
		m.Index = stride5
	default:
		m.Scale = 0
	}
	return m
}

func (l *lanes) loop(name string) {
	l.Function(name)
	l.Attributes(attr.NOSPLIT)
	l.Pragma("noescape")
	l.SignatureExpr(filterSignature)
	doc := fmt.Sprintf("%s is the filterLoop for %d vectors of filters and %d outputs", name, l.vectors, l.outputs)
	if l.unit {
		doc += ", with a stride of 1"
	}
	l.Doc(doc + ".")
	l.spare = l.registers
	for range l.outputs {
		l.acc = append(l.acc, l.spare[:l.vectors])
		l.spare = l.spare[l.vectors:]
	}

	if l.masked() {
		l.MOVL(operand.U32(1<<l.outputs-1), reg.EAX)
		l.KMOVW(reg.EAX, reg.K1)
	}
	l.Load(l.Param("stride"), stride1)
	l.SHLQ(operand.U8(2), stride1)
	if l.unit {
		l.Load(l.Param("step"), laneStep)
	} else {
		l.LEAQ(operand.Mem{Base: stride1, Index: stride1, Scale: 2}, stride3)
		l.LEAQ(operand.Mem{Base: stride1, Index: stride1, Scale: 4}, stride5)
		l.LEAQ(operand.Mem{Base: stride3, Index: stride1, Scale: 4}, stride7)
	}
	l.Load(l.Param("offsets"), laneOffsets)
	l.Load(l.Param("taps"), laneTaps)

	l.Label("row")
	l.LEAQ(operand.Mem{Base: laneOffsets, Index: laneTaps, Scale: 4}, laneOffsets)
	l.NEGQ(laneTaps)
	l.Load(l.Param("src"), laneSrc)
	l.Load(l.Param("dst"), laneOut)
	l.Load(l.Param("tiles"), laneTiles)
	l.Label("tile")
	if l.unit {
		l.aimAhead()
	} else {
		fetchAhead(l.Context, reg.RDX, reg.R13)
	}
	l.sum()
	l.finish()
	if l.parted() {
		l.Label("left")
	}
	l.IMUL3Q(operand.U8(l.outputs), stride1, reg.RCX)
	l.ADDQ(reg.RCX, laneSrc)
	l.ADDQ(operand.I32(4*l.outputs), laneOut)
	l.DECQ(laneTiles)
	l.JNZ(operand.LabelRef("tile"))

	l.NEGQ(laneTaps)
	if l.parted() {
		l.Load(l.Param("part"), reg.RCX)
		l.ADDQ(at(reg.RCX, partSkip), laneOffsets)
	}
	l.ADDQ(l.Load(l.Param("row"), reg.RCX), argument(l.Context, "dst"))
	l.DECQ(argument(l.Context, "rows"))
	l.JNZ(operand.LabelRef("row"))
	l.VZEROUPPER()
	l.RET()
	l.activateNaN()
	if l.parted() {
		l.stages()
	}
}

// stages is the part behind the loop that loads unfinished sums, and stores them.
func (l *lanes) stages() {
	part, sums := reg.RCX, laneBase
	each := func(move func(a reg.VecPhysical, m operand.Mem)) {
		l.MOVQ(at(part, partSums), sums)
		for p, acc := range l.acc {
			for v, a := range acc {
				move(a, at(sums, (p*l.vectors+v)*l.bytes()))
			}
		}
	}
	l.Label("resume")
	each(func(a reg.VecPhysical, m operand.Mem) { l.VMOVUPS(m, a) })
	l.ifStage(leave, "begun")
	l.ADDQ(operand.I32(l.outputs*l.vectors*l.bytes()), at(part, partSums))
	l.JMP(operand.LabelRef("begun"))
	l.Label("leave")
	each(func(a reg.VecPhysical, m operand.Mem) { l.VMOVUPS(a, m) })
	l.ADDQ(operand.I32(l.outputs*l.vectors*l.bytes()), at(part, partSums))
	l.JMP(operand.LabelRef("left"))
}

// sum leaves bias + Σ weight·value in the accumulators.
func (l *lanes) sum() {
	w, count := reg.RDX, reg.RCX
	l.Load(l.Param("weights"), w)
	if l.parted() {
		l.ifStage(resume, "resume")
	}
	for v := range l.vectors {
		l.VMOVUPS(at(w, v*l.bytes()), l.acc[0][v])
		for _, acc := range l.acc[1:] {
			l.VMOVAPS(l.acc[0][v], acc[v])
		}
	}
	if l.parted() {
		l.Label("begun")
	}
	l.ADDQ(operand.I32(l.vectors*l.bytes()), w)
	l.MOVQ(laneTaps, count)
	if l.unit {
		l.rounds(w, count)
		return
	}
	l.Label("tap")
	l.taps(1, w, count)
	l.JNZ(operand.LabelRef("tap"))
}

// rounds adds all taps in rounds of unrolled, after those that are no whole round. In each round
// it fetches a line ahead for each eight lanes. Addresses advance by less than that if fewer are to
// be fetched, because a branch that the processor does not foresee takes longer than to fetch a
// line again.
func (l *lanes) rounds(w, count reg.Register) {
	for n := 1; n < unrolled; n *= 2 {
		skip := fmt.Sprintf("skip%d", n)
		l.TESTQ(operand.U32(n), count)
		l.JZ(operand.LabelRef(skip))
		l.taps(n, w, count)
		l.Label(skip)
	}
	l.TESTQ(count, count)
	l.JZ(operand.LabelRef("summed"))
	l.Label("tap")
	l.PREFETCHT1(at(laneAhead, 0))
	if l.masked() {
		l.PREFETCHT1(at(laneAhead, 64))
	}
	l.ADDQ(laneStep, laneAhead)
	l.taps(unrolled, w, count)
	l.JNZ(operand.LabelRef("tap"))
	l.Label("summed")
}

// aimAhead takes the address of the lines that are fetched during a tile. It is the weights' own if
// there is none.
func (l *lanes) aimAhead() {
	list := reg.RCX
	l.Load(l.Param("weights"), laneAhead)
	l.Load(l.Param("ahead"), list)
	l.TESTQ(list, list)
	l.JZ(operand.LabelRef("aimed"))
	l.MOVQ(at(list, 0), laneAhead)
	l.ADDQ(operand.U8(8), list)
	l.MOVQ(list, argument(l.Context, "ahead"))
	l.Label("aimed")
}

// taps adds n taps and advances.
func (l *lanes) taps(n int, w, count reg.Register) {
	for i := range n {
		l.tap(i, w, count)
	}
	l.ADDQ(operand.I32(n*l.vectors*l.bytes()), w)
	l.ADDQ(operand.I8(n), count)
}

// tap adds the i-th tap from here.
func (l *lanes) tap(i int, w, count reg.Register) {
	from := input
	l.MOVLQSX(element(laneOffsets, count, 4*i), laneBase)
	if l.unit {
		from = func(p int) operand.Mem { return element(laneSrc, laneBase, 4*p) }
	} else {
		l.LEAQ(element(laneSrc, laneBase, 0), laneBase)
		if l.outputs > 7 {
			l.LEAQ(operand.Mem{Base: laneBase, Index: stride7, Scale: 1}, laneBase7)
		}
	}
	weights, value := l.spare[:l.vectors], l.spare[l.vectors]
	for v, r := range weights {
		l.VMOVUPS(at(w, (i*l.vectors+v)*l.bytes()), r)
	}
	for p, acc := range l.acc {
		if l.vectors == 1 && l.masked() {
			l.VFMADD231PS_BCST(from(p), weights[0], acc[0])
			continue
		}
		l.VBROADCASTSS(from(p), value)
		for v, a := range acc {
			l.VFMADD231PS(weights[v], value, a)
		}
	}
}

// finish applies the activation, transposes the tile and stores the filters that exist. Sums that
// are left unfinished stay as they are.
func (l *lanes) finish() {
	if l.parted() {
		l.ifStage(leave, "leave")
	}
	l.activate()
	out, channel, left := laneBase, laneBase7, reg.RDX
	l.MOVQ(laneOut, out)
	l.Load(l.Param("channel"), channel)
	l.Load(l.Param("filters"), left)
	if !l.masked() {
		l.finishHalves(out, channel, left)
		return
	}
	t := transposer{Context: l.Context, free: append([]reg.VecPhysical(nil), l.spare...)}
	for v := range l.vectors {
		var rows [16]reg.VecPhysical
		for p, acc := range l.acc {
			rows[p] = acc[v]
		}
		for i, r := range t.transpose(rows) {
			l.VMOVUPS(r, reg.K1, at(out, 0))
			if v+1 == l.vectors && i == 15 {
				break
			}
			l.DECQ(left)
			l.JZ(operand.LabelRef("stored"))
			l.ADDQ(channel, out)
			t.free = append(t.free, r)
		}
	}
	l.Label("stored")
}

// transposer transposes sixteen registers of sixteen values.
type transposer struct {
	*build.Context
	free []reg.VecPhysical
}

// transpose turns rows r of values r[i] into registers i of values r[i]. Rows that are
// nil leave any value in their place. In each 128-bit quarter k of a register it combines
// pairs and then fours of rows, and then the quarters.
func (t *transposer) transpose(rows [16]reg.VecPhysical) (columns [16]reg.VecPhysical) {
	for i := 0; i < 16; i += 2 {
		rows[i], rows[i+1] = t.exchange(rows[i], rows[i+1],
			func(a, b, to reg.VecPhysical) { t.VUNPCKLPS(b, a, to) },
			func(a, b, to reg.VecPhysical) { t.VUNPCKHPS(b, a, to) })
	}
	low := func(a, b, to reg.VecPhysical) { t.VUNPCKLPD(b, a, to) }
	high := func(a, b, to reg.VecPhysical) { t.VUNPCKHPD(b, a, to) }
	for i := 0; i < 16; i += 4 { // to row i+m: columns 4·k+m of rows i … i+3
		c0, c1 := t.exchange(rows[i], rows[i+2], low, high)
		c2, c3 := t.exchange(rows[i+1], rows[i+3], low, high)
		rows[i], rows[i+1], rows[i+2], rows[i+3] = c0, c1, c2, c3
	}
	even := func(a, b, to reg.VecPhysical) { t.VSHUFF32X4(operand.U8(0x88), b, a, to) }
	odd := func(a, b, to reg.VecPhysical) { t.VSHUFF32X4(operand.U8(0xdd), b, a, to) }
	for m := range 4 {
		even0, odd0 := t.exchange(rows[m], rows[4+m], even, odd)
		even1, odd1 := t.exchange(rows[8+m], rows[12+m], even, odd)
		columns[m], columns[8+m] = t.exchange(even0, even1, even, odd)
		columns[4+m], columns[12+m] = t.exchange(odd0, odd1, even, odd)
	}
	return columns
}

// exchange combines a and b in two ways, in their registers and a free one.
func (t *transposer) exchange(a, b reg.VecPhysical, one, other func(a, b, to reg.VecPhysical)) (x, y reg.VecPhysical) {
	take := func() reg.VecPhysical {
		r := t.free[0]
		t.free = t.free[1:]
		return r
	}
	if a == nil {
		return nil, nil
	}
	x = take()
	if b == nil {
		one(a, a, x)
		other(a, a, a)
		return x, a
	}
	one(a, b, x)
	other(a, b, a)
	t.free = append(t.free, b)
	return x, a
}
