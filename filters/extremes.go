package filters

import (
	"cmp"
	"context"
	"math"
	"slices"

	"filterbank/filters/kernel"
	"filterbank/filters/volume"
)

// Extremes are the smallest and the largest finite value of a map. If they differ and no
// value is below 0, Min is 0 instead of the smallest value. A map without finite values
// has +Inf and −Inf. A zero is +0.
type Extremes struct{ Min, Max float32 }

// Extremes finds the extremes of the maps of every selected layer, by layer and map. It
// runs the layers as Run does, but does not compute outputs of the last selected layer
// that cannot change an extreme. The results have the same bits as from every output.
func (r *Runner) Extremes(ctx context.Context, plan *Plan, selected []bool, src RowReader) ([][]Extremes, error) {
	last, err := check(plan, selected, src)
	if err != nil {
		return nil, err
	}
	defer r.end()
	found := noExtremes(plan)
	if err := r.begin(plan, selected[:last+1], src, nil, plan.Layers[last].Out.H); err != nil {
		return nil, err
	}
	r.gather(found)
	for y0, y1 := range scattered(plan.Layers[last].Out.H, r.scanRows(r.partRows(1), 1)) {
		if err := r.sweep(ctx, y0, y1); err != nil {
			return nil, err
		}
	}
	return merged(found), nil
}

// Extremes is Runner.Extremes with several goroutines.
func (t *Team) Extremes(ctx context.Context, plan *Plan, selected []bool, src RowReader) ([][]Extremes, error) {
	last, err := check(plan, selected, src)
	if err != nil {
		return nil, err
	}
	var founds [][][]Extremes
	for range t.size() {
		founds = append(founds, noExtremes(plan))
	}
	err = t.run(ctx, plan, selected[:last+1], src, func(ctx context.Context, worker int, j *job) error {
		m := &t.members[worker]
		m.gather(founds[worker][j.from:])
		for y0, y1 := range j.scattered(m.scanRows(j.rows, len(t.members))) {
			if err := m.sweep(ctx, y0, y1); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return merged(founds...), nil
}

// gather has the rows of the selected layers gathered in found.
func (r *Runner) gather(found [][]Extremes) {
	r.keep = nil
	r.emit = func(layer int, rows volume.Rows) error {
		r.crew.addRows(r.kernel, found[layer], rows)
		return nil
	}
	last := len(r.ops) - 1
	if w, ok := r.ops[last].(*window); ok {
		r.bounds.begin(w, found[last], cmp.Or(r.tiles, fewestTiles))
		r.pruner = &r.bounds
	}
}

// noExtremes are the extremes of no values, by layer and map.
func noExtremes(plan *Plan) [][]Extremes {
	inf := float32(math.Inf(1))
	found := make([][]Extremes, len(plan.Layers))
	for l, lp := range plan.Layers {
		found[l] = slices.Repeat([]Extremes{{inf, -inf}}, lp.Out.C)
	}
	return found
}

// addRows takes rows of every map. A crew shares the maps, unless it is nil.
func (c *crew) addRows(k *kernel.Kernel, found []Extremes, rows volume.Rows) {
	if !c.divides(rows) {
		addRows(k, found, rows, 0, rows.C)
		return
	}
	c.channels(rows.C, func(from, to int) { addRows(k, found, rows, from, to) })
}

// addRows takes rows of maps from ≤ c < to.
func addRows(k *kernel.Kernel, found []Extremes, rows volume.Rows, from, to int) {
	if rows.RowStride == rows.W { // the rows of a channel are one slice
		rows.N, rows.W = 1, rows.N*rows.W
	}
	for c := from; c < to; c++ {
		for i := range rows.N {
			found[c].add(k.Extremes(rows.Row(c, i)))
		}
	}
}

func (e *Extremes) add(lo, hi float32) { e.Min, e.Max = min(e.Min, lo), max(e.Max, hi) }

// merged merges extremes of parts of a picture. A Min above 0 may be larger than the
// smallest value, because outputs were left out.
func merged(founds ...[][]Extremes) [][]Extremes {
	all := founds[0]
	for l, maps := range all {
		for k := range maps {
			e := &maps[k]
			for _, found := range founds[1:] {
				e.add(found[l][k].Min, found[l][k].Max)
			}
			if e.Min < e.Max {
				e.Min = min(0, e.Min)
			}
		}
	}
	return all
}
