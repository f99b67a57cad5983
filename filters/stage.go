package filters

import (
	"context"
	"slices"
	"sync/atomic"

	"filterbank/filters/kernel"
	"filterbank/filters/volume"
)

// stage is neighbouring layers of a plan whose last layer's maps a team keeps whole, before it
// computes the layers that read them. Parts of a stage repeat only what its own windows share, so
// that a team computes large maps in parts and the small ones behind them together.
type stage struct {
	plan     *Plan  // its input is the maps of the stage before, or the picture
	selected []bool // the last layer
	rows     int    // of a part
	out      *volume.Volume
	taken    []atomic.Bool // of each part, whether a member computes it; there are as many as members
	left     atomic.Int64  // members that have not come to the stage's end
	ended    chan struct{}
}

// terms are everything that stages depend on, beside the selected layers.
type terms struct {
	fitting
	read float64 // the cost of reading a value
	way  way
}

// staging is how a team computed its last picture.
type staging struct {
	terms    terms
	wanted   []bool       // layers that were selected
	stages   []*stage     // all but the last
	plan     *Plan        // of the last stage
	maps     [2][]float32 // of the stages, in turn
	rows     int          // of a part of the last stage
	together bool         // whether a crew computes the last stage
	heavy    bool         // whether the last stage has many weights
}

// between is the plan of layers from ≤ l < to, of which layer from−1 is the input. No other layer
// before them is read.
func (p *Plan) between(from, to int) *Plan {
	part := &Plan{Stack: p.Stack, Input: p.Input}
	if from > 0 {
		part.Input = p.Layers[from-1].Out
	}
	for _, lp := range p.Layers[from:to] {
		inputs := make([]int, len(lp.Inputs))
		for i, in := range lp.Inputs {
			inputs[i] = max(-1, in-from) // of layers that are not computed, others may be read
		}
		lp.Inputs = inputs
		part.Layers = append(part.Layers, lp)
	}
	return part
}

// stageBytes bounds what a member holds for all stages but the last: their working sets, and its
// share of the maps between them.
const stageBytes = 8 << 20

// stages divides a picture's work into stages.
func (t *Team) stages(plan *Plan, selected []bool, src RowReader) *job {
	first, s := &t.members[0], &t.staging
	first.selected, first.src = selected, src
	now := terms{fitting{plan, t.Kernel, len(t.members), first.budget, first.cache}, first.readCost(), t.way}
	if now != s.terms || !slices.Equal(selected, s.wanted) {
		s.terms, s.wanted = now, append(s.wanted[:0], selected...)
		first.fit(plan, selected)
		s.divide(&first.Runner, t.cuts(), len(t.members))
		t.settle(selected)
	}
	first.src = nil
	j := &job{staging: s, src: src, rows: s.rows}
	for _, st := range s.stages {
		st.begin(len(t.members))
		j.from += len(st.selected)
		j.src = st.out
	}
	j.selected = selected[j.from:]
	j.height = s.plan.Layers[len(j.selected)-1].Out.H
	return j
}

// heavy is the bytes of weights from which on it takes noticeable time to read them for a part.
const heavy = 256 << 10

// parameters counts the parameters of the layers that are computed.
func (r *Runner) parameters() (n int64) {
	for l, lp := range r.plan.Layers[:len(r.ops)] {
		if r.active[l] {
			n += lp.Parameters
		}
	}
	return n
}

// settle decides how the members compute the last stage.
func (t *Team) settle(selected []bool) {
	first, s, workers := &t.members[0], &t.staging, len(t.members)
	if n := len(selected) - len(s.plan.Layers); n > 0 {
		first.selected = selected[n:]
		first.src = s.stages[len(s.stages)-1].out
	}
	first.fit(s.plan, first.selected)
	s.heavy = 4*first.parameters() > heavy
	s.rows, s.together = first.partRows(workers), t.way == together
	const clearly = 0.98
	if t.way == faster && workers > 1 && first.togetherTime(0, workers) < clearly*first.partTime(s.rows, workers) {
		s.together = true
	}
	if s.together {
		s.rows = s.plan.Layers[len(first.selected)-1].Out.H
	}
}

