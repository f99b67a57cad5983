package mapng

// adler is an Adler-32 checksum (RFC 1950, 8.2). It starts at 1.
type adler uint32

const adlerMod = 65521

// add extends the checksum by p, at most 1 MiB.
func (a adler) add(l loops, p []byte) adler {
	s1, s2 := uint64(a)&0xffff, uint64(a)>>16
	n := uint64(len(p))
	var plain, weighted uint64
	if n > 0 && constant(p) { // true for a black map
		plain, weighted = n*uint64(p[0]), n*(n+1)/2*uint64(p[0])
	} else {
		plain, weighted = l.sums(p)
	}
	s2 += n*s1 + weighted
	s1 += plain
	return adler(s2%adlerMod<<16 | s1%adlerMod)
}

// sumWords is the number of 8-byte words whose sums fit 16-bit lanes:
// 2·255·(16·15/2) < 65536.
const sumWords = 16

// sumsGeneric returns the sum of p's bytes and a weighted sum, in which the last byte
// counts once, the one before it twice, and so on. It sums eight bytes at a time, even
// and odd ones in lanes of 16 bits of their own. hash/adler32 goes byte by byte.
func sumsGeneric(p []byte) (plain, weighted uint64) {
	for len(p) >= 8*sumWords {
		var even, odd, before uint64 // before: the sums of even and odd before each word
		for i := 0; i <= 8*sumWords-8; i += 8 {
			w := load8(p[i : i+8])
			before += even + odd
			even += w & evenBytes
			odd += w >> 8 & evenBytes
		}
		p = p[8*sumWords:]
		// A byte at place i of a word counts 8−i times for it, and 8 times for each
		// word after it.
		weighted += 8*sumWords*plain + 8*weigh(before, 1, 1, 1, 1) +
			weigh(even, 8, 6, 4, 2) + weigh(odd, 7, 5, 3, 1)
		plain += weigh(even+odd, 1, 1, 1, 1)
	}
	for _, b := range p {
		plain += uint64(b)
		weighted += plain
	}
	return plain, weighted
}

const evenBytes = 0x00ff00ff00ff00ff

// weigh is the weighted sum of v's four 16-bit lanes, the lowest first.
func weigh(v, w0, w1, w2, w3 uint64) uint64 {
	return v&0xffff*w0 + v>>16&0xffff*w1 + v>>32&0xffff*w2 + v>>48*w3
}
