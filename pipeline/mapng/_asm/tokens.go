package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func findSame(l loop) {
	l.function("findSameAVX2", "func(same *uint64, p *byte, words int)", "findSameAVX2 is findSame for words > 0; p has a byte before it.")
	same, p := l.param("same"), l.param("p")
	l.times("words", func() {
		var mask [2]reg.GPVirtual
		for half := range mask {
			y := l.YMM()
			mask[half] = l.GP64()
			l.VMOVDQU(behind(p, half*bytes), y)
			l.VPCMPEQB(behind(p, half*bytes-1), y, y)
			l.VPMOVMSKB(y, mask[half].As32())
		}
		l.SHLQ(operand.U8(32), mask[1])
		l.ORQ(mask[1], mask[0])
		l.MOVQ(mask[0], behind(same, 0))
		l.ADDQ(operand.I32(2*bytes), p)
		l.ADDQ(operand.I32(8), same)
	})
	l.VZEROUPPER()
	l.RET()
}

func widen(l loop) {
	l.function("widenAVX2", "func(dst *uint16, p *byte, sixteens int)", "widenAVX2 is widen for sixteens > 0 times 16 bytes.")
	dst, p := l.param("dst"), l.param("p")
	l.times("sixteens", func() {
		y := l.YMM()
		l.VPMOVZXBW(behind(p, 0), y)
		l.VMOVDQU(y, behind(dst, 0))
		l.ADDQ(operand.I32(16), p)
		l.ADDQ(operand.I32(32), dst)
	})
	l.VZEROUPPER()
	l.RET()
}

// The number of tokens, and of the tables that count them, as in package mapng.
const tokens, tables = 512, 8

func tally(l loop) {
	l.function("tallyAMD64", "func(count *[8][512]uint16, token *uint16, eights int)",
		"tallyAMD64 is tally for eights > 0 of eight tokens, all of them below tokens.")
	count, token := l.param("count"), l.param("token")
	l.times("eights", func() {
		for k := range tables {
			t := l.GP64()
			l.MOVWQZX(behind(token, 2*k), t)
			l.INCW(operand.Mem{Base: count, Index: t, Scale: 2, Disp: 2 * tokens * k})
		}
		l.ADDQ(operand.I32(2*tables), token)
	})
	l.RET()
}

func fold(l loop) {
	l.function("foldAVX2", "func(count *[8][512]uint16)", "foldAVX2 is fold.")
	count, left := l.param("count"), l.GP64()
	l.MOVQ(operand.I32(2*tokens/bytes), left)
	l.Label("vector")
	sum := l.YMM()
	l.VMOVDQU(behind(count, 0), sum)
	for k := 1; k < tables; k++ {
		l.VPADDW(behind(count, 2*tokens*k), sum, sum)
	}
	l.VMOVDQU(sum, behind(count, 0))
	l.ADDQ(operand.I32(bytes), count)
	l.DECQ(left)
	l.JNZ(operand.LabelRef("vector"))
	l.VZEROUPPER()
	l.RET()
}

// writeGroups joins the words of a group before it uses the pending bits, like
// writeGroupsGeneric. An entry is a word above a byte with the word's length. Shifts use only
// the low six bits of their counts, so an entry, or a sum of entries, serves as a count.
func writeGroups(l loop) {
	l.function("writeGroupsBMI2",
		"func(out *byte, token *uint16, groups int, entry *[512]uint32, pending, bits uint64) (at int, pendingOut, bitsOut uint64)",
		"writeGroupsBMI2 is writeGroups for groups > 0 of three tokens, all of them below",
		"tokens, with room for what they take and 8 bytes more at out.")
	out, token, entry := l.param("out"), l.param("token"), l.param("entry")
	pending, bits := l.param("pending"), l.param("bits")
	begin, three, seven, eight := l.GP64(), l.GP64(), l.GP64(), l.GP64()
	l.MOVQ(out, begin)
	l.MOVQ(operand.I32(3), three)
	l.MOVQ(operand.I32(7), seven)
	l.MOVQ(operand.I32(8), eight)
	l.times("groups", func() {
		words, length := l.GP64(), l.GP64()
		for k := range 3 {
			t := l.GP64()
			l.MOVWQZX(behind(token, 2*k), t)
			if k == 0 {
				l.MOVL(operand.Mem{Base: entry, Index: t, Scale: 4}, length.As32())
				l.SHRXQ(eight, length, words)
				continue
			}
			word := l.GP64()
			l.MOVL(operand.Mem{Base: entry, Index: t, Scale: 4}, t.As32())
			l.SHRXQ(eight, t, word)
			l.SHLXQ(length, word, word)
			l.ORQ(word, words)
			l.ADDQ(t, length)
		}
		l.ADDQ(operand.I32(6), token)
		l.SHLXQ(bits, words, words)
		l.ORQ(words, pending)
		l.ADDQ(length, bits)
		l.MOVQ(pending, behind(out, 0))
		whole, shift := l.GP64(), l.GP64()
		l.SHRXQ(three, bits, whole)
		l.ANDL(operand.U8(7), whole.As32())
		l.ADDQ(whole, out)
		l.ANDNQ(bits, seven, shift)
		l.SHRXQ(shift, pending, pending)
		l.ANDL(operand.U8(7), bits.(reg.GPVirtual).As32())
	})
	l.SUBQ(begin, out)
	l.Store(out, l.Return("at"))
	l.Store(pending, l.Return("pendingOut"))
	l.Store(bits, l.Return("bitsOut"))
	l.RET()
}
