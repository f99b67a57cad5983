package pipeline

import (
	"context"
	"sync/atomic"
	"time"

	"filterbank/filters"
	"filterbank/filters/volume"
	"filterbank/pipeline/decode"
)

// engine runs one stack for one worker: alone, or, while other workers have nothing to
// do, with a team of goroutines in their place.
type engine struct {
	runner filters.Runner
	team   filters.Team
	plan   *filters.Plan // of the last picture
}

// hands counts workers that have no picture, so that those with one can work for them.
type hands struct{ free atomic.Int64 }

func (h *hands) give(n int) { h.free.Add(int64(n)) }

// borrow takes the workers that are free, as many as there is memory for: each needs
// windows of its own.
func (w *worker) borrow(plan *filters.Plan) (n int, giveBack func()) {
	free := int(w.hands.free.Swap(0))
	each := int64(plan.MemberBytes())
	for n < free && w.memory.try(each) {
		n++
	}
	w.hands.give(free - n)
	return n, func() {
		w.memory.release(int64(n) * each)
		w.hands.give(n)
	}
}

// timedRows counts the time that reading a picture's rows takes: it belongs to decoding.
type timedRows struct {
	*decode.Picture
	spent atomic.Int64
}

func (t *timedRows) ReadRows(dst volume.Rows) error {
	begun := time.Now()
	err := t.Picture.ReadRows(dst)
	t.spent.Add(int64(time.Since(begun)))
	return err
}

// convolve runs a stack on a picture and gives the rows of its tapped layers to emit, in
// order, once at a time, with the number of goroutines that emit may use.
func (w *worker) convolve(ctx context.Context, stack int, pic *decode.Picture, emit func(goroutines, layer int, rows volume.Rows) error) error {
	e, taps := &w.engines[stack], w.opts.Stacks[stack].Taps
	borrowed, giveBack := w.borrow(e.plan)
	defer giveBack()
	src := &timedRows{Picture: pic}
	var emitting time.Duration
	timed := func(layer int, rows volume.Rows) error {
		c := start()
		defer c.mark(&emitting)
		return emit(1+borrowed, layer, rows)
	}
	begun := time.Now()
	var err error
	if borrowed == 0 {
		err = e.runner.Run(ctx, e.plan, taps, src, timed)
	} else {
		e.team.Workers = 1 + borrowed
		err = e.team.Run(ctx, e.plan, taps, src, timed)
	}
	w.chargeConvolution(time.Since(begun)*time.Duration(1+borrowed)-emitting, src)
	return err
}

func (w *worker) chargeConvolution(total time.Duration, src *timedRows) {
	reading := time.Duration(src.spent.Load())
	w.stages.Decode += reading
	w.stages.Convolve += total - reading
}
