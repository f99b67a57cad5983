package filters

import (
	"math"

	"filterbank/filters/kernel"
	"filterbank/filters/volume"
)

// store keeps a layer's rows in a ring until all layers that read them have done so. A
// layer that one window reads needs none: it computes its rows in the window.
type store struct {
	used   bool
	out    volume.Shape
	most   int   // rows that may wait at once, an upper bound
	slots  int   // rows that the ring has room for
	hi     int   // rows before it have been computed
	places []int // for each reader the first row that it has not read
	data   []float32
}

// done is the place of a reader that reads no more rows.
const done = math.MaxInt

// least is the first row that a reader still reads.
func (s *store) least() int {
	least := done
	for _, y := range s.places {
		least = min(least, y)
	}
	return least
}

// stride is the distance between the channels of a ring.
func (s *store) stride(slots int) int { return oddLines(slots * s.out.W) }

// reset prepares the ring for a picture. It uses all the memory that it has.
func (s *store) reset(readers int) {
	s.places = resize(s.places, readers)
	s.slots = 0
	for n := min(s.most, len(s.data)/max(1, s.out.C*s.out.W)); n > 0; n-- {
		if s.out.C*s.stride(n) <= len(s.data) {
			s.slots = n
			break
		}
	}
}

// reserve makes room for n rows. Rows lo ≤ y < hi stay.
func (s *store) reserve(n, lo int) {
	if n <= s.slots {
		return
	}
	slots := max(n, min(s.most, n+n/4))
	data := kernel.Floats(s.out.C * s.stride(slots))
	for y := lo; y < s.hi; y++ {
		from, to := s.ring(s.data, s.slots, y, 1), s.ring(data, slots, y, 1)
		to.CopyFrom(from)
	}
	s.data, s.slots = data, slots
}

// ring views n rows from row y on, which must not wrap around.
func (s *store) ring(data []float32, slots, y, n int) volume.Rows {
	return volume.Rows{
		C: s.out.C, N: n, W: s.out.W, Y: y, Data: data[y%slots*s.out.W:], ChannelStride: s.stride(slots), RowStride: s.out.W,
	}
}

// row is row y of channel c.
func (s *store) row(c, y int) []float32 {
	return s.data[c*s.stride(s.slots)+y%s.slots*s.out.W:][:s.out.W]
}

// pieces yields rows y ≤ … < y+n as they lie in memory, and their place among them.
func (s *store) pieces(y, n int, each func(at int, rows volume.Rows) error) error {
	for at := 0; at < n; {
		part := min(n-at, s.slots-(y+at)%s.slots)
		if err := each(at, s.ring(s.data, s.slots, y+at, part)); err != nil {
			return err
		}
		at += part
	}
	return nil
}

// stored says whether a layer's rows are kept in its store: several layers read it, or one
// that reads its rows more than once.
func (r *Runner) stored(layer int) bool {
	readers := r.readers[layer]
	if len(readers) > 1 {
		return true
	}
	for _, c := range readers {
		if lp := &r.plan.Layers[c.layer]; lp.up(0)*lp.up(1) > 1 {
			return true
		}
	}
	return false
}

// place is where a reader stands in its producer's store.
func (r *Runner) place(layer, input int) *int {
	from := r.plan.Layers[layer].Inputs[input]
	for i, c := range r.readers[from] {
		if c == (reader{layer, input}) {
			return &r.stores[from].places[i]
		}
	}
	panic("filters: a layer reads another that does not know of it")
}

// fetch copies or computes rows of an input of a layer into dst. A layer fetches rows in
// order, each once.
func (r *Runner) fetch(layer, input int, dst volume.Rows) error {
	from := r.plan.Layers[layer].Inputs[input]
	if from < 0 || !r.stores[from].used {
		return r.produce(from, dst)
	}
	s := &r.stores[from]
	if err := r.await(layer, input, dst.Y, dst.Y+dst.N); err != nil {
		return err
	}
	err := s.pieces(dst.Y, dst.N, func(at int, rows volume.Rows) error {
		r.copyRows(dst.Sub(at, at+rows.N), rows)
		return nil
	})
	*r.place(layer, input) = dst.Y + dst.N
	return err
}

