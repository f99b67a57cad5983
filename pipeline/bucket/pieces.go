package bucket

import "io"

// Pieces is a content in memory, in several pieces that follow each other.
type Pieces [][]byte

// ReadAt reads from an offset in bytes. At the end it returns io.EOF.
func (p Pieces) ReadAt(to []byte, at int64) (n int, err error) {
	p.each(at, int64(len(to)), func(piece []byte) { n += copy(to[n:], piece) })
	if n < len(to) {
		err = io.EOF
	}
	return n, err
}

// each calls do with the pieces of n bytes, or of all that there are, from an offset.
func (p Pieces) each(at, n int64, do func([]byte)) {
	for _, piece := range p {
		if n <= 0 {
			return
		}
		if at >= int64(len(piece)) {
			at -= int64(len(piece))
			continue
		}
		piece = piece[at : at+min(n, int64(len(piece))-at)]
		do(piece)
		at, n = 0, n-int64(len(piece))
	}
}
