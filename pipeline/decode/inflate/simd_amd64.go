//go:build !purego

package inflate

//go:generate go -C _asm run . -dir ..

import "filterbank/filters/simd"

func (d *Decoder) fast(dst []byte, at, end int) int {
	if !d.set.AVX2() {
		return d.fastGeneric(dst, at, end)
	}
	_ = dst[end-1+fastOutput-1]
	at, in, buf, n, length := symbolsBMI2(&dst[0], at, end, d.low, &d.src[0], d.in, len(d.src)-fastInput, d.buf, uint64(d.n),
		&d.pairs[0], &d.lit[0], &d.dist[0])
	if length > 0 {
		d.mode, d.length = modeDistance, length
	}
	d.in, d.buf, d.n = in-int(n>>3), buf&(1<<(n&7)-1), uint(n&7)
	return at
}

func sums(p []byte, set simd.Set) (plain, weighted uint64) {
	const vector = 32
	if vectors := len(p) / vector; vectors > 0 && set.AVX2() {
		plain, weighted = sumsAVX2(&p[0], vectors)
		p = p[vectors*vector:]
	}
	p0, w0 := sumsGeneric(p)
	return plain + p0, weighted + uint64(len(p))*plain + w0
}
