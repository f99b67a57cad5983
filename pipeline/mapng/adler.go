package mapng

// adler is an Adler-32 checksum (RFC 1950, 8.2); it starts at 1.
type adler uint32

const (
	adlerMod   = 65521
	adlerWords = 16 // 8-byte words whose sums fit 16-bit lanes: 2·255·(16·15/2) < 65536
)

// add extends the sum by p. Eight bytes are summed at a time in lanes of 16 bits,
// even and odd ones apart; hash/adler32 goes byte by byte.
func (a adler) add(p []byte) adler {
	s1, s2 := uint64(a)&0xffff, uint64(a)>>16
	for len(p) >= 8*adlerWords {
		chunk := p[:8*adlerWords]
		p = p[8*adlerWords:]
		const lanes = 0x00ff00ff00ff00ff
		var even, odd, before uint64 // before: the sums of even and odd before each word
		for i := 0; i <= 8*adlerWords-8; i += 8 {
			w := load8(chunk[i : i+8])
			before += even + odd
			even += w & lanes
			odd += w >> 8 & lanes
		}
		// A byte at position i of word j counts 8·(words after j) + 8−i times in s2.
		s2 += 8*adlerWords*s1 + 8*sumLanes(before) +
			weigh(even, 8, 6, 4, 2) + weigh(odd, 7, 5, 3, 1)
		s1 += sumLanes(even) + sumLanes(odd)
		s1 %= adlerMod
		s2 %= adlerMod
	}
	for _, b := range p {
		s1 += uint64(b)
		s2 += s1
	}
	return adler(s2%adlerMod<<16 | s1%adlerMod)
}

func sumLanes(v uint64) uint64 { return weigh(v, 1, 1, 1, 1) }

// weigh is the weighted sum of v's four lanes, the lowest first.
func weigh(v, w0, w1, w2, w3 uint64) uint64 {
	return v&0xffff*w0 + v>>16&0xffff*w1 + v>>32&0xffff*w2 + v>>48*w3
}
