package png

// spread writes the pixels of a pass to their places in the picture. The picture's rows are
// stride bytes apart. raw holds the unfiltered pass. A pixel has the given number of bits.
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

// spreadBits is spread for a row of pixels of 1, 2 or 4 bits. Their places in to must be 0.
func (p pass) spreadBits(to, from []byte, bits int) {
	for x := range p.width {
		v := sampleAt(from, x, bits)
		at := (p.x + x*p.dx) * bits
		to[at/8] |= v << (8 - bits - at%8)
	}
}

// sampleAt returns sample x of a row of samples of 1, 2 or 4 bits.
func sampleAt(row []byte, x, bits int) byte {
	at := x * bits
	return row[at/8] >> (8 - bits - at%8) & (1<<bits - 1)
}
