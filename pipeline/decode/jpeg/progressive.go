package jpeg

import (
	"math"
	"math/bits"
)

// firstDC decodes an MCU of the first scan of DC (ITU T.81, G.1.2.1).
func (p *picture) firstDC(v *intervals, x, y int) bool {
	for i := range p.plan {
		u := &p.plan[i]
		if v.n < 32 && !v.refill() {
			return false
		}
		e := u.dc.look[v.acc>>(64-lookBits)]
		diff := int(int16(e >> valueShift))
		if e&pending != 0 {
			var ok bool
			if diff, ok = v.pendingDC(e, u.dc); !ok {
				return false
			}
		} else {
			v.acc <<= e & consumed
			v.n -= uint(e & consumed)
		}
		pred := v.pred[u.member] + diff
		if pred > math.MaxInt32 || pred < math.MinInt32 {
			return false
		}
		v.pred[u.member] = pred
		u.comp.block(x*u.stepX+u.x, y*u.stepY+u.y)[0] = int16(pred << p.current.low)
	}
	return true
}

// refineDC decodes an MCU of a scan that adds a bit to DC.
func (p *picture) refineDC(v *intervals, x, y int) bool {
	for i := range p.plan {
		u := &p.plan[i]
		if v.n < 1 && !v.refill() {
			return false
		}
		u.comp.block(x*u.stepX+u.x, y*u.stepY+u.y)[0] |= int16(v.take(1) << p.current.low)
	}
	return true
}

// firstAC decodes the first scan of a band of coefficients (ITU T.81, G.1.2.2).
func (p *picture) firstAC(mcusX, mcusY int) error {
	v, ok := p.start()
	if !ok {
		return errUnusual
	}
	c := p.current.comps[0]
	run := 0 // blocks that remain of a run of ends of band
	for y := range mcusY {
		if err := p.ctx.Err(); err != nil {
			return err
		}
		for x := 0; x < mcusX; x++ {
			if v.interval > 0 && v.left == 0 {
				run = 0 // as libjpeg-turbo ends it
			}
			if !v.restart() {
				return errUnusual
			}
			if run > 0 {
				n := 1
				if v.interval == 0 { // all of the run at once
					n = min(run, mcusX-x)
				}
				run -= n
				x += n - 1
				continue
			}
			at := y*c.paddedX + x
			n, ok := v.firstBand(c.block(x, y), &c.nonzero[at], p.plan[0].ac, &p.current)
			if !ok {
				return errUnusual
			}
			run = n
		}
	}
	return v.ending()
}

// firstBand decodes a band of a block and gives how many blocks after it are empty.
func (r *reader) firstBand(b *[blockSize]int16, nonzero *uint64, ac *table, s *scan) (run int, ok bool) {
	set := *nonzero
	for k := s.from - 1; k < s.to; {
		if r.n < 32 && !r.refill() {
			return 0, false
		}
		e := ac.look[r.acc>>(64-lookBits)]
		if e == longCode {
			if e = r.longAC(ac); e == 0 {
				return 0, false
			}
		}
		step := int(e >> stepShift & 0xff)
		v := int16(e >> valueShift)
		if step == endOfBlock {
			r.acc <<= e & consumed
			r.n -= uint(e & consumed)
			*nonzero = set
			if r.n < 16 && !r.refill() {
				return 0, false
			}
			return 1<<v - 1 + r.take(uint(v)), true
		}
		if e&pending != 0 {
			size := e >> valueShift
			v = signed(r.acc<<((e&consumed-size)&63), size)
		}
		r.acc <<= e & consumed
		r.n -= uint(e & consumed)
		k += step
		if k > s.to {
			return 0, false
		}
		zero := v == 0
		v <<= s.low
		if v == 0 {
			if !zero {
				return 0, false // the value does not fit
			}
			continue
		}
		b[naturalOrder[k&(blockSize-1)]&(blockSize-1)] = v
		set |= 1 << (k & 63)
	}
	*nonzero = set
	return 0, true
}

