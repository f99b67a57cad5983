package main

// neonRowLoop is a loop over the values of a row, for pooling and activations.
type neonRowLoop struct {
	name, doc, arguments string
	size                 int // of the arguments in bytes
	write                func(n *neon)
}

func neonRowLoops() []neonRowLoop {
	const pooled = "dst, src *float32, offsets *int32, taps, vectors int"
	const applied, doc = "values *float32, vectors int, operand float32", "an applyLoop"
	return []neonRowLoop{
		{"max", "the maxLoop", pooled, 40, func(n *neon) { n.pool(false) }},
		{"average", "the averageLoop", pooled + ", widths *float32, height float32", 52, func(n *neon) { n.pool(true) }},
		{"maxima", "a maximaLoop", "dst *float32, row int, src *float32, offsets *int32, taps, rows, vectors int) (nan bool", 57, (*neon).maxima},
		{"split", "a splitLoop", "even, odd *float32, dstChannel, dstRow int, src *float32, srcChannel, srcRow int, channels, rows, n int", 80, (*neon).split},
		{"columns", "a columnsLoop", "lo, hi, src *float32, offsets *int32, rows, vectors int", 48, (*neon).columns},
		{"leaky", doc, applied, 20, func(n *neon) {
			n.apply(func() {
				n.word(0x6e20dc00|1<<16|0<<5|2, "fmul v2.4s, v0.4s, v1.4s")
				n.word(0x6ea0e400|3<<16|0<<5|4, "fcmgt v4.4s, v0.4s, v3.4s")
				n.emit("VBIF V4.B16, V2.B16, V0.B16")
			})
		}},
		{"floor", doc, applied, 20, func(n *neon) { n.apply(n.floor) }},
		{"atMost", doc, applied, 20, func(n *neon) {
			n.apply(func() { n.word(0x4ea0f400|1<<16, "fmin v0.4s, v0.4s, v1.4s") })
		}},
		{"abs", doc, applied, 20, func(n *neon) {
			n.apply(func() { n.word(0x4ea0f800, "fabs v0.4s, v0.4s") })
		}},
		{"square", doc, applied, 20, func(n *neon) {
			n.apply(func() { n.word(0x6e20dc00, "fmul v0.4s, v0.4s, v0.4s") })
		}},
		{"hardSigmoid", doc, applied, 20, func(n *neon) { n.apply(func() { n.hard(false) }) }},
		{"hardSwish", doc, applied, 20, func(n *neon) { n.apply(func() { n.hard(true) }) }},
		{"add", "an addLoop", "dst, src *float32, vectors int", 24, (*neon).add},
	}
}

// apply writes an applyLoop: V0 holds values, V1 the operand, V3 zeros.
func (n *neon) apply(activate func()) {
	n.emit("MOVD values+0(FP), R0")
	n.emit("MOVD vectors+8(FP), R1")
	n.emit("MOVWU operand+16(FP), R2")
	n.emit("VDUP R2, V1.S4")
	n.emit("VEOR V3.B16, V3.B16, V3.B16")
	n.label("next")
	n.emit("FMOVQ (R0), F0")
	activate()
	n.emit("FMOVQ.P F0, 16(R0)")
	n.emit("SUBS $1, R1")
	n.emit("BNE next")
	n.emit("RET")
}

// floor writes max(x, operand), of two zeros +0, and the quiet NaN for a NaN.
func (n *neon) floor() {
	n.emit("MOVD $0x7fc00000, R3")
	n.emit("VDUP R3, V5.S4")
	n.word(0x4e20e400|0<<16|0<<5|4, "fcmeq v4.4s, v0.4s, v0.4s")
	n.word(0x4e20f400|1<<16, "fmax v0.4s, v0.4s, v1.4s")
	n.emit("VBIF V4.B16, V5.B16, V0.B16")
}

