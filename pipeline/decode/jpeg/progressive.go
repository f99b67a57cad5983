package jpeg

import (
	"math"
	"math/bits"
)

// readRows decodes rows of the pass's scan. If the data is not plain, the error is errUnusual.
func (t *pass) readRows(_ *member, from, to int) error {
	if from == 0 && !t.open() {
		return errUnusual
	}
	var err error
	switch s := &t.scan; {
	case !t.p.frame.progressive:
		err = t.eachMCU(from, to, t.sequentialMCU)
	case s.from == 0 && s.high == 0:
		err = t.eachMCU(from, to, t.firstDC)
	case s.from == 0:
		err = t.eachMCU(from, to, t.refineDC)
	case s.high == 0:
		err = t.firstAC(from, to)
	default:
		err = t.refineAC(from, to)
	}
	if err != nil || to < t.rows {
		return err
	}
	return t.ending()
}

// eachMCU decodes rows of MCUs.
func (t *pass) eachMCU(from, to int, decode func(x, y int) bool) error {
	for y := from; y < to; y++ {
		if err := t.p.ctx.Err(); err != nil {
			return err
		}
		for x := range t.mcusX {
			if !t.restart() || !decode(x, y) {
				return errUnusual
			}
		}
	}
	return nil
}

// sequentialMCU decodes an MCU of a sequential scan.
func (t *pass) sequentialMCU(x, y int) bool {
	for i := range t.plan {
		u := &t.plan[i]
		b := u.comp.block(x*u.stepX+u.x, y*u.stepY+u.y)
		pred, last := t.sequential(b, u.dc, u.ac, t.pred[u.member], t.set)
		if last < 0 {
			return false
		}
		t.pred[u.member] = pred
	}
	return true
}

// firstDC decodes an MCU of the first scan of DC (ITU T.81, G.1.2.1).
func (t *pass) firstDC(x, y int) bool {
	for i := range t.plan {
		u := &t.plan[i]
		if t.n < 32 && !t.refill() {
			return false
		}
		e := u.dc.look[t.acc>>(64-lookBits)]
		diff := int(int16(e >> valueShift))
		if e&pending != 0 {
			var ok bool
			if diff, ok = t.pendingDC(e, u.dc); !ok {
				return false
			}
		} else {
			t.acc <<= e & consumed
			t.n -= uint(e & consumed)
		}
		pred := t.pred[u.member] + diff
		if pred > math.MaxInt32 || pred < math.MinInt32 {
			return false
		}
		t.pred[u.member] = pred
		u.comp.block(x*u.stepX+u.x, y*u.stepY+u.y)[0] = int16(pred << t.scan.low)
	}
	return true
}

// refineDC decodes an MCU of a scan that adds a bit to DC.
func (t *pass) refineDC(x, y int) bool {
	for i := range t.plan {
		u := &t.plan[i]
		if t.n < 1 && !t.refill() {
			return false
		}
		u.comp.block(x*u.stepX+u.x, y*u.stepY+u.y)[0] |= int16(t.take(1) << t.scan.low)
	}
	return true
}

// firstAC decodes rows of the first scan of a band of coefficients (ITU T.81, G.1.2.2).
func (t *pass) firstAC(from, to int) error {
	c, run := t.comps[0], t.empty
	for y := from; y < to; y++ {
		if err := t.p.ctx.Err(); err != nil {
			return err
		}
		for x := 0; x < t.mcusX; x++ {
			if t.interval > 0 && t.left == 0 {
				run = 0 // as libjpeg-turbo ends it
			}
			if !t.restart() {
				return errUnusual
			}
			if run > 0 {
				n := 1
				if t.interval == 0 { // all of the run at once
					n = min(run, t.mcusX-x)
				}
				run -= n
				x += n - 1
				continue
			}
			at := y*c.paddedX + x
			n, ok := t.firstBand(c.block(x, y), &c.nonzero[at], t.plan[0].ac, &t.scan)
			if !ok {
				return errUnusual
			}
			run = n
		}
	}
	t.empty = run
	return nil
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

// refineAC decodes rows of a scan that adds a bit to a band (ITU T.81, G.1.2.3).
func (t *pass) refineAC(from, to int) error {
	c, s, run := t.comps[0], &t.scan, t.empty
	band := ^uint64(0) >> (63 - s.to) &^ (1<<s.from - 1)
	for y := from; y < to; y++ {
		if err := t.p.ctx.Err(); err != nil {
			return err
		}
		for x := range t.mcusX {
			if t.interval > 0 && t.left == 0 {
				run = 0
			}
			if !t.restart() {
				return errUnusual
			}
			nonzero := &c.nonzero[y*c.paddedX+x]
			if run == 0 {
				var ok bool
				if run, ok = t.refineBand(c.block(x, y), nonzero, t.plan[0].ac, s); !ok {
					return errUnusual
				}
				continue
			}
			run--
			if left := *nonzero & band; left != 0 && !t.correct(c.block(x, y), left, s.low) {
				return errUnusual
			}
		}
	}
	t.empty = run
	return nil
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
