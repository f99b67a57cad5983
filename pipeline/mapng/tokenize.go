package mapng

import "math/bits"

// tokenize fills c.token and returns how many tokens there are.
func (c *blockCoder) tokenize(block []byte) (n int) {
	if constant(block) && len(block) > minRun { // true for a black map
		c.token[0] = uint16(block[0])
		return appendRun(c.token[:], 1, len(block)-1)
	}
	words := c.markSame(block)
	return c.loops.tokenize(c.token[:len(block)+tokenPad], block, c.same[:words+1])
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

// tokenPad is the number of elements past the end of tokens and bytes that tokenize may read
// and write. Such bytes may be anything, and such tokens get any value.
const tokenPad = 31

// tokenizeGeneric turns p into tokens and returns how many there are. same has the bits of
// findSame and a word of zeros behind them. token has tokenPad more elements than p, and p's
// capacity reaches as far.
func tokenizeGeneric(token []uint16, p []byte, same []uint64) (n int) {
	pos := 0
	for w := range len(same) - 1 {
		starts := runStarts(same[w], same[w+1])
		if pos > w*64 {
			if pos >= w*64+64 {
				continue
			}
			starts &= ^uint64(0) << (pos & 63)
		}
		for starts != 0 {
			start := w*64 + bits.TrailingZeros64(starts)
			n = appendLiterals(token, n, p[pos:start])
			length := runLength(same, start)
			n = appendRun(token, n, length)
			pos = start + length
			if pos >= w*64+64 {
				break
			}
			starts &= ^uint64(0) << (pos & 63)
		}
	}
	return appendLiterals(token, n, p[pos:])
}

// runStarts returns the places in a word of same at which minRun bits or more are set one
// behind the other. Three steps make 8.
func runStarts(same, next uint64) uint64 {
	pairs, nextPairs := same&(same>>1|next<<63), next&(next>>1)
	fours, nextFours := pairs&(pairs>>2|nextPairs<<62), nextPairs&(nextPairs>>2)
	return fours & (fours>>4 | nextFours<<60)
}

// runLength counts the set bits from start on.
func runLength(same []uint64, start int) int {
	w := start >> 6
	left := 64 - start&63
	n := bits.TrailingZeros64(^(same[w] >> (start & 63)))
	if n < left {
		return n
	}
	n = left
	for w++; same[w] == ^uint64(0); w++ {
		n += 64
	}
	return n + bits.TrailingZeros64(^same[w])
}

// appendLiterals appends a token for each byte of p to the first n tokens. It reads and
// writes up to 7 elements more.
func appendLiterals(token []uint16, n int, p []byte) int {
	if len(p) == 0 {
		return n
	}
	end := n + len(p)
	p, token = p[:len(p)+7], token[n:end+7]
	for i := 0; i < len(p)-7; i += 8 {
		v := load8(p[i : i+8])
		low, high := fourLanes(v&0xffffffff), fourLanes(v>>32)
		d := token[i : i+8]
		d[0], d[1], d[2], d[3] = uint16(low), uint16(low>>16), uint16(low>>32), uint16(low>>48)
		d[4], d[5], d[6], d[7] = uint16(high), uint16(high>>16), uint16(high>>32), uint16(high>>48)
	}
	return end
}

// fourLanes moves four bytes to four lanes of 16 bits.
func fourLanes(v uint64) uint64 {
	v = (v | v<<16) & 0x0000ffff0000ffff
	return (v | v<<8) & 0x00ff00ff00ff00ff
}

// appendRun appends the tokens of length ≥ minRun repetitions to the first n tokens.
func appendRun(token []uint16, n, length int) int {
	for length > maxLength {
		take := min(maxLength, length-minLength)
		token[n] = uint16(firstRun + take - minLength)
		n++
		length -= take
	}
	token[n] = uint16(firstRun + length - minLength)
	return n + 1
}
