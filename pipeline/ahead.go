package pipeline

import (
	"context"
	"sync"

	"golang.org/x/sync/semaphore"

	"filterbank/pipeline/source"
)

// mostAhead bounds the bytes that are fetched ahead of the workers. 64 photos of 4 MB are enough to
// keep the workers busy while requests take a second each.
const mostAhead = 256 << 20

// Ahead is the part of a budget of bytes that is for fetching entries ahead of the workers: an
// eighth, at most 256 MiB. It is 0 if no entry is remote. A budget of 0 is no bound.
func Ahead(total int64, entries []source.Entry) int64 {
	for i := range entries {
		if entries[i].Remote() {
			if total <= 0 {
				return mostAhead
			}
			return min(total/8, mostAhead)
		}
	}
	return 0
}

// WithAhead is the least budget that has the given bytes besides its part for fetching ahead.
func WithAhead(need int64, entries []source.Entry) int64 {
	if Ahead(need, entries) == 0 {
		return need
	}
	if total := need + (need+6)/7; total/8 <= mostAhead {
		return total
	}
	return need + mostAhead
}

// ahead fetches remote entries before a worker takes them. The bytes that it holds, and those of
// the workers' entries, share its budget. An entry that has found no room when a worker comes for it
// is left to the worker, so that nothing waits in a circle.
type ahead struct {
	entries []source.Entry
	bytes   int64 // the budget
	room    *semaphore.Weighted
	fetches []*fetch // by turn; nil for entries that are not remote, and after release
	window  chan struct{}
	group   sync.WaitGroup
}

// fetch is the fetching of one entry.
type fetch struct {
	hurry   chan struct{} // closed when a worker waits
	done    chan struct{} // closed at the end, when the fields below are set
	entry   source.Entry
	held    int64 // bytes of the budget
	fetched bool
}

// newAhead begins to fetch. A budget of 0 fetches nothing. The caller calls take and release for
// entries in turn, and wait after ctx has ended.
func newAhead(ctx context.Context, entries []source.Entry, budget int64, workers int) *ahead {
	a := &ahead{entries: entries, bytes: budget}
	if budget == 0 {
		return a
	}
	a.room = semaphore.NewWeighted(budget)
	a.fetches = make([]*fetch, len(entries))
	for i := range entries {
		if entries[i].Remote() {
			a.fetches[i] = &fetch{hurry: make(chan struct{}), done: make(chan struct{})}
		}
	}
	a.window = make(chan struct{}, 8+4*workers)
	a.group.Go(func() { a.run(ctx) })
	return a
}

// run begins the fetches in turn, as many at a time as the window has.
func (a *ahead) run(ctx context.Context) {
	for i, f := range a.fetches {
		if f == nil {
			continue
		}
		select {
		case a.window <- struct{}{}:
			a.group.Go(func() { a.fetch(ctx, &a.entries[i], f) })
		case <-ctx.Done():
			close(f.done)
		}
	}
}

// fetch fetches one entry.
func (a *ahead) fetch(ctx context.Context, e *source.Entry, f *fetch) {
	defer close(f.done)
	f.entry, f.fetched = e.Fetch(ctx, func(bytes int64) bool { return a.admit(ctx, f, bytes) })
	if len(a.fetches) > 0 && !f.fetched {
		a.free(f)
	}
}

// admit waits for room until a worker comes for the entry.
func (a *ahead) admit(ctx context.Context, f *fetch, bytes int64) bool {
	if bytes > a.bytes {
		return false
	}
	if !a.room.TryAcquire(bytes) {
		waiting, stop := context.WithCancel(ctx)
		defer stop()
		go func() {
			select {
			case <-f.hurry:
				stop()
			case <-waiting.Done():
			}
		}()
		if a.room.Acquire(waiting, bytes) != nil {
			return false
		}
	}
	f.held = bytes
	return true
}

// free gives the room of a fetch back.
func (a *ahead) free(f *fetch) {
	a.room.Release(f.held)
	f.held, f.entry = 0, source.Entry{}
}

// take returns the entry of a turn: one that holds its bytes if they were fetched.
func (a *ahead) take(turn int) *source.Entry {
	e := &a.entries[turn]
	if a.fetches == nil || a.fetches[turn] == nil {
		return e
	}
	f := a.fetches[turn]
	close(f.hurry)
	<-f.done
	if f.fetched {
		e = &f.entry
	}
	return e
}

// release drops the bytes of a turn.
func (a *ahead) release(turn int) {
	if a.fetches == nil || a.fetches[turn] == nil {
		return
	}
	a.free(a.fetches[turn])
	a.fetches[turn] = nil
	select {
	case <-a.window:
	default: // ctx had ended before the fetch began
	}
}

// wait waits until all fetches have ended.
func (a *ahead) wait() { a.group.Wait() }
