//go:build !purego

package render

// Assembly runs whole groups of values. The last group of a row ends with the row, so it may
// repeat some values. Plain Go runs rows that are shorter than a group.

const (
	bracketGroup = 32 // values per group of bracket8AVX2
	exactGroup   = 8  // values per group of exact8AVX2 and exact16AVX2
)

func (g *Gray) bracket8(dst []byte, row []float32) {
	n := len(row)
	if !g.loops.avx2 || n < bracketGroup {
		g.bracket8Generic(dst, row)
		return
	}
	g.bracketGroups(dst, row[:n/bracketGroup*bracketGroup])
	if n%bracketGroup != 0 {
		g.bracketGroups(dst[n-bracketGroup:], row[n-bracketGroup:])
	}
}

// bracketGroups uses exact arithmetic for groups in which a bracket has two levels.
func (g *Gray) bracketGroups(dst []byte, row []float32) {
	b := &g.bracket
	_ = dst[len(row)-1]
	for len(row) > 0 {
		sure := bracket8AVX2(&dst[0], &row[0], len(row)/bracketGroup, b.offset, b.scale, b.span) * bracketGroup
		dst, row = dst[sure:], row[sure:]
		if len(row) > 0 {
			exact8AVX2(&dst[0], &row[0], bracketGroup, g.lo, g.width)
			dst, row = dst[bracketGroup:], row[bracketGroup:]
		}
	}
}

func (g *Gray) exact8(dst []byte, row []float32) {
	n := len(row)
	if !g.loops.avx2 || n < exactGroup {
		g.exact8Generic(dst, row)
		return
	}
	_ = dst[n-1]
	exact8AVX2(&dst[0], &row[0], n/exactGroup*exactGroup, g.lo, g.width)
	exact8AVX2(&dst[n-exactGroup], &row[n-exactGroup], exactGroup, g.lo, g.width)
}

func (g *Gray) exact16(dst []byte, row []float32) {
	n := len(row)
	if !g.loops.avx2 || n < exactGroup {
		g.exact16Generic(dst, row)
		return
	}
	_ = dst[2*n-1]
	exact16AVX2(&dst[0], &row[0], n/exactGroup*exactGroup, g.lo, g.width)
	exact16AVX2(&dst[2*(n-exactGroup)], &row[n-exactGroup], exactGroup, g.lo, g.width)
}
