package pipeline

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"filterbank/filters"
	"filterbank/filters/kernel"
	"filterbank/filters/volume"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/source"
	"filterbank/pipeline/stats"
)

// Calibrate takes every entry through the stacks and gathers statistics of the maps of
// their tapped layers; it writes nothing. Filters of a layer whose maps correlate by
// duplicates or more, of either sign, are audited as near duplicates; 0 < duplicates ≤ 1.
// Of opts it heeds all but what is about files. A picture that fails is in no figure. The
// statistics are nil where no picture could be done and where there is an error: that is
// ctx's own, ErrStopped, or says that the statistics need more memory than there may be.
func Calibrate(ctx context.Context, entries []source.Entry, opts Options, duplicates float64) (*stats.File, Summary, error) {
	begun := time.Now()
	if opts.Kernel == nil {
		opts.Kernel = kernel.Best()
	}
	r := &run{opts: &opts}
	c := newCalibration(r)
	left := opts.Memory
	if left > 0 {
		if left -= c.bytes; left <= 0 {
			return nil, Summary{Left: len(entries)}, fmt.Errorf("the statistics of %d filters take about %d MB of memory and the run may have %d MB; raise --max-memory, or take fewer --layers", c.filters, roundedUp(c.bytes), opts.Memory>>20)
		}
	}
	r.memory = newAdmission(left)
	s, err := r.work(ctx, entries, func(st *Stages) entryFunc { return c.newWorker(newWorker(r, st)).entry })
	s.Elapsed = time.Since(begun)
	if err != nil || s.Pictures == 0 {
		return nil, s, err
	}
	return c.file(s, duplicates), s, nil
}

// calibration is what the workers of Calibrate share.
type calibration struct {
	*run
	tallies     [][]*stats.Tally // by stack and layer; nil where it is not tapped
	filters     int
	bytes, each int64 // that tallying takes: in all, and for each worker
	line        line
}

func newCalibration(r *run) *calibration {
	c := &calibration{run: r, line: line{longest: 2 * r.opts.jobs(), waiting: map[int]func(){}}}
	c.line.moved.L = &c.line.mu
	for _, s := range r.opts.Stacks {
		tallies := make([]*stats.Tally, len(s.Taps))
		for l, tapped := range s.Taps {
			if !tapped {
				continue
			}
			layer := s.Stack.Layers()[l]
			n := len(layer.Filters())
			tallies[l] = stats.NewTally(n)
			all, each := stats.Bytes(n, layer.Signed())
			c.filters += n
			c.bytes += all
			c.each += each
		}
		c.tallies = append(c.tallies, tallies)
	}
	return c
}

// file gathers what has been tallied.
func (c *calibration) file(s Summary, duplicates float64) *stats.File {
	f := &stats.File{Version: stats.Version, Pictures: s.Pictures, Failed: s.Failed, Audit: []stats.Finding{}}
	for i, tallies := range c.tallies {
		stack := c.opts.Stacks[i].Stack
		for l, t := range tallies {
			if t == nil {
				continue
			}
			layer := t.Layer(stack.Name(), stack.Layers()[l], c.opts.layerHash(i, l))
			f.Layers = append(f.Layers, layer)
			f.Audit = append(f.Audit, t.Findings(&layer, s.Pictures, limit(stack.Layers()[l]), duplicates)...)
		}
	}
	return f
}

// limit is the largest value that a layer's activation lets through.
func limit(layer filters.Layer) float64 {
	if conv, ok := layer.(*filters.Conv); ok && conv.Spec().Activation == filters.ReLU6 {
		return 6
	}
	return math.Inf(1)
}

// calibrator is one worker of a calibration.
type calibrator struct {
	*calibration
	worker *worker
	parts  [][]stats.Part // by stack and layer
}

