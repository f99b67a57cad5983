package main

// Registers of functions. The first nine are of two float64, as in functions.
const (
	fnValue = iota
	fnResult
	fnShifted
	fnN
	fnRest
	fnSum
	fnScale
	fnConstant
	fnOperand
	fnBits
	fnMask
	fnSigns
	fnW
	fnOver
	fnZero
	fnIn
	fnOut
	fnQuiet
	fnOther
)

// neonFunctions are the loops of activations that are computed in float64, two at a time.
func neonFunctions() []neonRowLoop {
	const arguments, doc = "values *float32, vectors int, operand float64, constants *float64", "a functionLoop"
	loop := func(name string, apply func(n *neon)) neonRowLoop {
		return neonRowLoop{name, doc, arguments, 32, func(n *neon) { n.function(func() { apply(n) }) }}
	}
	return []neonRowLoop{
		loop("sigmoid", func(n *neon) {
			n.fneg(fnValue, fnResult)
			n.exponential(fnResult)
			n.exp(fnResult)
			n.with(n.fadd, atOne, fnResult)
			n.constant(atOne, fnValue)
			n.fdiv(fnValue, fnResult, fnResult)
		}),
		loop("silu", func(n *neon) {
			n.fneg(fnValue, fnResult)
			n.exponential(fnResult)
			n.exp(fnResult)
			n.with(n.fadd, atOne, fnResult)
			n.fdiv(fnValue, fnResult, fnResult)
		}),
		loop("tanh", func(n *neon) {
			n.fabs(fnValue, fnResult)
			n.fadd(fnResult, fnResult, fnResult)
			n.with(n.fmin, atMostTwice, fnResult)
			n.exponential(fnResult)
			n.expm1(fnResult)
			n.constant(atTwo, fnConstant)
			n.fadd(fnResult, fnConstant, fnSum)
			n.fdiv(fnResult, fnSum, fnResult)
			n.copySign(fnValue, fnResult)
		}),
		loop("elu", func(n *neon) {
			n.emit("VMOV V%d.B16, V%d.B16", fnValue, fnResult)
			n.exponential(fnResult)
			n.expm1(fnResult)
			n.copySign(fnValue, fnResult)
			n.fmul(fnResult, fnOperand, fnResult)
			n.positive(fnValue, fnValue, fnResult)
		}),
		loop("geluTanh", func(n *neon) {
			n.fmul(fnValue, fnValue, fnResult)
			n.fmul(fnResult, fnValue, fnResult)
			n.with(n.fmul, atCubic, fnResult)
			n.fadd(fnValue, fnResult, fnResult)
			n.with(n.fmul, atTwiceRoot, fnResult)
			n.exponential(fnResult)
			n.exp(fnResult)
			n.with(n.fadd, atOne, fnResult)
			n.fdiv(fnValue, fnResult, fnResult)
		}),
		loop("gelu", (*neon).gelu),
	}
}

func (n *neon) gelu() {
	n.fabs(fnValue, fnResult)
	n.with(n.fmin, atFarthest, fnResult)
	n.constant(atMiddle, fnConstant)
	n.fadd(fnResult, fnConstant, fnOver)
	n.fsub(fnResult, fnConstant, fnW)
	n.constant(atOne, fnConstant)
	n.fdiv(fnConstant, fnOver, fnOver)
	n.fmul(fnW, fnOver, fnW)
	n.fmul(fnResult, fnResult, fnResult)
	n.with(n.fmul, atMinusHalf, fnResult)
	n.exponential(fnResult)
	n.exp(fnResult)
	n.constant(atNormal, fnSum)
	for i := atNormal + 1; i < constantCount; i++ {
		n.fmul(fnSum, fnW, fnSum)
		n.with(n.fadd, i, fnSum)
	}
	n.fmul(fnSum, fnOver, fnSum)
	n.fmul(fnResult, fnSum, fnResult)
	n.constant(atOne, fnN)
	n.fsub(fnN, fnResult, fnN)
	n.positive(fnValue, fnN, fnResult)
	n.fmul(fnValue, fnResult, fnResult)
}

