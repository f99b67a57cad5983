package decode

import "sync"

// A large picture that is turned or resized is prepared by several goroutines.
const (
	leastDivided   = 1 << 19 // pixels
	leastPart      = 24      // rows: at the edges of parts, source rows are read twice
	dividedHelpers = 15
	dividedMemory  = 2 << 20 // bytes for each further goroutine: half of it for a resampler's part
)

// divide calls do for parts of n rows, each in a goroutine with a scratch of its own. It
// returns when all have ended. A panic goes on in the calling goroutine.
func (d *Decoder) divide(goroutines, n int, do func(s *scratch, from, to int)) {
	parts := max(1, min(goroutines, n/leastPart))
	part := func(i int) {
		s := d.pool.Get().(*scratch)
		defer d.pool.Put(s)
		do(s, i*n/parts, (i+1)*n/parts)
	}
	var (
		team  sync.WaitGroup
		mu    sync.Mutex
		cause any
	)
	for i := 1; i < parts; i++ {
		team.Go(func() {
			defer func() {
				if c := recover(); c != nil {
					mu.Lock()
					defer mu.Unlock()
					cause = c
				}
			}()
			part(i)
		})
	}
	func() {
		defer team.Wait()
		part(0)
	}()
	if cause != nil {
		panic(cause)
	}
}
