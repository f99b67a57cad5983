package filters

import (
	"context"
	"fmt"

	"filterbank/filters/kernel"
	"filterbank/filters/volume"
)

// RowReader reads rows of a volume, in any order and as often as asked. A volume.Volume
// is one, and so is a decoded picture that computes its rows on demand.
type RowReader interface {
	// Size is the volume's shape.
	Size() volume.Shape
	// ReadRows fills dst with rows dst.Y ≤ y < dst.Y+dst.N of every channel. A Team
	// calls it from several goroutines at once.
	ReadRows(dst volume.Rows) error
}

// Emit receives rows of a layer's output, after its activation. The bands of each layer
// come in order, every row once; bands of different layers interleave. The rows belong to
// the runner and are valid only until Emit returns.
type Emit func(layer int, rows volume.Rows) error

// Runner runs stacks over pictures in bands of rows, every layer of a band before
// the next band, so that its memory grows with a picture's width but not with its
// height. It keeps its buffers between pictures and has one owner at a time. The zero
// value is ready.
type Runner struct {
	// Kernel computes the rows; nil is the fastest that the processor runs.
	Kernel *kernel.Kernel

	budget   int     // bytes of the working set aimed at; 0 is tallBytes
	cache    int     // bytes of the second-level cache; 0 is secondLevel
	tiles    int     // the least of a map that is bounded; 0 is fewestTiles
	fitting  fitting // of the last picture
	fitted   []bool  // layers that were selected for it
	kernel   *kernel.Kernel
	plan     *Plan
	ops      []operation // of the layers up to the last selected one
	active   []bool      // layers that are computed
	readers  [][]reader  // of each layer
	stores   []store     // of each layer
	bands    []int       // of each layer, the output rows computed at a time
	rows     []int       // scratch memory: rows of each layer
	from     []int       // scratch memory: rows of each layer
	to       []int
	next     []int  // of each layer, the row after the last one that was computed
	unbroken []bool // layers none of whose rows may be left out
	out      []float32

	src      RowReader
	selected []bool
	emit     Emit
	keep     []volume.Rows  // where rows are kept until their turn; nil emits them
	into     *volume.Volume // where the last layer's rows are computed; nil is out or keep
	sent     []int          // of each layer, the kept rows that were emitted
	mine     func() bool    // whether it is the turn of kept rows
	share    share
	crew     *crew   // computes bands together with the runner's goroutine; nil if it is alone
	quiet    bool    // rows are computed ahead for pinning and not delivered
	pruner   *pruner // takes the last layer's rows; nil computes and delivers them
	bounds   pruner  // what pruner points to, kept between pictures
}

// Run computes the plan's layers on src and passes the output of every layer l with
// selected[l] to emit. It does not compute layers behind the last selected one. It stops
// at the first error of src, emit or ctx.
func (r *Runner) Run(ctx context.Context, plan *Plan, selected []bool, src RowReader, emit Emit) error {
	last, err := check(plan, selected, src)
	if err != nil {
		return err
	}
	defer r.end()
	if err := r.begin(plan, selected[:last+1], src, emit, plan.Layers[last].Out.H); err != nil {
		return err
	}
	return r.sweep(ctx, 0, plan.Layers[last].Out.H)
}

// check finds the last selected layer.
func check(plan *Plan, selected []bool, src RowReader) (last int, err error) {
	last = -1
	for l, wanted := range selected {
		if wanted {
			last = l
		}
	}
	if last < 0 || len(selected) != len(plan.Layers) {
		return 0, fmt.Errorf("run: selected must have an entry for each of the %d layers and select at least one, got %v", len(plan.Layers), selected)
	}
	if src.Size() != plan.Input {
		return 0, fmt.Errorf("run: the plan is for an input of %v, the picture is %v", plan.Input, src.Size())
	}
	return last, nil
}

// begin readies the runner for a picture, of which a sweep computes so many rows of the last
// layer.
func (r *Runner) begin(plan *Plan, selected []bool, src RowReader, emit Emit, rows int) error {
	r.src, r.selected, r.emit, r.keep = src, selected, emit, nil
	if err := r.prepare(plan, selected, rows); err != nil {
		return err
	}
	return r.pin()
}

// end releases the picture.
func (r *Runner) end() {
	r.src, r.emit, r.pruner, r.crew, r.into = nil, nil, nil, nil, nil
	if w, ok := r.ops[0].(*window); ok {
		w.rows.Ahead.Data, w.rows.Ahead.Len = nil, 0
	}
}

// sweep computes rows y0 ≤ y < y1 of the last layer band by band, and the rows of other
// ends of the graph beside them. Then it delivers the rows of earlier layers that no later
// layer has read.
func (r *Runner) sweep(ctx context.Context, y0, y1 int) error {
	last := len(r.ops) - 1
	r.share.set(r, y0, y1)
	r.seek(func(l int) (y int, ok bool) { return r.share.from[l], r.ends(l) })
	band := evenly(y1-y0, r.bands[last])
	for y := y0; y < y1; y += band {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(band, y1-y)
		if err := r.produce(last, r.outRows(y, n)); err != nil {
			return err
		}
		for l := range last {
			if !r.active[l] || !r.ends(l) {
				continue
			}
			if err := r.advance(l, r.aligned(l, y+n)); err != nil {
				return err
			}
		}
	}
	for l := last; l >= 0; l-- {
		if l < last && r.selected[l] && r.next[l] < r.share.to[l] {
			if err := r.advance(l, r.share.to[l]); err != nil {
				return err
			}
			for later := last; later > l; later-- { // those that lent their memory
				r.retire(later)
			}
		}
		r.retire(l)
	}
	return nil
}

