package jpeg

// relay hands full queues to another goroutine, which does their inverse DCT while the entropy
// decoding goes on. It has two buffers. While both are full, the first goroutine does the
// inverse DCT itself.
type relay struct {
	full  chan batch
	empty chan queue
}

// batch is a full queue on its way.
type batch struct {
	queue
	plane *Plane
	quant *[blockSize]uint16
}

// relayed runs the entropy decoding of a scan of all components. In a team, another goroutine
// does the inverse DCT.
func (p *picture) relayed(decode func() error) error {
	if p.team() == 1 {
		return decode()
	}
	const buffers = 2
	r := &relay{make(chan batch, buffers), make(chan queue, buffers)}
	p.join(&p.member, p.grain())
	p.relay = r
	defer func() { p.relay = nil }()
	return p.together(2, func() {}, func(i int, m *member) error {
		if i == 0 {
			defer close(r.full)
			return decode()
		}
		for k := range buffers {
			m.queues[k].reset(p.grain())
			r.empty <- m.queues[k]
			m.queues[k] = queue{}
		}
		for b := range r.full {
			b.flush(b.plane, b.quant, p.opts.SIMD)
			r.empty <- b.queue
		}
		for k := range buffers {
			m.queues[k] = <-r.empty
		}
		return nil
	})
}

// take takes the blocks of a queue and leaves it empty, if a buffer is free. It reports
// whether one was.
func (r *relay) take(q *queue, plane *Plane, quant *[blockSize]uint16) bool {
	select {
	case empty := <-r.empty:
		r.full <- batch{*q, plane, quant} // has room for all buffers
		*q = empty
		return true
	default:
		return false
	}
}
