// Package inorder owns parallel work whose results are taken in order. It never looks at the
// work itself.
package inorder

import (
	"context"
	"iter"
	"sync"
)

// Turns runs functions in the order of their numbers, one at a time. Goroutines may bring
// the functions in any order. It is safe for concurrent use.
type Turns struct {
	mu      sync.Mutex
	moved   sync.Cond
	next    int
	ahead   int
	waiting map[int]func()
}

// NewTurns begins with turn 0. Take waits with a turn that is ahead or more turns after the
// next one, so that few functions are held.
func NewTurns(ahead int) *Turns {
	t := &Turns{ahead: max(ahead, 1), waiting: map[int]func(){}}
	t.moved.L = &t.mu
	return t
}

// Take runs do when turns 0…i−1 are done, perhaps on another goroutine. Every turn up to
// the last one must be taken exactly once.
func (t *Turns) Take(i int, do func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i >= t.next+t.ahead {
		t.moved.Wait()
	}
	t.waiting[i] = do
	for do := t.waiting[t.next]; do != nil; do = t.waiting[t.next] {
		do()
		delete(t.waiting, t.next)
		t.next++
	}
	t.moved.Broadcast()
}

// Do calls do for every item, from a number of goroutines, and calls each with the results,
// in the order of the items and one call at a time. Each goroutine begins with a state of
// its own. The first error of do or each ends the work, and so does ctx. Do returns it after
// all goroutines have ended.
func Do[T, S, R any](ctx context.Context, goroutines int, items iter.Seq[T], state func() S, do func(context.Context, S, T) (R, error), each func(R) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	next, end := iter.Pull(items)
	defer end()
	var mu sync.Mutex
	taken := 0
	take := func() (item T, i int, ok bool) {
		mu.Lock()
		defer mu.Unlock()
		if ctx.Err() != nil {
			return item, 0, false
		}
		item, ok = next()
		taken++
		return item, taken - 1, ok
	}
	turns := NewTurns(2 * goroutines)
	var workers sync.WaitGroup
	for range goroutines {
		workers.Go(func() {
			s := state()
			for item, i, ok := take(); ok; item, i, ok = take() {
				value, err := do(ctx, s, item)
				turns.Take(i, func() {
					if err == nil && ctx.Err() == nil {
						err = each(value)
					}
					if err != nil {
						stop(err)
					}
				})
			}
		})
	}
	workers.Wait()
	return context.Cause(ctx)
}
