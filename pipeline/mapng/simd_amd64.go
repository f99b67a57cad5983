//go:build !purego

package mapng

//go:generate go -C _asm run . -dir ..

// Assembly runs whole vectors, and plain Go fewer bytes. Assembly makes the encoder twice
// as fast on photos and their maps. The tag purego leaves it out.

// vector is the number of bytes that the loops do at once.
const vector = 32

func (l loops) sub(dst, cur, pred []byte) {
	n := len(dst)
	if n < vector || !l.avx2 {
		subGeneric(dst, cur, pred)
		return
	}
	_, _ = cur[n-1], pred[n-1]
	subAVX2(&dst[0], &cur[0], &pred[0], n)
}

func (l loops) subMean(dst, cur, left, up []byte) {
	n := len(dst)
	if n < vector || !l.avx2 {
		subMeanGeneric(dst, cur, left, up)
		return
	}
	_, _, _ = cur[n-1], left[n-1], up[n-1]
	subMeanAVX2(&dst[0], &cur[0], &left[0], &up[0], n)
}

func (l loops) subPaeth(dst, cur, left, up, upLeft []byte) {
	n := len(dst)
	if n < vector || !l.avx2 {
		subPaethGeneric(dst, cur, left, up, upLeft)
		return
	}
	_, _, _, _ = cur[n-1], left[n-1], up[n-1], upLeft[n-1]
	subPaethAVX2(&dst[0], &cur[0], &left[0], &up[0], &upLeft[0], n)
}

func (l loops) sumMagnitudes(b []byte) (sum uint64) {
	if vectors := len(b) / vector; vectors > 0 && l.avx2 {
		sum = sumMagnitudesAVX2(&b[0], vectors)
		b = b[vectors*vector:]
	}
	return sum + sumMagnitudesGeneric(b)
}

func (l loops) sums(p []byte) (plain, weighted uint64) {
	if vectors := len(p) / vector; vectors > 0 && l.avx2 {
		plain, weighted = sumsAVX2(&p[0], vectors)
		p = p[vectors*vector:]
	}
	p0, w0 := sumsGeneric(p)
	return plain + p0, weighted + uint64(len(p))*plain + w0
}

func (l loops) findSame(same []uint64, p []byte) {
	if !l.avx2 {
		findSameGeneric(same, p)
		return
	}
	findSameGeneric(same[:1], p[:64]) // nothing stands before the first byte
	if words := len(same) - 1; words > 0 {
		_ = p[64*words+63]
		findSameAVX2(&same[1], &p[64], words)
	}
}

func (l loops) tokenize(token []uint16, p []byte, same []uint64) int {
	if !l.avx2 {
		return tokenizeGeneric(token, p, same)
	}
	n := len(p)
	_, _, _ = token[n+tokenPad-1], p[:n+tokenPad], same[(n+63)/64]
	return tokenizeAVX2(&token[0], &p[0], n, &same[0], (n+63)/64)
}

func (l loops) tally(tables *[8][tokens]uint16, token []uint16) {
	if eights := len(token) / 8; eights > 0 && l.avx2 {
		tallyAMD64(tables, &token[0], eights)
		token = token[8*eights:]
	}
	tallyGeneric(tables, token)
}

func (l loops) fold(count *[tokens]uint16, tables *[8][tokens]uint16) {
	if !l.avx2 {
		foldGeneric(count, tables)
		return
	}
	foldAVX2(count, tables)
}

func (l loops) writeGroups(out []byte, token []uint16, entry *[tokens]uint64, pending, bits uint64) (at int, _, _ uint64) {
	groups := len(token) / group
	if groups == 0 || !l.avx2 {
		return writeGroupsGeneric(out, token, entry, pending, bits)
	}
	return writeGroupsBMI2(&out[0], &token[0], groups, entry, pending, bits)
}
