//go:build !purego

package mapng

// The inner loops in assembly: whole vectors there, the rest in the plain Go that
// specifies them. SSE2 needs no test of the processor. They make the encoder twice
// as fast on photos and their maps; the tag purego leaves them out.

// subSSE2 is sub for n > 0 bytes, a multiple of 16.
//
//go:noescape
func subSSE2(dst, cur, pred *byte, n int)

// subMeanSSE2 is subMean for n > 0 bytes, a multiple of 16.
//
//go:noescape
func subMeanSSE2(dst, cur, left, up *byte, n int)

// subPaethSSE2 is subPaeth for n > 0 bytes, a multiple of 16.
//
//go:noescape
func subPaethSSE2(dst, cur, left, up, upLeft *byte, n int)

// findSameSSE2 is findSame for words > 0; p has a byte before it.
//
//go:noescape
func findSameSSE2(same *uint64, p *byte, words int)

// widenSSE2 is widen for n > 0 bytes; it reads and writes whole sixteens.
//
//go:noescape
func widenSSE2(dst *uint16, p *byte, n int)

// sumsSSE2 is sums of n > 0 bytes, a multiple of 16, at most 1 MiB.
//
//go:noescape
func sumsSSE2(p *byte, n int) (plain, weighted uint64)

// writeGroupsAMD64 is writeGroups for groups > 0 of three tokens, all of them below
// tokens, with room for what they take and 8 bytes more at out.
//
//go:noescape
func writeGroupsAMD64(out *byte, token *uint16, groups int, entry *[tokens]uint32, pending, bits uint64) (at int, pendingOut, bitsOut uint64)

func sub(dst, cur, pred []byte) {
	n := len(dst) &^ 15
	if n > 0 {
		_, _ = cur[n-1], pred[n-1]
		subSSE2(&dst[0], &cur[0], &pred[0], n)
	}
	subGeneric(dst[n:], cur[n:], pred[n:])
}

func subMean(dst, cur, left, up []byte) {
	n := len(dst) &^ 15
	if n > 0 {
		_, _, _ = cur[n-1], left[n-1], up[n-1]
		subMeanSSE2(&dst[0], &cur[0], &left[0], &up[0], n)
	}
	subMeanGeneric(dst[n:], cur[n:], left[n:], up[n:])
}

func subPaeth(dst, cur, left, up, upLeft []byte) {
	n := len(dst) &^ 15
	if n > 0 {
		_, _, _, _ = cur[n-1], left[n-1], up[n-1], upLeft[n-1]
		subPaethSSE2(&dst[0], &cur[0], &left[0], &up[0], &upLeft[0], n)
	}
	subPaethGeneric(dst[n:], cur[n:], left[n:], up[n:], upLeft[n:])
}

func findSame(same []uint64, p []byte) {
	findSameGeneric(same[:1], p[:64])
	if words := len(same) - 1; words > 0 {
		_ = p[64*words+63]
		findSameSSE2(&same[1], &p[64], words)
	}
}

func widen(dst []uint16, p []byte) {
	_ = dst[len(p)-1]
	widenSSE2(&dst[0], &p[0], len(p)-widenPad)
}

func sums(p []byte) (plain, weighted uint64) {
	n := len(p) &^ 15
	if n > 0 {
		plain, weighted = sumsSSE2(&p[0], n)
	}
	p0, w0 := sumsGeneric(p[n:])
	return plain + p0, weighted + uint64(len(p)-n)*plain + w0
}

func writeGroups(out []byte, token []uint16, entry *[tokens]uint32, pending, bits uint64) (at int, _, _ uint64) {
	if groups := len(token) / 3; groups > 0 {
		return writeGroupsAMD64(&out[0], &token[0], groups, entry, pending, bits)
	}
	return 0, pending, bits
}
