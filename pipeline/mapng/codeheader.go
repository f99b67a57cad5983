package mapng

// codeHeader describes a block's codes before the block's data (RFC 1951, 3.2.7).
type codeHeader struct {
	litCount int
	symbols  [litSymbols + 1]uint8 // code length symbols, 0 to 18
	extra    [litSymbols + 1]uint8 // their extra bits
	n        int
	freq     [19]uint32
	code     code
	codeLens int // HCLEN + 4
}

// codeLengthOrder is the order of the lengths of the code length code in a file.
var codeLengthOrder = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// codeLengthExtra are the extra bits of each code length symbol.
var codeLengthExtra = [19]uint8{16: 2, 17: 3, 18: 7}

const (
	repeatPrevious   = 16 // 3 to 6 times
	repeatZero       = 17 // 3 to 10 times
	repeatZeroLong   = 18 // 11 to 138 times
	maxCodeLenLength = 7
)

// plan packs the lengths of lit and of a distance code. Runs need one distance only.
func (h *codeHeader) plan(b *codeBuilder, lit *code) {
	h.litCount = litSymbols
	for lit.length[h.litCount-1] == 0 {
		h.litCount--
	}
	h.n = 0
	clear(h.freq[:])
	for i := 0; i < h.litCount; {
		length := lit.length[i]
		end := i + 1
		for end < h.litCount && lit.length[end] == length {
			end++
		}
		h.repeat(length, end-i)
		i = end
	}
	h.add(1, 0) // distance 1 in one bit
	b.build(&h.code, h.freq[:], maxCodeLenLength)
	h.codeLens = 19
	for h.code.length[codeLengthOrder[h.codeLens-1]] == 0 {
		h.codeLens--
	}
}

// repeat adds the common length of n successive symbols.
func (h *codeHeader) repeat(length uint8, n int) {
	if length == 0 {
		for ; n >= 11; n -= min(n, 138) {
			h.add(repeatZeroLong, min(n, 138)-11)
		}
		if n >= 3 {
			h.add(repeatZero, n-3)
			n = 0
		}
	} else {
		h.add(length, 0)
		for n--; n >= 3; n -= min(n, 6) {
			h.add(repeatPrevious, min(n, 6)-3)
		}
	}
	for range n {
		h.add(length, 0)
	}
}

func (h *codeHeader) add(symbol uint8, extra int) {
	h.symbols[h.n], h.extra[h.n] = symbol, uint8(extra)
	h.freq[symbol]++
	h.n++
}

// size is the header's length in bits.
func (h *codeHeader) size() int {
	n := 5 + 5 + 4 + 3*h.codeLens
	for sym, f := range h.freq {
		n += int(f) * int(h.code.length[sym]+codeLengthExtra[sym])
	}
	return n
}

func (h *codeHeader) write(w *bitWriter) {
	w.put(uint64(h.litCount-257), 5)
	w.put(0, 5) // one distance code
	w.put(uint64(h.codeLens-4), 4)
	for _, sym := range codeLengthOrder[:h.codeLens] {
		w.put(uint64(h.code.length[sym]), 3)
	}
	for i, sym := range h.symbols[:h.n] {
		w.put(uint64(h.code.word[sym]), uint(h.code.length[sym]))
		w.put(uint64(h.extra[i]), uint(codeLengthExtra[sym]))
	}
}
