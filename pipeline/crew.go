package pipeline

import (
	"context"
	"errors"
	"sync"
	"time"

	"filterbank/pipeline/engine"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/source"
)

// Policy sets when a run ends early and who is told of its progress. The zero value goes on to
// the end.
type Policy struct {
	// StopOnError ends the run at the first picture that fails.
	StopOnError bool
	// Ending, if not nil, ends the run early when it is done: no other picture is begun, and the
	// pictures in work are finished, as long as the run's own context is not done. The error of
	// a run that leaves pictures is then the cause of Ending.
	Ending context.Context
	// Each is called, from one goroutine, when a picture is done or has failed, in the order
	// in which pictures end. A picture of a pack may then wait for the end of its shard. It
	// may be nil.
	Each func(*manifest.Record)
	// Ended is called for every picture that was begun, with its place in the list, from the
	// same goroutine. It may be nil.
	Ended func(turn int, outcome Outcome)
	// Moved is called during the work on a picture with its place in the list and the share of
	// the work that is done, from 0 to 1. Several goroutines call it, and the shares of a
	// picture may come out of order. It may be nil.
	Moved func(turn int, share float64)
}

// Outcome is the end that the work on a picture comes to.
type Outcome int

// The outcomes.
const (
	Done        Outcome = iota
	Skipped             // an earlier run has done it
	Failed              // it has a record that says why
	Interrupted         // the run ended first
)

// ErrStopped says that a run ended at a failed picture, as StopOnError asks.
var ErrStopped = errors.New("stopped at the first picture that failed")

// result is the result of the work on an entry. Its record is nil if there is nothing to note:
// an earlier run has done the picture, or the run ended before the picture did.
type result struct {
	turn    int
	record  *manifest.Record
	skipped bool            // an earlier run has done the picture
	maps    int             // the number of maps written
	files   []manifest.File // the files written
	counted bool            // the worker has counted the result, or its store will
	err     error           // an error of the output folder; it ends the run

	// later finishes the work and gives its result, while the worker goes on with another
	// entry. It is nil if the work is finished.
	later func() result
}

// outcome is the end that the entry has come to.
func (r *result) outcome() Outcome {
	switch {
	case r.skipped:
		return Skipped
	case r.record == nil:
		return Interrupted
	case r.record.Status == manifest.Failed:
		return Failed
	case r.record.Status == manifest.Kept:
		return Skipped
	}
	return Done
}

// moved is Moved for one picture, or nil.
func (p *Policy) moved(turn int) func(share float64) {
	if p.Moved == nil {
		return nil
	}
	return func(share float64) { p.Moved(turn, share) }
}

// crew holds the workers that take pictures, and everything that they share.
type crew struct {
	*engine.Shared
	workers int
	ahead   int64                    // bytes for entries that are fetched ahead of the workers
	fetched func(*source.Entry) bool // whether a remote entry is fetched ahead; nil fetches all
	policy  *Policy
	note    func(*manifest.Record) error // keeps a record; nil keeps none

	// keep keeps a record until noteKept notes all that wait. Only packs need them.
	keep     func(*manifest.Record) error
	noteKept func() error

	counting sync.Mutex // held for the fields below and for calls of note
	sum      Summary
	waiting  Summary // of the results that are held
	noteErr  error   // the first of note
}

// count notes the record of a result and counts it. Workers call it as well as the goroutine
// that gathers results. It returns the first error of note.
func (c *crew) count(r result) error {
	c.counting.Lock()
	defer c.counting.Unlock()
	if r.record != nil && c.note != nil {
		if err := c.note(r.record); c.noteErr == nil {
			c.noteErr = err
		}
	}
	if r.err == nil && c.noteErr == nil {
		c.sum.count(r)
	}
	return c.noteErr
}

