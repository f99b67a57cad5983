package jpeg

import "sync"

// A team of goroutines decodes a large picture. How they divide it depends on its scans:
//
//   - A scan that has all components and restart markers is cut at some of these into
//     chunks, which any goroutine decodes (chunks.go).
//   - Without restart markers one goroutine does the entropy decoding of such a scan, and
//     another one the inverse DCT (relay.go).
//   - Scans that are brought together follow each other over the picture, row after row,
//     and so does the inverse DCT (passes.go).
//
// Data that is not as encoders write it is decoded again by one goroutine, bit by bit.
// Therefore errors and warnings do not depend on the team.

// member is what a goroutine of a team has for itself.
type member struct {
	queues [maxInScan]queue
	plan   []unit // of the current scan, with these queues
}

// The sizes of what goroutines take at a time.
const (
	defaultGrain = 512 // blocks that a relay hands on at once
	grainsOfBand = 16  // grains of the rows that a pass does at once; a smaller picture has no team
	mostChunks   = 256 // of a scan
	mostPasses   = 16  // that are open at a time, each with Huffman tables of its own
	mostHelpers  = 15
)

// helperMemory is the bytes that a further goroutine takes: queues, and its share of the
// tables of passes.
const helperMemory = 1 << 20

// blocks is how many blocks the picture has.
func (f *frame) blocks() int {
	n := 0
	for _, c := range f.comps {
		n += c.paddedX * c.paddedY
	}
	return n
}

// helpers is how many goroutines beside the first are of use.
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

// team is how many goroutines decode the picture.
func (p *picture) team() int {
	return min(max(1, p.Workers), 1+p.helpers(p.grain()))
}

// grain is the decoder's, which tests set.
func (d *Decoder) grain() int {
	if d.fine > 0 {
		return d.fine
	}
	return defaultGrain
}

// together calls do in n goroutines, the calling one among them with the number 0, and
// returns when all have ended. After the first error or panic it calls stop, which makes
// the others end soon. A panic goes on in the calling goroutine.
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

// clear gives a member empty queues of so many blocks.
func (p *picture) clear(m *member, size int) {
	for i := range p.frame.comps {
		m.queues[i].reset(size)
	}
}

// join is clear, and gives the member the plan of the picture's first member, with its own
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
