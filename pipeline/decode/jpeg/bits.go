package jpeg

import (
	"bytes"
	"encoding/binary"
)

// padding is what stands behind a segment of unstuffed data: as many zeros as a refill can
// read past its end, and a few more.
const padding = 16

// segment is entropy-coded data between two markers.
type segment struct {
	next int  // offset of the marker behind it, or of what follows a restart marker
	last bool // no restart marker follows it
}

// find goes from offset at over entropy-coded data to the next marker. Unless unstuffed is
// nil, it appends the data to it without stuffed zeros (ITU T.81, B.1.1.5). A scan with an
// interval of restarts may go on behind the marker RST0 + restarts. The result is whether the
// data is plain, in the form that encoders write.
func (s *segment) find(data []byte, at, interval, restarts int, unstuffed *[]byte) (plain bool) {
	for {
		n := bytes.IndexByte(data[at:], 0xff)
		if n < 0 || at+n+1 >= len(data) {
			return false
		}
		if unstuffed != nil {
			*unstuffed = append(*unstuffed, data[at:at+n]...)
		}
		at += n
		next := at + 1
		for next < len(data) && data[next] == 0xff { // any number of fill bytes
			next++
		}
		if next == len(data) {
			return false
		}
		switch marker := data[next]; {
		case marker == 0 && next == at+1:
			if unstuffed != nil {
				*unstuffed = append(*unstuffed, 0xff)
			}
			at += 2
			continue
		case marker == 0:
			return false
		case interval > 0 && marker >= markerRST0 && marker <= markerRST7:
			s.next, s.last = next+1, false
			return marker == markerRST0+byte(restarts&7)
		}
		s.next, s.last = at, true
		return true
	}
}

// unstuff puts the data of the segment at an offset into buf, and padding behind it.
func (s *segment) unstuff(buf, data []byte, at, interval, restarts int) (_ []byte, plain bool) {
	buf = buf[:0]
	plain = s.find(data, at, interval, restarts, &buf)
	var zeros [padding]byte
	return append(buf, zeros[:]...), plain
}

// reader reads bits of unstuffed data. Its accumulator holds the next bits from the top;
// those below the lowest of n are real ones too, or zeros.
type reader struct {
	data []byte
	pos  int // of the next byte that is not counted in n; assembly finds acc and n behind it
	acc  uint64
	n    uint
}

// open goes to the beginning of unstuffed data.
func (r *reader) open(scratch []byte) { *r = reader{data: scratch} }

// ended reports whether all bits have been read except the padding of the last byte.
func (r *reader) ended() bool {
	left := (len(r.data)-padding-r.pos)*8 + int(r.n)
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
