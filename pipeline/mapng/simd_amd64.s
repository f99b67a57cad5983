//go:build !purego

#include "textflag.h"

// What every amd64 processor has, up to SSE2: sixteen bytes at a time.

// func subSSE2(dst, cur, pred *byte, n int)
TEXT ·subSSE2(SB), NOSPLIT, $0-32
	MOVQ dst+0(FP), DI
	MOVQ cur+8(FP), SI
	MOVQ pred+16(FP), DX
	MOVQ n+24(FP), CX
	XORQ AX, AX

subLoop:
	MOVOU (SI)(AX*1), X0
	MOVOU (DX)(AX*1), X1
	PSUBB X1, X0
	MOVOU X0, (DI)(AX*1)
	ADDQ  $16, AX
	CMPQ  AX, CX
	JLT   subLoop
	RET

// func subMeanSSE2(dst, cur, left, up *byte, n int)
TEXT ·subMeanSSE2(SB), NOSPLIT, $0-40
	MOVQ dst+0(FP), DI
	MOVQ cur+8(FP), SI
	MOVQ left+16(FP), DX
	MOVQ up+24(FP), BX
	MOVQ n+32(FP), CX
	XORQ AX, AX

	// X7: 1 in each byte
	PCMPEQB X7, X7
	PXOR    X6, X6
	PSUBB   X7, X6
	MOVO    X6, X7

meanLoop:
	MOVOU (SI)(AX*1), X0
	MOVOU (DX)(AX*1), X1
	MOVOU (BX)(AX*1), X2
	MOVO  X1, X3
	PXOR  X2, X3
	PAND  X7, X3
	PAVGB X2, X1
	PSUBB X3, X1         // PAVGB rounds up, PNG's mean down
	PSUBB X1, X0
	MOVOU X0, (DI)(AX*1)
	ADDQ  $16, AX
	CMPQ  AX, CX
	JLT   meanLoop
	RET

// func subPaethSSE2(dst, cur, left, up, upLeft *byte, n int)
//
// With lo ≤ hi the smaller and larger of left and up, lo is at hi−c from the
// estimate left + up − c where c lies between them, hi is at c−lo, and c itself at
// the difference of the two. The estimate is lo or less where c ≥ hi, and hi or
// more where c ≤ lo; saturating subtraction makes the nearer distance 0 there. So
// lo is taken where 2(hi−c) ≤ c−lo, hi where 2(c−lo) ≤ hi−c, and c otherwise; where
// both hold all three are equal.
TEXT ·subPaethSSE2(SB), NOSPLIT, $0-48
	MOVQ dst+0(FP), DI
	MOVQ cur+8(FP), SI
	MOVQ left+16(FP), DX
	MOVQ up+24(FP), BX
	MOVQ upLeft+32(FP), R8
	MOVQ n+40(FP), CX
	XORQ AX, AX
	PXOR X8, X8

paethLoop:
	MOVOU   (DX)(AX*1), X0
	MOVOU   (BX)(AX*1), X1
	MOVOU   (R8)(AX*1), X2       // c
	MOVO    X0, X3
	PMINUB  X1, X3               // lo
	PMAXUB  X1, X0               // hi
	MOVO    X2, X4
	PSUBUSB X3, X4               // c−lo
	MOVO    X0, X5
	PSUBUSB X2, X5               // hi−c
	MOVO    X4, X6
	PSUBUSB X5, X6               // (c−lo) − (hi−c)
	MOVO    X5, X7
	PSUBUSB X4, X7               // (hi−c) − (c−lo)
	PSUBUSB X6, X5
	PCMPEQB X8, X5               // take lo
	PSUBUSB X7, X4
	PCMPEQB X8, X4               // take hi
	PXOR    X2, X3
	PAND    X5, X3
	PXOR    X2, X0
	PAND    X4, X0
	PXOR    X3, X2
	PXOR    X0, X2
	MOVOU   (SI)(AX*1), X1
	PSUBB   X2, X1
	MOVOU   X1, (DI)(AX*1)
	ADDQ    $16, AX
	CMPQ    AX, CX
	JLT     paethLoop
	RET

// func findSameSSE2(same *uint64, p *byte, words int)
TEXT ·findSameSSE2(SB), NOSPLIT, $0-24
	MOVQ same+0(FP), DI
	MOVQ p+8(FP), SI
	MOVQ words+16(FP), CX

sameLoop:
	MOVOU    (SI), X0
	MOVOU    -1(SI), X4
	PCMPEQB  X4, X0
	PMOVMSKB X0, AX
	MOVOU    16(SI), X1
	MOVOU    15(SI), X5
	PCMPEQB  X5, X1
	PMOVMSKB X1, BX
	MOVOU    32(SI), X2
	MOVOU    31(SI), X6
	PCMPEQB  X6, X2
	PMOVMSKB X2, DX
	MOVOU    48(SI), X3
	MOVOU    47(SI), X7
	PCMPEQB  X7, X3
	PMOVMSKB X3, R8
	SHLQ     $16, BX
	ORQ      BX, AX
	SHLQ     $16, R8
	ORQ      R8, DX
	SHLQ     $32, DX
	ORQ      DX, AX
	MOVQ     AX, (DI)
	ADDQ     $64, SI
	ADDQ     $8, DI
	DECQ     CX
	JNZ      sameLoop
	RET

