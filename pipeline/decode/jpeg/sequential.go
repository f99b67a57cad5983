package jpeg

import "encoding/binary"

// sequentialGeneric reads a block of a sequential scan (ITU T.81, F.2.2) into b, which is
// zero, and gives the new prediction of DC and the place of the last coefficient in the
// file's order, 0 for DC alone. Where the data is not as encoders write it, the place is −1.
func (r *reader) sequentialGeneric(b *[blockSize]int16, dc, ac *table, pred int) (int, int) {
	data, pos, acc, n := r.data, r.pos, r.acc, r.n
	if n < 32 {
		d := data[min(uint(pos), uint(len(data))):]
		if len(d) < 8 {
			return 0, -1
		}
		acc |= binary.BigEndian.Uint64(d) >> (n & 63)
		pos += int(63-n) >> 3
		n |= 56
	}
	e := dc.look[acc>>(64-lookBits)]
	if e&pending != 0 {
		r.pos, r.acc, r.n = pos, acc, n
		diff, ok := r.pendingDC(e, dc)
		if !ok {
			return 0, -1
		}
		pred += diff
		acc, n = r.acc, r.n
	} else {
		acc <<= e & consumed
		n -= uint(e & consumed)
		pred += int(int16(e >> valueShift))
	}
	b[0] = int16(pred)
	for k := uint(0); k < blockSize-1; {
		if n < 32 {
			d := data[min(uint(pos), uint(len(data))):]
			if len(d) < 8 {
				return 0, -1
			}
			acc |= binary.BigEndian.Uint64(d) >> (n & 63)
			pos += int(63-n) >> 3
			n |= 56
		}
		e := ac.look[acc>>(64-lookBits)]
		v := int16(e >> valueShift)
		if e&pending != 0 {
			if e == longCode {
				r.acc, r.n = acc, n
				e = r.longAC(ac)
				acc, n = r.acc, r.n
				if e == 0 {
					return 0, -1
				}
			}
			size := e >> valueShift
			v = signed(acc<<((e&consumed-size)&63), size)
		}
		acc <<= e & consumed
		n -= uint(e & consumed)
		last := k
		k += uint(e >> stepShift & 0xff)
		if k >= blockSize {
			if k < endOfBlock {
				return 0, -1
			}
			r.pos, r.acc, r.n = pos, acc, n
			return pred, int(last)
		}
		b[naturalOrder[k]&(blockSize-1)] = v
	}
	r.pos, r.acc, r.n = pos, acc, n
	return pred, blockSize - 1
}

// signed is the value of the topmost size bits (ITU T.81, F.2.2.1), of 0 bits 0.
func signed(bits uint64, size uint32) int16 {
	flip := ^uint64(int64(bits) >> 63) // ones where the value is negative
	magnitude := (bits ^ flip) >> 1 >> ((63 - size) & 63)
	return int16((magnitude ^ flip) - flip)
}

// pendingDC reads a difference that is not in the entry e.
func (r *reader) pendingDC(e uint32, dc *table) (int, bool) {
	var size uint
	if e == longCode {
		symbol := r.symbol(dc)
		if symbol < 0 {
			return 0, false
		}
		size = uint(symbol)
	} else {
		size = uint(e >> valueShift)
		r.take(uint(e&consumed) - size)
	}
	return extend(r.take(size), int(size)), true
}

// longAC reads a code of more than lookBits bits and gives the entry that it would have
// if its length were 0, or 0 for a code that the table does not have.
func (r *reader) longAC(ac *table) uint32 {
	symbol := r.symbol(ac)
	if symbol < 0 {
		return 0
	}
	run, size := uint32(symbol>>4), uint32(symbol&15)
	if size == 0 && run < 15 {
		return run<<valueShift | endOfBlock<<stepShift | pending
	}
	return size<<valueShift | (run+1)<<stepShift | pending | size
}

// oneAC reads a coefficient, the first after the one at k, and gives its place; endOfBlock
// where there is none, or −1 where the data is not as encoders write it.
func (r *reader) oneAC(b *[blockSize]int16, ac *table, k int) int {
	if r.n < 32 && !r.refill() {
		return -1
	}
	e := ac.look[r.acc>>(64-lookBits)]
	if e == longCode {
		if e = r.longAC(ac); e == 0 {
			return -1
		}
	}
	v := int16(e >> valueShift)
	if e&pending != 0 {
		size := e >> valueShift
		v = signed(r.acc<<((e&consumed-size)&63), size)
	}
	r.acc <<= e & consumed
	r.n -= uint(e & consumed)
	step := int(e >> stepShift & 0xff)
	if step == endOfBlock {
		return endOfBlock
	}
	k += step
	if k >= blockSize {
		return -1
	}
	b[naturalOrder[k&(blockSize-1)]&(blockSize-1)] = v
	return k
}