// hard writes min(max(x + 3, 0), 6)/6, of x times that before the division. A NaN stays, and
// that of 0·∞ is the quiet one.
func (n *neon) hard(times bool) {
	n.emit("FMOVS $3.0, F2")
	n.emit("VDUP V2.S[0], V2.S4")
	n.emit("FMOVS $6.0, F5")
	n.emit("VDUP V5.S[0], V5.S4")
	n.word(0x4e20d400|2<<16|0<<5|4, "fadd v4.4s, v0.4s, v2.4s")
	n.word(0x4e20f400|3<<16|4<<5|4, "fmax v4.4s, v4.4s, v3.4s")
	n.word(0x4ea0f400|5<<16|4<<5|4, "fmin v4.4s, v4.4s, v5.4s")
	if times {
		n.word(0x6e20dc00|4<<16|0<<5|4, "fmul v4.4s, v0.4s, v4.4s")
	}
	n.word(0x6e20fc00|5<<16|4<<5, "fdiv v0.4s, v4.4s, v5.4s")
}

// add writes the addLoop. The NaN of ∞ − ∞ is the quiet one.
func (n *neon) add() {
	n.emit("MOVD dst+0(FP), R0")
	n.emit("MOVD src+8(FP), R1")
	n.emit("MOVD vectors+16(FP), R2")
	n.label("next")
	n.emit("FMOVQ (R0), F0")
	n.emit("FMOVQ.P 16(R1), F1")
	n.word(0x4e20d400|1<<16, "fadd v0.4s, v0.4s, v1.4s")
	n.emit("FMOVQ.P F0, 16(R0)")
	n.emit("SUBS $1, R2")
	n.emit("BNE next")
	n.emit("RET")
}

// Registers of columns: the smallest values are in V0 to V3, the largest in V4 to V7. The
// others hold a row's values, a mask, +Inf and −Inf.
const (
	columnsMost  = 4
	columnsValue = 16
	columnsMask  = 17
	columnsPlus  = 18
	columnsMinus = 19
)

func (n *neon) columns() {
	for i, arg := range []string{"lo", "hi", "src", "offsets", "rows", "vectors"} {
		n.emit("MOVD %s+%d(FP), R%d", arg, 8*i, i)
	}
	n.emit("MOVD $0x7f800000, R6")
	n.emit("VDUP R6, V%d.S4", columnsPlus)
	n.emit("MOVD $0xff800000, R6")
	n.emit("VDUP R6, V%d.S4", columnsMinus)
	n.columnsTiles("four", columnsTile)
	n.columnsTiles("one", 1)
	n.emit("RET")
}

// columnsTiles does tiles of so many vectors until fewer are left. Comparisons with NaN
// are false, which leaves it out.
func (n *neon) columnsTiles(label string, vectors int) {
	n.label(label)
	n.emit("SUBS $%d, R5", vectors)
	n.emit("BLT %sEnd", label)
	for i := range vectors {
		n.emit("VMOV V%d.B16, V%d.B16", columnsPlus, i)
		n.emit("VMOV V%d.B16, V%d.B16", columnsMinus, columnsMost+i)
	}
	n.emit("MOVD R3, R7")
	n.emit("MOVD R4, R8")
	n.label(label + "Row")
	n.emit("MOVW.P 4(R7), R9")
	n.emit("ADD R9<<2, R2, R9")
	for i := range vectors {
		n.emit("FMOVQ %d(R9), F%d", 16*i, columnsValue)
		n.replaceIfGreater(i, i, columnsValue)
		n.replaceIfGreater(columnsMost+i, columnsValue, columnsMost+i)
	}
	n.emit("SUBS $1, R8")
	n.emit("BNE %sRow", label)
	for i := range vectors {
		n.emit("FMOVQ F%d, %d(R0)", i, 16*i)
		n.emit("FMOVQ F%d, %d(R1)", columnsMost+i, 16*i)
	}
	for r := range 3 {
		n.emit("ADD $%d, R%d", 16*vectors, r)
	}
	n.emit("B %s", label)
	n.label(label + "End")
	n.emit("ADD $%d, R5", vectors)
}

// replaceIfGreater puts the row's values to a register where a > b.
func (n *neon) replaceIfGreater(to, a, b int) {
	n.word(0x6ea0e400|uint32(b<<16|a<<5|columnsMask), "fcmgt v%d.4s, v%d.4s, v%d.4s", columnsMask, a, b)
	n.emit("VBIT V%d.B16, V%d.B16, V%d.B16", columnsMask, columnsValue, to)
}

// Registers of pool: the results are in V0 to V3, the ordered flags in V4 to V7. The
// others hold a tap's values, a mask or quotient, the first value of a max or a height,
// and the quiet NaN.
const (
	poolOrdered = 4
	poolValue   = 16
	poolOther   = 17
	poolFirst   = 18
	poolQuiet   = 19
)

