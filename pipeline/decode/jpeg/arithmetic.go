package jpeg

import "filterbank/pipeline/decode/noun"

// Arithmetic coding (ITU T.81, annex D and F.1.4, F.2.4, G.1.3, G.2.3). Where the data
// ends, zeros follow, because an encoder leaves them away. An early end goes unnoticed.

// bin is the state of a decision, and the more probable symbol in its top bit.
type bin = uint8

// Places of the bins of a table (ITU T.81, tables F.4 and F.5).
const (
	dcBins      = 64
	dcMagnitude = 20
	acBins      = 256
	acLow       = 189 // magnitudes of coefficients up to the conditioning's K
	acHigh      = 217
	magnitude   = 14 // from a magnitude's bins to those of its bits
)

// conditioning is what the parameters of a table are (ITU T.81, B.2.4.3).
type conditioning struct {
	low, high [16]uint8 // L and U of DC
	most      [16]uint8 // K of AC
}

func (c *conditioning) reset() {
	for i := range c.most {
		c.low[i], c.high[i], c.most[i] = 0, 1, 5
	}
}

// arithmetic decodes the data of a scan, with the registers of libjpeg's decoder.
type arithmetic struct {
	*picture
	c, a    int64
	ct      int
	marker  byte // the marker that ends the data, once it has been met
	next    byte // number of the next restart marker
	left    int  // MCUs to it
	pred    [maxInScan]int
	context [maxInScan]int // of DC's bins, from the difference before
	dc      [16][dcBins]bin
	ac      [16][acBins]bin
	sign    bin
	err     error
}

// readArithmetic decodes the data of the current scan.
func (p *picture) readArithmetic() error {
	mcusX, mcusY := p.mcus()
	r := &arithmetic{picture: p, ct: -16, left: p.interval, sign: fixed}
	for y := range mcusY {
		if err := p.ctx.Err(); err != nil {
			return err
		}
		for x := range mcusX {
			r.decodeMCU(x, y)
			if r.err != nil {
				return r.err
			}
		}
	}
	p.unread = r.marker
	p.flushQueues(&p.member)
	return nil
}

// decodeMCU decodes the MCU x, y of the scan.
func (r *arithmetic) decodeMCU(x, y int) {
	if r.interval > 0 {
		if r.left == 0 && !r.restart() {
			return
		}
		r.left--
	}
	s := &r.current
	for i := range r.plan {
		u := &r.plan[i]
		if !r.frame.multiScan {
			b := u.queue.next()
			r.firstDC(b, u)
			r.firstAC(b, u, 1, blockSize-1)
			r.finish(u, x, y)
			continue
		}
		b := u.comp.block(x*u.stepX+u.x, y*u.stepY+u.y)
		switch {
		case !r.frame.progressive:
			r.firstDC(b, u)
			r.firstAC(b, u, 1, blockSize-1)
		case s.from == 0 && s.high == 0:
			r.firstDC(b, u)
		case s.from == 0:
			if r.decide(&r.sign) {
				b[0] |= 1 << s.low
			}
		case s.high == 0:
			r.firstAC(b, u, s.from, s.to)
		default:
			r.refineAC(b, u)
		}
	}
}

// restart goes past a restart marker and forgets all statistics.
func (r *arithmetic) restart() bool {
	at, marker, skipped := r.pos, r.marker, 0
	if marker == 0 {
		marker, skipped = r.parser.marker()
	}
	switch {
	case r.ended:
		r.err = truncated(len(r.data), "before its picture does")
	case skipped > 0:
		r.err = corrupt(at, "%s before a restart marker", noun.Count(skipped, "extraneous byte"))
	case marker != markerRST0+r.next:
		r.err = corrupt(r.pos-2, "a marker 0x%02x where restart marker %d is due", marker, r.next)
	}
	*r = arithmetic{picture: r.picture, ct: -16, left: r.interval, sign: fixed, next: (r.next + 1) & 7, err: r.err}
	return r.err == nil
}

// read is the next byte of the data, 0 behind its end.
func (r *arithmetic) read() byte {
	if r.marker != 0 {
		return 0
	}
	b := r.byte()
	if b != 0xff {
		return b
	}
	for b == 0xff {
		b = r.byte()
	}
	if b == 0 {
		return 0xff
	}
	r.marker = b
	return 0
}

