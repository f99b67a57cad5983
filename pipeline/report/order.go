package report

import (
	"context"
	"iter"
	"sync"
)

// outcome is what became of an item.
type outcome[R any] struct {
	value R
	err   error
}

// inOrder takes items through do, with so many goroutines, each of which begins with a
// state of its own, and gives the outcomes in the order of the items. Few more items
// than goroutines are on their way at a time. A caller that stops early waits for those.
func inOrder[T, S, R any](ctx context.Context, jobs int, items []T, state func() S, do func(context.Context, S, T) (R, error)) iter.Seq2[R, error] {
	return func(yield func(R, error) bool) {
		ctx, stop := context.WithCancel(ctx)
		type task struct {
			item T
			done chan outcome[R] // takes one
		}
		queue, ordered := make(chan task), make(chan task, jobs)
		var workers sync.WaitGroup
		for range jobs {
			workers.Go(func() {
				s := state()
				for t := range queue {
					value, err := do(ctx, s, t.item)
					t.done <- outcome[R]{value, err}
				}
			})
		}
		workers.Go(func() {
			defer close(ordered)
			defer close(queue)
			for _, item := range items {
				t := task{item, make(chan outcome[R], 1)}
				select {
				case ordered <- t:
					queue <- t
				case <-ctx.Done():
					return
				}
			}
		})
		defer workers.Wait()
		defer stop()
		for t := range ordered {
			if o := <-t.done; !yield(o.value, o.err) {
				stop()
				for range ordered { // until the feeder has seen it
				}
				return
			}
		}
	}
}
