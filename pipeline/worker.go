package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"filterbank/filters"
	"filterbank/filters/volume"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/sheet"
	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
)

// worker takes one picture at a time from its path to its files. Its buffers are its
// own and last from picture to picture.
type worker struct {
	*run
	stages  *Stages
	engines []engine // one a stack
	maps    mapBuffers
	drawer  sheet.Drawer
	waited  time.Duration // of the picture at hand, for memory
}

func newWorker(r *run, stages *Stages) *worker {
	w := &worker{run: r, stages: stages, engines: make([]engine, len(r.opts.Stacks))}
	w.maps.simd, w.drawer.SIMD = r.opts.Kernel.SIMD(), r.opts.Kernel.SIMD()
	for i := range w.engines {
		w.engines[i].runner.Kernel, w.engines[i].team.Kernel = r.opts.Kernel, r.opts.Kernel
	}
	return w
}

// result is what became of an entry. Its record is nil when there is nothing to note:
// an earlier run had done the picture, or the run ended before the picture did.
type result struct {
	record  *manifest.Record
	skipped bool
	maps    int
	files   []manifest.File // that were written
	err     error           // of the output folder; it ends the run
}

// entry does one entry.
func (w *worker) entry(ctx context.Context, _ int, e *source.Entry) (r result) {
	rec := &manifest.Record{Input: manifest.Path(e.Path), Output: manifest.Path(output(e))}
	if e.Problem != nil {
		fail(rec, e.Problem)
		return result{record: rec}
	}
	earlier, err := w.journal.Find(e.Path, e.Rel)
	if err != nil {
		return result{err: err}
	}
	batch := w.tree.Begin(e.Rel)
	begun := time.Now()
	w.waited = 0
	defer func() {
		if p := recover(); p != nil {
			batch.Abort()
			*w = *newWorker(w.run, w.stages) // its buffers may be in any state
			fail(rec, fmt.Errorf("%s: %w", source.Display(e.Path), internal(p)))
			r = result{record: rec, err: w.keepOrRemove(earlier, rec)}
		}
	}()
	maps, err := w.picture(ctx, e, rec, earlier, batch)
	seconds := max(time.Microsecond, (time.Since(begun) - w.waited).Round(time.Microsecond)).Seconds()
	if err == nil {
		if rec.Status == manifest.OK {
			rec.Seconds = seconds
		}
		r = result{record: rec, maps: maps, files: rec.Files}
		err = w.settle(earlier, rec)
	}
	var outputErr *store.Error
	switch {
	case err == nil:
		return r
	case errors.Is(err, errDone) && rec.Status != manifest.OK:
		return result{skipped: true}
	case errors.Is(err, errDone):
		return result{record: rec, skipped: true}
	}
	batch.Abort()
	switch {
	case interrupted(ctx, err):
		return result{}
	case errors.As(err, &outputErr) && !outputErr.OfOne():
		return result{err: err}
	}
	fail(rec, err)
	rec.Seconds = seconds
	return result{record: rec, err: w.keepOrRemove(earlier, rec)}
}

// interrupted says that an error is that of the run's end and not the picture's.
func interrupted(ctx context.Context, err error) bool {
	return ctx.Err() != nil && (errors.Is(err, ctx.Err()) || errors.Is(err, context.Cause(ctx)) || errors.Is(err, context.DeadlineExceeded))
}

// limited runs do within the time that the work on a picture may take.
func (w *worker) limited(ctx context.Context, name string, do func(context.Context) (int, error)) (int, error) {
	if w.opts.Timeout <= 0 {
		return do(ctx)
	}
	short, cancel := context.WithTimeout(ctx, w.opts.Timeout)
	defer cancel()
	n, err := do(short)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		err = &timeoutError{fmt.Errorf("run %s: it takes longer than %v; raise --timeout, or resize it in the stack file's input", name, w.opts.Timeout)}
	}
	return n, err
}

// output is the folder of an entry's maps. What is no picture has none: another entry
// may well have the same.
func output(e *source.Entry) string {
	if e.Problem != nil {
		return ""
	}
	return e.Rel
}

// errDone says that an earlier run has done the picture. Its record is to be noted
// again where it has changed, and then has its status.
var errDone = errors.New("done by an earlier run")

// fail turns a record into that of a picture that failed.
func fail(rec *manifest.Record, err error) {
	rec.Status, rec.Error, rec.Code = manifest.Failed, err.Error(), code(err)
	rec.Layers, rec.Files, rec.Digest = nil, nil, ""
}