// func widenSSE2(dst *uint16, p *byte, n int)
TEXT ·widenSSE2(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ p+8(FP), SI
	MOVQ n+16(FP), CX
	PXOR X0, X0

widenLoop:
	MOVOU     (SI), X1
	MOVO      X1, X2
	PUNPCKLBW X0, X1
	PUNPCKHBW X0, X2
	MOVOU     X1, (DI)
	MOVOU     X2, 16(DI)
	ADDQ      $16, SI
	ADDQ      $32, DI
	SUBQ      $16, CX
	JGT       widenLoop
	RET

// Weights 16 to 1 as 16-bit words.
DATA weights<>+0(SB)/8, $0x000d000e000f0010
DATA weights<>+8(SB)/8, $0x0009000a000b000c
DATA weights<>+16(SB)/8, $0x0005000600070008
DATA weights<>+24(SB)/8, $0x0001000200030004
GLOBL weights<>(SB), RODATA|NOPTR, $32

// func sumsSSE2(p *byte, n int) (plain, weighted uint64)
TEXT ·sumsSSE2(SB), NOSPLIT, $0-32
	MOVQ  p+0(FP), SI
	MOVQ  n+8(FP), CX
	PXOR  X0, X0                 // zero
	PXOR  X1, X1                 // sum of bytes, 2 lanes
	PXOR  X2, X2                 // sum of the sums before each sixteen, 2 lanes
	PXOR  X3, X3                 // weighted inside each sixteen, 4 lanes
	MOVOU weights<>+0(SB), X4
	MOVOU weights<>+16(SB), X5

sumsLoop:
	MOVOU     (SI), X6
	PADDQ     X1, X2
	MOVO      X6, X7
	MOVO      X6, X8
	PSADBW    X0, X6
	PADDQ     X6, X1
	PUNPCKLBW X0, X7
	PUNPCKHBW X0, X8
	PMADDWL   X4, X7
	PMADDWL   X5, X8
	PADDL     X7, X3
	PADDL     X8, X3
	ADDQ      $16, SI
	SUBQ      $16, CX
	JNZ       sumsLoop

	PSHUFD $0x4e, X1, X6
	PADDQ  X6, X1
	MOVQ   X1, AX
	MOVQ   AX, plain+16(FP)
	PSHUFD $0x4e, X2, X6
	PADDQ  X6, X2
	MOVQ   X2, AX
	SHLQ   $4, AX
	PSHUFD $0x4e, X3, X6
	PADDL  X6, X3
	PSHUFD $0xb1, X3, X6
	PADDL  X6, X3
	MOVL   X3, BX
	ADDQ   BX, AX
	MOVQ   AX, weighted+24(FP)
	RET

// func writeGroupsAMD64(out *byte, token *uint16, groups int, entry *[512]uint32, pending, bits uint64) (at int, pendingOut, bitsOut uint64)
TEXT ·writeGroupsAMD64(SB), NOSPLIT, $0-72
	MOVQ out+0(FP), DI
	MOVQ token+8(FP), SI
	MOVQ groups+16(FP), AX
	MOVQ entry+24(FP), R9
	MOVQ pending+32(FP), DX
	MOVQ bits+40(FP), BX

groupLoop:
	MOVWLZX 0(SI), R8
	MOVWLZX 2(SI), R10
	MOVWLZX 4(SI), R12
	MOVL    (R9)(R8*4), CX
	MOVL    (R9)(R10*4), R11
	MOVL    (R9)(R12*4), R13
	ADDQ    $6, SI
	MOVQ    CX, R8
	SHRQ    $8, R8           // the first word
	MOVQ    R11, R10
	SHRQ    $8, R10
	SHLQ    CX, R10          // the second beside it
	ORQ     R10, R8
	ADDQ    R11, CX
	MOVQ    R13, R12
	SHRQ    $8, R12
	SHLQ    CX, R12          // the third
	ORQ     R12, R8
	LEAQ    (CX)(R13*1), R10 // low byte: their length
	MOVQ    BX, CX
	SHLQ    CX, R8
	ORQ     R8, DX
	ADDQ    R10, BX
	MOVQ    DX, (DI)
	MOVL    BX, CX
	SHRL    $3, BX
	ANDL    $7, BX           // whole bytes
	ADDQ    BX, DI
	MOVL    CX, BX
	ANDL    $56, CX
	SHRQ    CX, DX
	ANDL    $7, BX
	DECQ    AX
	JNZ     groupLoop

	SUBQ out+0(FP), DI
	MOVQ DI, at+48(FP)
	MOVQ DX, pendingOut+56(FP)
	MOVQ BX, bitsOut+64(FP)
	RET
