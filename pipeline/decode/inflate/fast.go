package inflate

import "encoding/binary"

// The fast loops need this input behind the bits that they hold, since they may read it at
// once. They need room for eight literals and the longest match, which they may overshoot by a
// copy's width less one.
const (
	fastInput  = 16
	longest    = 258
	copyWidth  = 32
	fastMatch  = longest + copyWidth
	fastOutput = fastMatch + 8
)

// An entry of the table of pairs equals the entry of the table of literals and lengths unless
// it stands for a literal. Then it has:
//
//	bits  0 to 5   bits of the codes
//	bits  8 to 9   how many literals there are, 1 or 2
//	bit  12        set
//	bits 16 to 23  the first literal
//	bits 24 to 31  the second one
const pairFlag = 1 << 12

// pair makes the table of pairs unless the block has it already. Two literals are taken
// together if the first look resolves both codes. In photos it mostly does.
func (d *Decoder) pair() {
	if d.paired {
		return
	}
	d.paired = true
	for i := range d.pairs {
		e := d.lit[i]
		if e&literalFlag == 0 {
			d.pairs[i] = e
			continue
		}
		bits := e & 63
		p := pairFlag | 1<<codeShift | e&(0xff<<valueShift) | bits
		if next := d.lit[uint32(i)>>bits]; next&literalFlag != 0 && bits+next&63 <= litBits {
			p += 1<<codeShift | next&(0xff<<valueShift)<<8 | next&63
		}
		d.pairs[i] = p
	}
}

// fastGeneric decodes symbols into dst[at:] until at is end or more, or until fewer than
// fastInput bytes are left. It stops before the end of a block and before an invalid symbol,
// so that step sees them. dst has room for fastOutput bytes behind end−1.
func (d *Decoder) fastGeneric(dst []byte, at, end int) int {
	src, in, buf, n := d.src, d.in, d.buf, d.n
	pairs, lit, dist, low := &d.pairs, &d.lit, &d.dist, d.low
	stop := len(src) - fastInput
symbols:
	for at < end && in <= stop {
		// 56 bits: four pairs of literals, or a length and a distance.
		buf |= binary.LittleEndian.Uint64(src[in:]) << n
		in += int(63-n) >> 3
		n |= 56
		e := pairs[buf&(1<<litBits-1)]
		if e&pairFlag != 0 {
			for range 4 {
				buf, n = buf>>(e&63), n-uint(e&63)
				binary.LittleEndian.PutUint16(dst[at:], uint16(e>>valueShift))
				at += int(e >> codeShift & 3)
				if e = pairs[buf&(1<<litBits-1)]; e&pairFlag == 0 {
					break
				}
			}
			if e&pairFlag != 0 {
				continue
			}
			buf |= binary.LittleEndian.Uint64(src[in:]) << n
			in += int(63-n) >> 3
			n |= 56
		}
		if e&specialFlag != 0 {
			if e&pointerFlag == 0 {
				break
			}
			e = lit[e>>valueShift+uint32(buf>>litBits)&(1<<(e>>codeShift&15)-1)]
			if e&specialFlag != 0 {
				break
			}
			buf, n = buf>>litBits, n-litBits
			if e&literalFlag != 0 {
				buf, n = buf>>(e&63), n-uint(e&63)
				dst[at] = byte(e >> valueShift)
				at++
				continue symbols
			}
		}
		length := int(e>>valueShift) + int(buf&(1<<(e&63)-1)>>(e>>codeShift&15))
		buf, n = buf>>(e&63), n-uint(e&63)
		e = dist[buf&(1<<distBits-1)]
		used := uint(0)
		if e&pointerFlag != 0 {
			used = distBits
			e = dist[e>>valueShift&0x7fff+uint32(buf>>distBits)&(1<<(e>>codeShift&15)-1)]
		}
		distance := int(e>>valueShift) + int(buf>>used&(1<<(e&63)-1)>>(e>>codeShift&15))
		if e&specialFlag != 0 || distance > at-low {
			d.mode, d.length = modeDistance, length
			break
		}
		used += uint(e & 63)
		buf, n = buf>>used, n-used
		copyMatch(dst[at-distance:at+fastMatch], distance, length)
		at += length
	}
	d.in, d.buf, d.n = in-int(n>>3), buf&(1<<(n&7)-1), n&7
	return at
}

// copyMatch copies length bytes from window[0:] to window[distance:]. It may write copyWidth−1
// bytes more.
func copyMatch(window []byte, distance, length int) {
	switch {
	case distance >= 8:
		for i := 0; i < length; i += 8 {
			binary.LittleEndian.PutUint64(window[distance+i:], binary.LittleEndian.Uint64(window[i:]))
		}
	case distance == 1:
		v := uint64(window[0]) * 0x0101010101010101
		for i := 1; i <= length; i += 8 {
			binary.LittleEndian.PutUint64(window[i:], v)
		}
	default:
		for i := range length {
			window[distance+i] = window[i]
		}
	}
}
