package png

import "filterbank/filters/simd"

// The filter types (PNG 3rd edition, table 9.1).
const (
	filterNone = iota
	filterSub
	filterUp
	filterAverage
	filterPaeth
)

// unfilter undoes the filters of raw pixels, in place and from the top.
type unfilter struct {
	raw    []byte
	passes []pass
	bpp    int // bytes to the corresponding sample of the pixel on the left
	zeros  []byte
	set    simd.Set

	at int // the next row in raw
	y  int // its number in the first of passes
}

func newUnfilter(s *stream) *unfilter {
	u := &unfilter{raw: s.raw, passes: s.passes, bpp: max(1, s.bits()/8), set: s.set}
	widest := 0
	for _, p := range s.passes {
		widest = max(widest, p.rowBytes)
	}
	u.zeros = make([]byte, widest)
	return u
}

// rows unfilters the rows that end before end. It gives false at a filter that does not exist.
func (u *unfilter) rows(end int) bool {
	for len(u.passes) > 0 {
		p := u.passes[0]
		size := p.rowBytes + 1
		for ; u.y < p.height; u.y++ {
			if u.at+size > end {
				return true
			}
			row, above := u.raw[u.at:][:size], u.zeros[:p.rowBytes]
			if u.y > 0 {
				above = u.raw[u.at-p.rowBytes:][:p.rowBytes]
			}
			if row[0] > filterPaeth {
				return false
			}
			undo(row[0], row[1:], above, u.bpp, u.set)
			u.at += size
		}
		u.passes, u.y = u.passes[1:], 0
	}
	return true
}

// undo turns a filtered row into samples (PNG 3rd edition, 9.2); above are those of the
// row above it, and bpp is 1 to 8.
func undo(filter byte, row, above []byte, bpp int, set simd.Set) {
	switch filter {
	case filterSub:
		undoSub(row, bpp, set)
	case filterUp:
		undoUp(row, above, set)
	case filterAverage:
		undoAverage(row, above, bpp, set)
	case filterPaeth:
		undoPaeth(row, above, bpp, set)
	}
}

func undoSubGeneric(row []byte, bpp int) {
	for i := bpp; i < len(row); i++ {
		row[i] += row[i-bpp]
	}
}

func undoUpGeneric(row, above []byte) {
	for i, v := range above[:len(row)] {
		row[i] += v
	}
}

func undoAverageGeneric(row, above []byte, bpp int) {
	above = above[:len(row)]
	for i := range min(bpp, len(row)) {
		row[i] += above[i] / 2
	}
	for i := bpp; i < len(row); i++ {
		row[i] += byte((int(row[i-bpp]) + int(above[i])) / 2)
	}
}

func undoPaethGeneric(row, above []byte, bpp int) {
	above = above[:len(row)]
	for i := range min(bpp, len(row)) {
		row[i] += above[i] // left and upper left are 0
	}
	for i := bpp; i < len(row); i++ {
		row[i] += paeth(int(row[i-bpp]), int(above[i]), int(above[i-bpp]))
	}
}

// paeth is the one of left, up and upper left that is closest to left + up − upper left
// (PNG 3rd edition, 9.4).
func paeth(a, b, c int) byte {
	pa, pb := b-c, a-c // from the prediction to left and to up, with signs
	pc := abs(pa + pb)
	pa, pb = abs(pa), abs(pb)
	if pa <= pb && pa <= pc {
		return byte(a)
	}
	if pb <= pc {
		return byte(b)
	}
	return byte(c)
}

func abs(v int) int { return max(v, -v) }
