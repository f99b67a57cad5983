package main

import "fmt"

// Registers of maxima: the maxima are in V0 to V3. The others hold a tap's values, a mask and
// ones in lanes in which no NaN was met.
const (
	maximaValue = 16
	maximaMask  = 17
	maximaNoNaN = 18
)

// maxima writes a maximaLoop. It takes taps from the last to the first: a maximum stays only
// if it is greater than the earlier tap.
func (n *neon) maxima() {
	for i, arg := range []string{"dst", "row", "src", "offsets", "taps", "rows", "vectors"} {
		n.emit("MOVD %s+%d(FP), R%d", arg, 8*i, i)
	}
	n.emit("MOVD $0xffffffff, R7")
	n.emit("VDUP R7, V%d.S4", maximaNoNaN)
	n.emit("SUB $1, R4, R14")
	for _, vectors := range []int{4, 1} {
		n.maximaTiles(fmt.Sprintf("tile%d", vectors), vectors)
	}
	n.word(0x6eb1a800|maximaNoNaN<<5|maximaNoNaN, "uminv s%d, v%d.4s", maximaNoNaN, maximaNoNaN)
	n.emit("VMOV V%d.S[0], R7", maximaNoNaN)
	n.emit("CMPW $0, R7")
	n.emit("CSET EQ, R7")
	n.emit("MOVB R7, nan+56(FP)")
	n.emit("RET")
}

// maximaTiles computes tiles of so many vectors until fewer are left.
func (n *neon) maximaTiles(label string, vectors int) {
	n.label(label)
	n.emit("SUBS $%d, R6", vectors)
	n.emit("BLT %sEnd", label)
	n.emit("MOVD R3, R7") // offsets of a row
	n.emit("MOVD R0, R8")
	n.emit("MOVD R5, R9")
	n.label(label + "Row")
	n.emit("MOVD R14, R10") // the tap
	n.emit("MOVW (R7)(R10<<2), R11")
	n.emit("ADD R11<<2, R2, R11")
	for i := range vectors {
		n.emit("FMOVQ %d(R11), F%d", 16*i, i)
	}
	n.emit("CMP $1, R10")
	n.emit("BLE %sFirst", label)
	n.label(label + "Tap")
	n.maximaTake(vectors)
	n.emit("CMP $1, R10")
	n.emit("BGT %sTap", label)
	n.label(label + "First")
	n.maximaNote(vectors)
	n.emit("CBZ R10, %sStore", label)
	n.maximaTake(vectors)
	n.maximaNote(vectors)
	n.label(label + "Store")
	for i := range vectors {
		n.emit("FMOVQ F%d, %d(R8)", i, 16*i)
	}
	n.emit("ADD R1, R8")
	n.emit("ADD R4<<2, R7")
	n.emit("SUBS $1, R9")
	n.emit("BNE %sRow", label)
	n.emit("ADD $%d, R2", 16*vectors)
	n.emit("ADD $%d, R0", 16*vectors)
	n.emit("B %s", label)
	n.label(label + "End")
	n.emit("ADD $%d, R6", vectors)
}

func (n *neon) maximaTake(vectors int) {
	n.emit("SUB $1, R10")
	n.emit("MOVW (R7)(R10<<2), R11")
	n.emit("ADD R11<<2, R2, R11")
	for i := range vectors {
		n.emit("FMOVQ %d(R11), F%d", 16*i, maximaValue)
		n.word(0x6ea0e400|uint32(maximaValue<<16|i<<5|maximaMask), "fcmgt v%d.4s, v%d.4s, v%d.4s", maximaMask, i, maximaValue)
		n.emit("VBIF V%d.B16, V%d.B16, V%d.B16", maximaMask, maximaValue, i)
	}
}

func (n *neon) maximaNote(vectors int) {
	for i := range vectors {
		n.word(0x4e20e400|uint32(i<<16|i<<5|maximaMask), "fcmeq v%d.4s, v%d.4s, v%d.4s", maximaMask, i, i)
		n.emit("VAND V%d.B16, V%d.B16, V%d.B16", maximaMask, maximaNoNaN, maximaNoNaN)
	}
}

// split writes a splitLoop: whole vectors, and the rest of a row value by value.
func (n *neon) split() {
	for i, arg := range []string{"even", "odd", "dstChannel", "dstRow", "src", "srcChannel", "srcRow", "channels", "rows", "n"} {
		n.emit("MOVD %s+%d(FP), R%d", arg, 8*i, i)
	}
	n.emit("SUB R0, R1")
	n.label("channel")
	n.emit("MOVD R0, R10")
	n.emit("MOVD R4, R11")
	n.emit("MOVD R8, R12")
	n.label("row")
	n.emit("MOVD R10, R13")
	n.emit("ADD R1, R10, R14") // where values of odd index go
	n.emit("MOVD R11, R15")
	n.emit("MOVD R9, R16")
	n.label("next")
	n.emit("SUBS $8, R16")
	n.emit("BLT rest")
	n.emit("FMOVQ (R15), F0")
	n.emit("FMOVQ 16(R15), F1")
	n.emit("VUZP1 V1.S4, V0.S4, V2.S4")
	n.emit("VUZP2 V1.S4, V0.S4, V3.S4")
	n.emit("FMOVQ.P F2, 16(R13)")
	n.emit("FMOVQ.P F3, 16(R14)")
	n.emit("ADD $32, R15")
	n.emit("B next")
	n.label("rest")
	n.emit("ADDS $8, R16")
	n.emit("BEQ split")
	n.label("one")
	n.emit("FMOVS.P 4(R15), F0")
	n.emit("FMOVS.P F0, 4(R13)")
	n.emit("SUBS $1, R16")
	n.emit("BEQ split")
	n.emit("FMOVS.P 4(R15), F0")
	n.emit("FMOVS.P F0, 4(R14)")
	n.emit("SUBS $1, R16")
	n.emit("BNE one")
	n.label("split")
	n.emit("ADD R3, R10")
	n.emit("ADD R6, R11")
	n.emit("SUBS $1, R12")
	n.emit("BNE row")
	n.emit("ADD R2, R0")
	n.emit("ADD R5, R4")
	n.emit("SUBS $1, R7")
	n.emit("BNE channel")
	n.emit("RET")
}
