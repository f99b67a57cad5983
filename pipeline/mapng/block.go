package mapng

import (
	"encoding/binary"
	"math"
)

// A block is cut into tokens. The tokens are counted, given codes and written. A token below
// 256 is a literal byte. The token firstRun+n repeats the byte before it minLength+n times.
const (
	minLength = 3 // DEFLATE's shortest and longest match
	maxLength = 258
	firstRun  = 256
	tokens    = firstRun + maxLength - minLength + 1

	// minRun is the shortest run that becomes a match. DEFLATE allows 3, but zeros often take
	// one to three bits as literals. Matches of 3 would give 1% more bytes for maps of photos
	// and 3% for photos, and take a tenth more time.
	minRun = 8

	endOfBlock  = 256
	firstLength = 257 // the symbol of a match of 3
	litSymbols  = 286
	maxLitBits  = 12 // so that three tokens of up to 12+5+1 bits are written at once
)

// blockCoder turns blocks into DEFLATE (RFC 1951). From one block to the next it keeps
// only its memory.
type blockCoder struct {
	loops  loops
	out    []byte
	same   [blockSize/64 + 1]uint64 // one bit per byte: it equals the byte before
	token  [blockSize + tokenPad]uint16
	tables [8][tokens]uint16 // of tally; zeros between blocks
	count  [tokens]uint16    // how often each token occurs
	freq   [litSymbols]uint32
	lit    code
	entry  [tokens]uint64 // code of a token: number of bits<<32 | bits
	build  codeBuilder
	header codeHeader
}

// encode appends block to w. The bytes from len(block) to its capacity, blockPad
// of them, may be anything.
func (c *blockCoder) encode(w *bitWriter, block []byte, last bool) {
	n := c.tokenize(block)
	c.tally(c.token[:n])
	size := 3 + c.countSymbols()
	size += c.build.build(&c.lit, c.freq[:], maxLitBits)
	c.header.plan(&c.build, &c.lit)
	size += c.header.size()
	if storedSize(len(block)) <= size {
		writeStored(w, block, last)
		return
	}
	c.fillEntries()
	w.put(finalBit(last)|2<<1, 3)
	c.header.write(w)
	w.drain()
	c.writeTokens(w, c.token[:n], size)
	w.put(uint64(c.lit.word[endOfBlock]), uint(c.lit.length[endOfBlock]))
	w.drain()
}

func finalBit(last bool) uint64 {
	if last {
		return 1
	}
	return 0
}

// storedSize is the largest size in bits of a stored block, alignment included.
func storedSize(n int) int { return 3 + 7 + 32 + 8*n }

func writeStored(w *bitWriter, block []byte, last bool) {
	w.put(finalBit(last), 3)
	w.align()
	n := uint16(len(block))
	w.out = binary.LittleEndian.AppendUint16(w.out, n)
	w.out = binary.LittleEndian.AppendUint16(w.out, ^n)
	w.out = append(w.out, block...)
}

// tally counts the tokens.
func (c *blockCoder) tally(token []uint16) {
	c.loops.tally(&c.tables, token)
	c.loops.fold(&c.count, &c.tables)
}

// tallyGeneric counts tokens in eight tables, so that equal neighbours do not wait for
// each other's stores.
func tallyGeneric(tables *[8][tokens]uint16, token []uint16) {
	for len(token) >= 8 {
		tables[0][token[0]%tokens]++
		tables[1][token[1]%tokens]++
		tables[2][token[2]%tokens]++
		tables[3][token[3]%tokens]++
		tables[4][token[4]%tokens]++
		tables[5][token[5]%tokens]++
		tables[6][token[6]%tokens]++
		tables[7][token[7]%tokens]++
		token = token[8:]
	}
	for _, t := range token {
		tables[0][t%tokens]++
	}
}

// foldGeneric sets count to the sums of the tables, and clears them.
func foldGeneric(count *[tokens]uint16, n *[8][tokens]uint16) {
	for i := range count {
		count[i] = n[0][i] + n[1][i] + n[2][i] + n[3][i] + n[4][i] + n[5][i] + n[6][i] + n[7][i]
	}
	clear(n[:])
}