// await has rows lo ≤ y < hi of an input in its store. Rows before lo may be forgotten.
func (r *Runner) await(layer, input, lo, hi int) error {
	*r.place(layer, input) = lo
	return r.extend(r.plan.Layers[layer].Inputs[input], hi)
}

// extend computes a layer's rows up to hi into its store.
func (r *Runner) extend(layer, hi int) error {
	s := &r.stores[layer]
	for s.hi < hi {
		least := s.least()
		if least > s.hi && !r.continuous(layer) {
			s.hi = min(least, hi)
			continue
		}
		n := evenly(hi-s.hi, max(1, r.bands[layer]))
		if least > s.hi { // for delivery only: these rows need not wait
			n = min(n, least-s.hi, max(1, s.slots))
		}
		keep := min(least, s.hi)
		s.reserve(s.hi+n-keep, keep)
		n = min(n, s.slots-s.hi%s.slots)
		if err := r.produce(layer, s.ring(s.data, s.slots, s.hi, n)); err != nil {
			return err
		}
		s.hi += n
	}
	return nil
}

// copyRows copies rows of the same shape.
func (r *Runner) copyRows(dst, src volume.Rows) { r.crew.copyRows(r.kernel, dst, src) }

// bound finds for each store how many rows may wait at once in a sweep over the picture, if
// the last layer advances by bands of that many rows. In a team, whose sweeps begin anywhere,
// a few more may wait.
func (r *Runner) bound(band int) {
	any := false
	for l := range r.stores {
		r.stores[l].most = 1
		any = any || r.stores[l].used
	}
	if !any {
		return
	}
	last := len(r.ops) - 1
	height := r.plan.Layers[last].Out.H
	for y := 0; y < height; y += band {
		next := min(y+band, height)
		for l := last; l >= 0; l-- {
			switch {
			case !r.active[l]:
			case l == last:
				r.wait(l, y, next)
			case r.ends(l):
				r.wait(l, r.aligned(l, y), r.aligned(l, next))
			default:
				r.wait(l, absent, absent)
			}
		}
	}
	for l, op := range r.ops {
		w, ok := op.(*window)
		if !ok || !r.active[l] || w.pinned() == 0 || w.plan.Inputs[0] < 0 {
			continue
		}
		e, in, from := w.plan.Rows, w.plan.In.H, w.plan.Inputs[0]
		for _, edge := range [][2]int{{in - e.Before, in}, {0, e.After}} {
			for l := last; l >= 0; l-- {
				r.from[l], r.to[l] = absent, absent
				if l == from {
					r.wait(l, edge[0], edge[1])
				} else if l < from && r.active[l] {
					r.wait(l, absent, absent)
				}
			}
		}
	}
}

// wait raises the bound of a layer's store to the rows that wait in it while its readers
// advance. It needs the rows of the readers in r.from and r.to, and sets the layer's. from and
// to are the rows of the layer that have been computed before and afterwards, if no reader asks
// for more.
func (r *Runner) wait(layer, from, to int) {
	least := done
	for _, c := range r.readers[layer] {
		op, lp, a, b := r.ops[c.layer], &r.plan.Layers[c.layer], r.from[c.layer], r.to[c.layer]
		if a == absent {
			continue
		}
		before := op.read(a)
		from, to = max(from, before), max(to, op.read(b))
		if r.unbroken[layer] { // a sweep that ends there computes the rows up to the next one
			to = max(to, lp.firstRow(b))
		}
		least = min(least, before)
		if a < lp.Out.H {
			lo, _ := op.need(a, a+1)
			least = min(least, lo)
		}
	}
	r.from[layer], r.to[layer] = from, to
	if s := &r.stores[layer]; from != absent {
		s.most = max(s.most, to-min(least, from))
	}
}

// absent is the rows of a layer that no other asks for.
const absent = -1

// floats is the size of the largest ring.
func (s *store) floats() int {
	if !s.used {
		return 0
	}
	return s.out.C * s.stride(s.most)
}