func (n *neon) pool(average bool) {
	for i, arg := range []string{"dst", "src", "offsets", "taps", "vectors"} {
		n.emit("MOVD %s+%d(FP), R%d", arg, 8*i, i)
	}
	n.emit("MOVD $0x7fc00000, R5")
	n.emit("VDUP R5, V%d.S4", poolQuiet)
	if average {
		n.emit("MOVD widths+40(FP), R6")
		n.emit("MOVWU height+48(FP), R5")
	} else {
		n.emit("MOVD $0xff800000, R5")
	}
	n.emit("VDUP R5, V%d.S4", poolFirst)
	n.poolTiles("four", poolTile, average)
	n.poolTiles("one", 1, average)
	n.emit("RET")
}

// poolTiles computes tiles of so many vectors until fewer are left.
func (n *neon) poolTiles(label string, vectors int, average bool) {
	n.label(label)
	n.emit("SUBS $%d, R4", vectors)
	n.emit("BLT %sEnd", label)
	for i := range vectors {
		if average {
			n.emit("VEOR V%d.B16, V%d.B16, V%d.B16", i, i, i)
		} else {
			n.emit("VMOV V%d.B16, V%d.B16", poolFirst, i)
			n.word(0x4e20e400|uint32(i<<16|i<<5|poolOrdered+i), "fcmeq v%d.4s, v%d.4s, v%d.4s", poolOrdered+i, i, i)
		}
	}
	n.emit("MOVD R2, R7")
	n.emit("MOVD R3, R8")
	n.label(label + "Tap")
	n.emit("MOVW.P 4(R7), R9")
	n.emit("ADD R9<<2, R1, R9")
	for i := range vectors {
		n.emit("FMOVQ %d(R9), F%d", 16*i, poolValue)
		n.poolTake(i, average)
	}
	n.emit("SUBS $1, R8")
	n.emit("BNE %sTap", label)
	for i := range vectors {
		mask := poolOrdered + i
		if average {
			mask = poolOther
			n.emit("FMOVQ %d(R6), F%d", 16*i, poolOther)
			n.word(0x6e20dc00|uint32(poolFirst<<16|poolOther<<5|poolOther), "fmul v%d.4s, v%d.4s, v%d.4s", poolOther, poolOther, poolFirst)
			n.word(0x6e20fc00|uint32(poolOther<<16|i<<5|i), "fdiv v%d.4s, v%d.4s, v%d.4s", i, i, poolOther)
			n.word(0x4e20e400|uint32(i<<16|i<<5|mask), "fcmeq v%d.4s, v%d.4s, v%d.4s", mask, i, i)
		}
		n.emit("VBIF V%d.B16, V%d.B16, V%d.B16", mask, poolQuiet, i)
		n.emit("FMOVQ F%d, %d(R0)", i, 16*i)
	}
	n.emit("ADD $%d, R1", 16*vectors)
	n.emit("ADD $%d, R0", 16*vectors)
	if average {
		n.emit("ADD $%d, R6", 16*vectors)
	}
	n.emit("B %s", label)
	n.label(label + "End")
	n.emit("ADD $%d, R4", vectors)
}

// poolTake takes a vector of a tap. fmax would turn a NaN into NaN too, but it prefers +0
// to −0, and the first of two zeros is wanted.
func (n *neon) poolTake(i int, average bool) {
	if average {
		n.word(0x4e20d400|uint32(poolValue<<16|i<<5|i), "fadd v%d.4s, v%d.4s, v%d.4s", i, i, poolValue)
		return
	}
	n.word(0x6ea0e400|uint32(i<<16|poolValue<<5|poolOther), "fcmgt v%d.4s, v%d.4s, v%d.4s", poolOther, poolValue, i)
	n.emit("VBIT V%d.B16, V%d.B16, V%d.B16", poolOther, poolValue, i)
	n.word(0x4e20e400|uint32(poolValue<<16|poolValue<<5|poolOther), "fcmeq v%d.4s, v%d.4s, v%d.4s", poolOther, poolValue, poolValue)
	n.emit("VAND V%d.B16, V%d.B16, V%d.B16", poolOther, poolOrdered+i, poolOrdered+i)
}
