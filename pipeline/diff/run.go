package diff

import (
	"context"
	"runtime"
	"sync"
)

// Run compares the runs whose output folders are a and b. Errors are ctx's and those of
// folders and manifests; what is wrong with single files is in the report.
func Run(ctx context.Context, a, b string, opts Options) (*Report, error) {
	var runs [2]*run
	for i, dir := range []string{a, b} {
		r, err := open(dir)
		if err != nil {
			return nil, err
		}
		defer r.close()
		runs[i] = r
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	jobs := opts.Jobs
	if jobs <= 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	m := merger{maps: map[mapKey]*Map{}}
	for t := range start(ctx, runs, jobs) {
		if res := <-t.result; res.err != nil {
			stop(res.err)
		} else {
			m.merge(res.picture)
		}
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return m.report(), nil
}

// task is a picture of either run or of both.
type task struct {
	place  string
	result chan result // takes one
}

type result struct {
	picture *comparison
	err     error
}

// start compares all pictures and gives them in their order, the results as they come.
// The channel is closed when no goroutine is left; it has to be drained.
func start(ctx context.Context, runs [2]*run, jobs int) <-chan *task {
	queue, ordered := make(chan *task), make(chan *task, jobs)
	var workers sync.WaitGroup
	for range jobs {
		workers.Go(func() {
			for t := range queue {
				p, err := compare(ctx, runs, t.place)
				t.result <- result{p, err}
			}
		})
	}
	go func() {
		defer close(ordered)
		defer workers.Wait()
		defer close(queue)
		for place := range places(runs) {
			t := &task{place, make(chan result, 1)}
			select {
			case ordered <- t:
				queue <- t
			case <-ctx.Done():
				return
			}
		}
	}()
	return ordered
}
