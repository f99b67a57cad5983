package mapng

import (
	"bytes"
	"encoding/binary"
)

// filter is a PNG filter type (PNG, 9.2). It names the byte that is subtracted from each
// byte.
type filter byte

const (
	filterNone  filter = iota
	filterSub          // the byte to the left
	filterUp           // the byte above
	filterAvg          // floor of the mean of the two
	filterPaeth        // of left, above and upper left, the nearest to left + above − upper left
)

// filterChooser picks the filter of each row.
type filterChooser struct {
	chosen filter
	next   int // the row at which to choose again
}

const (
	// chooseEvery is the number of rows that keep a choice. Choosing for every row saves 0.6% of
	// the bytes on maps of photos and takes 1.7 times as long.
	chooseEvery = 32
	// trialBytes is the part of a row that is tried at once. Its sum fits 16-bit lanes.
	trialBytes = 1024
)

// choose picks the filter of row y. Rows are asked for in order.
func (c *filterChooser) choose(l loops, trial *[trialBytes]byte, cur, prev []byte, bpp, y int) filter {
	if cur[0] == 0 && constant(cur) {
		return filterNone // its type byte is zero too, so that a black map is one long run
	}
	if y < c.next {
		return c.chosen
	}
	c.next = y + chooseEvery
	if y == 0 {
		c.next = 1 // nothing above: that says little about the rows to come
	}
	c.chosen = leastSum(l, trial, cur, prev, bpp)
	return c.chosen
}

// leastSum is the filter with the smallest sum of the row's filtered bytes, each as the
// absolute value of a signed byte (PNG, 12.7).
func leastSum(l loops, trial *[trialBytes]byte, cur, prev []byte, bpp int) (best filter) {
	var least uint64
	for f := filterNone; f <= filterPaeth; f++ {
		var sum uint64
		for x := 0; x < len(cur); x += trialBytes {
			part := trial[:min(trialBytes, len(cur)-x)]
			f.apply(l, part, cur, prev, x, bpp)
			sum += l.sumMagnitudes(part)
		}
		if f == filterNone || sum < least {
			best, least = f, sum
		}
	}
	return best
}

// sumMagnitudesGeneric adds up the absolute values of at most trialBytes signed bytes.
func sumMagnitudesGeneric(b []byte) (sum uint64) {
	i := 0
	for ; i <= len(b)-8; i += 8 {
		v := load8(b[i : i+8])
		negative := v & highBits
		v = (v ^ bytes8(negative)) + negative>>7
		sum += v&evenBytes + v>>8&evenBytes
	}
	sum = weigh(sum, 1, 1, 1, 1)
	for _, v := range b[i:] {
		signed := int(int8(v))
		sum += uint64(max(signed, -signed))
	}
	return sum
}

// apply writes the filtered bytes x, x+1, … of row cur to dst, len(dst) of them.
// prev is the row above; bpp is how far back the byte to the left lies.
func (f filter) apply(l loops, dst, cur, prev []byte, x, bpp int) {
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
		l.sub(dst, cur, left)
	case filterUp:
		l.sub(dst, cur, up)
	case filterAvg:
		l.subMean(dst, cur, left, up)
	case filterPaeth:
		l.subPaeth(dst, cur, left, up, upLeft)
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

// subGeneric subtracts pred from cur. The slices of all such functions have one length.
func subGeneric(dst, cur, pred []byte) {
	n := len(dst)
	cur, pred = cur[:n], pred[:n]
	i := 0
	for ; i <= n-8; i += 8 {
		store8(dst[i:i+8], sub8(load8(cur[i:i+8]), load8(pred[i:i+8])))
	}
	for ; i < n; i++ {
		dst[i] = cur[i] - pred[i]
	}
}

// subMeanGeneric subtracts the mean of left and up, rounded down.
func subMeanGeneric(dst, cur, left, up []byte) {
	n := len(dst)
	cur, left, up = cur[:n], left[:n], up[:n]
	i := 0
	for ; i <= n-8; i += 8 {
		store8(dst[i:i+8], sub8(load8(cur[i:i+8]), mean8(load8(left[i:i+8]), load8(up[i:i+8]))))
	}
	for ; i < n; i++ {
		dst[i] = cur[i] - byte((uint(left[i])+uint(up[i]))>>1)
	}
}

// subPaethGeneric subtracts paeth of left, up and upLeft.
func subPaethGeneric(dst, cur, left, up, upLeft []byte) {
	n := len(dst)
	cur, left, up, upLeft = cur[:n], left[:n], up[:n], upLeft[:n]
	i := 0
	for ; i <= n-8; i += 8 {
		p := paeth8(load8(left[i:i+8]), load8(up[i:i+8]), load8(upLeft[i:i+8]))
		store8(dst[i:i+8], sub8(load8(cur[i:i+8]), p))
	}
	for ; i < n; i++ {
		dst[i] = cur[i] - paeth(left[i], up[i], upLeft[i])
	}
}

// paeth is the predictor of PNG, 9.4: of left, up and upper left the nearest to
// left + up − upLeft, the first of the nearest.
func paeth(left, up, upLeft byte) byte {
	a, b := int(up)-int(upLeft), int(left)-int(upLeft)
	toLeft, toUp, toUpLeft := max(a, -a), max(b, -b), max(a+b, -a-b)
	switch {
	case toLeft <= toUp && toLeft <= toUpLeft:
		return left
	case toUp <= toUpLeft:
		return up
	}
	return upLeft
}

// paeth8 is paeth of each byte. Distances stay within a byte: where left and up
// lie on one side of upLeft, the distance to upLeft is the sum of the other two
// and never the least; where they do not, it is their difference.
func paeth8(left, up, upLeft uint64) uint64 {
	toLeft, upLess := distance8(up, upLeft)
	toUp, leftLess := distance8(left, upLeft)
	apart, leftFarther := distance8(toUp, toLeft)
	near := up ^ (left^up)&^bytes8(leftFarther)
	least := toLeft ^ (toLeft^toUp)&bytes8(leftFarther)
	opposite := upLess ^ leftLess
	_, farther := distance8(apart, least)
	return near ^ (near^upLeft)&bytes8(opposite&farther)
}

// distance8 is |a − b| of each byte, and the high bit of each byte where a < b.
func distance8(a, b uint64) (distance, less uint64) {
	diff := sub8(a, b)
	less = ((^a & b) | (^(a ^ b) & diff)) & highBits
	return (diff ^ bytes8(less)) + less>>7, less
}

// bytes8 fills each byte with its high bit; the other bits of v are zero.
func bytes8(v uint64) uint64 { return v<<1 - v>>7 }

func load8(b []byte) uint64     { return binary.LittleEndian.Uint64(b) }
func store8(b []byte, v uint64) { binary.LittleEndian.PutUint64(b, v) }

// constant reports whether all bytes of b, at least one, are equal. It compares b with
// itself moved by one, since bytes.Equal runs at the speed of memory.
func constant(b []byte) bool { return bytes.Equal(b[1:], b[:len(b)-1]) }