// decide decodes a decision (ITU T.81, figures D.15 to D.19).
func (r *arithmetic) decide(b *bin) bool {
	for r.a < 0x8000 {
		if r.ct--; r.ct < 0 {
			r.c = r.c<<8 | int64(r.read())
			if r.ct += 8; r.ct < 0 { // still at the beginning
				if r.ct++; r.ct == 0 {
					r.a = 0x8000
				}
			}
		}
		r.a <<= 1
	}
	symbol, s := *b&0x80, &states[*b&0x7f]
	estimate := int64(s.estimate)
	r.a -= estimate
	less := false
	switch {
	case r.c >= r.a<<r.ct:
		r.c -= r.a << r.ct
		less = r.a >= estimate
		r.a = estimate
	case r.a >= 0x8000:
		return symbol != 0
	default:
		less = r.a < estimate
	}
	if !less {
		*b = symbol | s.more
		return symbol != 0
	}
	*b = symbol | s.less
	if s.swap {
		*b ^= 0x80
	}
	return symbol == 0
}

// category decodes how large a magnitude is, with bins from at on: m is its topmost bit, and
// end the last bin. The magnitude is at least start.
func (r *arithmetic) category(bins []bin, at, start int) (m, end int) {
	m = start
	for r.decide(&bins[at]) {
		if m <<= 1; m == 0x8000 {
			r.err = corrupt(min(r.pos, len(r.data)), "a value out of all range in the data of scan %d", r.current.number)
			return 0, at
		}
		at++
	}
	return m, at
}

// bits decodes the bits of a magnitude below its topmost, m, and gives the value.
func (r *arithmetic) bits(bins []bin, at, m int, negative bool) int {
	v := m
	for m >>= 1; m != 0; m >>= 1 {
		if r.decide(&bins[at]) {
			v |= m
		}
	}
	if negative {
		return -v - 1
	}
	return v + 1
}

// firstDC decodes the DC of a block.
func (r *arithmetic) firstDC(b *[blockSize]int16, u *unit) {
	slot, context := u.comp.dcSlot, &r.context[u.member]
	bins, at := r.dc[slot][:], *context
	if !r.decide(&bins[at]) {
		*context = 0
	} else {
		negative := r.decide(&bins[at+1])
		sign := 0
		if negative {
			sign = 1
		}
		at += 2 + sign
		m := 0
		if r.decide(&bins[at]) {
			if m, at = r.category(bins, dcMagnitude, 1); r.err != nil {
				return
			}
		}
		switch {
		case m < 1<<r.conditioning.low[slot]>>1:
			*context = 0
		case m > 1<<r.conditioning.high[slot]>>1:
			*context = 12 + 4*sign
		default:
			*context = 4 + 4*sign
		}
		r.pred[u.member] += r.bits(bins, at+magnitude, m, negative)
	}
	low := 0
	if r.frame.progressive {
		low = r.current.low
	}
	b[0] = int16(r.pred[u.member] << low)
}

// firstAC decodes a band of a block.
func (r *arithmetic) firstAC(b *[blockSize]int16, u *unit, from, to int) {
	slot := u.comp.acSlot
	bins, low := r.ac[slot][:], 0
	if r.frame.progressive {
		low = r.current.low
	}
	for k := from; k <= to && r.err == nil; k++ {
		at := 3 * (k - 1)
		if r.decide(&bins[at]) {
			return
		}
		for !r.decide(&bins[at+1]) {
			at += 3
			if k++; k > to {
				r.pastBand()
				return
			}
		}
		negative := r.decide(&r.sign)
		at += 2
		m := 0
		if r.decide(&bins[at]) {
			m = 1
			if r.decide(&bins[at]) {
				at = acHigh
				if k <= int(r.conditioning.most[slot]) {
					at = acLow
				}
				if m, at = r.category(bins, at, 2); r.err != nil {
					return
				}
			}
		}
		b[naturalOrder[k]] = int16(r.bits(bins, at+magnitude, m, negative) << low)
	}
}

// refineAC adds a bit to a band of a block.
func (r *arithmetic) refineAC(b *[blockSize]int16, u *unit) {
	s, bins := &r.current, r.ac[u.comp.acSlot][:]
	plus := int16(1) << s.low
	end := s.to // of what is known so far
	for end > 0 && b[naturalOrder[end]] == 0 {
		end--
	}
	for k := s.from; k <= s.to; k++ {
		at := 3 * (k - 1)
		if k > end && r.decide(&bins[at]) {
			return
		}
		for ; ; at += 3 {
			c := &b[naturalOrder[k]]
			if *c != 0 {
				if r.decide(&bins[at+2]) {
					if *c < 0 {
						*c -= plus
					} else {
						*c += plus
					}
				}
				break
			}
			if r.decide(&bins[at+1]) {
				*c = plus
				if r.decide(&r.sign) {
					*c = -plus
				}
				break
			}
			if k++; k > s.to {
				r.pastBand()
				return
			}
		}
	}
}

func (r *arithmetic) pastBand() {
	r.err = corrupt(min(r.pos, len(r.data)), "the coefficients of a block do not end in the data of scan %d", r.current.number)
}
