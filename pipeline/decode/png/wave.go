package png

// waveState is the state at the beginning of a wave, in bytes by lane: the pixels on the left
// and on the upper left, masks of the lanes with the filters Sub, Up, Average and Paeth, and
// ones. Masks leave out the bytes of a lane that belong to the next pixel.
type waveState [7][16]uint8

// wave undoes the filters of n rows at once. The first row is raw[at:], and above is the
// unfiltered row above it. Row k is one pixel behind row k−1: the loop does the pixels at
// which all rows are under way, and the other pixels are done one by one.
func (u *unfilter) wave(at, n int, above []byte, rowBytes int) {
	size, width := rowBytes+1, rowBytes/u.bpp
	row := func(k int) (filter byte, row, up []byte) {
		r := u.raw[at+k*size:][:size]
		if k == 0 {
			return r[0], r[1:], above
		}
		return r[0], r[1:], u.raw[at+(k-1)*size+1:][:rowBytes]
	}
	for k := range n - 1 {
		filter, r, up := row(k)
		undo(filter, r, up, u.bpp, 0, (n-1-k)*u.bpp)
	}
	lane := 16 / n
	var s waveState
	paeth := true
	for k := range n {
		filter, r, up := row(k)
		if x := n - 1 - k; x > 0 {
			copy(s[0][k*lane:], r[(x-1)*u.bpp:][:u.bpp])
			copy(s[1][k*lane:], up[(x-1)*u.bpp:][:u.bpp])
		}
		for i := range u.bpp {
			if filter > 0 {
				s[1+filter][k*lane+i] = 0xff
			}
			s[6][k*lane+i] = 1
		}
		paeth = paeth && filter == filterPaeth
	}
	waveLoop(u.raw[at+1:], size, above, u.bpp, width-n, &s, paeth)
	for k := range n {
		filter, r, up := row(k)
		undo(filter, r, up, u.bpp, (width-1-k)*u.bpp, rowBytes)
	}
}
