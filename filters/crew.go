package filters

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"filterbank/filters/kernel"
)

// crew is goroutines that compute the rows of one band together: a team's way where parts of
// the picture would repeat too much of earlier layers, or read too many weights. The owner
// publishes one task after the other. A helper that comes late finds less to do, and the owner
// waits only for helpers that have begun.
type crew struct {
	do     func(worker, i int) // of the task
	shares []work              // of the task, one a goroutine
	rows   []kernel.Rows       // of each goroutine
	fewest int                 // values from which on work on values of their own is shared
	_      [64]byte            // what follows has a cache line of its own
	state  atomic.Uint64       // of the task: open, the number of helpers at work, the task's number
	ended  atomic.Bool         // no more tasks will come
	asleep atomic.Int32        // goroutines that wait for changed

	mu       sync.Mutex
	changed  sync.Cond // state or ended
	panicked atomic.Pointer[string]
}

// work is a range of a task's calls, in a cache line of its own.
type work struct {
	next atomic.Int64
	end  int
	_    [48]byte
}

// The parts of crew.state.
const (
	open    = 1 // helpers may begin
	helper  = 2 // counts helpers at work
	helpers = 1<<16 - helper
	task    = 1 << 16 // counts tasks
)

// newCrew is a crew of so many goroutines as there are rows.
func newCrew(rows []kernel.Rows, fewest int) *crew {
	c := &crew{shares: make([]work, len(rows)), rows: rows, fewest: fewest}
	c.changed.L = &c.mu
	return c
}

// patience is how long a goroutine looks for the others before it sleeps. Tasks follow each other
// closely, and to wake a goroutine takes as long as to compute many rows.
const patience = 100 * time.Microsecond

// eventually says whether a condition is met before patience ends.
func eventually(met func() bool) bool {
	const looks = 64 // take as long as to let other goroutines run
	for begun := time.Now(); ; runtime.Gosched() {
		for range looks {
			if met() {
				return true
			}
		}
		if time.Since(begun) > patience {
			return false
		}
	}
}

// wait returns when a condition is met. A change to state or ended that meets it is followed by
// wake.
func (c *crew) wait(met func() bool) {
	if eventually(met) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asleep.Add(1)
	defer c.asleep.Add(-1)
	for !met() {
		c.changed.Wait()
	}
}

// wake has sleeping goroutines look again.
func (c *crew) wake() {
	if c.asleep.Load() > 0 {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.changed.Broadcast()
	}
}

// help works for the owner until it dismisses the crew. worker, from 1 on, is the goroutine's own.
func (c *crew) help(worker int) {
	var state, begun uint64
	coming := func() bool {
		state = c.state.Load()
		return c.ended.Load() || state&open != 0 && state/task != begun
	}
	for {
		if c.wait(coming); c.ended.Load() {
			return
		}
		if c.state.CompareAndSwap(state, state+helper) {
			begun = state / task
			c.try(worker)
			if c.state.Add(^uint64(helper-1))&(open|helpers) == 0 {
				c.wake()
			}
		}
	}
}

// try works on the task. A panic becomes the owner's.
func (c *crew) try(worker int) {
	defer func() {
		if p := recover(); p != nil {
			text := fmt.Sprintf("%v\n%s", p, debug.Stack())
			c.panicked.Store(&text)
		}
	}()
	c.work(worker)
}

// work makes the calls of a worker's share and then those left of the others' shares.
func (c *crew) work(worker int) {
	for k := range c.shares {
		s := &c.shares[(worker+k)%len(c.shares)]
		for i := int(s.next.Add(1)) - 1; i < s.end; i = int(s.next.Add(1)) - 1 {
			c.do(worker, i)
		}
	}
}

// dismiss ends help. The owner calls it when it shares no more work.
func (c *crew) dismiss() {
	c.ended.Store(true)
	c.wake()
}

// share calls do for 0 ≤ i < n, on all goroutines. Calls with the same worker never overlap. A
// worker takes neighbouring i and, of tasks of the same n, mostly the same ones, which are in its
// cache. A helper's panic becomes the owner's.
func (c *crew) share(n int, do func(worker, i int)) {
	for w := range c.shares {
		s := &c.shares[w]
		s.next.Store(int64(w * n / len(c.shares)))
		s.end = (w + 1) * n / len(c.shares)
	}
	c.do = do
	c.state.Store((c.state.Load()/task+1)*task | open)
	c.wake()
	c.work(0)
	for s := c.state.Load(); !c.state.CompareAndSwap(s, s&^open); s = c.state.Load() {
	}
	c.wait(func() bool { return c.state.Load()&helpers == 0 })
	if p := c.panicked.Load(); p != nil {
		panic(*p)
	}
}
