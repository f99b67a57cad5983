package pipeline

import (
	"context"
	"sync"

	"golang.org/x/sync/semaphore"

	"filterbank/pipeline/manifest"
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

// fetchesAhead is Ahead for a run. A run that leaves pictures alone need not have their bytes.
func (r *run) fetchesAhead(entries []source.Entry) int64 {
	if r.opts.Overwrite == Never {
		return 0
	}
	return Ahead(r.res.Memory, entries)
}

// fetched says whether a remote entry is fetched ahead. One that an earlier run has read need not be.
func (r *run) fetched(e *source.Entry) bool {
	if e.ETag() == "" || r.opts.Overwrite == Always {
		return true
	}
	earlier, err := r.journal.Find(e.Path, e.Rel)
	return err != nil || earlier == nil || earlier.Status != manifest.OK || earlier.Version != manifest.Version || !unchanged(earlier, e.Path, e.ETag())
}

// ahead fetches remote entries before a worker takes them. The bytes that it holds, and those of
// the workers' entries, share its budget. An entry that has found no room when a worker comes for it
// is left to the worker, so that nothing waits in a circle.
type ahead struct {
	entries []source.Entry
	bytes   int64 // the budget; 0 fetches nothing
	room    *semaphore.Weighted
	window  chan struct{} // holds an item for each fetch that was begun and not released
	group   sync.WaitGroup
	ended   chan struct{}            // closed when no further fetch begins
	wanted  func(*source.Entry) bool // whether a remote entry is fetched; nil fetches all

	mu      sync.Mutex
	fetches map[int]*fetch // by turn, from the first call of at to release
}

// fetch is the fetching of one entry.
type fetch struct {
	hurry chan struct{} // closed when a worker waits
	done  chan struct{} // closed at the end, when the fields below are set
	entry source.Entry  // holds its bytes; zero if they were not fetched
	held  int64         // bytes of the budget
	begun bool          // set before ended is closed
}

// newAhead begins to fetch. No fetch begins after ending has ended, and all end with ctx. The caller
// calls take and release for each entry that is worked on, and wait after ctx has ended.
func newAhead(ctx, ending context.Context, entries []source.Entry, budget int64, workers int, wanted func(*source.Entry) bool) *ahead {
	a := &ahead{entries: entries, bytes: budget, wanted: wanted}
	if budget > 0 {
		a.room, a.fetches = semaphore.NewWeighted(budget), map[int]*fetch{}
		a.window = make(chan struct{}, 8+4*workers)
		a.ended = make(chan struct{})
		a.group.Go(func() { a.run(ctx, ending) })
	}
	return a
}

// at returns the fetch of a turn.
func (a *ahead) at(turn int) *fetch {
	a.mu.Lock()
	defer a.mu.Unlock()
	f := a.fetches[turn]
	if f == nil {
		f = &fetch{hurry: make(chan struct{}), done: make(chan struct{})}
		a.fetches[turn] = f
	}
	return f
}

// run begins the fetches in turn, as many at a time as the window has.
func (a *ahead) run(ctx, ending context.Context) {
	defer close(a.ended)
	for i := range a.entries {
		if !a.entries[i].Remote() {
			continue
		}
		select {
		case a.window <- struct{}{}:
			f := a.at(i)
			f.begun = true
			if a.wanted != nil && !a.wanted(&a.entries[i]) {
				close(f.done)
				continue
			}
			a.group.Go(func() {
				defer close(f.done)
				if entry, ok := a.entries[i].Fetch(ctx, func(bytes int64) bool { return a.admit(ctx, f, bytes) }); ok {
					f.entry = entry
				}
			})
		case <-ending.Done():
			return
		case <-ctx.Done():
			return
		}
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

// take returns the entry of a turn: one that holds its bytes if they were fetched.
func (a *ahead) take(turn int) *source.Entry {
	e := &a.entries[turn]
	if a.bytes == 0 || !e.Remote() {
		return e
	}
	f := a.at(turn)
	close(f.hurry)
	select {
	case <-f.done:
	case <-a.ended:
		if !f.begun {
			return e
		}
		<-f.done
	}
	if f.entry.Remote() {
		return &f.entry
	}
	return e
}

// release drops the bytes of a turn that was taken.
func (a *ahead) release(turn int) {
	if a.bytes == 0 || !a.entries[turn].Remote() {
		return
	}
	if f := a.at(turn); f.begun {
		a.room.Release(f.held)
		<-a.window
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.fetches, turn)
}

// wait waits until all fetches have ended.
func (a *ahead) wait() { a.group.Wait() }
