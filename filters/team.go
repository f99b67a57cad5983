package filters

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"filterbank/filters/kernel"
	"filterbank/filters/volume"
)

// Team runs a stack on one picture with several goroutines, for runs with fewer pictures
// than processors. Each goroutine takes one part of the picture's height after the other, or
// all compute the rows of every band together, by the shorter estimated time. They may compute
// layers that deliver nothing in stages, and keep whole maps between two of them. Results have the
// same bits as a Runner's. A team keeps its buffers between pictures and has one owner at a time.
// The zero value is ready.
type Team struct {
	// Kernel computes the rows; nil is the fastest that the processor runs.
	Kernel *kernel.Kernel
	// Workers is the number of goroutines; 0 is GOMAXPROCS.
	Workers int

	members []member
	staging staging
	way     way
	fewest  int           // of a crew; 0 is fewest
	rows    []kernel.Rows // scratch memory of a crew
}

// way is how the goroutines of a team divide their work.
type way int

const (
	faster   way = iota // parts or together, by the estimated time
	parts               // each computes parts of the picture
	together            // all compute every band
	staged              // parts of as many stages as possible
)

type member struct {
	Runner
	kept  []volume.Rows // each layer's rows of a part, until its turn
	early []Runner      // of all stages but the last
}

// Scan is Runner.Run without order: several goroutines call emit at once, with parts of a
// layer in any order, every row once. Calls with the same worker, 0 ≤ worker < Workers,
// never overlap. Where goroutines compute parts, none waits for another, so Scan is faster than
// Run. Where they compute bands together, each worker gets some of a band's rows.
func (t *Team) Scan(ctx context.Context, plan *Plan, selected []bool, src RowReader, emit func(worker, layer int, rows volume.Rows) error) error {
	last, err := check(plan, selected, src)
	if err != nil {
		return err
	}
	return t.run(ctx, plan, selected[:last+1], src, func(ctx context.Context, worker int, j *job) error {
		m := &t.members[worker]
		m.emit = func(layer int, rows volume.Rows) error { return emit(worker, j.from+layer, rows) }
		if m.keep = nil; j.crew != nil {
			m.emit = j.crew.scan(func(worker, layer int, rows volume.Rows) error { return emit(worker, j.from+layer, rows) })
		}
		for y0, y1 := range j.parts(max(j.rows, j.height/(4*len(t.members)))) {
			if err := m.sweep(ctx, y0, y1); err != nil {
				return err
			}
		}
		return nil
	})
}

// Run is Runner.Run with several goroutines. Calls of emit never overlap and get each
// layer's rows in order, but they may come from different goroutines. A part is emitted while it
// is computed if it is the next one. Otherwise its rows are kept until their turn.
func (t *Team) Run(ctx context.Context, plan *Plan, selected []bool, src RowReader, emit Emit) error {
	last, err := check(plan, selected, src)
	if err != nil {
		return err
	}
	var turn turns
	return t.run(ctx, plan, selected[:last+1], src, func(ctx context.Context, worker int, j *job) error {
		m := &t.members[worker]
		m.emit = func(layer int, rows volume.Rows) error { return emit(j.from+layer, rows) }
		if m.keep = nil; j.crew != nil {
			return m.sweep(ctx, 0, j.height)
		}
		for y0, y1 := range j.staggered(len(t.members)) {
			m.hold(j.selected, y0, y1)
			m.mine = func() bool { return turn.of(y0) }
			if err := m.sweep(ctx, y0, y1); err != nil {
				return err
			}
			if err := turn.wait(ctx, y0); err != nil {
				return err
			}
			for l, wanted := range j.selected {
				if !wanted {
					continue
				}
				if err := m.send(l, m.keep[l].N); err != nil {
					return err
				}
			}
			turn.pass(y1)
		}
		return nil
	})
}

// hold makes room for a member's share of rows y0 ≤ y < y1 of the last layer.
func (m *member) hold(selected []bool, y0, y1 int) {
	m.share.set(&m.Runner, y0, y1)
	m.kept, m.sent = resize(m.kept, len(selected)), resize(m.sent, len(selected))
	clear(m.sent)
	for l, wanted := range selected {
		if !wanted {
			continue
		}
		out, n := m.plan.Layers[l].Out, m.share.to[l]-m.share.from[l]
		data := m.kept[l].Data
		if need := out.C * channelStride(out, n); cap(data) < need {
			data = kernel.Floats(need)
		}
		m.kept[l] = rowsOf(out, m.share.from[l], n, data)
	}
	m.keep = m.kept
}

// size is the number of members.
func (t *Team) size() int {
	if t.Workers < 1 {
		return runtime.GOMAXPROCS(0)
	}
	return t.Workers
}

// muster readies members for a picture and divides it into parts.
func (t *Team) muster(plan *Plan, selected []bool, src RowReader) *job {
	workers := t.size()
	for len(t.members) < workers {
		t.members = append(t.members, member{})
	}
	t.members = t.members[:workers]
	for i := range t.members {
		t.members[i].Kernel = t.Kernel
	}
	j := t.stages(plan, selected, src)
	if j.staging.together {
		t.rows = resizeKeeping(t.rows, workers)
		j.crew = newCrew(t.rows, cmp.Or(t.fewest, fewest))
	}
	return j
}

// run starts every member's work and waits for all of them. The first error stops the
// others. A member's panic becomes the caller's.
func (t *Team) run(ctx context.Context, plan *Plan, selected []bool, src RowReader, work func(context.Context, int, *job) error) error {
	j := t.muster(plan, selected, src)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var panicked atomic.Pointer[string]
	join := func(i int) {
		defer func() {
			if p := recover(); p != nil {
				text := fmt.Sprintf("%v\n%s", p, debug.Stack())
				panicked.Store(&text)
				cancel(context.Canceled)
			}
		}()
		if err := t.members[i].join(ctx, i, j, src, work); err != nil {
			cancel(err)
		}
	}
	var wait sync.WaitGroup
	for i := range t.members { // to join here would leave a new goroutine to this processor, where others find it late
		wait.Go(func() { join(i) })
	}
	wait.Wait()
	if p := panicked.Load(); p != nil {
		panic(*p)
	}
	return context.Cause(ctx)
}

// join is a member's work on a picture. The first member of a crew is its owner.
func (m *member) join(ctx context.Context, i int, j *job, src RowReader, work func(context.Context, int, *job) error) error {
	if j.crew != nil && i == 0 {
		defer j.crew.dismiss()
	}
	if err := m.prelude(ctx, i, j, src); err != nil {
		return err
	}
	if j.crew != nil && i > 0 {
		j.crew.help(i)
		return nil
	}
	defer m.end()
	if err := m.begin(j.staging.plan, j.selected, j.src, nil, j.rows); err != nil {
		return err
	}
	m.crew = j.crew
	return work(ctx, i, j)
}
