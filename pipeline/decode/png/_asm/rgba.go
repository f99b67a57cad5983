package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// wide is the bytes of the registers of rgba.go.
const wide = 32

// blocks does body for blocks of size elements, the first of which is number i, and
// returns from the function. The last block ends with the row, so that it may do
// some elements of the one before again; n is at least size.
func (l loop) blocks(size int, last reg.GPVirtual, body func(i reg.Register)) {
	i := l.GP64()
	l.SUBQ(operand.I32(size), last)
	l.XORQ(i, i)
	l.Label("block")
	body(i)
	l.CMPQ(i, last)
	l.JEQ(operand.LabelRef("done"))
	l.ADDQ(operand.I32(size), i)
	l.CMPQ(i, last)
	l.CMOVQGT(last, i)
	l.JMP(operand.LabelRef("block"))
	l.Label("done")
	l.VZEROUPPER()
	l.RET()
}

// table is a vector of constant bytes, the same in both halves.
func (l loop) table(name string, b [16]uint8) reg.VecVirtual {
	t := l.StaticGlobal(name)
	l.DataAttributes(attr.RODATA | attr.NOPTR)
	for i := range wide {
		l.AddDatum(i, operand.U8(b[i%16]))
	}
	y := l.YMM()
	l.VMOVDQU(t, y)
	return y
}

// element is element i of an array, or the one disp bytes after it.
func element(base, i reg.Register, size uint8, disp int) operand.Mem {
	return operand.Mem{Base: base, Index: i, Scale: size, Disp: disp}
}

func fromRGB(l loop) {
	l.function("fromRGBAVX2", "func(dst, row *uint8, n int)", "fromRGBAVX2 is fromRGB for n ≥ 8 pixels.")
	dst, row, n := l.param("dst"), l.param("row"), l.param("n")
	order := l.table("rgbOrder", [16]uint8{0, 1, 2, 128, 3, 4, 5, 128, 6, 7, 8, 128, 9, 10, 11, 128})
	alpha := l.table("opaque", [16]uint8{3: 255, 7: 255, 11: 255, 15: 255})
	// Eight pixels at a time, of which the upper four are loaded with the 4 bytes before
	// them and the lower four with the 4 bytes behind them.
	upper := l.table("rgbUpper", [16]uint8{4, 5, 6, 128, 7, 8, 9, 128, 10, 11, 12, 128, 13, 14, 15, 128})
	l.VPBLENDD(operand.U8(0xf0), upper, order, order)
	l.blocks(8, n, func(i reg.Register) {
		at, y := l.GP64(), l.YMM()
		l.LEAQ(operand.Mem{Base: i, Index: i, Scale: 2}, at)
		l.VMOVDQU(element(row, at, 1, 0), y.AsX())
		l.VINSERTI128(operand.U8(1), element(row, at, 1, 8), y, y)
		l.VPSHUFB(order, y, y)
		l.VPOR(alpha, y, y)
		l.VMOVDQU(y, element(dst, i, 4, 0))
	})
}

func fromRGB16(l loop) {
	l.function("fromRGB16AVX2", "func(dst *uint16, row *uint8, n int)", "fromRGB16AVX2 is fromRGB16 for n ≥ 4 pixels.")
	dst, row, n := l.param("dst"), l.param("row"), l.param("n")
	order := l.table("rgb16Order", [16]uint8{1, 0, 3, 2, 5, 4, 128, 128, 7, 6, 9, 8, 11, 10, 128, 128})
	alpha := l.table("opaque16", [16]uint8{6: 255, 7: 255, 14: 255, 15: 255})
	// Four pixels at a time, loaded as in fromRGB.
	upper := l.table("rgb16Upper", [16]uint8{5, 4, 7, 6, 9, 8, 128, 128, 11, 10, 13, 12, 15, 14, 128, 128})
	l.VPBLENDD(operand.U8(0xf0), upper, order, order)
	l.blocks(4, n, func(i reg.Register) {
		at, y := l.GP64(), l.YMM()
		l.LEAQ(operand.Mem{Base: i, Index: i, Scale: 2}, at)
		l.VMOVDQU(element(row, at, 2, 0), y.AsX())
		l.VINSERTI128(operand.U8(1), element(row, at, 2, 8), y, y)
		l.VPSHUFB(order, y, y)
		l.VPOR(alpha, y, y)
		l.VMOVDQU(y, element(dst, i, 8, 0))
	})
}

func fromGray(l loop) {
	l.function("fromGrayAVX2", "func(dst, row *uint8, n int)", "fromGrayAVX2 is fromGray for n ≥ 8 pixels.")
	dst, row, n := l.param("dst"), l.param("row"), l.param("n")
	order := l.table("grayOrder", [16]uint8{0, 0, 0, 128, 4, 4, 4, 128, 8, 8, 8, 128, 12, 12, 12, 128})
	alpha := l.table("grayOpaque", [16]uint8{3: 255, 7: 255, 11: 255, 15: 255})
	l.blocks(8, n, func(i reg.Register) {
		y := l.YMM()
		l.VPMOVZXBD(element(row, i, 1, 0), y)
		l.VPSHUFB(order, y, y)
		l.VPOR(alpha, y, y)
		l.VMOVDQU(y, element(dst, i, 4, 0))
	})
}

func fromBigEndian(l loop) {
	l.function("fromBigEndianAVX2", "func(dst *uint16, row *uint8, n int)", "fromBigEndianAVX2 is fromBigEndian for n ≥ 16 samples.")
	dst, row, n := l.param("dst"), l.param("row"), l.param("n")
	order := l.table("swapped", [16]uint8{1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14})
	l.blocks(16, n, func(i reg.Register) {
		y := l.YMM()
		l.VMOVDQU(element(row, i, 2, 0), y)
		l.VPSHUFB(order, y, y)
		l.VMOVDQU(y, element(dst, i, 2, 0))
	})
}
