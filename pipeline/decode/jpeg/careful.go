package jpeg

import "math"

// What libjpeg-turbo makes of data that is not as encoders write it depends on how it
// reads ahead: bytes that it has read when a scan is complete are dropped, those that it
// has not yet read are warned about, and where enough of its buffer is left it decodes
// MCUs without looking for codes that no table has. The careful reader reads ahead in the
// same way (jdhuff.c, jdhuff.h, jdphuff.c; the buffer is djpeg's, jdatasrc.c).

// careful reads bits as libjpeg-turbo does.
type careful struct {
	*picture
	acc    uint64
	n      int  // bits in acc
	marker byte // the marker that ends the data, once it has been met
	cut    bool // that is the end of the file
	next   byte // number of the next restart marker
	left   int  // MCUs to it
	pred   [maxInScan]int
	run    int // of ends of band
	mcu    int // number of the current MCU
	total  int
	err    error
}

// Sizes of libjpeg-turbo's buffers.
const (
	fileBuffer = 4096          // djpeg reads a file in such pieces
	mcuBuffer  = 8 * blockSize // bytes for each block that decoding without checks demands
	mostBits   = 57            // that the accumulator is filled to
	lookAhead  = 8             // bits of a code that are looked up
)

// readCarefully decodes the data of the current scan.
func (p *picture) readCarefully() error {
	mcusX, mcusY := p.mcus()
	r := &careful{picture: p, left: p.interval, total: mcusX * mcusY}
	for y := range mcusY {
		if err := p.ctx.Err(); err != nil {
			return err
		}
		for x := range mcusX {
			r.decodeMCU(x, y)
			if r.err != nil {
				return r.err
			}
			r.mcu++
		}
	}
	p.unread = r.marker
	p.flushQueues(&p.member)
	return nil
}

// decodeMCU decodes the MCU x, y of the scan.
func (r *careful) decodeMCU(x, y int) {
	if r.interval > 0 {
		if r.left == 0 && !r.restart() {
			return
		}
		r.left--
	}
	s := &r.current
	if !r.frame.progressive {
		r.sequentialMCU(x, y)
		return
	}
	for i := range r.plan {
		u := &r.plan[i]
		b := u.comp.block(x*u.stepX+u.x, y*u.stepY+u.y)
		switch {
		case s.from == 0 && s.high == 0:
			r.firstDC(b, u)
		case s.from == 0:
			if r.bits(1) == 1 {
				b[0] |= 1 << s.low
			}
		case s.high == 0:
			r.firstAC(b, u)
		default:
			r.refineAC(b, u)
		}
	}
}

// sequentialMCU decodes an MCU of a sequential scan, first without checks where
// libjpeg-turbo does so.
func (r *careful) sequentialMCU(x, y int) {
	var apart [maxInterleave][blockSize]int16
	var blocks [maxInterleave]*[blockSize]int16
	for i := range r.plan {
		u := &r.plan[i]
		blocks[i] = &apart[i]
		if r.frame.multiScan {
			blocks[i] = u.comp.block(x*u.stepX+u.x, y*u.stepY+u.y)
		}
	}
	buffered := min(-r.pos&(fileBuffer-1), max(0, len(r.data)-r.pos))
	unchecked := r.interval == 0 && r.marker == 0 && buffered >= mcuBuffer*len(r.plan)
	if !unchecked || !r.withoutChecks(&blocks) {
		for i := range r.plan {
			r.sequentialBlock(blocks[i], &r.plan[i])
		}
	}
	if r.frame.multiScan || r.err != nil {
		return
	}
	for i := range r.plan {
		u := &r.plan[i]
		*u.queue.next() = apart[i]
		r.finish(u, x, y)
	}
}

