package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// finishHalves transposes a tile for AVX2 and stores the filters that exist. After the
// transposition, register m of four outputs holds them for filter m in its lower half and for
// filter 4+m in its upper half. Each half is stored by itself, so that no register is put
// together again.
func (l *lanes) finishHalves(out, channel, left reg.Register) {
	t := transposer{Context: l.Context, free: append([]reg.VecPhysical(nil), l.spare...)}
	for v := range l.vectors {
		var fours [][4]reg.VecPhysical
		for p := 0; p < l.outputs; p += 4 {
			var rows [4]reg.VecPhysical
			for i := range min(4, l.outputs-p) {
				rows[i] = l.acc[p+i][v]
			}
			fours = append(fours, t.four(rows))
		}
		for filter := range 8 {
			for i, four := range fours {
				l.storeHalf(four[filter%4], t.free[0], filter >= 4, min(4, l.outputs-4*i), at(out, 16*i))
			}
			if v+1 == l.vectors && filter == 7 {
				break
			}
			l.DECQ(left)
			l.JZ(operand.LabelRef("stored"))
			l.ADDQ(channel, out)
		}
		for _, four := range fours {
			t.free = append(t.free, four[:]...)
		}
	}
	l.Label("stored")
}

// four turns up to four rows r of values r[i] into registers m of values r[m] in each half.
// Rows that are nil leave any value in their place.
func (t *transposer) four(rows [4]reg.VecPhysical) [4]reg.VecPhysical {
	for i := 0; i < 4; i += 2 {
		rows[i], rows[i+1] = t.exchange(rows[i], rows[i+1],
			func(a, b, to reg.VecPhysical) { t.VUNPCKLPS(b, a, to) },
			func(a, b, to reg.VecPhysical) { t.VUNPCKHPS(b, a, to) })
	}
	low := func(a, b, to reg.VecPhysical) { t.VUNPCKLPD(b, a, to) }
	high := func(a, b, to reg.VecPhysical) { t.VUNPCKHPD(b, a, to) }
	c0, c1 := t.exchange(rows[0], rows[2], low, high)
	c2, c3 := t.exchange(rows[1], rows[3], low, high)
	return [4]reg.VecPhysical{c0, c1, c2, c3}
}

// storeHalf stores the first n values of a register's lower or upper half.
func (l *lanes) storeHalf(r, spare reg.VecPhysical, upper bool, n int, to operand.Mem) {
	if n == 4 {
		if upper {
			l.VEXTRACTF128(operand.U8(1), r, to)
		} else {
			l.VMOVUPS(r.AsX(), to)
		}
		return
	}
	if upper {
		l.VEXTRACTF128(operand.U8(1), r, spare.AsX())
		r = spare
	}
	if n == 1 {
		l.VMOVSS(r.AsX(), to)
		return
	}
	l.VMOVLPS(r.AsX(), to)
	if n == 3 {
		to.Disp += 8
		l.VEXTRACTPS(operand.U8(2), r.AsX(), to)
	}
}
