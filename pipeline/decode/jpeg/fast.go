package jpeg

import "filterbank/filters/simd"

// intervals goes through the segments of a scan, or of a part of it.
type intervals struct {
	reader
	file     []byte
	at       int // behind the segment that is being decoded
	buf      []byte
	set      simd.Set
	segment  segment
	interval int // MCUs of a segment, or 0
	restarts int // segments before this one
	left     int // MCUs to the end of the segment
	pred     [maxInScan]int
}

// intervals begins with the segment at an offset. Each scan, or chunk of a scan, has a number in
// the file's order, so that it has a place of its own in the arena.
func (p *picture) intervals(at, number int) intervals {
	return intervals{file: p.data, at: at, buf: p.arena[at-p.first+number*padding:], set: p.opts.SIMD, interval: p.interval}
}

// reserve makes room for the unstuffed data of all scans, or of all chunks of a scan. The
// unstuffed data is never longer than the data in the file and padding.
func (p *picture) reserve() {
	p.first = p.pos
	p.arena = sized(p.arena, len(p.data)-p.first+(max(MaxScans, mostChunks)+2)*padding, false)
}

// open goes to the segment at the current offset. It reports whether its data is plain.
func (v *intervals) open() (plain bool) {
	data, plain := v.segment.unstuff(v.buf, v.file, v.at, v.interval, v.restarts)
	v.at = v.segment.next
	v.reader.open(data)
	v.left = v.interval
	v.pred = [maxInScan]int{}
	return plain
}

// restart goes to the next segment if the next MCU is its first. It reports whether the last
// segment has ended with its MCUs.
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

// ending checks that the last segment has ended with its MCUs.
func (v *intervals) ending() error {
	if !v.ended() || !v.segment.last {
		return errUnusual
	}
	return nil
}

// onePass decodes a scan of all components, block by block to samples. If the data is not
// plain, the error is errUnusual.
func (p *picture) onePass() error {
	mcusX, mcusY := p.mcus()
	if n := p.team(); n > 1 && p.interval > 0 && p.interval < mcusX*mcusY {
		return p.inChunks(n, mcusX*mcusY)
	}
	return p.relayed(func() error {
		v := p.intervals(p.pos, 0)
		if !v.open() {
			return errUnusual
		}
		if err := p.mcuRange(&v, &p.member, 0, mcusX*mcusY); err != nil {
			return err
		}
		p.flushQueues(&p.member)
		p.pos = v.at
		return v.ending()
	})
}

// mcuRange decodes MCUs of such a scan.
func (p *picture) mcuRange(v *intervals, m *member, from, to int) error {
	mcusX, _ := p.mcus()
	for from < to {
		if err := p.ctx.Err(); err != nil {
			return err
		}
		y, x := from/mcusX, from%mcusX
		end := min(mcusX, x+to-from)
		from += end - x
		for ; x < end; x++ {
			if !v.restart() {
				return errUnusual
			}
			for i := range m.plan {
				if !p.unit(v, &m.plan[i], x, y) {
					return errUnusual
				}
			}
		}
	}
	return nil
}

// unit decodes a block of the MCU x, y to samples, or to its component's queue.
func (p *picture) unit(v *intervals, u *unit, x, y int) bool {
	q, plane := u.queue, u.plane
	b := q.next()
	pred, last := v.sequential(b, u.dc, u.ac, v.pred[u.member], v.set)
	v.pred[u.member] = pred
	at := ((y*u.stepY+u.y)*plane.Stride + x*u.stepX + u.x) * 8
	if last == 0 {
		flat(plane.Pix[at:], plane.Stride, b[0], u.comp.quant)
		b[0] = 0
		return true
	}
	if q.push(at) {
		p.flush(q, plane, u.comp.quant)
	}
	return last > 0
}
