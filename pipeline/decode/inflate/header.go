package inflate

import (
	"fmt"
	"math/bits"
)

// CorruptError is why a stream cannot be decompressed.
type CorruptError struct {
	At   int    // the number of bytes of the stream that were taken
	Text string // what is wrong there
}

// Error tells what is wrong and where.
func (e *CorruptError) Error() string {
	return fmt.Sprintf("%s, at byte %d of the zlib stream", e.Text, e.At)
}

func (d *Decoder) corrupt(format string, args ...any) error {
	d.mode = modeBad
	return &CorruptError{At: d.before + d.in, Text: fmt.Sprintf(format, args...)}
}

// readHeader reads the two bytes of RFC 1950, 2.2.
func (d *Decoder) readHeader() (bool, error) {
	if !d.need(16) {
		return false, nil
	}
	method, flags := d.take(8), d.take(8)
	const deflate, most, dictionary = 8, 7, 1 << 5
	switch {
	case (method<<8|flags)%31 != 0:
		return false, d.corrupt("the zlib header %02x %02x fails its check", method, flags)
	case method&15 != deflate:
		return false, d.corrupt("compression method %d is not 8, deflate", method&15)
	case method>>4 > most:
		return false, d.corrupt("the window of 2^%d bytes is larger than 32768", method>>4+8)
	case flags&dictionary != 0:
		return false, d.corrupt("a preset dictionary is asked for")
	}
	d.window = 1 << (method>>4 + 8)
	d.mode = modeBlock
	return true, nil
}

// readBlock reads the head of a block (RFC 1951, 3.2.3), or finds the end of the data.
func (d *Decoder) readBlock() (bool, error) {
	if d.last {
		d.take(d.n & 7)
		d.mode = modeCheck
		return true, nil
	}
	if !d.need(3) {
		return false, nil
	}
	d.last = d.take(1) == 1
	switch kind := d.take(2); kind {
	case 0:
		d.take(d.n & 7)
		d.mode = modeStored
	case 1:
		d.useFixed()
		d.mode = modeSymbol
	case 2:
		d.mode = modeCounts
	default:
		return false, d.corrupt("a block has the type 3, which does not exist")
	}
	return true, nil
}

// useFixed makes the tables of RFC 1951, 3.2.6.
func (d *Decoder) useFixed() {
	if d.fixed {
		return
	}
	var lens [maxLitLen + 2]uint8
	for s := range lens {
		switch {
		case s < 144, s >= 280:
			lens[s] = 8
		case s < 256:
			lens[s] = 9
		default:
			lens[s] = 7
		}
	}
	build(d.lit[:], litBits, lens[:], litEntries[:], false)
	for s := range maxDistance + 2 {
		lens[s] = 5
	}
	build(d.dist[:], distBits, lens[:maxDistance+2], distEntries[:], false)
	d.fixed, d.paired = true, false
}

// readStored reads the length of a stored block (RFC 1951, 3.2.4).
func (d *Decoder) readStored() (bool, error) {
	if !d.need(32) {
		return false, nil
	}
	d.length = d.take(16)
	if check := d.take(16); d.length != check^0xffff {
		return false, d.corrupt("the length of a stored block, %d, does not fit its complement", d.length)
	}
	d.mode = modeCopy
	return true, nil
}

// readCounts reads the numbers of lengths of a dynamic block (RFC 1951, 3.2.7).
func (d *Decoder) readCounts() (bool, error) {
	if !d.need(14) {
		return false, nil
	}
	d.counts = counts{lit: d.take(5) + 257, dist: d.take(5) + 1, lenCode: d.take(4) + 4}
	if d.counts.lit > maxLitLen || d.counts.dist > maxDistance {
		return false, d.corrupt("a block has %d literals and lengths and %d distances, where there are at most %d and %d",
			d.counts.lit, d.counts.dist, maxLitLen, maxDistance)
	}
	d.fixed, d.paired = false, false
	clear(d.lens[:maxLenCode])
	d.mode = modeLenCode
	return true, nil
}

// lenCodeOrder is the order in which the lengths of the code for lengths stand.
var lenCodeOrder = [maxLenCode]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

func (d *Decoder) readLenCode() (bool, error) {
	for ; d.counts.have < d.counts.lenCode; d.counts.have++ {
		if !d.need(3) {
			return false, nil
		}
		d.lens[lenCodeOrder[d.counts.have]] = uint8(d.take(3))
	}
	if !build(d.lenCode[:], lenCodeBits, d.lens[:maxLenCode], lenEntries[:], false) {
		return false, d.corrupt("the code for code lengths is not complete")
	}
	d.counts.have = 0
	d.mode = modeLens
	return true, nil
}

