package mapng

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// A block is cut into tokens. The tokens are counted, given codes and written. A token below 256 is a literal byte; firstRun+n repeats the byte before
// it minLength+n times.
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
	token  [blockSize + widenPad]uint16
	count  [8][tokens]uint16 // of each token; the sum is in the first
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

// tokenize fills c.token and returns how many tokens there are.
func (c *blockCoder) tokenize(block []byte) (n int) {
	if constant(block) && len(block) > minRun { // true for a black map
		c.token[0] = uint16(block[0])
		return c.runs(1, len(block)-1)
	}
	words := c.markSame(block)
	pos := 0
	for w := range words {
		run := c.same[w]
		next := c.same[w+1]
		// Bits of places, from pos on, where a run of minRun begins or goes on. Three steps
		// make 8.
		starts := run & (run>>1 | next<<63)
		starts &= starts>>2 | (next&(next>>1))<<62
		starts &= starts>>4 | (next&(next>>1)&(next>>2)&(next>>3))<<60
		if pos > w*64 {
			if pos >= w*64+64 {
				continue
			}
			starts &= ^uint64(0) << (pos & 63)
		}
		for starts != 0 {
			start := w*64 + bits.TrailingZeros64(starts)
			n = c.literals(n, block[pos:start])
			length := c.runLength(start)
			n = c.runs(n, length)
			pos = start + length
			if pos >= w*64+64 {
				break
			}
			starts &= ^uint64(0) << (pos & 63)
		}
	}
	return c.literals(n, block[pos:])
}

// markSame fills c.same for the block, with a word of zeros behind it, and returns
// how many words the block has.
func (c *blockCoder) markSame(block []byte) (words int) {
	n := len(block)
	words = (n + 63) / 64
	c.loops.findSame(c.same[:words], block[:words*64])
	if n%64 != 0 {
		c.same[words-1] &= 1<<(n%64) - 1
	}
	c.same[words] = 0
	return words
}

// findSameGeneric sets a bit of same for each byte of p that equals the byte before it.
// The first byte's bit stays 0. p has 64 bytes for each word.
func findSameGeneric(same []uint64, p []byte) {
	before := uint64(^p[0]) << 56
	for w := range same {
		chunk := p[64*w : 64*w+64]
		var m uint64
		for i := 0; i < 64; i += 8 {
			v := load8(chunk[i : i+8])
			diff := v ^ (v<<8 | before>>56)
			before = v
			equal := ^((diff&lowBits + lowBits) | diff) & highBits
			m |= equal * 0x0002040810204081 >> 56 << i // gathers the high bits
		}
		same[w] = m
	}
}

// runLength counts the set bits of c.same from start on.
func (c *blockCoder) runLength(start int) int {
	w := start >> 6
	left := 64 - start&63
	n := bits.TrailingZeros64(^(c.same[w] >> (start & 63)))
	if n < left {
		return n
	}
	n = left
	for w++; c.same[w] == ^uint64(0); w++ {
		n += 64
	}
	return n + bits.TrailingZeros64(^c.same[w])
}

// literals appends a token for each byte of p. The capacity of p must reach at least
// widenPad bytes past its end.
func (c *blockCoder) literals(n int, p []byte) int {
	if len(p) > 0 {
		c.loops.widen(c.token[n:n+len(p)+widenPad], p[:len(p)+widenPad])
	}
	return n + len(p)
}

// widenPad is the number of elements past its end that widen may read and write.
const widenPad = 15

// widenGeneric sets dst to p's bytes. Both have widenPad more elements, and the ones of dst
// may get any value.
func widenGeneric(dst []uint16, p []byte) {
	for i := 0; i < len(p)-widenPad; i += 8 {
		v := load8(p[i : i+8])
		low, high := fourLanes(v&0xffffffff), fourLanes(v>>32)
		d := dst[i : i+8]
		d[0], d[1], d[2], d[3] = uint16(low), uint16(low>>16), uint16(low>>32), uint16(low>>48)
		d[4], d[5], d[6], d[7] = uint16(high), uint16(high>>16), uint16(high>>32), uint16(high>>48)
	}
}

// fourLanes moves four bytes to four lanes of 16 bits.
func fourLanes(v uint64) uint64 {
	v = (v | v<<16) & 0x0000ffff0000ffff
	return (v | v<<8) & 0x00ff00ff00ff00ff
}

// runs appends tokens for length ≥ minRun repetitions.
func (c *blockCoder) runs(n, length int) int {
	for length > maxLength {
		take := min(maxLength, length-minLength)
		c.token[n] = uint16(firstRun + take - minLength)
		n++
		length -= take
	}
	c.token[n] = uint16(firstRun + length - minLength)
	return n + 1
}

// tally counts the tokens in the first table.
func (c *blockCoder) tally(token []uint16) {
	clear(c.count[:])
	c.loops.tally(&c.count, token)
	c.loops.fold(&c.count)
}

// tallyGeneric counts tokens in eight tables, so that equal neighbours do not wait for
// each other's stores.
func tallyGeneric(count *[8][tokens]uint16, token []uint16) {
	for len(token) >= 8 {
		count[0][token[0]%tokens]++
		count[1][token[1]%tokens]++
		count[2][token[2]%tokens]++
		count[3][token[3]%tokens]++
		count[4][token[4]%tokens]++
		count[5][token[5]%tokens]++
		count[6][token[6]%tokens]++
		count[7][token[7]%tokens]++
		token = token[8:]
	}
	for _, t := range token {
		count[0][t%tokens]++
	}
}

// foldGeneric adds the other tables to the first.
func foldGeneric(n *[8][tokens]uint16) {
	for i := range n[0] {
		n[0][i] += n[1][i] + n[2][i] + n[3][i] + n[4][i] + n[5][i] + n[6][i] + n[7][i]
	}
}

// countSymbols finds the frequencies of DEFLATE's symbols and returns the number of extra
// bits of the matches.
func (c *blockCoder) countSymbols() (extra int) {
	count := &c.count[0]
	for i := range 256 {
		c.freq[i] = uint32(count[i])
	}
	clear(c.freq[256:])
	c.freq[endOfBlock] = 1
	for symbol, l := range lengths {
		n := uint32(0)
		for _, of := range count[firstRun+l.first : firstRun+l.end] {
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
		for i := range c.entry[firstRun+l.first : firstRun+l.end] {
			c.entry[firstRun+l.first+i] = entry + uint64(i)<<symbolBits
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
	put := func(words, length uint64) {
		pending |= words << bits
		bits += length
		store8(out[at:at+8], pending)
		at += int(bits >> 3)
		pending >>= bits &^ 7
		bits &= 7
	}
	for ; len(token) >= group; token = token[group:] {
		// The words are joined first, so that only the last steps wait for the group before.
		words, length := joined([3]uint16(token), entry)
		next, nextLength := joined([3]uint16(token[3:]), entry)
		if length+nextLength > mostBits {
			put(words, length)
			words, length = next, nextLength
		} else {
			words |= next << length
			length += nextLength
		}
		put(words, length)
	}
	return at, pending, bits
}

// joined returns the words of three tokens, one behind the other, and their length.
func joined(token [3]uint16, entry *[tokens]uint64) (words, length uint64) {
	for _, t := range token {
		e := entry[t%tokens]
		words |= e & math.MaxUint32 << length
		length += e >> 32
	}
	return words, length
}

// grow returns b with room for n more bytes.
func grow(b []byte, n int) []byte {
	if cap(b)-len(b) >= n {
		return b
	}
	return append(make([]byte, 0, 2*cap(b)+n), b...)
}
