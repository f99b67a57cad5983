package jpeg

// readFast decodes the data of the current scan, which is as encoders write it; else the
// error is errUnusual.
func (p *picture) readFast() error {
	mcusX, mcusY := p.mcus()
	switch s := &p.current; {
	case !p.frame.multiScan:
		return p.onePass(mcusX, mcusY)
	case !p.frame.progressive:
		return p.eachMCU(mcusX, mcusY, p.sequentialMCU)
	case s.from == 0 && s.high == 0:
		return p.eachMCU(mcusX, mcusY, p.firstDC)
	case s.from == 0:
		return p.eachMCU(mcusX, mcusY, p.refineDC)
	case s.high == 0:
		return p.firstAC(mcusX, mcusY)
	}
	return p.refineAC(mcusX, mcusY)
}

// intervals goes through the segments of a scan. The parser's position is behind the one
// that is being decoded.
type intervals struct {
	reader
	*picture
	segment  segment
	restarts int // segments before this one
	left     int // MCUs to the end of the segment
	pred     [maxInScan]int
}

// start begins with the first segment. It reports whether its data is as encoders write it.
func (p *picture) start() (*intervals, bool) {
	v := &intervals{picture: p}
	return v, v.open()
}

// open goes to the segment at the parser's position.
func (v *intervals) open() (plain bool) {
	v.segment, plain = v.unstuff(v.picture.data, v.picture.pos, v.interval, v.restarts)
	v.picture.pos = v.segment.next
	v.reader.open(v.scratch)
	v.left = v.interval
	v.pred = [maxInScan]int{}
	return plain
}

// restart goes to the next segment where that begins with the next MCU. It reports whether
// the last one has ended where its MCUs do.
func (v *intervals) restart() bool {
	if v.interval == 0 {
		return true
	}
	if v.left == 0 {
		if !v.ended() || v.segment.last {
			return false
		}
		v.restarts++
		if !v.open() {
			return false
		}
	}
	v.left--
	return true
}

// ending reports whether the last segment has ended where its MCUs do.
func (v *intervals) ending() error {
	if !v.ended() || !v.segment.last {
		return errUnusual
	}
	return nil
}

// onePass decodes a scan that has all components, block by block to samples.
func (p *picture) onePass(mcusX, mcusY int) error {
	v, ok := p.start()
	if !ok {
		return errUnusual
	}
	for y := range mcusY {
		if err := p.ctx.Err(); err != nil {
			return err
		}
		for x := range mcusX {
			if !v.restart() {
				return errUnusual
			}
			for i := range p.plan {
				if !v.unit(&p.plan[i], x, y) {
					return errUnusual
				}
			}
		}
	}
	p.flushQueues()
	return v.ending()
}

// unit decodes a block of the MCU x, y to samples, or to its component's queue.
func (v *intervals) unit(u *unit, x, y int) bool {
	q, plane := u.queue, u.plane
	b := q.next()
	pred, last := v.sequential(b, u.dc, u.ac, v.pred[u.member], v.opts.SIMD)
	v.pred[u.member] = pred
	at := ((y*u.stepY+u.y)*plane.Stride + x*u.stepX + u.x) * 8
	if last == 0 {
		flat(plane.Pix[at:], plane.Stride, b[0], u.comp.quant)
		b[0] = 0
		return true
	}
	if q.push(at) {
		q.flush(plane, u.comp.quant, v.opts.SIMD)
	}
	return last > 0
}

// eachMCU decodes a scan whose coefficients are brought together with others.
func (p *picture) eachMCU(mcusX, mcusY int, decode func(v *intervals, x, y int) bool) error {
	v, ok := p.start()
	if !ok {
		return errUnusual
	}
	for y := range mcusY {
		if err := p.ctx.Err(); err != nil {
			return err
		}
		for x := range mcusX {
			if !v.restart() || !decode(v, x, y) {
				return errUnusual
			}
		}
	}
	return v.ending()
}

// sequentialMCU decodes an MCU of a sequential scan.
func (p *picture) sequentialMCU(v *intervals, x, y int) bool {
	for i := range p.plan {
		u := &p.plan[i]
		b := u.comp.block(x*u.stepX+u.x, y*u.stepY+u.y)
		pred, last := v.sequential(b, u.dc, u.ac, v.pred[u.member], v.opts.SIMD)
		if last < 0 {
			return false
		}
		v.pred[u.member] = pred
	}
	return true
}