// countSymbols finds the frequencies of DEFLATE's symbols and returns the number of extra
// bits of the matches.
func (c *blockCoder) countSymbols() (extra int) {
	for i, of := range c.count[:256] {
		c.freq[i] = uint32(of)
	}
	clear(c.freq[256:])
	c.freq[endOfBlock] = 1
	for symbol, l := range lengths {
		n := uint32(0)
		for _, of := range c.count[firstRun+l.first : firstRun+l.end] {
			n += uint32(of)
		}
		c.freq[firstLength+symbol] = n
		extra += int(n) * int(l.extraBits+1)
	}
	return extra
}

// fillEntries works out the bits of each token.
func (c *blockCoder) fillEntries() {
	for i := range 256 {
		c.entry[i] = uint64(c.lit.length[i])<<32 | uint64(c.lit.word[i])
	}
	for symbol, l := range lengths {
		symbolBits := c.lit.length[firstLength+symbol]
		n := symbolBits + l.extraBits + 1 // distance 1 is the one bit 0
		entry := uint64(n)<<32 | uint64(c.lit.word[firstLength+symbol])
		of := c.entry[firstRun+l.first : firstRun+l.end]
		for i := range of {
			of[i] = entry
			entry += 1 << symbolBits
		}
	}
}

// writeTokens appends the tokens to w, which has fewer than 8 bits pending. The tokens
// take at most size bits.
func (c *blockCoder) writeTokens(w *bitWriter, token []uint16, size int) {
	at := len(w.out)
	w.out = grow(w.out, size/8+16)
	n, pending, pendingBits := c.loops.writeGroups(w.out[at:cap(w.out)], token, &c.entry, w.pending, uint64(w.n))
	w.out = w.out[:at+n]
	w.pending, w.n = pending, uint(pendingBits)
	for _, t := range token[len(token)/group*group:] {
		e := c.entry[t%tokens]
		w.put(e&math.MaxUint32, uint(e>>32))
	}
}

const (
	group    = 6  // number of tokens that are written at once if they fit
	mostBits = 56 // beside 7 pending bits
)

// writeGroupsGeneric writes tokens to out in groups and leaves the rest. It returns the
// number of whole bytes and the pending bits, fewer than 8. out must have 8 bytes more than
// the groups take.
func writeGroupsGeneric(out []byte, token []uint16, entry *[tokens]uint64, pending, bits uint64) (at int, _, _ uint64) {
	for ; len(token) >= group; token = token[group:] {
		// The words are joined first, so that only the last steps wait for the group before.
		words, length := joined(token[:3], entry)
		next, nextLength := joined(token[3:6], entry)
		if length+nextLength > mostBits {
			at, pending, bits = putWords(out, at, pending, bits, words, length)
			words, length = next, nextLength
		} else {
			words |= next << (length & 63)
			length += nextLength
		}
		at, pending, bits = putWords(out, at, pending, bits, words, length)
	}
	return at, pending, bits
}

// putWords writes up to mostBits bits behind the pending ones.
func putWords(out []byte, at int, pending, bits, words, length uint64) (int, uint64, uint64) {
	pending |= words << (bits & 63)
	bits += length
	store8(out[at:at+8], pending)
	return at + int(bits>>3), pending >> (bits & 56), bits & 7
}

// joined returns the words of three tokens, one behind the other, and their length.
func joined(token []uint16, entry *[tokens]uint64) (words, length uint64) {
	_ = token[2]
	e0, e1, e2 := entry[token[0]%tokens], entry[token[1]%tokens], entry[token[2]%tokens]
	length = e0 >> 32
	words = e0&math.MaxUint32 | e1&math.MaxUint32<<(length&63)
	length += e1 >> 32
	words |= e2 & math.MaxUint32 << (length & 63)
	return words, length + e2>>32
}

// grow returns b with room for n more bytes.
func grow(b []byte, n int) []byte {
	if cap(b)-len(b) >= n {
		return b
	}
	return append(make([]byte, 0, 2*cap(b)+n), b...)
}
