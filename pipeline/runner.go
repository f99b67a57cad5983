package pipeline

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"filterbank/pipeline/engine"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
)

// runner is one worker of a Run.
type runner struct {
	*run
	processor *Processor
	held      int64 // bytes that the last picture's files held in memory until they are sent
}

// task is the work on one entry.
type task struct {
	turn    int
	entry   *source.Entry
	rec     *manifest.Record
	earlier *manifest.Record // the record of an earlier run; nil if there is none
	batch   *store.Batch
	begun   time.Time       // moves on with the time that the store waits for the turn
	seconds float64         // of work
	stay    []bool          // whether the files of earlier are there; nil until runner.stay is asked
	written []manifest.File // by this run
}

// record is the record of an entry at the beginning of its work.
func record(e *source.Entry) *manifest.Record {
	return &manifest.Record{Input: manifest.Path(e.Path), Output: manifest.Path(e.Place()), Label: e.Label}
}

// class is the number of an entry's label as packs have it.
func class(e *source.Entry) []byte { return []byte(strconv.Itoa(e.Class)) }

// entry does one entry.
func (w *runner) entry(ctx context.Context, turn int, e *source.Entry) (r result) {
	t := &task{turn: turn, entry: e, rec: record(e)}
	defer func() {
		if r.later == nil {
			w.store.Skip(turn) // unless it has ended
		}
	}()
	if e.Problem != nil {
		t.rec.Fail(e.Problem)
		return result{record: t.rec}
	}
	var err error
	if t.earlier, err = w.journal.Find(e.Path, e.Rel); err != nil {
		w.store.Stop(turn)
		return result{err: err}
	}
	if w.held > 0 && !w.store.Whole() { // the pictures in work are much like the last one; samples would wait for this one's turn
		w.remote.store.Await(ctx, w.held*int64(w.crew.workers))
	}
	t.batch, t.begun = w.store.Begin(turn, e.Rel), time.Now()
	defer func() {
		if cause := recover(); cause != nil {
			w.processor.reset()
			r = w.panicked(t, cause)
		}
	}()
	err = w.picture(ctx, t)
	t.seconds = w.processor.seconds(t.begun)
	if err == nil && t.batch.Sealed() {
		return w.later(ctx, t)
	}
	return w.ended(ctx, t, err)
}

// panicked is the result of a picture whose work has ended in a panic.
func (w *runner) panicked(t *task, cause any) result {
	t.batch.Abort()
	t.rec.Fail(fmt.Errorf("%s: %w", source.Display(t.entry.Path), engine.Panic(cause)))
	return result{record: t.rec, err: w.keepOrRemove(t)}
}

// ended is the result of a picture after its files have been committed, or after an error.
func (w *runner) ended(ctx context.Context, t *task, err error) result {
	if err == nil {
		r := result{record: t.rec, files: t.written}
		if t.rec.Status == manifest.OK {
			t.rec.Seconds = t.seconds
			if len(t.written) > 0 {
				r.maps = w.job.view(nil).Maps()
			}
		}
		return w.placed(t.turn, r)
	}
	switch {
	case errors.Is(err, errDone) && t.rec.Status != manifest.OK:
		return result{skipped: true}
	case errors.Is(err, errDone):
		return w.placed(t.turn, result{record: t.rec, skipped: true})
	}
	return w.failed(ctx, t, err)
}

// failed is the result of a picture with an error.
func (w *runner) failed(ctx context.Context, t *task, err error) result {
	outputErr, ofOutput := errors.AsType[*store.Error](err)
	stopped, broken := interrupted(ctx, err) || errors.Is(err, store.ErrLeft), ofOutput && !outputErr.OfOne()
	if stopped || broken {
		w.store.Stop(t.turn)
	}
	t.batch.Abort()
	switch {
	case stopped:
		return result{}
	case broken:
		return result{err: err}
	}
	if w.crashed {
		for _, p := range w.planned {
			w.files.RemoveTemporary(t.entry.Rel + p.Suffix)
		}
	}
	t.rec.Fail(err)
	t.rec.Seconds = t.seconds
	return result{record: t.rec, err: w.keepOrRemove(t)}
}

