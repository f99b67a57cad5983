package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The number of tokens, and of the tables that count them, as in package mapng.
const tokens, tables = 512, 8

func tally(l loop) {
	l.function("tallyAMD64", "func(tables *[8][512]uint16, token *uint16, eights int)",
		"tallyAMD64 is tally for eights > 0 of eight tokens, all of them below tokens.")
	to, token := l.param("tables"), l.param("token")
	l.times("eights", func() {
		for k := range tables {
			t := l.GP64()
			l.MOVWQZX(behind(token, 2*k), t)
			l.INCW(operand.Mem{Base: to, Index: t, Scale: 2, Disp: 2 * tokens * k})
		}
		l.ADDQ(operand.I32(2*tables), token)
	})
	l.RET()
}

func fold(l loop) {
	l.function("foldAVX2", "func(count *[512]uint16, tables *[8][512]uint16)", "foldAVX2 is fold.")
	count, from, left := l.param("count"), l.param("tables"), l.GP64()
	l.MOVQ(operand.I32(2*tokens/bytes), left)
	zero := l.zero()
	l.Label("vector")
	sum := l.YMM()
	l.VMOVDQU(behind(from, 0), sum)
	for k := 1; k < tables; k++ {
		l.VPADDW(behind(from, 2*tokens*k), sum, sum)
	}
	for k := range tables {
		l.VMOVDQU(zero, behind(from, 2*tokens*k))
	}
	l.VMOVDQU(sum, behind(count, 0))
	l.ADDQ(operand.I32(bytes), from)
	l.ADDQ(operand.I32(bytes), count)
	l.DECQ(left)
	l.JNZ(operand.LabelRef("vector"))
	l.VZEROUPPER()
	l.RET()
}

// writeGroups is like writeGroupsGeneric. An entry is a word of 32 bits below its length.
func writeGroups(l loop) {
	l.function("writeGroupsBMI2",
		"func(out *byte, token *uint16, groups int, entry *[512]uint64, pending, bits uint64) (at int, pendingOut, bitsOut uint64)",
		"writeGroupsBMI2 is writeGroups for groups > 0 of six tokens, all of them below tokens,",
		"with room for what they take and 8 bytes more at out.")
	out, token, entry := l.param("out"), l.param("token"), l.param("entry")
	w := bitWriter{loop: l, out: out, pending: l.param("pending"), bits: l.param("bits"), seven: l.GP64()}
	begin, left := l.GP64(), l.param("groups")
	l.MOVQ(out, begin)
	l.MOVQ(operand.I32(7), w.seven)
	l.Label("group")
	words, length := l.joined(token, entry, 0)
	nextWords, nextLength := l.joined(token, entry, 3)
	l.ADDQ(operand.I32(2*6), token)
	total := l.GP64()
	l.LEAQ(operand.Mem{Base: length, Index: nextLength, Scale: 1}, total)
	l.CMPQ(total, operand.U8(most))
	l.JA(operand.LabelRef("long"))
	l.SHLXQ(length, nextWords, nextWords)
	l.ORQ(nextWords, words)
	l.Label("put")
	w.put(words, total)
	l.DECQ(left)
	l.JNZ(operand.LabelRef("group"))
	l.SUBQ(begin, out)
	l.Store(out, l.Return("at"))
	l.Store(w.pending, l.Return("pendingOut"))
	l.Store(w.bits, l.Return("bitsOut"))
	l.RET()

	l.Label("long")
	w.put(words, length)
	l.MOVQ(nextWords, words)
	l.MOVQ(nextLength, total)
	l.JMP(operand.LabelRef("put"))
}

// most is mostBits of package mapng.
const most = 56

// joined is the words of three tokens and their length.
func (l loop) joined(token, entry reg.Register, first int) (words, length reg.Register) {
	words, length = l.GP64(), l.GP64()
	for k := first; k < first+3; k++ {
		t := l.GP64()
		l.MOVWQZX(behind(token, 2*k), t)
		of := func(disp int) operand.Mem { return operand.Mem{Base: entry, Index: t, Scale: 8, Disp: disp} }
		if k == first {
			l.MOVL(of(0), words.(reg.GPVirtual).As32())
			l.MOVL(of(4), length.(reg.GPVirtual).As32())
			continue
		}
		word := l.GP64()
		l.MOVL(of(0), word.As32())
		l.SHLXQ(length, word, word)
		l.ORQ(word, words)
		l.ADDL(of(4), length.(reg.GPVirtual).As32())
	}
	return words, length
}

// bitWriter is the state of a bitWriter of package mapng.
type bitWriter struct {
	loop
	out, pending, bits reg.Register
	seven              reg.GPVirtual // the number
}

// put writes words of up to most bits. Fewer than 8 bits are pending before and after.
func (w bitWriter) put(words, length reg.Register) {
	w.SHLXQ(w.bits, words, words)
	w.ORQ(words, w.pending)
	w.ADDQ(length, w.bits)
	w.MOVQ(w.pending, behind(w.out, 0))
	whole, shift := w.GP64(), w.GP64()
	w.MOVQ(w.bits, whole)
	w.SHRQ(operand.U8(3), whole)
	w.ADDQ(whole, w.out)
	w.ANDNQ(w.bits, w.seven, shift)
	w.SHRXQ(shift, w.pending, w.pending)
	w.ANDL(operand.U8(7), w.bits.(reg.GPVirtual).As32())
}
