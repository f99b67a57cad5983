// Package engine owns the running of stacks on one picture: the plans, the bands, the
// goroutines that idle workers lend, memory and the time of each stage. It never looks at
// files, scales or formats.
package engine

import (
	"context"
	"sync/atomic"
	"time"

	"filterbank/filters"
	"filterbank/filters/kernel"
	"filterbank/filters/volume"
)

// Picture is what stacks run on: a source of rows of a volume.
type Picture interface {
	Size() volume.Shape
	ReadRows(dst volume.Rows) error
}

// Shared is what the engines of a run have in common. It is safe for concurrent use.
type Shared struct {
	Kernel *kernel.Kernel
	Memory *Memory
	free   atomic.Int64 // workers without a picture, which those with one may use
}

// Give lends n workers that have no picture to the others.
func (s *Shared) Give(n int) { s.free.Add(int64(n)) }

// borrow takes the workers that are free, as many as there is memory for: each needs
// windows of its own.
func (s *Shared) borrow(plan *filters.Plan) (n int, giveBack func()) {
	free := int(s.free.Swap(0))
	each := int64(plan.MemberBytes())
	for n < free && s.Memory.try(each) {
		n++
	}
	s.Give(free - n)
	return n, func() {
		s.Memory.release(int64(n) * each)
		s.Give(n)
	}
}

// Engine runs stacks on pictures, one at a time. Its buffers last from picture to
// picture. It has one owner.
type Engine struct {
	*Shared
	Stacks []Selected
	Plans  []*filters.Plan // one a stack, of the picture at hand: the owner sets them
	Lanes  Lanes
	Stages Stages // time spent so far

	runners []runner
}

// runner runs one stack: alone, or, while other workers have nothing to do, with a team
// of goroutines in their place.
type runner struct {
	alone filters.Runner
	team  filters.Team
}

// New is an engine without buffers.
func New(stacks []Selected, shared *Shared) *Engine {
	e := &Engine{Shared: shared, Stacks: stacks, runners: make([]runner, len(stacks))}
	e.Reset()
	return e
}

// Reset drops the buffers, which are in any state after a panic.
func (e *Engine) Reset() {
	e.Plans = nil
	e.Lanes = Lanes{}
	for i := range e.runners {
		e.runners[i] = runner{}
		e.runners[i].alone.Kernel, e.runners[i].team.Kernel = e.Kernel, e.Kernel
	}
}

// Windows is about the bytes that the engine holds for the picture at hand.
func (e *Engine) Windows() int64 {
	var n int64
	for _, p := range e.Plans {
		n += int64(p.WorkingSet())
	}
	return n
}

// Emit takes rows of a wanted layer. It may use so many goroutines.
type Emit func(goroutines, layer int, rows volume.Rows) error

// Run runs a stack on a picture and gives the rows of its wanted layers to emit, in order,
// one call at a time.
func (e *Engine) Run(ctx context.Context, stack int, pic Picture, emit Emit) error {
	plan, r := e.Plans[stack], &e.runners[stack]
	borrowed, giveBack := e.borrow(plan)
	defer giveBack()
	defer e.Lanes.take(&e.Stages)
	src := &timedRows{Picture: pic}
	var emitting time.Duration
	timed := func(layer int, rows volume.Rows) error {
		c := Start()
		defer c.Mark(&emitting)
		return emit(1+borrowed, layer, rows)
	}
	begun := time.Now()
	var err error
	if borrowed == 0 {
		err = r.alone.Run(ctx, plan, e.Stacks[stack].Layers, src, timed)
	} else {
		r.team.Workers = 1 + borrowed
		err = r.team.Run(ctx, plan, e.Stacks[stack].Layers, src, timed)
	}
	e.charge(time.Since(begun)*time.Duration(1+borrowed)-emitting, src)
	return err
}

// Scan runs a stack on a picture and gives the rows of its wanted layers to take, in any
// order, from so many workers at a time, each of which gets from begin what it takes rows
// with. Where the order does not matter it is faster than Run.
func (e *Engine) Scan(ctx context.Context, stack int, pic Picture, begin func() func(layer int, rows volume.Rows)) error {
	plan, r := e.Plans[stack], &e.runners[stack]
	borrowed, giveBack := e.borrow(plan)
	defer giveBack()
	src := &timedRows{Picture: pic}
	var taking time.Duration
	begun := time.Now()
	var err error
	if borrowed == 0 {
		take := begin()
		err = r.alone.Run(ctx, plan, e.Stacks[stack].Layers, src, func(layer int, rows volume.Rows) error {
			c := Start()
			take(layer, rows)
			c.Mark(&taking)
			return nil
		})
	} else {
		takers := make([]func(int, volume.Rows), 1+borrowed)
		for i := range takers {
			takers[i] = begin()
		}
		r.team.Workers = 1 + borrowed
		err = r.team.Scan(ctx, plan, e.Stacks[stack].Layers, src, func(worker, layer int, rows volume.Rows) error {
			takers[worker](layer, rows)
			return nil
		})
	}
	e.Stages.Render += taking
	e.charge(time.Since(begun)*time.Duration(1+borrowed)-taking, src)
	return err
}

// charge adds the time of a run of a stack to the stages: reading a picture's rows belongs
// to decoding.
func (e *Engine) charge(total time.Duration, src *timedRows) {
	reading := time.Duration(src.spent.Load())
	e.Stages.Decode += reading
	e.Stages.Convolve += total - reading
}

// timedRows counts the time that reading a picture's rows takes.
type timedRows struct {
	Picture
	spent atomic.Int64
}

func (t *timedRows) ReadRows(dst volume.Rows) error {
	begun := time.Now()
	err := t.Picture.ReadRows(dst)
	t.spent.Add(int64(time.Since(begun)))
	return err
}
