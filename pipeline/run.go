package pipeline

import (
	"context"
	"errors"
	"sync"
	"time"

	"filterbank/pipeline/sink"
	"filterbank/pipeline/source"
)

// Summary counts what a run did.
type Summary struct {
	Pictures int // done
	Failed   int
	Left     int // not begun or not ended, because the run was stopped
	Maps     int // feature maps written, each counted once whatever its formats
	Files    int
	Bytes    int64
	Elapsed  time.Duration
	Stages   Stages
}

// ErrStopped says that a run ended at a failed picture, as StopOnError asks.
var ErrStopped = errors.New("stopped at the first picture that failed")

// result is a picture's record on its way to its place in the order.
type result struct {
	index  int
	record *sink.Record // nil when the picture was dropped
	maps   int
}

// Run takes every entry through the pipeline and writes maps and manifest. A picture
// that fails is a record, not an error. The error is ctx's own when the run was
// interrupted, ErrStopped, or that of the output folder; the summary holds what was
// done until then.
func Run(ctx context.Context, entries []source.Entry, opts Options) (Summary, error) {
	start := time.Now()
	if len(opts.Formats) == 0 {
		opts.Formats = []Format{PNG}
	}
	tree, err := sink.Open(opts.Out)
	if err != nil {
		return Summary{Left: len(entries)}, err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)

	memory := newAdmission(opts.Memory)
	results := make(chan result)
	stages := make([]Stages, min(opts.jobs(), len(entries)))
	indices := make(chan int)
	var workers sync.WaitGroup
	for i := range stages {
		workers.Go(func() {
			w := newWorker(&opts, tree, memory, &stages[i])
			for index := range indices {
				results <- w.entry(ctx, index, &entries[index])
			}
		})
	}
	go func() {
		defer close(indices)
		for i := range entries {
			select {
			case indices <- i:
			case <-ctx.Done():
				return
			}
		}
	}()
	go func() {
		workers.Wait()
		close(results)
	}()

	s, err := collect(results, tree.NewManifest(), &opts, stop)
	s.Left = len(entries) - s.Pictures - s.Failed
	s.Elapsed = time.Since(start)
	for _, st := range stages {
		s.Stages.add(st)
	}
	if err == nil {
		err = context.Cause(ctx)
	}
	return s, err
}

// collect puts results into the order of the input, counts them and writes the
// manifest. It drains the channel in every case.
func collect(results <-chan result, manifest *sink.Manifest, opts *Options, stop context.CancelCauseFunc) (Summary, error) {
	var s Summary
	var failure error
	fail := func(err error) {
		if err != nil && failure == nil {
			failure = err
			stop(err)
		}
	}
	next := 0
	waiting := map[int]result{}
	take := func(r result) {
		if r.record == nil {
			return
		}
		s.count(r)
		fail(manifest.Add(r.record))
		if opts.Each != nil {
			opts.Each(r.record)
		}
	}
	for r := range results {
		if opts.Ended != nil {
			opts.Ended()
		}
		if opts.StopOnError && r.record != nil && r.record.Status == sink.Failed {
			stop(ErrStopped)
		}
		waiting[r.index] = r
		for ; hasKey(waiting, next); next++ {
			take(waiting[next])
			delete(waiting, next)
		}
	}
	// A run that was stopped leaves gaps; what is behind them is done all the same.
	for ; len(waiting) > 0; next++ {
		if r, ok := waiting[next]; ok {
			take(r)
			delete(waiting, next)
		}
	}
	fail(manifest.Close())
	return s, failure
}

func hasKey(m map[int]result, k int) bool {
	_, ok := m[k]
	return ok
}

func (s *Summary) count(r result) {
	if r.record.Status == sink.Failed {
		s.Failed++
		return
	}
	s.Pictures++
	s.Maps += r.maps
	s.Files += len(r.record.Files)
	for _, f := range r.record.Files {
		s.Bytes += f.Bytes
	}
}
