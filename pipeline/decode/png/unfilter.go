package png

import (
	"encoding/binary"

	"filterbank/filters/simd"
)

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
	lanes  int // rows of a wave, or 1
	zeros  []byte

	at int // the next row in raw
	y  int // its number in the first of passes
}

func newUnfilter(raw []byte, passes []pass, bits int, set simd.Set) *unfilter {
	u := &unfilter{raw: raw, passes: passes, bpp: max(1, bits/8)}
	u.lanes = waveRows(u.bpp, set)
	widest := 0
	for _, p := range passes {
		widest = max(widest, p.rowBytes)
	}
	u.zeros = make([]byte, widest+lookahead)
	return u
}

const (
	leastWave = 16 // the width in pixels from which waves pay
	lookahead = 4  // bytes behind the row above that a wave may read
)

// rows unfilters rows that end before end. If end is the end of raw, it unfilters all of
// them, otherwise whole waves. It returns false at a filter that does not exist.
func (u *unfilter) rows(end int) bool {
	for len(u.passes) > 0 {
		p := u.passes[0]
		size := p.rowBytes + 1
		for u.y < p.height {
			n := 1
			if u.lanes > 1 && p.rowBytes/u.bpp >= leastWave && p.height-u.y >= u.lanes {
				n = u.lanes
			}
			if u.at+n*size > end {
				return true
			}
			above := u.zeros[:p.rowBytes]
			if u.y > 0 {
				above = u.raw[u.at-p.rowBytes:][:p.rowBytes]
			}
			if !u.next(n, above, p.rowBytes) {
				return false
			}
			u.at += n * size
			u.y += n
		}
		u.passes, u.y = u.passes[1:], 0
	}
	return true
}

// next unfilters n rows: one row, or the rows of a wave.
func (u *unfilter) next(n int, above []byte, rowBytes int) bool {
	simple := true
	for k := range n {
		filter := u.raw[u.at+k*(rowBytes+1)]
		if filter > filterPaeth {
			u.y += k
			u.at += k * (rowBytes + 1)
			return false
		}
		simple = simple && (filter == filterNone || filter == filterUp)
	}
	if n > 1 && !simple {
		u.wave(u.at, n, above, rowBytes)
		return true
	}
	for k := range n {
		row := u.raw[u.at+k*(rowBytes+1):][:rowBytes+1]
		undo(row[0], row[1:], above, u.bpp, 0, rowBytes)
		above = row[1:]
	}
	return true
}

// undo turns the bytes [from, to) of a filtered row into samples (PNG 3rd edition, 9.2). The
// bytes before them are samples already. above is the row above, and bpp is 1 to 8.
func undo(filter byte, row, above []byte, bpp, from, to int) {
	row, above = row[:to], above[:to]
	if from >= to {
		return
	}
	switch filter {
	case filterSub:
		for i := max(from, bpp); i < len(row); i++ {
			row[i] += row[i-bpp]
		}
	case filterUp:
		undoUp(row[from:], above[from:])
	case filterAverage:
		undoAverage(row, above, bpp, from)
	case filterPaeth:
		undoPaeth(row, above, bpp, from)
	}
}

// undoUp adds eight bytes at a time, without carries from one to the next.
func undoUp(row, above []byte) {
	const high = 0x8080808080808080
	for ; len(row) >= 8; row, above = row[8:], above[8:] {
		a, b := binary.LittleEndian.Uint64(row), binary.LittleEndian.Uint64(above)
		binary.LittleEndian.PutUint64(row, (a&^high+b&^high)^(a^b)&high)
	}
	for i, v := range above[:len(row)] {
		row[i] += v
	}
}

func undoAverage(row, above []byte, bpp, from int) {
	above = above[:len(row)]
	for i := from; i < min(bpp, len(row)); i++ {
		row[i] += above[i] / 2
	}
	for i := max(from, bpp); i < len(row); i++ {
		row[i] += byte((int(row[i-bpp]) + int(above[i])) / 2)
	}
}

func undoPaeth(row, above []byte, bpp, from int) {
	above = above[:len(row)]
	for i := from; i < min(bpp, len(row)); i++ {
		row[i] += above[i] // left and upper left are 0
	}
	for i := max(from, bpp); i < len(row); i++ {
		row[i] += paeth(int(row[i-bpp]), int(above[i]), int(above[i-bpp]))
	}
}

// paeth returns left, up or upper left: the one that is closest to left + up − upper left
// (PNG 3rd edition, 9.4).
func paeth(a, b, c int) byte {
	pa, pb := b-c, a-c // signed distances of left and up from the prediction
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
