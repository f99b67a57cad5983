package png

// spread writes the pixels of a pass where they belong in the picture, whose rows are
// stride bytes apart; raw has the pass unfiltered, and a pixel has so many bits.
func (p pass) spread(pix []byte, stride int, raw []byte, bits int) {
	for y := range p.height {
		from := raw[p.at+y*(p.rowBytes+1)+1:][:p.rowBytes]
		to := pix[(p.y+y*p.dy)*stride:][:stride]
		if bits < 8 {
			p.spreadBits(to, from, bits)
			continue
		}
		n := bits / 8
		for x := range p.width {
			copy(to[(p.x+x*p.dx)*n:][:n], from[x*n:])
		}
	}
}

// spreadBits is spread for a row of pixels of 1, 2 or 4 bits. to is 0 where they go.
func (p pass) spreadBits(to, from []byte, bits int) {
	for x := range p.width {
		v := sampleAt(from, x, bits)
		at := (p.x + x*p.dx) * bits
		to[at/8] |= v << (8 - bits - at%8)
	}
}

// sampleAt is sample x of a row of samples of 1, 2 or 4 bits.
func sampleAt(row []byte, x, bits int) byte {
	at := x * bits
	return row[at/8] >> (8 - bits - at%8) & (1<<bits - 1)
}