// placed has a result counted once the store has placed the picture's files. Another worker
// may place them.
func (w *runner) placed(turn int, r result) result {
	r.counted = true
	if w.store.Placed(turn, func() { w.crew.hold(r) }, w.crew.countHeld) {
		w.crew.count(r)
	}
	r.err = w.crew.noteError()
	return r
}

// picture writes the files of a picture that no earlier run has written. If there are none,
// the error is errDone.
func (w *runner) picture(ctx context.Context, t *task) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if w.opts.Overwrite == Never && w.anyFile(t.entry) {
		if t.earlier != nil && t.earlier.Status == manifest.OK {
			if t.earlier.Version == manifest.Version && !t.told() {
				t.retell()
			}
			return errDone
		}
		t.rec.Status = manifest.Kept
		w.keep(t)
		return nil
	}
	in, err := w.processor.open(ctx, t.entry)
	if err != nil {
		return err
	}
	defer in.Close()
	t.rec.ETag = in.ETag
	todo, err := w.left(t, in)
	if err != nil {
		return err
	}
	if len(todo) == 0 {
		return errDone
	}
	w.processor.moved = w.opts.moved(t.turn)
	if w.store.Whole() && len(todo) < len(w.job.Output.Formats) {
		if stays, err := w.addFeatures(ctx, in, t); err != nil || stays {
			return err
		}
		todo = w.job.Output.Formats
	}
	if t.entry.Label != "" {
		t.batch.Note(store.ClassSuffix, func([]store.Written) ([]byte, error) { return class(t.entry), nil })
	}
	if err := w.processor.process(ctx, in, t.rec, todo, t.batch); err != nil {
		return err
	}
	if t.batch.Sealed() {
		return nil
	}
	return w.committed(t)
}

// committed completes the record of a picture whose files have been committed.
func (w *runner) committed(t *task) error {
	t.written = t.rec.Files
	if w.store.Whole() { // the sample has all files
		w.made.note(t.turn)
		return nil
	}
	return w.settle(t)
}

// later leaves the commit of a picture's sealed files for later. What they hold in memory is
// counted until then. It waits while too many pictures are left.
func (w *runner) later(ctx context.Context, t *task) result {
	if w.store.Whole() {
		return w.inTurn(ctx, t)
	}
	w.held = t.batch.Held()
	release, err := w.crew.Memory.Admit(ctx, t.batch.Buffered())
	if err != nil {
		return w.ended(ctx, t, err)
	}
	select {
	case w.pending <- struct{}{}:
	case <-ctx.Done():
		release()
		return w.ended(ctx, t, context.Cause(ctx))
	}
	return result{later: func() result {
		defer func() {
			<-w.pending
			release()
		}()
		return w.commit(ctx, t)
	}}
}

// inTurn commits the sealed files of a picture of a pack, whose turn has not come. It leaves this
// for later if few bytes are held in memory and not too many pictures are left. The bytes are not
// counted: waiting for memory could last for ever, because an earlier picture may wait for it too.
func (w *runner) inTurn(ctx context.Context, t *task) result {
	const few = 512 << 10
	if t.batch.Buffered() > few {
		return w.commit(ctx, t)
	}
	select {
	case w.pending <- struct{}{}:
	default:
		return w.commit(ctx, t)
	}
	return result{later: func() (r result) {
		defer func() {
			if cause := recover(); cause != nil {
				r = w.panicked(t, cause)
			}
			w.store.Skip(t.turn) // unless it has ended
			<-w.pending
		}()
		return w.commit(ctx, t)
	}}
}

// commit commits the sealed files of a picture. In a pack its time is the picture's, without the
// time for which it waits for the turn.
func (w *runner) commit(ctx context.Context, t *task) result {
	begun := time.Now()
	_, err := t.batch.Commit()
	if w.store.Whole() {
		took := time.Since(begun) - t.batch.Waited()
		t.seconds += took.Round(time.Microsecond).Seconds()
		w.crew.wrote(took)
	}
	if err == nil {
		err = w.committed(t)
	}
	return w.ended(ctx, t, err)
}
