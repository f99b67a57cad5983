package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// vector is the bytes of a register.
const vector = 16

// wave undoes the filters of several rows at once. Lane k of a register has a pixel of row
// k, one pixel further left than lane k−1 has, so that the pixel above it is what lane k−1
// has just made. Pixels are stored with the bytes behind them that a lane also has: these
// are not changed. The next pixels are loaded before that, so that no load waits for a
// store that covers a part of it; pixels of a byte are loaded and stored as bytes for that.
type wave struct {
	loop
	bpp, lane int // bytes of a pixel, and of a lane

	rows  []reg.GPVirtual
	above reg.GPVirtual
	left  reg.GPVirtual

	state           reg.GPVirtual
	raw, a, c, zero reg.VecVirtual
}

func (w *wave) begin(name, what string) {
	w.function(fmt.Sprintf("%s%dAVX2", name, w.bpp), "func(row *byte, stride int, above *byte, steps int, state *[7][16]uint8)",
		fmt.Sprintf("%s%dAVX2 is wave for %s, pixels of %d bytes and steps > 0, in %d rows.", name, w.bpp, what, w.bpp, vector/w.lane))
	row, stride := w.param("row"), w.param("stride")
	w.above, w.left, w.state = w.param("above"), w.param("steps"), w.param("state")
	n := vector / w.lane
	w.rows = nil
	for k := range n {
		p := w.GP64()
		w.LEAQ(operand.Mem{Base: row, Disp: (n - 1 - k) * w.bpp}, p)
		w.rows = append(w.rows, p)
		w.ADDQ(stride, row)
	}
	w.ADDQ(operand.I32((n-1)*w.bpp), w.above)
	w.a, w.c, w.zero = w.field(0), w.field(1), w.XMM()
	w.VPXOR(w.zero, w.zero, w.zero)
	w.raw = w.XMM()
	w.load(w.raw, 0)
}

// field is a field of the state.
func (w *wave) field(i int) reg.VecVirtual {
	x := w.XMM()
	w.VMOVDQU(behind(w.state, vector*i), x)
	return x
}

func (w *wave) load(x reg.VecVirtual, disp int) {
	for k, p := range w.rows {
		switch {
		case w.bpp == 1 && k == 0:
			w.VPINSRB(operand.U8(0), behind(p, disp), w.zero, x)
		case w.bpp == 1:
			w.VPINSRB(operand.U8(w.lane*k), behind(p, disp), x, x)
		case w.lane == 4 && k == 0:
			w.VMOVD(behind(p, disp), x)
		case w.lane == 4:
			w.VPINSRD(operand.U8(k), behind(p, disp), x, x)
		case k == 0:
			w.VMOVQ(behind(p, disp), x)
		default:
			w.VPINSRQ(operand.U8(k), behind(p, disp), x, x)
		}
	}
}

func (w *wave) store(x reg.VecVirtual) {
	for k, p := range w.rows {
		switch {
		case w.bpp == 1:
			w.VPEXTRB(operand.U8(w.lane*k), x, behind(p, 0))
		case w.lane == 4 && k == 0:
			w.VMOVD(x, behind(p, 0))
		case w.lane == 4:
			w.VPEXTRD(operand.U8(k), x, behind(p, 0))
		case k == 0:
			w.VMOVQ(x, behind(p, 0))
		default:
			w.VPEXTRQ(operand.U8(k), x, behind(p, 0))
		}
		w.ADDQ(operand.I32(w.bpp), p)
	}
}

// up are the pixels above.
func (w *wave) up() reg.VecVirtual {
	b := w.XMM()
	if w.lane == 4 {
		w.VPBROADCASTD(behind(w.above, 0), b)
	} else {
		w.VPBROADCASTQ(behind(w.above, 0), b)
	}
	w.VPALIGNR(operand.U8(vector-w.lane), b, w.a, b)
	w.ADDQ(operand.I32(w.bpp), w.above)
	return b
}

// steps does body for each step: it adds to raw, given the pixels above. The state of a
// loop is kept in the same registers from step to step.
func (w *wave) steps(body func(b reg.VecVirtual)) {
	w.Label("step")
	b, next := w.up(), w.XMM()
	w.load(next, w.bpp)
	body(b)
	w.store(w.raw)
	w.VMOVDQA(w.raw, w.a)
	w.VMOVDQA(b, w.c)
	w.VMOVDQA(next, w.raw)
	w.DECQ(w.left)
	w.JNZ(operand.LabelRef("step"))
	w.VZEROUPPER()
	w.RET()
}

// nearest is Paeth's predictor less c, within mask. With l and h the smaller and the larger
// of a and b it is l where c−l ≥ 2(h−c), h where h−c ≥ 2(c−l), and else c: the distances of
// PNG 3rd edition, 9.4, where c lies between, and differences below 0 are 0 where not. Both
// hold only where all are equal. The sum of both differences is at most 255, so that
// doubles may saturate.
func (w *wave) nearest(b reg.VecVirtual, mask operand.Op) reg.VecVirtual {
	low, high, toLow, toHigh := w.XMM(), w.XMM(), w.XMM(), w.XMM()
	w.VPMINUB(b, w.a, low)
	w.VPMAXUB(b, w.a, high)
	w.VPSUBUSB(low, w.c, toLow)
	w.VPSUBUSB(w.c, high, toHigh)
	w.VPADDUSB(toHigh, toHigh, high)
	w.VPADDUSB(toLow, toLow, low)
	w.VPSUBUSB(toLow, high, high)
	w.VPSUBUSB(toHigh, low, low)
	w.VPCMPEQB(w.zero, high, high)
	w.VPCMPEQB(w.zero, low, low)
	if mask != nil {
		w.VPAND(mask, toLow, toLow)
		w.VPAND(mask, toHigh, toHigh)
	}
	w.VPAND(toLow, high, toLow)
	w.VPAND(toHigh, low, toHigh)
	w.VPSUBB(toLow, toHigh, toHigh)
	return toHigh
}

// paeth is for rows that all have Paeth's filter.
func (w wave) paeth() {
	w.begin("wavePaeth", "Paeth's filter")
	var mask operand.Op
	if w.bpp < w.lane {
		mask = w.field(5)
	}
	w.steps(func(b reg.VecVirtual) {
		c := w.c
		if mask != nil {
			c = w.XMM()
			w.VPAND(mask, w.c, c)
		}
		w.VPADDB(c, w.raw, w.raw)
		w.VPADDB(w.nearest(b, mask), w.raw, w.raw)
	})
}

// any is for rows with any filters, which the masks choose.
func (w wave) any() {
	w.begin("wave", "any filters")
	sub, up, average, paeth := w.field(2), w.field(3), w.field(4), w.field(5)
	one := w.field(6)
	w.steps(func(b reg.VecVirtual) {
		near := w.nearest(b, paeth)
		x, odd := w.XMM(), w.XMM()
		w.VPAND(paeth, w.c, x)
		w.VPADDB(x, w.raw, w.raw)
		w.VPAND(sub, w.a, x)
		w.VPADDB(x, w.raw, w.raw)
		w.VPAND(up, b, x)
		w.VPADDB(x, w.raw, w.raw)
		w.VPAVGB(b, w.a, x) // rounded up
		w.VPXOR(b, w.a, odd)
		w.VPAND(one, odd, odd)
		w.VPSUBB(odd, x, x)
		w.VPAND(average, x, x)
		w.VPADDB(x, w.raw, w.raw)
		w.VPADDB(near, w.raw, w.raw)
	})
}