// hold holds a result until its shard is in place. Only its record and its sums are kept, so
// that a shard of many pictures takes no memory.
func (c *crew) hold(r result) {
	c.counting.Lock()
	defer c.counting.Unlock()
	if r.record != nil {
		if err := c.keep(r.record); c.noteErr == nil {
			c.noteErr = err
		}
	}
	c.waiting.count(r)
}

// countHeld notes and counts all results that are held.
func (c *crew) countHeld() {
	c.counting.Lock()
	defer c.counting.Unlock()
	if err := c.noteKept(); c.noteErr == nil {
		c.noteErr = err
	}
	if c.noteErr == nil {
		c.sum.add(c.waiting)
	}
	c.waiting = Summary{}
}

// wrote counts the time for which files were written after a worker had left them for later.
func (c *crew) wrote(took time.Duration) {
	c.counting.Lock()
	defer c.counting.Unlock()
	c.sum.Stages.Write += took
}

// noteError returns the first error of note.
func (c *crew) noteError() error {
	c.counting.Lock()
	defer c.counting.Unlock()
	return c.noteErr
}

// summary returns what has been counted of a number of pictures.
func (c *crew) summary(pictures int) Summary {
	c.counting.Lock()
	defer c.counting.Unlock()
	s := c.sum
	s.Left = pictures - s.Pictures - s.Skipped - s.Failed
	return s
}

// worker does one entry. turn is its place in the list.
type worker func(ctx context.Context, turn int, e *source.Entry) result

// work hands the entries, in order, to workers and gathers their results. Each goroutine gets
// a worker of its own from start, and the times that this worker spends. work returns the
// number of entries that have ended.
func (c *crew) work(ctx context.Context, entries []source.Entry, start func() (worker, *engine.Stages)) (ended int, err error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	results := make(chan result)
	stages := make([]*engine.Stages, min(c.workers, len(entries)))
	c.Give(c.workers - len(stages))
	ending := c.policy.Ending
	if ending == nil {
		ending = ctx
	}
	fetching, enough := context.WithCancel(ctx)
	defer enough()
	ahead := newAhead(fetching, ending, entries, c.ahead, c.workers, c.fetched)
	queue := make(chan int)
	end := func(k int, res result) {
		res.turn = k
		if c.policy.StopOnError && res.err == nil && res.record != nil && res.record.Status == manifest.Failed {
			stop(ErrStopped) // before this worker takes another
		}
		results <- res
	}
	var workers sync.WaitGroup // and what they have left for later
	for i := range stages {
		workers.Go(func() {
			do, spent := start()
			stages[i] = spent
			for k := range queue {
				res := do(ctx, k, ahead.take(k))
				ahead.release(k)
				if res.later != nil {
					workers.Go(func() { end(k, res.later()) })
				} else {
					end(k, res)
				}
			}
			c.Give(1)
		})
	}
	go func() {
		defer close(queue)
		for i := range entries {
			if ending.Err() != nil {
				return
			}
			select {
			case queue <- i:
			case <-ending.Done():
				return
			case <-ctx.Done():
				return
			}
		}
	}()
	go func() {
		workers.Wait()
		close(results)
	}()
	ended = c.collect(results, stop)
	enough()
	ahead.wait()
	for _, st := range stages {
		c.sum.Stages.Add(*st)
	}
	if err = context.Cause(ctx); err == nil && ended < len(entries) {
		err = context.Cause(ending)
	}
	return ended, err
}

// collect counts results as they come. The first error of a result ends the run. It drains
// the channel in every case.
func (c *crew) collect(results <-chan result, stop context.CancelCauseFunc) (ended int) {
	for res := range results {
		if c.policy.Ended != nil {
			c.policy.Ended(res.turn, res.outcome())
		}
		if !res.counted {
			res.err = errors.Join(res.err, c.count(res))
		}
		if res.err != nil {
			stop(res.err)
			continue
		}
		if res.outcome() != Interrupted {
			ended++
		}
		if res.record != nil && !res.skipped && c.policy.Each != nil {
			c.policy.Each(res.record)
		}
	}
	return ended
}