// function writes a functionLoop.
func (n *neon) function(apply func()) {
	n.emit("MOVD values+0(FP), R0")
	n.emit("MOVD vectors+8(FP), R1")
	n.emit("MOVD operand+16(FP), R2")
	n.emit("MOVD constants+24(FP), R3")
	n.emit("VDUP R2, V%d.D2", fnOperand)
	n.emit("MOVD $%d, R2", int64(1023)<<52)
	n.emit("VDUP R2, V%d.D2", fnBits)
	n.emit("MOVD $0x8000000000000000, R2")
	n.emit("VDUP R2, V%d.D2", fnSigns)
	n.emit("MOVD $0x7fc00000, R2")
	n.emit("VDUP R2, V%d.S4", fnQuiet)
	n.emit("VEOR V%d.B16, V%d.B16, V%d.B16", fnZero, fnZero, fnZero)
	n.label("next")
	n.emit("FMOVQ (R0), F%d", fnIn)
	n.word(0x0e617800|uint32(fnIn<<5+fnValue), "fcvtl v%d.2d, v%d.2s", fnValue, fnIn)
	apply()
	n.word(0x0e616800|uint32(fnResult<<5|fnOut), "fcvtn v%d.2s, v%d.2d", fnOut, fnResult)
	n.word(0x4e617800|uint32(fnIn<<5+fnValue), "fcvtl2 v%d.2d, v%d.4s", fnValue, fnIn)
	apply()
	n.word(0x4e616800|uint32(fnResult<<5|fnOut), "fcvtn2 v%d.4s, v%d.2d", fnOut, fnResult)
	n.word(0x4e20e400|uint32(fnIn<<16|fnIn<<5|fnMask), "fcmeq v%d.4s, v%d.4s, v%d.4s", fnMask, fnIn, fnIn)
	n.word(0x4e20e400|uint32(fnOut<<16|fnOut<<5|fnOther), "fcmeq v%d.4s, v%d.4s, v%d.4s", fnOther, fnOut, fnOut)
	n.emit("VAND V%d.B16, V%d.B16, V%d.B16", fnMask, fnOther, fnMask)
	n.emit("VBIF V%d.B16, V%d.B16, V%d.B16", fnMask, fnQuiet, fnOut)
	n.emit("FMOVQ.P F%d, 16(R0)", fnOut)
	n.emit("SUBS $1, R1")
	n.emit("BNE next")
	n.emit("RET")
}

// constant fills a register with a constant of the package.
func (n *neon) constant(place, to int) {
	n.emit("FMOVD %d(R3), F%d", 8*place, to)
	n.emit("VDUP V%d.D[0], V%d.D2", to, to)
}

// with changes a register by a constant.
func (n *neon) with(change func(a, b, to int), place, to int) {
	n.constant(place, fnConstant)
	change(to, fnConstant, to)
}

func (n *neon) twice(code uint32, name string, a, b, to int) {
	n.word(code|uint32(b<<16|a<<5|to), "%s v%d.2d, v%d.2d, v%d.2d", name, to, a, b)
}

func (n *neon) fadd(a, b, to int) { n.twice(0x4e60d400, "fadd", a, b, to) }
func (n *neon) fsub(a, b, to int) { n.twice(0x4ee0d400, "fsub", a, b, to) }
func (n *neon) fmul(a, b, to int) { n.twice(0x6e60dc00, "fmul", a, b, to) }
func (n *neon) fdiv(a, b, to int) { n.twice(0x6e60fc00, "fdiv", a, b, to) }
func (n *neon) fmin(a, b, to int) { n.twice(0x4ee0f400, "fmin", a, b, to) }
func (n *neon) fmax(a, b, to int) { n.twice(0x4e60f400, "fmax", a, b, to) }

func (n *neon) fneg(from, to int) {
	n.word(0x6ee0f800|uint32(from<<5|to), "fneg v%d.2d, v%d.2d", to, from)
}

func (n *neon) fabs(from, to int) {
	n.word(0x4ee0f800|uint32(from<<5|to), "fabs v%d.2d, v%d.2d", to, from)
}

// copySign gives a register the signs of another.
func (n *neon) copySign(from, to int) {
	n.emit("VBIT V%d.B16, V%d.B16, V%d.B16", fnSigns, from, to)
}

// positive puts other to a register where a > 0.
func (n *neon) positive(a, other, to int) {
	n.twice(0x6ee0e400, "fcmgt", a, fnZero, fnMask)
	n.emit("VBIT V%d.B16, V%d.B16, V%d.B16", fnMask, other, to)
}

// exponential leaves e^x in parts, scale and rest. x is changed.
func (n *neon) exponential(x int) {
	n.with(n.fmax, atLeast, x)
	n.with(n.fmin, atMost, x)
	n.constant(atLog2e, fnConstant)
	n.fmul(x, fnConstant, fnShifted)
	n.constant(atShift, fnConstant)
	n.fadd(fnShifted, fnConstant, fnShifted)
	n.fsub(fnShifted, fnConstant, fnN)
	for _, part := range []int{atHigh, atLow} {
		n.constant(part, fnConstant)
		n.fmul(fnN, fnConstant, fnConstant)
		n.fsub(x, fnConstant, x)
	}
	n.constant(atSeries, fnSum)
	for i := atSeries + 1; i < atNormal; i++ {
		n.fmul(fnSum, x, fnSum)
		n.with(n.fadd, i, fnSum)
	}
	n.fmul(fnSum, x, fnSum)
	n.with(n.fadd, atOne, fnSum)
	n.fmul(fnSum, x, fnRest)
	n.word(0x4f745400|uint32(fnShifted<<5|fnScale), "shl v%d.2d, v%d.2d, #52", fnScale, fnShifted)
	n.twice(0x4ee08400, "add", fnScale, fnBits, fnScale)
}

func (n *neon) exp(to int) {
	n.with(n.fadd, atOne, fnRest)
	n.fmul(fnScale, fnRest, to)
}

func (n *neon) expm1(to int) {
	n.fmul(fnScale, fnRest, fnRest)
	n.with(n.fsub, atOne, fnScale)
	n.fadd(fnRest, fnScale, to)
}
