package filters

import (
	"math"
	"slices"
)

// mostCut bounds the bytes of maps that are kept between two stages.
const mostCut = 4 << 20

// cuttable says for each layer whether a stage may end with it: no layer up to it is selected, no
// layer behind it reads one before it, and none enlarges its maps, which must come from a store.
func (r *Runner) cuttable() []bool {
	last := len(r.ops) - 1
	ok := make([]bool, last)
	lowest := last
	for l := last; l > 0; l-- {
		if r.active[l] {
			for _, in := range r.plan.Layers[l].Inputs {
				lowest = min(lowest, in)
			}
		}
		ok[l-1] = lowest >= l-1 && r.active[l-1] && 4*r.plan.Layers[l-1].outputs() <= mostCut
		for _, c := range r.readers[l-1] {
			if lp := &r.plan.Layers[c.layer]; lp.up(0)*lp.up(1) > 1 {
				ok[l-1] = false
			}
		}
	}
	for l := range ok {
		if r.selected[l] {
			clear(ok[l:])
			break
		}
	}
	return ok
}

// segmentTime estimates the time, in multiply-adds, in which workers compute layers from ≤ l ≤ to
// in a part each.
func (r *Runner) segmentTime(from, to, workers int) float64 {
	time := meeting
	for l := to; l >= from; l-- {
		lp := &r.plan.Layers[l]
		if r.rows[l] = 0; l == to {
			r.rows[l] = ceilDiv(lp.Out.H, workers)
		}
		if !r.active[l] {
			continue
		}
		for _, c := range r.readers[l] {
			if c.layer <= to {
				r.rows[l] = max(r.rows[l], r.plan.Layers[c.layer].across(r.rows[c.layer]))
			}
		}
		work := lp.work
		if r.selected[l] {
			work += emitCost * lp.outputs()
		}
		time += work*float64(r.rows[l])/float64(lp.Out.H) + worth*float64(4*lp.Parameters)*float64(ceilDiv(r.rows[l], r.bands[l]))
		for _, in := range lp.Inputs {
			if in < from {
				each := float64(copyCost + crossing)
				if in < 0 {
					each = r.readCost()
				}
				time += each * float64(lp.In.C*lp.In.W*lp.across(r.rows[l]))
			}
		}
	}
	return time
}

// chooseCuts chooses the layers after which a team meets for the shortest estimated time. There
// are none if stages save little.
func (r *Runner) chooseCuts(workers int) (cuts []int) {
	last, ok := len(r.ops)-1, r.cuttable()
	before := make([]int, last+1) // of the best way to a layer's end, the cut before it
	times := make([]float64, last+1)
	for to := range times {
		times[to] = math.Inf(1)
		if to < last && !ok[to] {
			continue
		}
		for cut := -1; cut < to; cut++ {
			sofar := 0.0
			if cut >= 0 {
				sofar = times[cut]
			}
			if math.IsInf(sofar, 1) {
				continue
			}
			t := r.segmentTime(cut+1, to, workers)
			if to == last {
				t = min(t, r.togetherTime(cut+1, workers))
			}
			if sofar+t < times[to] {
				times[to], before[to] = sofar+t, cut
			}
		}
	}
	const little = 0.03
	whole := min(r.segmentTime(0, last, workers), r.togetherTime(0, workers))
	if times[last] > (1-little)*whole {
		return nil
	}
	for cut := before[last]; cut >= 0; cut = before[cut] {
		cuts = slices.Insert(cuts, 0, cut)
	}
	return cuts
}
