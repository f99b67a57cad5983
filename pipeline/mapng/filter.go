package mapng

import "encoding/binary"

// filter is a PNG filter type (PNG, 9.2): what is subtracted from each byte.
type filter byte

const (
	filterNone  filter = iota
	filterSub          // the byte to the left
	filterUp           // the byte above
	filterAvg          // floor of the mean of the two
	filterPaeth        // of left, above and upper left, the nearest to left + above − upper left
)

// chooseFilter picks the filter of row y.
func chooseFilter(cur, prev []byte, bpp, y int) filter {
	if allZero(cur) {
		return filterNone // its type byte is zero too, so that a black map is one long run
	}
	return filterAvg
}

// apply writes the filtered bytes x, x+1, … of row cur to dst, len(dst) of them.
// prev is the row above; bpp is how far back the byte to the left lies.
func (f filter) apply(dst, cur, prev []byte, x, bpp int) {
	end := x + len(dst)
	head := 0
	for ; x < bpp && x < end; x++ {
		var pred byte
		switch f {
		case filterUp, filterPaeth:
			pred = prev[x]
		case filterAvg:
			pred = prev[x] >> 1
		}
		dst[head] = cur[x] - pred
		head++
	}
	dst = dst[head:]
	if len(dst) == 0 {
		return
	}
	left, upLeft := cur[x-bpp:end-bpp], prev[x-bpp:end-bpp]
	cur, up := cur[x:end], prev[x:end]
	switch f {
	case filterNone:
		copy(dst, cur)
	case filterSub:
		sub(dst, cur, left)
	case filterUp:
		sub(dst, cur, up)
	case filterAvg:
		subMean(dst, cur, left, up)
	case filterPaeth:
		subPaeth(dst, cur, left, up, upLeft)
	}
}

// Eight bytes are worked on at a time in a 64-bit word.
const (
	lowBits  = 0x7f7f7f7f7f7f7f7f
	highBits = 0x8080808080808080
)

// sub8 subtracts b's bytes from a's, modulo 256 each.
func sub8(a, b uint64) uint64 {
	return ((a | highBits) - (b & lowBits)) ^ ((a ^ ^b) & highBits)
}

// mean8 is floor((a + b)/2) of each byte.
func mean8(a, b uint64) uint64 {
	return (a & b) + ((a^b)>>1)&lowBits
}

func sub(dst, cur, pred []byte) {
	n := len(dst)
	cur, pred = cur[:n], pred[:n]
	for len(dst) >= 8 && len(cur) >= 8 && len(pred) >= 8 {
		d := sub8(binary.LittleEndian.Uint64(cur), binary.LittleEndian.Uint64(pred))
		binary.LittleEndian.PutUint64(dst, d)
		dst, cur, pred = dst[8:], cur[8:], pred[8:]
	}
	for i := range dst {
		dst[i] = cur[i] - pred[i]
	}
}

func subMean(dst, cur, left, up []byte) {
	n := len(dst)
	cur, left, up = cur[:n], left[:n], up[:n]
	for len(dst) >= 8 && len(cur) >= 8 && len(left) >= 8 && len(up) >= 8 {
		m := mean8(binary.LittleEndian.Uint64(left), binary.LittleEndian.Uint64(up))
		binary.LittleEndian.PutUint64(dst, sub8(binary.LittleEndian.Uint64(cur), m))
		dst, cur, left, up = dst[8:], cur[8:], left[8:], up[8:]
	}
	for i := range dst {
		dst[i] = cur[i] - byte((uint(left[i])+uint(up[i]))>>1)
	}
}

func subPaeth(dst, cur, left, up, upLeft []byte) {
	for i := range dst {
		dst[i] = cur[i] - paeth(left[i], up[i], upLeft[i])
	}
}

// paeth is the predictor of PNG, 9.4.
func paeth(a, b, c byte) byte {
	pa, pb := int(b)-int(c), int(a)-int(c)
	pc := pa + pb
	pa, pb, pc = abs(pa), abs(pb), abs(pc)
	switch {
	case pa <= pb && pa <= pc:
		return a
	case pb <= pc:
		return b
	}
	return c
}

func abs(v int) int { return max(v, -v) }

func allZero(b []byte) bool {
	for len(b) >= 8 {
		if binary.LittleEndian.Uint64(b) != 0 {
			return false
		}
		b = b[8:]
	}
	for _, v := range b {
		if v != 0 {
			return false
		}
	}
	return true
}