// refineAC decodes a scan that adds a bit to a band (ITU T.81, G.1.2.3).
func (p *picture) refineAC(mcusX, mcusY int) error {
	v, ok := p.start()
	if !ok {
		return errUnusual
	}
	c, s := p.current.comps[0], &p.current
	band := ^uint64(0) >> (63 - s.to) &^ (1<<s.from - 1)
	run := 0
	for y := range mcusY {
		if err := p.ctx.Err(); err != nil {
			return err
		}
		for x := range mcusX {
			if v.interval > 0 && v.left == 0 {
				run = 0
			}
			if !v.restart() {
				return errUnusual
			}
			nonzero := &c.nonzero[y*c.paddedX+x]
			if run == 0 {
				var ok bool
				if run, ok = v.refineBand(c.block(x, y), nonzero, p.plan[0].ac, s); !ok {
					return errUnusual
				}
				continue
			}
			run--
			if left := *nonzero & band; left != 0 && !v.correct(c.block(x, y), left, s.low) {
				return errUnusual
			}
		}
	}
	return v.ending()
}

// refineBand decodes a band of a block and gives how many blocks after it have no new
// coefficients.
func (r *reader) refineBand(b *[blockSize]int16, nonzero *uint64, ac *table, s *scan) (run int, ok bool) {
	band := ^uint64(0) >> (63 - s.to) &^ (1<<s.from - 1) // what is left of it
	for band != 0 {
		if r.n < 32 && !r.refill() {
			return 0, false
		}
		acc, n := r.acc, r.n
		e := ac.look[acc>>(64-lookBits)]
		if e == longCode {
			if e = r.longAC(ac); e == 0 {
				return 0, false
			}
			acc, n = r.acc, r.n
		}
		step, v := e>>stepShift&0xff, int16(e>>valueShift)
		if step == endOfBlock {
			r.acc, r.n = acc<<(e&consumed), n-uint(e&consumed)
			if r.n < 16 && !r.refill() {
				return 0, false
			}
			run = 1<<v - 1 + r.take(uint(v))
			return run, r.correct(b, *nonzero&band, s.low)
		}
		if e&pending != 0 {
			size := e >> valueShift
			v = signed(acc<<((e&consumed-size)&63), size)
		}
		if v > 1 || v < -1 {
			return 0, false
		}
		r.acc, r.n = acc<<(e&consumed), n-uint(e&consumed)
		zeros := band &^ *nonzero
		for ; step > 1; step-- {
			zeros &= zeros - 1
		}
		if zeros == 0 { // the band ends before it has so many: right for a run of 16 alone
			return 0, v == 0 && r.correct(b, *nonzero&band, s.low)
		}
		place := zeros & -zeros
		if before := band & (place - 1) & *nonzero; before != 0 && !r.correct(b, before, s.low) {
			return 0, false
		}
		band &^= place | (place - 1)
		if v != 0 {
			b[naturalOrder[bits.TrailingZeros64(place)]&(blockSize-1)] = v << s.low
			*nonzero |= place
		}
	}
	return 0, true
}

// correct reads a bit for each of the given coefficients, which are not zero, in the
// file's order. Bits are as often set as not, so that they choose without a branch.
func (r *reader) correct(b *[blockSize]int16, which uint64, low int) bool {
	plus := int16(1) << low
	acc, n := r.acc, r.n
	for ; which != 0; which &= which - 1 {
		if n < 1 {
			r.n, r.acc = n, acc
			if !r.refill() {
				return false
			}
			acc, n = r.acc, r.n
		}
		c := &b[naturalOrder[bits.TrailingZeros64(which)]&(blockSize-1)]
		v := *c
		set := int16(int64(acc) >> 63)
		if v&plus != 0 {
			set = 0
		}
		sign := v >> 15
		*c = v + (plus^sign-sign)&set
		acc <<= 1
		n--
	}
	r.acc, r.n = acc, n
	return true
}