// readLens reads the lengths of both codes of a dynamic block and makes their tables.
func (d *Decoder) readLens() (bool, error) {
	for total := d.counts.lit + d.counts.dist; d.counts.have < total; {
		e, ok := d.look(d.lenCode[:], lenCodeBits)
		if !ok {
			return false, nil
		}
		code, value := uint(e>>codeShift&15), e>>valueShift
		if value < 16 {
			d.take(code)
			d.lens[d.counts.have] = uint8(value)
			d.counts.have++
			continue
		}
		extra, least, what := uint(2), 3, uint8(0)
		switch value {
		case 17:
			extra = 3
		case 18:
			extra, least = 7, 11
		}
		if !d.need(code + extra) {
			return false, nil
		}
		d.take(code)
		if value == 16 {
			if d.counts.have == 0 {
				return false, d.corrupt("a code length is repeated where there is none before it")
			}
			what = d.lens[d.counts.have-1]
		}
		n := least + d.take(extra)
		if d.counts.have+n > total {
			return false, d.corrupt("a block has more code lengths than it says")
		}
		for range n {
			d.lens[d.counts.have] = what
			d.counts.have++
		}
	}
	return true, d.makeTables()
}

func (d *Decoder) makeTables() error {
	lit, dist := d.lens[:d.counts.lit], d.lens[d.counts.lit:][:d.counts.dist]
	switch {
	case lit[endOfBlock] == 0:
		return d.corrupt("a block has no code for its end")
	case !build(d.lit[:], litBits, lit, litEntries[:], true):
		return d.corrupt("the code for literals and lengths is not complete")
	case !build(d.dist[:], distBits, dist, distEntries[:], true):
		return d.corrupt("the code for distances is not complete")
	}
	d.mode = modeSymbol
	return nil
}

// look finds the entry of the next code, whose bits take then uses. Like zlib, it takes no
// more bytes than the code has. It returns false if there are too few.
func (d *Decoder) look(table []uint32, root uint) (uint32, bool) {
	for {
		e := table[d.buf&(1<<root-1)]
		if e&pointerFlag == 0 {
			if uint(e>>codeShift&15) <= d.n {
				return e, true
			}
		} else if d.n > root {
			further := table[e>>valueShift&0x7fff+uint32(d.buf>>root)&(1<<(e>>codeShift&15)-1)]
			code := uint(further>>codeShift&15) + root
			if code <= d.n {
				return further + uint32(root)*oneBit, true
			}
		}
		if !d.need(d.n + 1) {
			return 0, false
		}
	}
}

// readSymbol reads a literal, a length or the end of a block.
func (d *Decoder) readSymbol() (bool, error) {
	e, ok := d.look(d.lit[:], litBits)
	if !ok {
		return false, nil
	}
	code := uint(e >> codeShift & 15)
	d.take(code)
	switch {
	case e&literalFlag != 0:
		d.length = int(e >> valueShift & 0xff)
		d.mode = modeLiteral
	case e&specialFlag == 0:
		d.length, d.extra = int(e>>valueShift), uint(e&63)-code
		d.mode = modeLengthBits
	case e&endFlag != 0:
		d.mode = modeBlock
	default:
		return false, d.corrupt("a code stands for no literal and no length")
	}
	return true, nil
}

func (d *Decoder) readDistance() (bool, error) {
	e, ok := d.look(d.dist[:], distBits)
	if !ok {
		return false, nil
	}
	code := uint(e >> codeShift & 15)
	d.take(code)
	if e&specialFlag != 0 {
		return false, d.corrupt("a code stands for no distance")
	}
	d.distance, d.extra = int(e>>valueShift), uint(e&63)-code
	d.mode = modeDistanceBits
	return true, nil
}

// readCheck compares the checksum behind the data with the checksum of dst[:at].
func (d *Decoder) readCheck(dst []byte, at int) (bool, error) {
	if !d.need(32) {
		return false, nil
	}
	d.sum, d.summed = d.sum.add(dst[d.summed:at], d.set), at
	if stored := bits.ReverseBytes32(uint32(d.take(32))); stored != uint32(d.sum) {
		return false, d.corrupt("the data have the Adler-32 checksum %08x, where the stream says %08x", uint32(d.sum), stored)
	}
	d.mode = modeDone
	return false, nil
}
