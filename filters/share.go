package filters

import (
	"cmp"

	"filterbank/filters/volume"
)

// share is the rows of each layer that one sweep emits: from[l] ≤ y < to[l]. Where
// kernels overlap, two sweeps compute the same rows of earlier layers, but each row
// belongs to one share.
type share struct {
	from, to []int
}

// set computes the shares of a sweep over rows y0 ≤ y < y1 of the last layer. A layer's
// share starts with the first row that a share of its readers reads. Other ends of the
// graph have the rows that stand beside the last layer's.
func (s *share) set(r *Runner, y0, y1 int) {
	last := len(r.ops) - 1
	s.from, s.to = resize(s.from, last+1), resize(s.to, last+1)
	for l := last; l >= 0; l-- {
		switch {
		case !r.active[l]:
			s.from[l], s.to[l] = 0, 0
			continue
		case l == last:
			s.from[l], s.to[l] = y0, y1
		case r.ends(l):
			s.from[l], s.to[l] = r.aligned(l, y0), r.aligned(l, y1)
		default:
			s.from[l], s.to[l] = r.plan.Layers[l].Out.H, r.plan.Layers[l].Out.H
		}
		for _, c := range r.readers[l] {
			lp := &r.plan.Layers[c.layer]
			s.from[l], s.to[l] = min(s.from[l], lp.firstRow(s.from[c.layer])), min(s.to[l], lp.firstRow(s.to[c.layer]))
		}
	}
}

// firstRow is the first row of the input that output row y reads. For the row after the
// last output it is the end of the input.
func (lp *LayerPlan) firstRow(y int) int {
	if y == lp.Out.H {
		return lp.In.H
	}
	return max(0, min(lp.In.H, y*lp.Rows.Stride/lp.up(0)-lp.Rows.Before))
}

// clip is the part of rows y0 ≤ y < y1 of a layer that belongs to the share.
func (s *share) clip(layer, y0, y1 int) (lo, hi int) {
	return max(y0, s.from[layer]), min(y1, s.to[layer])
}

// wasted bounds the work that parts repeat, relative to the whole work: rows of earlier
// layers that are computed twice and rows of the picture that are read twice.
const wasted = 0.05

// The cost of reading one value of the picture, in multiply-adds. To convert it from a decoded
// picture takes about half a nanosecond, and to copy it from memory a tenth of one.
const (
	convertCost = 64
	copyCost    = 12
)

// emitCost is the cost of emitting a value, in multiply-adds.
const emitCost = 32

func (r *Runner) readCost() float64 {
	if _, ok := r.src.(*volume.Volume); ok {
		return copyCost
	}
	return convertCost
}

// keepBytes bounds the rows that a member keeps until the turn of its part. A part has at
// least one band, which may be larger.
const keepBytes = 8 << 20

// partRows is the height of the parts that a picture is divided into. It doubles a band
// until parts repeat little work, as long as all workers stay busy and the kept rows fit
// keepBytes. Where parts repeat much, or weights are read for each of them, parts have the height
// that gives every worker the same number of parts in the shortest time.
func (r *Runner) partRows(workers int) int {
	last := len(r.ops) - 1
	height := r.plan.Layers[last].Out.H
	rows := evenly(height, min(r.bands[last], ceilDiv(height, workers)))
	for r.waste(rows) > wasted && 4*rows*workers <= height && r.keptBytes(2*rows) <= keepBytes {
		rows *= 2
	}
	best, least := rows, 0.99*r.partTime(rows, workers)
	for turns := 1; turns <= 64; turns *= 2 {
		rows := ceilDiv(height, workers*turns)
		if t := r.partTime(rows, workers); t < least && r.keptBytes(rows) <= keepBytes {
			best, least = rows, t
		}
	}
	return best
}

// uneven is the share of a part's time by which workers' times differ.
const uneven = 0.05

// partTime estimates the time, in multiply-adds, in which workers compute parts of so many rows.
func (r *Runner) partTime(rows, workers int) float64 {
	height := r.plan.Layers[len(r.ops)-1].Out.H
	work, weights := r.readTime(), 0.0
	for l, lp := range r.plan.Layers[:len(r.ops)] {
		if r.active[l] {
			work += lp.work
			passes := ceilDiv(rows*lp.Out.H, height*r.bands[l])
			weights += float64(4*lp.Parameters) * float64(passes)
			if r.selected[l] {
				work += emitCost * lp.outputs()
			}
		}
	}
	turns := float64(ceilDiv(ceilDiv(height, rows), workers))
	part := work*float64(rows)/float64(height)*(1+r.waste(rows)) + worth*weights
	kept := r.keptBytes(rows)
	part += worth * float64(kept) / 2 * beyond(2*kept, cmp.Or(r.cache, secondLevel())) // half of them are emitted at once
	return part * (turns + uneven)
}

