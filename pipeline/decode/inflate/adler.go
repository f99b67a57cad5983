package inflate

import "filterbank/filters/simd"

// adler is an Adler-32 checksum (RFC 1950, 8.2). It starts at 1.
type adler uint32

const adlerMod = 65521

// add extends the checksum by p.
func (a adler) add(p []byte, set simd.Set) adler {
	const most = 1 << 20 // bytes whose sums fit
	for len(p) > 0 {
		part := p[:min(len(p), most)]
		p = p[len(part):]
		s1, s2, n := uint64(a)&0xffff, uint64(a)>>16, uint64(len(part))
		plain, weighted := sums(part, set)
		s2 += n*s1 + weighted
		s1 += plain
		a = adler(s2%adlerMod<<16 | s1%adlerMod)
	}
	return a
}

// sumsGeneric returns the sum of p's bytes, and the sum in which the last byte counts once,
// the byte before it twice, and so on.
func sumsGeneric(p []byte) (plain, weighted uint64) {
	for ; len(p) >= 4; p = p[4:] {
		a, b, c, d := uint64(p[0]), uint64(p[1]), uint64(p[2]), uint64(p[3])
		weighted += 4*(plain+a) + 3*b + 2*c + d
		plain += a + b + c + d
	}
	for _, v := range p {
		plain += uint64(v)
		weighted += plain
	}
	return plain, weighted
}
