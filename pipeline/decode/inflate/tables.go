package inflate

import "math/bits"

// The alphabets of RFC 1951, 3.2.5 and 3.2.7.
const (
	maxLitLen   = 286
	maxDistance = 30
	maxLenCode  = 19
	maxBits     = 15 // of a code
	endOfBlock  = 256
)

// The bits of a code that the first look at a table resolves, and the largest number of
// entries of a table, with the entries for longer codes. The numbers are from zlib's enough.c,
// for 288 and 32 symbols.
const (
	litBits     = 11
	litSize     = 2342
	distBits    = 8
	distSize    = 402
	lenCodeBits = 7
)

// An entry of a table gives the meaning of the next bits:
//
//	bits  0 to 5   bits of the code with its extra bits, without bits that a pointer took
//	bits  8 to 11  bits of the code alone
//	bit  13        with special: the end of the block
//	bit  14        with special: a pointer to further entries
//	bit  15        special: the end of the block, a pointer or no valid code
//	bits 16 to 30  the literal, the least length or the least distance; or a pointer's target
//	bit  31        a literal
//
// In a pointer, bits 8 to 11 are the number of bits that choose among the further entries.
const (
	codeShift   = 8
	endFlag     = 1 << 13
	pointerFlag = 1 << 14
	specialFlag = 1 << 15
	valueShift  = 16
	literalFlag = 1 << 31

	oneBit = 1 | 1<<codeShift // what each bit of a code adds to an entry
)

// The entries of symbols without their codes. They are only read.
var (
	litEntries  = newLitEntries()
	distEntries = newDistEntries()
	lenEntries  = newLenEntries()
)

func newLitEntries() (e [maxLitLen + 2]uint32) {
	for v := range uint32(endOfBlock) {
		e[v] = literalFlag | v<<valueShift
	}
	e[endOfBlock] = specialFlag | endFlag
	length := uint32(3)
	for i := range uint32(28) {
		extra := max(4, i)/4 - 1
		e[endOfBlock+1+i] = length<<valueShift | extra
		length += 1 << extra
	}
	e[285] = 258 << valueShift
	e[286], e[287] = specialFlag, specialFlag // only in the fixed code, and never valid
	return e
}

func newDistEntries() (e [maxDistance + 2]uint32) {
	distance := uint32(1)
	for i := range uint32(maxDistance) {
		extra := max(2, i)/2 - 1
		e[i] = distance<<valueShift | extra
		distance += 1 << extra
	}
	e[30], e[31] = specialFlag, specialFlag
	return e
}

func newLenEntries() (e [maxLenCode]uint32) {
	for v := range e {
		e[v] = uint32(v) << valueShift
	}
	return e
}

// build fills a table for the code whose symbols have the given lengths. entries has the
// symbols' entries. It reports whether zlib takes the code: a complete code, an empty one, or,
// if one is true, a single symbol of one bit.
func build(table []uint32, root uint, lens []uint8, entries []uint32, one bool) bool {
	var count [maxBits + 1]int
	for _, l := range lens {
		count[l]++
	}
	left, longest := 1, uint(0)
	for l := 1; l <= maxBits; l++ {
		left = left<<1 - count[l]
		if left < 0 {
			return false
		}
		if count[l] > 0 {
			longest = uint(l)
		}
	}
	if longest <= 1 && left > 0 {
		// There may be a symbol of one bit. Everything else is invalid.
		for i := range table[:1<<root] {
			table[i] = specialFlag | oneBit
		}
		for s, l := range lens {
			for i := 0; l == 1 && i < 1<<root; i += 2 {
				table[i] = entries[s] + oneBit
			}
		}
		return longest == 0 || one
	}
	if left > 0 {
		return false
	}
	var order [maxLitLen + 2]uint16 // the symbols by length and then by number
	var next [maxBits + 2]int
	for l := 1; l <= maxBits; l++ {
		next[l+1] = next[l] + count[l]
	}
	for s, l := range lens {
		if l > 0 {
			order[next[l]] = uint16(s)
			next[l]++
		}
	}
	fill(table, root, &count, order[:next[maxBits]], entries)
	return true
}

// fill writes a table for a complete code with count symbols of each length, in their order.
func fill(table []uint32, root uint, count *[maxBits + 1]int, order []uint16, entries []uint32) {
	code, size := uint32(0), 1 // the next code, its first bit lowest; the number of filled entries
	for l := uint(1); l <= root; l++ {
		copy(table[size:2*size], table[:size]) // shorter codes do not depend on the new bit
		size *= 2
		for range count[l] {
			table[code] = entries[order[0]] + uint32(l)*oneBit
			order = order[1:]
			code = following(code, l)
		}
	}
	mask, end := uint32(size-1), uint32(size)
	at, sub, subBits := uint32(0), ^uint32(0), uint(0)
	for l := root + 1; l <= maxBits; l++ {
		for n := count[l]; n > 0; n-- {
			if code&mask != sub {
				// Further entries begin, as many as the longest code among them needs.
				sub, at, subBits = code&mask, end, l-root
				for room := 1<<subBits - n; room > 0; room = room<<1 - count[root+subBits] {
					subBits++
				}
				end += 1 << subBits
				table[sub] = specialFlag | pointerFlag | at<<valueShift | uint32(subBits)<<codeShift | uint32(root)
			}
			entry := entries[order[0]] + uint32(l-root)*oneBit
			order = order[1:]
			for i := code >> root; i < 1<<subBits; i += 1 << (l - root) {
				table[at+i] = entry
			}
			code = following(code, l)
		}
	}
}

// following returns the code of l bits after this one. Both have their first bit lowest. After
// the last code it is 0.
func following(code uint32, l uint) uint32 {
	free := ^code & (1<<l - 1)
	if free == 0 {
		return 0
	}
	top := uint32(1) << (bits.Len32(free) - 1)
	return code&(top-1) | top
}