func (c *calibration) newWorker(w *worker) *calibrator {
	k := &calibrator{calibration: c, worker: w}
	for _, tallies := range c.tallies {
		k.parts = append(k.parts, make([]stats.Part, len(tallies)))
	}
	return k
}

// entry does the i-th entry.
func (c *calibrator) entry(ctx context.Context, i int, e *source.Entry) (r result) {
	follow := func() {}
	defer func() { c.line.take(i, follow) }()
	rec := &manifest.Record{Input: manifest.Path(e.Path), Output: manifest.Path(output(e))}
	if e.Problem != nil {
		fail(rec, e.Problem)
		return result{record: rec}
	}
	defer func() {
		if p := recover(); p != nil {
			*c = *c.newWorker(newWorker(c.run, c.worker.stages))
			fail(rec, fmt.Errorf("%s: %w", source.Display(e.Path), internal(p)))
			r = result{record: rec}
		}
	}()
	maps, err := c.picture(ctx, e, rec)
	switch {
	case err == nil:
		rec.Status = manifest.OK
		follow = c.merge(rec.Input)
		return result{record: rec, maps: maps}
	case interrupted(ctx, err):
		return result{}
	}
	*c = *c.newWorker(c.worker) // what it has seen of the picture does not count
	fail(rec, err)
	return result{record: rec}
}

// picture gathers the parts of a picture and gives the number of its maps.
func (c *calibrator) picture(ctx context.Context, e *source.Entry, rec *manifest.Record) (maps int, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	in, err := c.worker.open(ctx, e)
	if err != nil {
		return 0, err
	}
	defer in.Close()
	return c.worker.decoded(ctx, in, rec, c.held, func(ctx context.Context, pic *decode.Picture) (int, error) {
		for s := range c.parts {
			if err := c.stack(ctx, s, pic); err != nil {
				return 0, err
			}
		}
		return c.filters, nil
	})
}

// held is about the bytes that a worker holds for a picture besides its pixels.
func (c *calibrator) held() int64 {
	n := c.each
	for _, p := range c.worker.plans() {
		n += int64(p.WorkingSet())
	}
	return n
}

// stack gathers the maps of one stack's tapped layers.
func (c *calibrator) stack(ctx context.Context, s int, pic *decode.Picture) error {
	w := c.worker
	for l := range c.parts[s] {
		if c.tallies[s][l] != nil {
			c.parts[s][l].Begin(w.engines[s].plan.Layers[l].Out)
		}
	}
	return w.convolve(ctx, s, pic, func(goroutines, layer int, rows volume.Rows) error {
		part := &c.parts[s][layer]
		return w.maps.spread(goroutines, rows.C, func(_ *lane, k int) error {
			part.AddRows(w.opts.Kernel, rows, k)
			return nil
		})
	})
}

// merge adds the picture's parts to the tallies, but for what follow does, which has to
// be done in the order of the pictures.
func (c *calibrator) merge(input manifest.Path) (follow func()) {
	var rest []func()
	for s, tallies := range c.tallies {
		plan := c.worker.engines[s].plan
		for l, t := range tallies {
			if t != nil {
				r := t.Merge(&c.parts[s][l])
				rest = append(rest, func() { t.Follow(r, input, &plan.Layers[l]) })
			}
		}
	}
	return func() {
		for _, do := range rest {
			do()
		}
	}
}

// line puts what workers do in the order of the entries. It holds little: whoever is
// far ahead waits.
type line struct {
	mu      sync.Mutex
	moved   sync.Cond
	next    int
	longest int
	waiting map[int]func()
}

// take gives do its turn, the i-th: at once or, done by another goroutine, later. Every
// turn up to the last one taken has to be taken.
func (q *line) take(i int, do func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i >= q.next+q.longest {
		q.moved.Wait()
	}
	q.waiting[i] = do
	for do := q.waiting[q.next]; do != nil; do = q.waiting[q.next] {
		do()
		delete(q.waiting, q.next)
		q.next++
	}
	q.moved.Broadcast()
}