// picture does a picture, unless an earlier run has: then it gives errDone.
func (w *worker) picture(ctx context.Context, e *source.Entry, rec, earlier *manifest.Record, batch *store.Batch) (maps int, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if w.opts.Overwrite == Never && w.anyMap(e) {
		if earlier != nil && earlier.Status == manifest.OK {
			return 0, errDone
		}
		rec.Status = manifest.Kept
		keep(earlier, rec)
		return 0, nil
	}
	in, err := w.open(ctx, e)
	if err != nil {
		return 0, err
	}
	defer in.Close()
	if done, err := w.isDone(in, rec, earlier); err != nil {
		return 0, err
	} else if done {
		return 0, errDone
	}
	held := func() int64 { return mapBytes(w.plans(), w.opts) }
	return w.decoded(ctx, in, rec, held, func(ctx context.Context, pic *decode.Picture) (int, error) {
		return w.process(ctx, pic, rec, batch)
	})
}

// decoded decodes a picture, once there is room for it and for the bytes that will be
// held besides, as its plans tell, and processes it, within the time that it may take.
func (w *worker) decoded(ctx context.Context, in *input, rec *manifest.Record, held func() int64, process func(context.Context, *decode.Picture) (int, error)) (int, error) {
	info, err := w.header(in, rec)
	if err != nil {
		return 0, err
	}
	if err := w.plan(info.Prepared, rec); err != nil {
		return 0, err
	}
	if in.size > math.MaxInt/4 {
		return 0, &decode.Error{Code: decode.TooLarge, Text: fmt.Sprintf("read %s: a file of %d bytes cannot be held in memory; a picture of this size has to be cut up first", in.name, in.size)}
	}
	asked := time.Now()
	release, err := w.memory.admit(ctx, in.size+info.Memory()+held())
	w.waited = time.Since(asked)
	if err != nil {
		return 0, fmt.Errorf("decode %s: %w", in.name, err)
	}
	defer release()
	return w.limited(ctx, in.name, func(ctx context.Context) (int, error) {
		pic, err := w.decode(ctx, in, rec)
		if err != nil {
			return 0, err
		}
		if err := w.plan(pic.Size(), rec); err != nil { // the file may have changed meanwhile
			return 0, err
		}
		return process(ctx, pic)
	})
}

// process takes a decoded picture to its maps.
func (w *worker) process(ctx context.Context, pic *decode.Picture, rec *manifest.Record, batch *store.Batch) (maps int, err error) {
	ranges, err := w.ranges(ctx, pic)
	if err != nil {
		return 0, err
	}
	files, maps, err := w.write(ctx, pic, ranges, rec, batch)
	if err != nil {
		return 0, err
	}
	c := start()
	written, err := batch.Commit()
	c.mark(&w.stages.Write)
	if err != nil {
		return 0, err
	}
	digest := sha256.New()
	for i, f := range written {
		files[i].Path, files[i].Bytes, files[i].SHA256 = manifest.Path(f.Path), f.Bytes, f.SHA256
		io.WriteString(digest, f.SHA256)
	}
	rec.Status, rec.Files, rec.Digest = manifest.OK, files, hex.EncodeToString(digest.Sum(nil))
	rec.Stack = hex.EncodeToString(w.stacks)
	return maps, nil
}

// plan works out every stack for a picture's size and notes the shapes.
func (w *worker) plan(in volume.Shape, rec *manifest.Record) error {
	rec.Layers = rec.Layers[:0]
	for i, s := range w.opts.Stacks {
		e := &w.engines[i]
		if e.plan == nil || e.plan.Input != in {
			p, err := w.opts.plan(i, source.Display(string(rec.Input)), in)
			if err != nil {
				return err
			}
			e.plan = p
		}
		for _, lp := range e.plan.Layers {
			rec.Layers = append(rec.Layers, manifest.Layer{
				Stack: s.Stack.Name(), Layer: lp.Layer.Name(), In: lp.In, Out: lp.Out,
				UncoveredRows: lp.UncoveredRows, UncoveredCols: lp.UncoveredCols, Uncovered: lp.Uncovered(),
			})
		}
	}
	return nil
}

// plans is each stack's plan for the picture at hand.
func (w *worker) plans() []*filters.Plan {
	var plans []*filters.Plan
	for i := range w.engines {
		plans = append(plans, w.engines[i].plan)
	}
	return plans
}
