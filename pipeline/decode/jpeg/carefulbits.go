package jpeg

import "filterbank/pipeline/decode/noun"

// fail notes the first error.
func (r *careful) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// fill fills the accumulator as far as the data goes (jpeg_fill_bit_buffer). It fails
// where that is less than need.
func (r *careful) fill(need int) {
	for r.marker == 0 && r.n < mostBits {
		c := r.byte()
		if c == 0xff {
			for c == 0xff {
				c = r.byte()
			}
			if c != 0 {
				r.marker, r.cut = c, r.ended
				break
			}
			c = 0xff
		}
		r.acc = r.acc<<8 | uint64(c)
		r.n += 8
	}
	if r.n >= need {
		return
	}
	if r.cut {
		r.fail(truncated(len(r.data), "before its picture does"))
	} else {
		r.fail(corrupt(r.pos-2, "the data of scan %d ends early, after %d of %s", r.current.number, r.mcu, noun.Count(r.total, "MCU")))
	}
	r.acc <<= uint(mostBits - r.n)
	r.n = mostBits
}

// bits reads size bits, up to 16.
func (r *careful) bits(size int) int {
	if r.n < size {
		r.fill(size)
	}
	r.n -= size
	return int(r.acc>>uint(r.n)) & (1<<size - 1)
}

// value reads a value of size bits.
func (r *careful) value(size int) int {
	if size == 0 {
		return 0
	}
	return extend(r.bits(size), size)
}

// symbol reads a code (HUFF_DECODE and jpeg_huff_decode).
func (r *careful) symbol(t *table) int {
	if r.n < lookAhead {
		r.fill(0)
	}
	length := 1
	if r.n >= lookAhead {
		for length = 1; length <= lookAhead; length++ {
			code := int32(r.acc>>uint(r.n-length)) & (1<<length - 1)
			if code <= t.most[length] {
				r.n -= length
				return int(t.values[uint8(code+t.offset[length])])
			}
		}
	}
	code := int32(r.bits(length))
	for code > t.most[length] {
		code = code<<1 | int32(r.bits(1))
		length++
	}
	if length > mostCode {
		r.fail(corrupt(r.pos, "a code in the data of scan %d that its Huffman table does not have", r.current.number))
		return 0
	}
	return int(t.values[uint8(code+t.offset[length])])
}

// restart goes past a restart marker (process_restart and read_restart_marker). It
// reports whether the marker was there.
func (r *careful) restart() bool {
	at, marker, skipped := r.pos, r.marker, 0
	r.carried += r.n / 8
	if marker == 0 {
		marker, skipped = r.parser.marker()
	}
	switch {
	case r.cut || r.ended:
		r.fail(truncated(len(r.data), "before its picture does"))
	case skipped > 0:
		r.fail(corrupt(at, "%s before a restart marker", noun.Count(skipped, "extraneous byte")))
	case marker != markerRST0+r.next:
		r.fail(corrupt(r.pos-2, "a marker 0x%02x where restart marker %d is due", marker, r.next))
	}
	r.marker, r.next = 0, (r.next+1)&7
	r.acc, r.n, r.run, r.left = 0, 0, 0, r.interval
	r.pred = [maxInScan]int{}
	return r.err == nil
}

// hasty reads bits without a check, as the macros of decode_mcu_fast do.
type hasty struct {
	data   []byte
	pos    int
	acc    uint64
	n      int
	marker bool // met
	bad    bool // a code that the table does not have has been taken for 0
	past   bool // a run has led past the end of a block
}

// fill adds six bytes where 16 bits or fewer are left (FILL_BIT_BUFFER_FAST).
func (f *hasty) fill() {
	if f.n > 16 {
		return
	}
	for range 6 {
		var c, after byte
		if f.pos+1 < len(f.data) {
			c, after = f.data[f.pos], f.data[f.pos+1]
		}
		f.pos++
		if c == 0xff {
			f.pos++
			if after != 0 {
				f.marker = true
				f.pos -= 2
				c = 0
			}
		}
		f.acc = f.acc<<8 | uint64(c)
		f.n += 8
	}
}

// value reads a value of size bits.
func (f *hasty) value(size int) int {
	if size == 0 {
		return 0
	}
	f.fill()
	f.n -= size
	return extend(int(f.acc>>uint(f.n))&(1<<size-1), size)
}

// symbol reads a code, of which libjpeg-turbo takes 17 bits where there is none, for 0.
func (f *hasty) symbol(t *table) int {
	f.fill()
	for length := 1; length <= mostCode; length++ {
		code := int32(f.acc>>uint(f.n-length)) & (1<<length - 1)
		if code <= t.most[length] {
			f.n -= length
			return int(t.values[uint8(code+t.offset[length])])
		}
	}
	f.bad = true
	f.n -= mostCode + 1
	return 0
}
