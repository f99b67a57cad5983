package pipeline

import (
	"context"
	"errors"
	"iter"
	"sync"
	"time"

	"filterbank/filters/kernel"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
)

// Summary counts what a run did.
type Summary struct {
	Pictures int // done
	Skipped  int // done by an earlier run
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

// run is what the workers of a run share.
type run struct {
	opts     *Options
	tree     *store.Folder
	journal  *manifest.Journal // nil where nothing is written for a picture
	memory   *admission
	hands    hands
	settings []byte // see settings
	stacks   []byte // see stacks
	crashed  bool   // the run before did not end well
}

// OutputError says that a run could not begin because of its output folder: it cannot be
// made or written to, is in use by another run, or holds a manifest that is none.
type OutputError struct{ Err error }

// Error is the error of the output folder.
func (e *OutputError) Error() string { return e.Err.Error() }

// Unwrap gives that error.
func (e *OutputError) Unwrap() error { return e.Err }

// Run takes every entry through the pipeline and writes maps and manifest. A picture
// that fails is a record, not an error. The error is an *OutputError, or errors.Is finds
// in it ctx's own error when the run was interrupted, ErrStopped, or what was wrong with
// the output; the summary holds what was done until then. Nothing is left half written
// in any case, and the same run again goes on from there.
func Run(ctx context.Context, entries []source.Entry, opts Options) (Summary, error) {
	begun := time.Now()
	if len(opts.Formats) == 0 {
		opts.Formats = []Format{PNG}
	}
	if opts.Kernel == nil {
		opts.Kernel = kernel.Best()
	}
	r := &run{opts: &opts, memory: newAdmission(opts.Memory), settings: opts.settings(), stacks: opts.stacks()}
	lock, err := r.take()
	if err != nil {
		return Summary{Left: len(entries)}, &OutputError{err}
	}
	s, err := r.work(ctx, entries, func(stages *Stages) entryFunc { return newWorker(r, stages).entry })
	s.Elapsed = time.Since(begun)
	closeErr := r.journal.Close(places(entries), r.trust)
	if !errors.Is(err, store.ErrGone) { // else it fails for the same reason
		err = errors.Join(err, closeErr)
	}
	if !errors.Is(err, store.ErrGone) {
		err = errors.Join(err, r.about(s))
	}
	// What this run has not looked at since a crash is for the next one to look at.
	unseen := r.crashed && (s.Left > 0 || closeErr != nil)
	return s, errors.Join(err, lock.Unlock(unseen))
}

// about writes what there is to say about the whole run.
func (r *run) about(s Summary) error {
	if r.opts.About == nil {
		return nil
	}
	about, err := r.opts.About(s)
	if err != nil {
		return err
	}
	return r.tree.WriteFile(manifest.RunName, about)
}

// take opens the output folder for this run alone.
func (r *run) take() (lock *store.Lock, err error) {
	if r.tree, err = store.Open(r.opts.Out); err != nil {
		return nil, err
	}
	if lock, err = r.tree.Lock(); err != nil {
		return nil, err
	}
	if r.crashed = lock.Crashed; r.crashed {
		err = r.tree.Sweep()
	}
	if err == nil {
		r.journal, err = manifest.OpenJournal(r.tree)
	}
	if err != nil {
		return nil, errors.Join(err, lock.Unlock(r.crashed))
	}
	return lock, nil
}

// has says whether a file of an earlier run is there. After a crash its content is looked
// at too, since a machine that lost its power may have kept a file's size and not its bytes.
func (r *run) has(f manifest.File) bool {
	digest := ""
	if r.crashed {
		digest = f.SHA256
	}
	return r.tree.Has(string(f.Path), f.Bytes, digest)
}

// trust says whether the record of a picture that is none of this run's is still right:
// after a crash its files are looked at, like those of pictures that are.
func (r *run) trust(rec *manifest.Record) bool {
	if r.crashed {
		for _, f := range rec.Files {
			if !r.has(f) {
				return false
			}
		}
	}
	return true
}

// places names the pictures of the manifest in the order of the input.
func places(entries []source.Entry) iter.Seq2[string, string] {
	return func(yield func(input, output string) bool) {
		for i := range entries {
			if !yield(entries[i].Path, output(&entries[i])) {
				return
			}
		}
	}
}

// entryFunc does an entry, which is the i-th.
type entryFunc func(ctx context.Context, i int, e *source.Entry) result

// work hands the entries, in order, to workers and gathers what becomes of them. Each
// worker gets a function of its own from start.
func (r *run) work(ctx context.Context, entries []source.Entry, start func(*Stages) entryFunc) (Summary, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	results := make(chan result)
	stages := make([]Stages, min(r.opts.jobs(), len(entries)))
	r.hands.give(r.opts.jobs() - len(stages))
	queue := make(chan int)
	var workers sync.WaitGroup
	for i := range stages {
		workers.Go(func() {
			entry := start(&stages[i])
			for k := range queue {
				res := entry(ctx, k, &entries[k])
				if r.opts.StopOnError && res.err == nil && res.record != nil && res.record.Status == manifest.Failed {
					stop(ErrStopped) // before this worker takes another
				}
				results <- res
			}
			r.hands.give(1)
		})
	}
	go func() {
		defer close(queue)
		for i := range entries {
			select {
			case queue <- i:
			case <-ctx.Done():
				return
			}
		}
	}()
	go func() {
		workers.Wait()
		close(results)
	}()
	s := r.collect(results, stop)
	s.Left = len(entries) - s.Pictures - s.Skipped - s.Failed
	for _, st := range stages {
		s.Stages.add(st)
	}
	return s, context.Cause(ctx)
}

// collect notes results as they come, and ends the run where one of them does. It
// drains the channel in every case.
func (r *run) collect(results <-chan result, stop context.CancelCauseFunc) (s Summary) {
	for res := range results {
		if r.opts.Ended != nil {
			r.opts.Ended()
		}
		if res.record != nil && r.journal != nil {
			res.err = errors.Join(res.err, r.journal.Add(res.record))
		}
		if res.err != nil {
			stop(res.err)
			continue
		}
		s.count(res)
		if res.record == nil || res.skipped {
			continue
		}
		if r.opts.Each != nil {
			r.opts.Each(res.record)
		}
	}
	return s
}

func (s *Summary) count(r result) {
	switch {
	case r.skipped:
		s.Skipped++
	case r.record == nil:
	case r.record.Status == manifest.Failed:
		s.Failed++
	case r.record.Status == manifest.Kept:
		s.Skipped++
	default:
		s.Pictures++
		s.Maps += r.maps
		s.Files += len(r.files)
		for _, f := range r.files {
			s.Bytes += f.Bytes
		}
	}
}
