package jpeg

import "sync"

// chunks cuts the data of a scan that has all components at restart markers.
type chunks struct {
	*picture
	step  int // MCUs of a chunk, a whole number of intervals
	total int // MCUs

	mu      sync.Mutex
	next    chunk // begins behind the chunks that are taken
	stopped bool
}

// chunk is a range of MCUs and the place of its data.
type chunk struct {
	number   int
	at       int // offset of the data
	restarts int // markers before it
	from, to int // MCUs
}

// inChunks decodes the scan with n goroutines.
func (p *picture) inChunks(n, total int) error {
	step := max(ceilDiv(total, mostChunks), p.grain()/len(p.plan))
	c := &chunks{picture: p, step: ceilDiv(step, p.interval) * p.interval, total: total, next: chunk{at: p.pos}}
	return p.together(n, c.stop, func(_ int, m *member) error {
		p.join(m, queued)
		for {
			k, err := c.claim()
			if err != nil || k.to == 0 {
				p.flushQueues(m)
				return err
			}
			if err := c.decode(k, m); err != nil {
				return err
			}
		}
	})
}

func (c *chunks) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = true
}

// claim takes the next chunk and finds the restart marker behind it. After the last chunk it
// returns an empty one.
func (c *chunks) claim() (chunk, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.next
	if c.stopped || k.from == c.total {
		return chunk{}, nil
	}
	k.to = min(k.from+c.step, c.total)
	c.next.from, c.next.number = k.to, k.number+1
	if k.to == c.total {
		return k, nil
	}
	for range c.step / c.interval {
		var s segment
		if !s.find(c.data, c.next.at, c.interval, c.next.restarts, nil) || s.last {
			return chunk{}, errUnusual
		}
		c.next.at = s.next
		c.next.restarts++
	}
	return k, nil
}

// decode decodes a chunk.
func (c *chunks) decode(k chunk, m *member) error {
	v := c.intervals(k.at, k.number)
	v.restarts = k.restarts
	if !v.open() {
		return errUnusual
	}
	if err := c.mcuRange(&v, m, k.from, k.to); err != nil {
		return err
	}
	if !v.ended() || v.segment.last != (k.to == c.total) {
		return errUnusual
	}
	if k.to == c.total {
		c.pos = v.at
	}
	return nil
}
