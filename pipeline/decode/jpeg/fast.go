package jpeg

// readFast decodes the data of the current scan, which is as encoders write it; else the
// error is errUnusual.
func (p *picture) readFast() error {
	end, plain := p.unstuff(p.data, p.pos, p.interval)
	mcusX, mcusY := p.mcus()
	parts := 1
	if p.interval > 0 {
		parts = ceilDiv(mcusX*mcusY, p.interval)
	}
	if !plain || len(p.parts) != parts {
		return errUnusual
	}
	p.pos = end
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

// intervals goes through the segments of a scan.
type intervals struct {
	reader
	*picture
	part int
	left int // MCUs to the end of the segment
	pred [maxInScan]int
}

// start begins with the first segment.
func (p *picture) start() *intervals {
	v := &intervals{picture: p, part: -1}
	v.next()
	return v
}

// next goes to the next segment.
func (v *intervals) next() {
	v.part++
	v.open(v.scratch, v.parts[v.part])
	v.left = v.interval
	v.pred = [maxInScan]int{}
}

// restart goes to the next segment where that begins with the next MCU. It reports whether
// the last one has ended where its MCUs do.
func (v *intervals) restart() bool {
	if v.interval == 0 {
		return true
	}
	if v.left == 0 {
		if !v.ended(v.parts[v.part]) {
			return false
		}
		v.next()
	}
	v.left--
	return true
}

// ending reports whether the last segment has ended where its MCUs do.
func (v *intervals) ending() error {
	if !v.ended(v.parts[v.part]) {
		return errUnusual
	}
	return nil
}

// onePass decodes a scan that has all components, block by block to samples.
func (p *picture) onePass(mcusX, mcusY int) error {
	v := p.start()
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
	v := p.start()
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
