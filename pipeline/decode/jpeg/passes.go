package jpeg

import (
	"errors"
	"slices"
	"sync"
)

// pass is work on the coefficients of components, row after row: the entropy decoding of a
// scan, or the inverse DCT of a component.
type pass struct {
	intervals
	p      *picture
	tables [2][4]table
	scan   scan
	plan   []unit
	mcusX  int
	empty  int // blocks that remain of a run of ends of band

	comps  []*component
	single bool // rows are rows of blocks, and otherwise rows of MCUs
	ahead  int  // it looks at so many rows of blocks below its own
	rows   int
	row    int  // the next row
	busy   bool // a goroutine is at work on it
	do     func(t *pass, m *member, from, to int) error
}

// height returns the number of rows of a component's blocks in a row of the pass.
func (t *pass) height(c *component) int {
	if t.single {
		return 1
	}
	return c.v
}

// passes are the passes over a picture. A pass stays behind all earlier passes over its
// components. Passes over different components are independent. So the coefficients are the
// same as after one pass at a time.
type passes struct {
	*picture
	most int // the next scan is read when fewer passes are open
	band int // blocks that a goroutine takes at a time

	mu      sync.Mutex
	changed sync.Cond
	open    []*pass // the passes that are not at their end, in the file's order
	closed  bool    // no further pass comes
	err     error
}

// errStopped ends the passes after a goroutine has failed.
var errStopped = errors.New("stopped")

// inPasses decodes all scans and does the inverse DCT. A single goroutine does one pass at a
// time.
func (p *picture) inPasses() error {
	n := p.team()
	s := &passes{picture: p, most: 1, band: p.frame.blocks()}
	if n > 1 {
		s.most, s.band = mostPasses, p.grain()*grainsOfBand
	}
	s.changed.L = &s.mu
	p.passes = s
	err := p.together(n, s.stop, func(i int, m *member) error {
		p.clear(m, queued)
		if i > 0 {
			return s.work(m, func() bool { return s.closed && len(s.open) == 0 })
		}
		err := p.readScans()
		if err == nil {
			err = s.reconstruct()
		}
		return s.end(err)
	})
	p.unused = append(p.unused, s.open...)
	return err
}

// free returns a pass that is not in use.
func (s *passes) free() *pass {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.unused)
	if n == 0 {
		return new(pass)
	}
	t := s.unused[n-1]
	s.unused = s.unused[:n-1]
	return t
}

// add begins a pass, and takes part in the work until the next scan may be read.
func (s *passes) add(t *pass) error {
	t.p, t.row, t.busy = s.picture, 0, false
	s.mu.Lock()
	s.open = append(s.open, t)
	s.changed.Broadcast()
	s.mu.Unlock()
	return s.work(&s.member, func() bool { return len(s.open) < s.most })
}

// end takes part in the work until all passes have ended. It returns the first error in the
// file's order: the cause of err lies behind the data of all passes.
func (s *passes) end(err error) error {
	s.mu.Lock()
	s.closed = true
	s.changed.Broadcast()
	s.mu.Unlock()
	if earlier := s.work(&s.member, func() bool { return len(s.open) == 0 }); earlier != nil {
		return earlier
	}
	return err
}

func (s *passes) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = errStopped
	}
	s.changed.Broadcast()
}

// work does rows of passes until enough returns true or a pass fails. It returns the error of
// that pass.
func (s *passes) work(m *member, enough func() bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.err == nil && !enough() {
		t, to := s.ready()
		if t == nil {
			s.changed.Wait()
			continue
		}
		t.busy = true
		if err := s.rows(t, m, to); err != nil && s.err == nil {
			s.err = err
		}
		t.busy, t.row = false, to
		if to == t.rows {
			i := slices.Index(s.open, t)
			s.open = slices.Delete(s.open, i, i+1)
			s.unused = append(s.unused, t)
		}
		s.changed.Broadcast()
	}
	return s.err
}

// rows does rows of a pass, with the lock open.
func (s *passes) rows(t *pass, m *member, to int) error {
	s.mu.Unlock()
	defer s.mu.Lock()
	return t.do(t, m, t.row, to)
}

// ready returns a pass that can go on, and the end of its next rows. It prefers later passes,
// because their rows were worked on recently and are still in the cache. Unless a goroutine is
// at work on it, the first pass can always go on.
func (s *passes) ready() (*pass, int) {
	for i := len(s.open) - 1; i >= 0; i-- {
		t := s.open[i]
		blocks := 0 // of a row
		for _, c := range t.comps {
			blocks += c.paddedX * t.height(c)
		}
		to := min(t.row+ceilDiv(s.band, blocks), t.rows)
		if !t.busy && !slices.ContainsFunc(s.open[:i], func(e *pass) bool { return t.waits(e, to) }) {
			return t, to
		}
	}
	return nil, 0
}

// waits reports whether t cannot go on to a row before an earlier pass does more rows.
func (t *pass) waits(earlier *pass, to int) bool {
	return slices.ContainsFunc(t.comps, func(c *component) bool {
		return slices.Contains(earlier.comps, c) && earlier.row*earlier.height(c) < to*t.height(c)+t.ahead
	})
}

// beginScan begins the pass of the current scan. The parser goes on behind the scan's data.
func (s *passes) beginScan(t *pass) error {
	t.intervals = s.intervals(s.pos, s.current.number-1)
	comps := append(t.scan.comps[:0], s.current.comps...)
	t.scan, t.comps = s.current, comps
	t.scan.comps = comps
	t.plan = append(t.plan[:0], s.plan...)
	t.mcusX, t.rows = s.mcus()
	t.empty, t.single, t.ahead, t.do = 0, len(comps) == 1, 0, (*pass).readRows
	for restarts := 0; ; restarts++ {
		var found segment
		if !found.find(s.data, s.pos, s.interval, restarts, nil) {
			return errUnusual
		}
		s.pos = found.next
		if found.last {
			return s.add(t)
		}
	}
}

// reconstruct does the inverse DCT of coefficients that scans have brought together.
func (s *passes) reconstruct() error {
	smooth := s.smoothing()
	for i := range s.frame.comps {
		c := &s.frame.comps[i]
		if c.quant == nil {
			c.quant = new([blockSize]uint16) // no scan has told of it
		}
		t := s.free()
		t.comps = append(t.scan.comps[:0], c)
		t.scan.comps = t.comps
		t.single, t.ahead, t.rows, t.do = true, 0, c.blocksY, (*pass).transform
		if smooth {
			t.ahead, t.do = smoothedAhead, (*pass).smooth
		}
		if err := s.add(t); err != nil {
			return err
		}
	}
	return nil
}