// meeting is the time, in multiply-adds, that a crew takes to meet: a few microseconds.
const meeting = 2e5

// crossing is the time, in multiply-adds, in which a value that one goroutine has computed comes
// to another's cache.
const crossing = 12

// togetherTime estimates the time, in multiply-adds, in which a crew computes layers from a given
// one on. One goroutine alone makes tables of offsets, enlarges maps and emits rows.
func (r *Runner) togetherTime(from, workers int) float64 {
	const entry = 100 // of a table
	alone, shared := 0.0, 0.0
	for l := from; l < len(r.ops); l++ {
		lp := &r.plan.Layers[l]
		if !r.active[l] {
			continue
		}
		if r.selected[l] {
			alone += emitCost * lp.outputs()
		}
		if lp.up(0)*lp.up(1) > 1 {
			alone += lp.work
			continue
		}
		bands := float64(ceilDiv(lp.Out.H, r.bands[l]))
		shared += lp.work + 2*crossing*lp.outputs() + worth*float64(4*lp.Parameters)*bands
		if w, ok := r.ops[l].(*window); ok {
			alone += bands*meeting + entry*float64(w.taps()*lp.Out.H)
		}
	}
	if from == 0 {
		alone += r.readTime()
	}
	return alone + shared/float64(workers)
}

// readTime is the time, in multiply-adds, in which the picture is read.
func (r *Runner) readTime() float64 {
	in := r.plan.Input
	return r.readCost() * float64(in.C) * float64(in.H) * float64(in.W)
}

// MemberBytes estimates the bytes that each goroutine of a Team holds for pictures of
// this size.
func (p *Plan) MemberBytes() int { return p.WorkingSet() + keepBytes + stageBytes }

func (r *Runner) keptBytes(rows int) int {
	n := 0
	demand(r, r.rows, rows, func(l, rows int) int { return r.plan.Layers[l].through(rows) })
	for l := range r.ops {
		lp := &r.plan.Layers[l]
		if r.selected[l] {
			n += 4 * lp.Out.C * channelStride(lp.Out, r.rows[l])
		}
	}
	return n
}

// waste is the work that parts of that many rows repeat, relative to the work of the
// whole picture.
func (r *Runner) waste(rows int) float64 {
	share, part := make([]float64, len(r.ops)), make([]float64, len(r.ops)) // rows of each layer
	of := func(l int, rows float64) float64 {
		return rows * float64(r.plan.Layers[l].Rows.Stride) / float64(r.plan.Layers[l].up(0))
	}
	with := func(l int, rows float64) float64 {
		e := r.plan.Layers[l].Rows
		return of(l, rows-1) + float64(max(e.EffectiveKernel(), e.Stride))
	}
	demand(r, share, float64(rows), of)
	demand(r, part, float64(rows), with)
	ideal, real, read, readTwice := 0.0, 0.0, 0.0, 0.0
	for l, lp := range r.plan.Layers[:len(r.ops)] {
		if !r.active[l] {
			continue
		}
		perRow := lp.work / float64(lp.Out.H)
		ideal += share[l] * perRow
		real += part[l] * perRow
		for _, from := range lp.Inputs {
			if from < 0 {
				read, readTwice = max(read, of(l, share[l])), max(readTwice, with(l, part[l]))
			}
		}
	}
	perRow := r.readCost() * float64(r.plan.Input.C*r.plan.Input.W)
	return (real+readTwice*perRow)/(ideal+read*perRow) - 1
}

// scanRows is the height of the parts in which so many workers go over a picture in any
// order: at least rows, which waste little. Small parts serve the bounds of a pruner. They
// repeat reading only, if the stack has one layer.
func (r *Runner) scanRows(rows, workers int) int {
	height := r.plan.Layers[len(r.ops)-1].Out.H
	switch {
	case r.pruner != nil && r.pruner.active && len(r.ops) == 1:
		return rows
	case workers == 1:
		return height
	}
	return max(rows, height/(4*workers))
}

// scatter is an order of a picture's parts of so many rows in which the first parts lie
// all over the picture.
type scatter struct{ height, rows, count, step int }

func newScatter(height, rows int) scatter {
	s := scatter{height: height, rows: rows, count: (height + rows - 1) / rows}
	s.step = max(1, int(0.618*float64(s.count))) // the golden section leaves no large gaps
	for gcd(s.step, s.count) != 1 {
		s.step++
	}
	return s
}

// at is rows y0 ≤ y < y1, the i-th part in that order.
func (s scatter) at(i int) (y0, y1 int) {
	y0 = i * s.step % s.count * s.rows
	return y0, min(y0+s.rows, s.height)
}

func scattered(height, rows int) func(yield func(y0, y1 int) bool) {
	return func(yield func(y0, y1 int) bool) {
		s := newScatter(height, rows)
		for i := range s.count {
			if !yield(s.at(i)) {
				return
			}
		}
	}
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
