package filters

import (
	"context"
	"sync"
	"sync/atomic"
)

// job is the state that the members of a team share during a picture.
type job struct {
	staging  *staging
	from     int       // the first layer of the last stage
	selected []bool    // of the last stage
	src      RowReader // of the last stage
	height   int       // of the last layer
	rows     int       // the least height of a part that wastes little
	next     atomic.Int64
	crew     *crew // computes the picture in one part; nil if each member computes parts
}

// parts yields parts y0 ≤ y < y1 of that many rows, in order. Each part goes to one
// member.
func (j *job) parts(rows int) func(yield func(y0, y1 int) bool) {
	return func(yield func(y0, y1 int) bool) {
		for {
			y0 := int(j.next.Add(int64(rows))) - rows
			if y0 >= j.height || !yield(y0, min(y0+rows, j.height)) {
				return
			}
		}
	}
}

// staggered yields parts as parts does, for rows in order. The first parts of few members are
// low, each higher than the one before, and the last ones become lower again. So a member is in the
// midst of a part when its turn comes, and emits most of its rows while they are in its cache. Where
// weights are heavy, more parts would read them more often.
func (j *job) staggered(members int) func(yield func(y0, y1 int) bool) {
	const few = 4
	if j.staging.heavy || members > few || j.rows < 2*members || j.height < j.rows*members {
		return j.parts(j.rows)
	}
	low := func(parts int) int { return j.rows * parts * (parts + 1) / (2 * members) } // rows of the lowest
	middle := ceilDiv(j.height-low(members)-low(members-1), j.rows)
	count := 2*members - 1 + middle
	from := func(i int) int {
		switch {
		case i <= members:
			return low(i)
		case i < members+middle:
			return low(members) + (i-members)*j.rows
		}
		return j.height - low(count-i)
	}
	return func(yield func(y0, y1 int) bool) {
		for i := int(j.next.Add(1)) - 1; i < count; i = int(j.next.Add(1)) - 1 {
			if !yield(from(i), from(i+1)) {
				return
			}
		}
	}
}

// scattered yields parts of that many rows as scattered does. Each part goes to one member.
func (j *job) scattered(rows int) func(yield func(y0, y1 int) bool) {
	return func(yield func(y0, y1 int) bool) {
		parts := newScatter(j.height, rows)
		for i := int(j.next.Add(1)) - 1; i < parts.count; i = int(j.next.Add(1)) - 1 {
			if !yield(parts.at(i)) {
				return
			}
		}
	}
}

// turns lets members through in the order of their parts.
type turns struct {
	mu    sync.Mutex
	at    atomic.Int64 // the row whose turn it is
	await map[int]chan struct{}
}

// of says whether all rows before y have passed.
func (t *turns) of(y int) bool { return t.at.Load() == int64(y) }

// wait blocks until all rows before y have passed.
func (t *turns) wait(ctx context.Context, y int) error {
	if eventually(func() bool { return t.of(y) }) {
		return nil
	}
	t.mu.Lock()
	if t.of(y) {
		t.mu.Unlock()
		return nil
	}
	if t.await == nil {
		t.await = map[int]chan struct{}{}
	}
	ready := make(chan struct{})
	t.await[y] = ready
	t.mu.Unlock()
	select {
	case <-ready:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// pass says that all rows before y have passed.
func (t *turns) pass(y int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.at.Store(int64(y))
	if ready := t.await[y]; ready != nil {
		delete(t.await, y)
		close(ready)
	}
}