// cuts are the last layers of all stages but the last one.
func (t *Team) cuts() (cuts []int) {
	switch first := &t.members[0]; t.way {
	case faster:
		if len(t.members) > 1 {
			cuts = first.chooseCuts(len(t.members))
		}
	case staged:
		for l, ok := range first.cuttable() {
			if ok {
				cuts = append(cuts, l)
			}
		}
	}
	return cuts
}

// divide makes the stages of a plan that r is fitted to: as many of the first as the memory
// allows.
func (s *staging) divide(r *Runner, cuts []int, members int) {
	s.stages, s.plan = nil, r.plan
	windows, from := 0, 0
	var maps [2]int // floats
	for i, cut := range cuts {
		shape := r.plan.Layers[cut].Out
		st := &stage{plan: r.plan.between(from, cut+1), selected: make([]bool, cut+1-from), rows: ceilDiv(shape.H, members)}
		st.selected[cut-from] = true
		windows += r.workingSetOf(st.plan, st.selected)
		maps[i%2] = max(maps[i%2], shape.C*shape.H*shape.W) // the stage reads the other
		if 4*(windows+(maps[0]+maps[1])/members) > stageBytes {
			break
		}
		st.out = &volume.Volume{Shape: shape}
		s.stages, from = append(s.stages, st), cut+1
	}
	s.plan = r.plan.between(from, len(r.ops))
	if from > 0 && 4*r.workingSetOf(s.plan, r.selected[from:]) > r.plan.WorkingSet() {
		s.stages, s.plan = nil, r.plan
	}
	s.makeMaps()
}

// makeMaps makes the memory for the stages' maps. Every second stage has the same.
func (s *staging) makeMaps() {
	size := func(st *stage) int { return st.out.C * st.out.H * st.out.W }
	for i, st := range s.stages {
		if n := size(st); len(s.maps[i%2]) < n {
			s.maps[i%2] = kernel.Floats(n)
		}
	}
	for i, st := range s.stages {
		st.out.Data = s.maps[i%2][:size(st)]
	}
}

// workingSetOf counts the floats that a band of another plan touches.
func (r *Runner) workingSetOf(plan *Plan, selected []bool) int {
	other := new(Runner)
	other.Kernel, other.budget, other.cache = r.Kernel, r.budget, r.cache
	other.fit(plan, selected)
	return other.workingSet()
}

// prelude is a member's work on all stages but the last.
func (m *member) prelude(ctx context.Context, member int, j *job, src RowReader) error {
	m.early = resizeKeeping(m.early, len(j.staging.stages))
	for i, st := range j.staging.stages {
		r := &m.early[i]
		r.Kernel, r.budget, r.cache = m.Kernel, m.budget, m.cache
		if err := st.compute(ctx, member, r, src); err != nil {
			return err
		}
		src = st.out
	}
	return nil
}

// begin readies a stage for a picture.
func (s *stage) begin(members int) {
	s.taken = resize(s.taken, members)
	for i := range s.taken {
		s.taken[i].Store(false)
	}
	s.left.Store(int64(members))
	s.ended = make(chan struct{})
}

// compute is a member's work on a stage. It returns when the stage is complete. A member computes
// the same part of every stage, whose input is then in its cache, and parts that others have not
// begun.
func (s *stage) compute(ctx context.Context, member int, r *Runner, src RowReader) error {
	defer r.end()
	if err := r.begin(s.plan, s.selected, src, func(int, volume.Rows) error { return nil }, s.rows); err != nil {
		return err
	}
	r.into = s.out
	for k := range s.taken {
		i, n := (member+k)%len(s.taken), len(s.taken)
		if y0, y1 := i*s.out.H/n, (i+1)*s.out.H/n; y0 < y1 && s.taken[i].CompareAndSwap(false, true) {
			if err := r.sweep(ctx, y0, y1); err != nil {
				return err
			}
		}
	}
	if s.left.Add(-1) == 0 {
		close(s.ended)
		return nil
	}
	eventually(func() bool { return s.left.Load() == 0 })
	select {
	case <-s.ended:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
