package jpeg

import (
	"bytes"
	"encoding/binary"
)

// padding is what stands behind each segment of unstuffed data: as many zeros as a refill
// can read past its end, and a few more.
const padding = 16

// part is a segment of unstuffed data, between two restart markers.
type part struct{ from, to int }

// unstuff copies entropy-coded data from offset at on, up to the next marker that is no
// restart marker, to d.scratch without stuffed zeros (ITU T.81, B.1.1.5). Restart markers
// divide it where the scan has an interval. It gives the marker's offset, and says
// whether the data is as encoders write it.
func (d *Decoder) unstuff(data []byte, at, interval int) (end int, plain bool) {
	if cap(d.scratch) < len(data)-at+padding {
		d.scratch = make([]byte, 0, len(data)-at+padding)
	}
	d.scratch, d.parts = d.scratch[:0], d.parts[:0]
	from, restarts := 0, 0
	for {
		n := bytes.IndexByte(data[at:], 0xff)
		if n < 0 || at+n+1 >= len(data) {
			return len(data), false
		}
		d.scratch = append(d.scratch, data[at:at+n]...)
		at += n
		next := at + 1
		for next < len(data) && data[next] == 0xff { // any number of fill bytes
			next++
		}
		if next == len(data) {
			return len(data), false
		}
		switch marker := data[next]; {
		case marker == 0 && next == at+1:
			d.scratch = append(d.scratch, 0xff)
			at += 2
			continue
		case marker == 0:
			return at, false
		case interval > 0 && marker >= markerRST0 && marker <= markerRST7:
			if marker != markerRST0+byte(restarts&7) {
				return at, false
			}
			restarts++
			from = d.endPart(from)
			at = next + 1
			continue
		}
		d.endPart(from)
		return at, true
	}
}

// endPart ends the segment that begins at from and gives the beginning of the next.
func (d *Decoder) endPart(from int) int {
	var zeros [padding]byte
	d.parts = append(d.parts, part{from, len(d.scratch)})
	d.scratch = append(d.scratch, zeros[:]...)
	return len(d.scratch)
}

// reader reads bits of unstuffed data. Its accumulator holds the next bits from the top;
// those below the lowest of n are real ones too, or zeros.
type reader struct {
	data []byte
	pos  int // of the next byte that is not counted in n; assembly finds acc and n behind it
	acc  uint64
	n    uint
}

// open goes to a segment.
func (r *reader) open(scratch []byte, p part) {
	*r = reader{data: scratch, pos: p.from}
}

// ended says whether all bits of the segment have been read but for the padding of its
// last byte.
func (r *reader) ended(p part) bool {
	left := (p.to-r.pos)*8 + int(r.n)
	return left >= 0 && left < 8
}

// refill makes n at least 56. It reports whether there was data.
func (r *reader) refill() bool {
	if r.pos < 0 || r.pos > len(r.data)-8 {
		return false
	}
	r.acc |= binary.BigEndian.Uint64(r.data[r.pos:]) >> (r.n & 63)
	r.pos += int(63-r.n) >> 3
	r.n |= 56
	return true
}

// take reads size bits, of at most 32 that the accumulator has.
func (r *reader) take(size uint) int {
	bits := r.acc >> 1 >> (63 - size)
	r.acc <<= size
	r.n -= size
	return int(bits)
}

// symbol reads the code of a symbol, bit by bit where it is long, and gives −1 for a code
// that the table does not have. The accumulator has at least 17 bits.
func (r *reader) symbol(t *table) int {
	code := int32(r.acc >> (64 - lookBits))
	length := lookBits
	for length = 1; length <= mostCode; length++ {
		code = int32(r.acc >> (64 - length))
		if code <= t.most[length] {
			break
		}
	}
	if length > mostCode {
		return -1
	}
	r.acc <<= uint(length)
	r.n -= uint(length)
	return int(t.values[uint8(code+t.offset[length])])
}