// withoutChecks decodes an MCU as decode_mcu_fast does. It gives up at a marker, and then
// leaves in the blocks what it has decoded, as that does.
func (r *careful) withoutChecks(blocks *[maxInterleave]*[blockSize]int16) bool {
	f := hasty{data: r.data, pos: r.pos, acc: r.acc, n: r.n}
	pred := r.pred
	for i := range r.plan {
		u, b := &r.plan[i], blocks[i]
		pred[u.member] += f.value(f.symbol(u.dc))
		b[0] = int16(pred[u.member])
		for k := 1; k < blockSize; k++ {
			symbol := f.symbol(u.ac)
			run, size := symbol>>4, symbol&15
			if size == 0 {
				if run != 15 {
					break
				}
				k += 15
				continue
			}
			k += run
			f.past = f.past || k >= blockSize
			b[naturalOrder[k]] = int16(f.value(size))
		}
	}
	if f.marker {
		return false
	}
	if f.bad || f.past {
		r.warn(f.pos, "codes that an encoder does not write are decoded as libjpeg-turbo does")
	}
	r.pos, r.acc, r.n, r.pred = f.pos, f.acc, f.n, pred
	return true
}

// sequentialBlock decodes a block as decode_mcu_slow does.
func (r *careful) sequentialBlock(b *[blockSize]int16, u *unit) {
	r.pred[u.member] += r.value(r.symbol(u.dc))
	b[0] = int16(r.pred[u.member])
	for k := 1; k < blockSize && r.err == nil; k++ {
		symbol := r.symbol(u.ac)
		run, size := symbol>>4, symbol&15
		if size == 0 {
			if run != 15 {
				return
			}
			k += 15
			continue
		}
		k += run
		v := r.value(size)
		r.past(k, blockSize-1)
		b[naturalOrder[k]] = int16(v)
	}
}

// firstDC decodes the DC of a block as decode_mcu_DC_first does.
func (r *careful) firstDC(b *[blockSize]int16, u *unit) {
	pred := r.pred[u.member] + r.value(r.symbol(u.dc))
	if pred > math.MaxInt32 || pred < math.MinInt32 {
		r.fail(corrupt(r.pos, "a DC coefficient out of all range"))
	}
	r.pred[u.member] = pred
	b[0] = int16(pred << r.current.low)
}

// firstAC decodes a band of a block as decode_mcu_AC_first does.
func (r *careful) firstAC(b *[blockSize]int16, u *unit) {
	if r.run > 0 {
		r.run--
		return
	}
	s := &r.current
	for k := s.from; k <= s.to && r.err == nil; k++ {
		symbol := r.symbol(u.ac)
		run, size := symbol>>4, symbol&15
		switch {
		case size > 0:
			k += run
			v := r.value(size)
			r.past(k, s.to)
			b[naturalOrder[k]] = int16(v << s.low)
		case run == 15:
			k += 15
		default:
			r.run = 1<<run + r.bits(run) - 1
			return
		}
	}
}

// refineAC adds a bit to a band of a block as decode_mcu_AC_refine does.
func (r *careful) refineAC(b *[blockSize]int16, u *unit) {
	s := &r.current
	k := s.from
	for ; r.run == 0 && k <= s.to && r.err == nil; k++ {
		symbol := r.symbol(u.ac)
		run, size := symbol>>4, symbol&15
		if size == 0 && run < 15 {
			r.run = 1<<run + r.bits(run)
			break
		}
		v := int16(0)
		if size > 0 {
			if size > 1 {
				r.fail(corrupt(r.pos, "a code of a refinement scan that stands for more than a bit"))
			}
			v = int16(2*r.bits(1)-1) << s.low
		}
		for ; k <= s.to; k++ {
			if c := &b[naturalOrder[k]]; *c != 0 {
				r.correct(c)
			} else if run--; run < 0 {
				break
			}
		}
		if v != 0 {
			r.past(k, s.to)
			b[naturalOrder[k]] = v
		}
	}
	if r.run == 0 {
		return
	}
	for ; k <= s.to; k++ {
		if c := &b[naturalOrder[k]]; *c != 0 {
			r.correct(c)
		}
	}
	r.run--
}

// correct adds a bit to a coefficient that is not zero.
func (r *careful) correct(c *int16) {
	plus := int16(1) << r.current.low
	if r.bits(1) == 0 || *c&plus != 0 {
		return
	}
	if *c >= 0 {
		*c += plus
	} else {
		*c -= plus
	}
}

// past warns where a run leads past the last coefficient.
func (r *careful) past(k, last int) {
	if k > last && r.err == nil {
		r.warn(r.pos, "codes that an encoder does not write are decoded as libjpeg-turbo does")
	}
}
