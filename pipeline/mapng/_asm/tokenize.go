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

// tokenize is like tokenizeGeneric. It goes from a run straight to the word in which the run
// ends.
func tokenize(l loop) {
	l.function("tokenizeAVX2", "func(token *uint16, p *byte, n int, same *uint64, words int) (tokens int)",
		"tokenizeAVX2 is tokenize of n > 0 bytes, with words > 0 words in same before the one of",
		"zeros.")
	token, p, same, words := l.param("token"), l.param("p"), l.param("same"), l.param("words")
	w, pos, ones := l.GP64(), l.GP64(), l.GP64()
	l.XORQ(w, w)
	l.XORQ(pos, pos)
	l.MOVQ(operand.I32(-1), ones)

	l.Label("word")
	l.CMPQ(w, words)
	l.JGE(operand.LabelRef("rest"))
	bits := l.GP64()
	l.MOVQ(operand.Mem{Base: same, Index: w, Scale: 8}, bits)
	starts := l.runStarts(bits, operand.Mem{Base: same, Index: w, Scale: 8, Disp: 8})
	first, done, zero := l.GP64(), l.GP64(), l.GP64() // first: the place of the word's first bit
	l.MOVQ(w, first)
	l.SHLQ(operand.U8(6), first)
	l.XORQ(zero, zero)
	l.MOVQ(pos, done)
	l.SUBQ(first, done)
	l.CMOVQLT(zero, done)
	l.SHLXQ(done, ones, done)
	l.ANDQ(done, starts)
	l.JZ(operand.LabelRef("next"))

	l.Label("run")
	start, end := l.GP64(), l.GP64()
	l.TZCNTQ(starts, start)
	l.SHRXQ(start, bits, end)
	l.NOTQ(end)
	l.TZCNTQ(end, end)
	l.ADDQ(start, end) // in the word, or 64
	l.ADDQ(first, start)
	l.literals(token, p, pos, start, "literals")
	l.CMPQ(end, operand.U8(64))
	l.JNE(operand.LabelRef("ended"))
	l.Label("wordOfRun")
	l.INCQ(w)
	more := l.GP64()
	l.MOVQ(operand.Mem{Base: same, Index: w, Scale: 8}, more)
	l.NOTQ(more)
	l.TZCNTQ(more, more) // 64 of zero
	l.ADDQ(more, end)
	l.CMPQ(more, operand.U8(64))
	l.JEQ(operand.LabelRef("wordOfRun"))
	l.Label("ended")
	l.LEAQ(operand.Mem{Base: first, Index: end, Scale: 1}, pos)
	l.SUBQ(pos, start)
	l.NEGQ(start) // the length
	l.run(token, start)
	l.CMPQ(end, operand.U8(64))
	l.JGE(operand.LabelRef("word")) // the one in which the run ended
	l.SHLXQ(end, ones, end)
	l.ANDQ(end, starts)
	l.JNZ(operand.LabelRef("run"))
	l.Label("next")
	l.INCQ(w)
	l.JMP(operand.LabelRef("word"))

	l.Label("rest")
	n := l.param("n")
	l.CMPQ(pos, n)
	l.JGE(operand.LabelRef("done"))
	l.literals(token, p, pos, n, "lastLiterals")
	l.Label("done")
	begin := l.param("token")
	l.SUBQ(begin, token)
	l.SHRQ(operand.U8(1), token)
	l.Store(token, l.Return("tokens"))
	l.VZEROUPPER()
	l.RET()
}

// runStarts is runStarts of package mapng.
func (l loop) runStarts(bits reg.Register, next operand.Mem) reg.Register {
	starts, follow := bits, l.GP64()
	l.MOVQ(next, follow)
	for step := range 3 {
		shifted := l.GP64()
		l.MOVQ(starts, shifted)
		l.SHRQ(operand.U8(1<<step), follow, shifted)
		l.ANDQ(starts, shifted)
		starts = shifted
		if step < 2 {
			later := l.GP64()
			l.MOVQ(follow, later)
			l.SHRQ(operand.U8(1<<step), later)
			l.ANDQ(later, follow)
		}
	}
	return starts
}

// literals appends a token for each of the bytes from ≤ i < to of p. It reads and writes up to
// 31 elements more.
func (l loop) literals(token, p, from, to reg.Register, label string) {
	src, dst, left := l.GP64(), l.GP64(), l.GP64()
	l.LEAQ(operand.Mem{Base: p, Index: from, Scale: 1}, src)
	l.MOVQ(to, left)
	l.SUBQ(from, left)
	l.MOVQ(token, dst)
	l.LEAQ(operand.Mem{Base: token, Index: left, Scale: 2}, token)
	l.Label(label)
	for half := range 2 {
		y := l.YMM()
		l.VPMOVZXBW(behind(src, half*16), y)
		l.VMOVDQU(y, behind(dst, half*32))
	}
	l.ADDQ(operand.I32(32), src)
	l.ADDQ(operand.I32(64), dst)
	l.SUBQ(operand.I32(32), left)
	l.JG(operand.LabelRef(label))
}

// The shortest and the longest match, as in package mapng.
const shortest, longest = 3, 258

// run appends the tokens of a run, whose length it destroys.
func (l loop) run(token, length reg.Register) {
	const token0 = 256 - shortest // of a run without bytes
	take, most := l.GP64(), l.GP64()
	l.MOVQ(operand.I32(longest), most)
	l.CMPQ(length, most)
	l.JLE(operand.LabelRef("last"))
	l.Label("long")
	l.LEAQ(behind(length, -shortest), take)
	l.CMPQ(take, most)
	l.CMOVQGT(most, take)
	l.SUBQ(take, length)
	l.ADDQ(operand.I32(token0), take)
	l.MOVW(take.As16(), behind(token, 0))
	l.ADDQ(operand.I32(2), token)
	l.CMPQ(length, most)
	l.JGT(operand.LabelRef("long"))
	l.Label("last")
	l.ADDQ(operand.I32(token0), length)
	l.MOVW(length.(reg.GPVirtual).As16(), behind(token, 0))
	l.ADDQ(operand.I32(2), token)
}
