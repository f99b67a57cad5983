// Package engine owns the running of stacks on one picture: the plans, the bands, the
// goroutines that idle workers lend, the bounds of memory and time, the time of each stage, and
// the hashes of all that values depend on. It never looks at files, scales or formats.
package engine

import (
	"context"
	"math"
	"sync/atomic"
	"time"

	"filterbank/filters"
	"filterbank/filters/kernel"
	"filterbank/filters/volume"
)

// Picture is the input of stacks: a volume that is read row by row.
type Picture interface {
	Size() volume.Shape
	ReadRows(dst volume.Rows) error
}

// Shared holds the resources that all engines of a run share. It is safe for concurrent use.
type Shared struct {
	Kernel *kernel.Kernel
	Memory *Memory
	free   atomic.Int64 // number of workers without a picture, which others may borrow
}

// Give lends n workers without a picture to the other workers.
func (s *Shared) Give(n int) { s.free.Add(int64(n)) }

// Borrow takes as many free workers as the memory allows, up to most. Each needs a number of
// bytes of its own.
func (s *Shared) Borrow(most int, each int64) (n int, giveBack func()) {
	free := int(s.free.Swap(0))
	for n < min(free, most) && s.Memory.try(each) {
		n++
	}
	s.Give(free - n)
	return n, func() {
		s.Memory.release(int64(n) * each)
		s.Give(n)
	}
}

// borrow takes as many free workers as the memory allows for a team. Every member needs windows and
// kept rows of its own. So does the borrower, whose windows for working alone stay.
func (s *Shared) borrow(plan *filters.Plan) (n int, giveBack func()) {
	each := int64(plan.MemberBytes())
	if s.free.Load() == 0 || !s.Memory.try(each) {
		return 0, func() {}
	}
	n, giveWorkers := s.Borrow(math.MaxInt, each)
	if n == 0 {
		s.Memory.release(each)
		return 0, giveWorkers
	}
	return n, func() {
		giveWorkers()
		s.Memory.release(each)
	}
}

// Engine runs stacks on pictures, one at a time. Its buffers last from picture to
// picture. It has one owner.
type Engine struct {
	*Shared
	Stacks []Selected
	Plans  []*filters.Plan // one per stack, of the current picture; the owner sets them
	Lanes  Lanes
	Stages Stages // time spent so far

	runners []runner
	watch   watch
}

// runner runs one stack: alone, or with a team of goroutines while other workers are idle.
type runner struct {
	alone filters.Runner
	team  filters.Team
}

// New returns an engine for some stacks. Its buffers grow with the first picture.
func New(stacks []Selected, shared *Shared) *Engine {
	e := &Engine{Shared: shared, Stacks: stacks, runners: make([]runner, len(stacks))}
	e.Reset()
	return e
}

// Reset drops the buffers, whose state is undefined after a panic.
func (e *Engine) Reset() {
	e.Plans, e.watch = nil, watch{}
	e.Lanes = Lanes{}
	for i := range e.runners {
		e.runners[i] = runner{}
		e.runners[i].alone.Kernel, e.runners[i].team.Kernel = e.Kernel, e.Kernel
	}
}

// Windows estimates the bytes that the engine holds for the current picture.
func (e *Engine) Windows() int64 {
	var n int64
	for _, p := range e.Plans {
		n += int64(p.WorkingSet())
	}
	return n
}

// Emit takes rows of a wanted layer. It may use up to the given number of goroutines.
type Emit func(goroutines, layer int, rows volume.Rows) error

// Run runs a stack, given by its index, on a picture. It gives the rows of the wanted layers
// to emit, in order and one call at a time. Errors are errors of the picture and of emit, and
// ctx's own.
func (e *Engine) Run(ctx context.Context, stack int, pic Picture, emit Emit) error {
	plan, r := e.Plans[stack], &e.runners[stack]
	borrowed, giveBack := e.borrow(plan)
	defer giveBack()
	defer e.Lanes.take(&e.Stages)
	defer e.watch.ran()
	src := &timedRows{Picture: pic, watch: &e.watch}
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
		err = e.team(stack, 1+borrowed).Run(ctx, plan, e.Stacks[stack].Layers, src, timed)
	}
	e.charge(time.Since(begun)*time.Duration(1+borrowed)-emitting, src)
	return err
}

// Extremes finds the extremes of the maps of a stack's wanted layers on a picture, by layer
// and map. It is faster than Run, since it leaves out outputs that cannot be extremes.
func (e *Engine) Extremes(ctx context.Context, stack int, pic Picture) (found [][]filters.Extremes, err error) {
	plan, r := e.Plans[stack], &e.runners[stack]
	borrowed, giveBack := e.borrow(plan)
	defer giveBack()
	defer e.watch.ran()
	src := &timedRows{Picture: pic, watch: &e.watch}
	begun := time.Now()
	if borrowed == 0 {
		found, err = r.alone.Extremes(ctx, plan, e.Stacks[stack].Layers, src)
	} else {
		found, err = e.team(stack, 1+borrowed).Extremes(ctx, plan, e.Stacks[stack].Layers, src)
	}
	e.charge(time.Since(begun)*time.Duration(1+borrowed), src)
	return found, err
}

// team is a stack's team of so many workers. The teams of other stacks lose their buffers: memory
// is borrowed for one team at a time.
func (e *Engine) team(stack, workers int) *filters.Team {
	for i := range e.runners {
		if i != stack {
			e.runners[i].team = filters.Team{Kernel: e.Kernel}
		}
	}
	t := &e.runners[stack].team
	t.Workers = workers
	return t
}

// charge adds the time of a run of a stack to the stages. Reading a picture's rows counts as
// decoding.
func (e *Engine) charge(total time.Duration, src *timedRows) {
	reading := time.Duration(src.spent.Load())
	e.Stages.Decode += reading
	e.Stages.Convolve += total - reading
}

// timedRows measures the time for reading a picture's rows, and how many of them are read.
type timedRows struct {
	Picture
	spent, rows atomic.Int64
	watch       *watch
}

func (t *timedRows) ReadRows(dst volume.Rows) error {
	begun := time.Now()
	err := t.Picture.ReadRows(dst)
	t.spent.Add(int64(time.Since(begun)))
	t.watch.read(t.rows.Add(int64(dst.N)), t.Size().H)
	return err
}
