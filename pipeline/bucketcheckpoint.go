package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"filterbank/pipeline/manifest"
	"filterbank/pipeline/store"
)

// checkpointEvery is the time between two checkpoints, and so the work that a kill loses.
const checkpointEvery = time.Minute

// endIn bounds the time in which an interrupted run puts what it has.
const endIn = 10 * time.Second

// sizes returns how large the files that grow are.
func (r *run) sizes() map[string]int64 {
	if r.crew != nil {
		r.crew.counting.Lock()
		defer r.crew.counting.Unlock()
	}
	sizes := map[string]int64{manifest.Name: r.journal.Size()}
	if r.table != nil {
		sizes[store.FeaturesName] = r.table.journal.Size()
	}
	return sizes
}

// checkpoint puts what the run has done since the last checkpoint. Rows of features come before
// the records that need them, and the sizes are taken in the other order.
func (r *run) checkpoint() error {
	if r.remote == nil {
		return nil
	}
	sizes := r.sizes()
	if err := r.remote.session.Checkpoint(r.remote.requests, sizes); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return nil
}

// checkpoints makes checkpoints while the run goes on, until end is called. The first error ends
// the run through stop.
func (r *run) checkpoints(stop context.CancelCauseFunc) (end func()) {
	if r.remote == nil {
		return func() {}
	}
	done, ended := make(chan struct{}), make(chan struct{})
	var ending <-chan struct{}
	if r.opts.Ending != nil {
		ending = r.opts.Ending.Done()
	}
	every := cmp.Or(r.opts.CheckpointEvery, checkpointEvery)
	go func() {
		defer close(ended)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
			case <-ending: // at once: the time that is left may not do for the end of the run
				ending = nil
			case <-done:
				return
			}
			if err := r.checkpoint(); err != nil {
				stop(err)
				return
			}
		}
	}()
	return func() {
		close(done)
		<-ended
	}
}

// lastCheckpoint makes a checkpoint when the work has come to an end with an error or without all
// pictures. It returns err with its own.
func (r *run) lastCheckpoint(err error, complete bool) error {
	if r.remote == nil || err == nil && complete || errors.Is(err, store.ErrTaken) {
		return err
	}
	if !goesOn(err) { // the store may be failing
		time.AfterFunc(endIn, r.remote.cancel)
	}
	return errors.Join(err, r.checkpoint())
}

// goesOn says whether an error, or none, has ended a run whose places are in order.
func goesOn(err error) bool {
	return err == nil || errors.Is(err, context.Canceled) || errors.Is(err, ErrStopped)
}