// advance computes a layer's rows up to y, for delivery alone.
func (r *Runner) advance(layer, y int) error {
	for r.next[layer] < y {
		if err := r.advanceOnce(layer, y); err != nil {
			return err
		}
	}
	return nil
}

func (r *Runner) advanceOnce(layer, y int) error {
	if r.stores[layer].used {
		return r.extend(layer, y)
	}
	from := r.next[layer]
	if r.ends(layer) {
		out := r.plan.Layers[layer].Out
		return r.produce(layer, rowsOf(out, from, min(r.bands[layer], y-from), r.out[:cap(r.out)]))
	}
	next := r.readers[layer][0].layer
	if w, ok := r.ops[next].(*window); ok {
		w.lo = w.hi
		return w.fill(r, next, min(w.hi+w.slots, y))
	}
	return r.advanceOnce(next, y) // a join or an activation, whose rows are its inputs' rows
}

// retire says that a layer reads no more rows of its inputs in this sweep.
func (r *Runner) retire(layer int) {
	if !r.active[layer] {
		return
	}
	for i, from := range r.plan.Layers[layer].Inputs {
		if from >= 0 && r.stores[from].used {
			*r.place(layer, i) = done
		}
	}
}

// seek empties the operations and stores, and moves each to the first row that the next
// rows of some layers need. at has these rows.
func (r *Runner) seek(at func(l int) (y int, ok bool)) {
	const nowhere = -1
	for l := len(r.ops) - 1; l >= 0; l-- {
		r.next[l] = nowhere
		if !r.active[l] {
			continue
		}
		if y, ok := at(l); ok {
			r.next[l] = y
		}
		for i, c := range r.readers[l] {
			y := done
			if next := r.next[c.layer]; next != nowhere {
				y, _ = r.ops[c.layer].need(next, next+1)
				if r.next[l] == nowhere || y < r.next[l] {
					r.next[l] = y
				}
			}
			if r.stores[l].used {
				r.stores[l].places[i] = y
			}
		}
		if r.next[l] == nowhere {
			continue
		}
		r.stores[l].hi = r.next[l]
		lo, _ := r.ops[l].need(r.next[l], r.next[l]+1)
		r.ops[l].seek(lo)
	}
}

// produce computes rows of a layer's output into dst; layer −1 is the picture.
func (r *Runner) produce(layer int, dst volume.Rows) error {
	if layer < 0 {
		return r.read(dst)
	}
	band := evenly(dst.N, r.bands[layer])
	for i := 0; i < dst.N; i += band {
		n := min(band, dst.N-i)
		y := dst.Y + i
		if err := r.ops[layer].produce(r, layer, y, n, dst, i); err != nil {
			return err
		}
		r.next[layer] = y + n
		if !r.wanted(layer) || r.pruner != nil && layer == len(r.ops)-1 {
			continue
		}
		if lo, hi := r.share.clip(layer, y, y+n); lo < hi {
			if err := r.deliver(layer, dst.Sub(lo-dst.Y, hi-dst.Y)); err != nil {
				return err
			}
		}
	}
	return nil
}

// shapeOf is the shape of a layer's output, or of the picture.
func (r *Runner) shapeOf(layer int) volume.Shape {
	if layer < 0 {
		return r.plan.Input
	}
	return r.plan.Layers[layer].Out
}

// read copies rows of the picture.
func (r *Runner) read(dst volume.Rows) error {
	v, ok := r.src.(*volume.Volume)
	if !ok {
		return r.src.ReadRows(dst)
	}
	r.copyRows(dst, v.Rows(dst.Y, dst.Y+dst.N))
	return nil
}

// deliver emits rows or keeps them until their turn. The last layer computes its rows where they
// are kept.
func (r *Runner) deliver(layer int, rows volume.Rows) error {
	if r.keep == nil {
		return r.emit(layer, rows)
	}
	at := rows.Y - r.keep[layer].Y
	if layer < len(r.keep)-1 {
		r.keep[layer].Sub(at, at+rows.N).CopyFrom(rows)
	}
	if r.mine() {
		return r.send(layer, at+rows.N)
	}
	return nil
}

// send emits a layer's first n kept rows, without those that it has emitted.
func (r *Runner) send(layer, n int) error {
	sent := r.sent[layer]
	if n == sent {
		return nil
	}
	r.sent[layer] = n
	return r.emit(layer, r.keep[layer].Sub(sent, n))
}

// wanted says whether the rows of a layer are to be delivered.
func (r *Runner) wanted(layer int) bool {
	return layer >= 0 && r.selected[layer] && !r.quiet
}

// continuous says whether a layer must compute all of its rows, because it delivers them or
// takes the rows of a layer that does.
func (r *Runner) continuous(layer int) bool { return layer >= 0 && r.unbroken[layer] && !r.quiet }

// pin computes, layer by layer, the rows at the top and bottom edges that circular
// padding puts at the opposite edge. A layer's pinned rows are computed after the pinned
// rows of the layers before it, so that the work grows linearly with the depth and not
// exponentially.
func (r *Runner) pin() error {
	r.quiet = true
	defer func() { r.quiet = false }()
	for l, op := range r.ops {
		w, ok := op.(*window)
		if !ok || !r.active[l] || w.pinned() == 0 {
			continue
		}
		e := w.plan.Rows
		for _, edge := range []struct{ slot, y, n int }{
			{w.pinnedAbove(), w.plan.In.H - e.Before, e.Before}, {w.pinnedBelow(), 0, e.After},
		} {
			from := w.plan.Inputs[0]
			r.seek(func(l int) (y int, ok bool) { return edge.y, l == from && edge.n > 0 })
			if err := w.load(r, l, edge.slot, edge.y, edge.n); err != nil {
				return err
			}
		}
	}
	return nil
}
