package jpeg

import "sync"

// A team of goroutines decodes a large picture. How they divide it depends on its scans:
//
//   - A scan of all components with restart markers is cut into chunks. Each goroutine
//     decodes one chunk at a time (chunks.go).
//   - If such a scan has no restart markers, one goroutine does the entropy decoding and
//     another the inverse DCT (relay.go).
//   - Other scans add up to the coefficients of the picture. They follow each other over its
//     rows, and the inverse DCT follows them (passes.go).
//
// One goroutine decodes data again, bit by bit, if it is not in the form that encoders write.
// So errors and warnings do not depend on the team.

// member has the buffers of one goroutine.
type member struct {
	queues [maxInScan]queue
	plan   []unit // of the current scan, with these queues
}

// Sizes of the parts that goroutines take.
const (
	defaultGrain = 512 // blocks that a relay hands on at once
	grainsOfBand = 16  // a pass does rows of so many grains at once, and smaller pictures have no team
	mostChunks   = 256 // of a scan
	mostPasses   = 16  // open at a time, each with Huffman tables of its own
	mostHelpers  = 15
)

// helperMemory is the number of bytes that a further goroutine takes: queues, and the tables of
// passes.
const helperMemory = 1 << 20

// blocks returns the number of blocks of the picture.
func (f *frame) blocks() int {
	n := 0
	for _, c := range f.comps {
		n += c.paddedX * c.paddedY
	}
	return n
}

// helpers returns the number of further goroutines that there is work for.
func (p *parser) helpers(grain int) int {
	f := &p.frame
	switch {
	case f.blocks() < grain*grainsOfBand:
		return 0
	case f.multiScan:
		return min(mostHelpers, mostPasses-1)
	case p.interval > 0 && !f.arithmetic:
		return min(mostHelpers, max(1, (f.mcusX*f.mcusY-1)/p.interval))
	}
	return 1
}

// team returns the number of goroutines that decode the picture.
func (p *picture) team() int {
	return min(max(1, p.Workers), 1+p.helpers(p.grain()))
}

// grain returns the size of a grain, which tests can set.
func (d *Decoder) grain() int {
	if d.fine > 0 {
		return d.fine
	}
	return defaultGrain
}

// together calls do in n goroutines and returns when all have ended. The calling one has the
// number 0. After the first error or panic together calls stop, which makes the others end
// soon. A panic goes on in the calling goroutine.
func (p *picture) together(n int, stop func(), do func(i int, m *member) error) error {
	if n == 1 {
		return do(0, &p.member)
	}
	for len(p.others) < n-1 {
		p.others = append(p.others, new(member))
	}
	var (
		mu    sync.Mutex
		first error
		cause any
		team  sync.WaitGroup
	)
	run := func(i int, m *member) {
		ended := false
		defer func() {
			mu.Lock()
			defer mu.Unlock()
			if !ended {
				if panicked := recover(); cause == nil {
					cause = panicked
				}
			}
			if !ended || first != nil {
				stop()
			}
		}()
		err := do(i, m)
		ended = true
		mu.Lock()
		defer mu.Unlock()
		if first == nil {
			first = err
		}
	}
	for i, m := range p.others[:n-1] {
		team.Go(func() { run(i+1, m) })
	}
	run(0, &p.member)
	team.Wait()
	if cause != nil {
		panic(cause)
	}
	return first
}

// clear makes the queues of a member empty, with room for size blocks each.
func (p *picture) clear(m *member, size int) {
	for i := range p.frame.comps {
		m.queues[i].reset(size)
	}
}

// join clears a member and copies the plan of the picture's first member to it, with its own
// queues.
func (p *picture) join(m *member, size int) {
	p.clear(m, size)
	if m == &p.member {
		return
	}
	m.plan = append(m.plan[:0], p.plan...)
	for i := range m.plan {
		u := &m.plan[i]
		u.queue = &m.queues[u.comp.index]
	}
}
