package jpeg

// lookBits is how many bits of a code are looked up at once.
const lookBits = 10

// An entry of table.look says what the next lookBits bits begin with.
//
//	bits 0–5   bits that are consumed: the code's and, where bit 7 is clear, the value's
//	bit 7      the value has to be read, or the code is longer than lookBits
//	bits 8–15  how far the coefficient lies behind the last one, or endOfBlock
//	bits 16–31 the value; where bit 7 is set its size in bits; of an end of block its run
//
// An entry for codes that are longer is pending alone.
const (
	consumed    = 63
	pending     = 1 << 7
	stepShift   = 8
	valueShift  = 16
	endOfBlock  = 128
	longCode    = pending
	mostCode    = 16 // bits of a code
	anyOverflow = 17 // where the search for a code's length ends
)

// table decodes the codes of a Huffman table.
type table struct {
	huffman
	class  int
	made   bool
	look   [1 << lookBits]uint32
	most   [anyOverflow + 1]int32 // the largest code of each length, or −1
	offset [anyOverflow + 1]int32 // index of a value less its code
}

// make derives the codes (ITU T.81, annex C) unless it has been done for the same table.
// It reports whether the table is one: no code may consist of ones alone, and differences
// of DC have at most 15 bits.
func (t *table) make(h *huffman, class int) bool {
	if t.made && t.class == class && t.huffman == *h {
		return true
	}
	t.huffman, t.class, t.made = *h, class, false
	code, index := int32(0), int32(0)
	for length := 1; length <= mostCode; length++ {
		n := int32(h.counts[length])
		t.offset[length], t.most[length] = index-code, -1
		if n > 0 {
			t.most[length] = code + n - 1
		}
		index += n
		code += n
		if n > 0 && code >= 1<<length {
			return false
		}
		code <<= 1
	}
	if index > int32(len(h.values)) {
		return false
	}
	if class == classDC {
		for _, size := range h.values[:index] {
			if size > 15 {
				return false
			}
		}
	}
	t.most[anyOverflow] = 1 << 20
	t.fill()
	t.made = true
	return true
}

// fill makes the entries of look.
func (t *table) fill() {
	for i := range t.look {
		t.look[i] = longCode
	}
	code, index := 0, 0
	for length := 1; length <= lookBits; length++ {
		for range t.counts[length] {
			symbol := t.values[index]
			rest := lookBits - length
			for low := range 1 << rest {
				t.look[code<<rest|low] = t.entry(symbol, length, low)
			}
			index++
			code++
		}
		code <<= 1
	}
}

// entry is for a code of length bits that stands for symbol and is followed by the bits
// low, lookBits in all.
func (t *table) entry(symbol uint8, length, low int) uint32 {
	run, size := int(symbol>>4), int(symbol&15)
	if t.class == classDC {
		run, size = 0, int(symbol)
	}
	step := run + 1
	if t.class == classAC && size == 0 && run < 15 {
		return uint32(run)<<valueShift | endOfBlock<<stepShift | uint32(length)
	}
	rest := lookBits - length
	if size > rest {
		return uint32(size)<<valueShift | uint32(step)<<stepShift | pending | uint32(length+size)
	}
	v := extend(low>>(rest-size), size)
	return uint32(uint16(v))<<valueShift | uint32(step)<<stepShift | uint32(length+size)
}

// extend is the value that size bits stand for (ITU T.81, F.2.2.1).
func extend(bits, size int) int {
	if size > 0 && bits < 1<<(size-1) {
		return bits - 1<<size + 1
	}
	return bits
}
