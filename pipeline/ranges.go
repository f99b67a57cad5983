package pipeline

import (
	"context"
	"slices"
	"time"

	"filterbank/filters"
	"filterbank/filters/volume"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/render"
)

// ranges is the range of every map, by stack, layer and map. Scales that depend on
// the values cost runs of the stacks of their own, so that no map need be kept.
func (w *worker) ranges(ctx context.Context, pic *decode.Picture) (ranges [][][]render.Range, err error) {
	ranges = perMap[render.Range](w.plans())
	npyOnly := !slices.ContainsFunc(w.opts.Formats, func(f Format) bool { return f != NPY })
	switch {
	case w.opts.Scale.Per == render.PerNone || npyOnly:
		fill(ranges, func(int, int, int) render.Range { return w.opts.Scale.Fixed })
		return ranges, nil
	case w.opts.Scale.Per == render.PerPercentile:
		err = w.percentileRanges(ctx, pic, ranges)
	case w.opts.Scale.Per == render.PerDataset:
		fill(ranges, func(s, l, k int) render.Range { return w.opts.Dataset[s][l][k] })
	default:
		err = w.extremeRanges(ctx, pic, ranges)
	}
	if err != nil {
		return nil, err
	}
	for s := range ranges {
		for l, layer := range w.opts.Stacks[s].Stack.Layers() {
			if w.opts.colormap(layer).Diverging() {
				for k := range ranges[s][l] {
					ranges[s][l][k] = ranges[s][l][k].Centred()
				}
			}
		}
	}
	return ranges, nil
}

// perMap makes a value for each map, by stack, layer and map.
func perMap[T any](plans []*filters.Plan) [][][]T {
	values := make([][][]T, len(plans))
	for s, p := range plans {
		values[s] = make([][]T, len(p.Layers))
		for l := range p.Layers {
			values[s][l] = make([]T, p.Layers[l].Out.C)
		}
	}
	return values
}

// extremeRanges takes the ranges from the smallest and largest values.
func (w *worker) extremeRanges(ctx context.Context, pic *decode.Picture, ranges [][][]render.Range) error {
	extremes := perMap[render.Extremes](w.plans())
	for s := range w.engines {
		if err := w.scan(ctx, s, pic, extremes[s]); err != nil {
			return err
		}
	}
	share(w.opts.Scale.Per, extremes)
	fill(ranges, func(s, l, k int) render.Range { return extremes[s][l][k].Range() })
	return nil
}

// share merges the extremes of the maps that have a range in common.
func share(per render.Per, extremes [][][]render.Extremes) {
	var image render.Extremes
	for _, stack := range extremes {
		for _, maps := range stack {
			var layer render.Extremes
			for _, e := range maps {
				layer.Merge(e)
			}
			image.Merge(layer)
			for k := range maps {
				if per == render.PerLayer {
					maps[k] = layer
				}
			}
		}
	}
	if per == render.PerImage {
		fill(extremes, func(int, int, int) render.Extremes { return image })
	}
}

func fill[T any](values [][][]T, value func(stack, layer, k int) T) {
	for s := range values {
		for l := range values[s] {
			for k := range values[s][l] {
				values[s][l][k] = value(s, l, k)
			}
		}
	}
}

// percentileRanges takes each map's range from its percentiles, for which each stack
// runs as often as one of its maps asks for.
func (w *worker) percentileRanges(ctx context.Context, pic *decode.Picture, ranges [][][]render.Range) error {
	defer w.maps.stages(w.stages)
	for s := range w.engines {
		found := w.percentiles(s)
		for left := true; left; {
			err := w.convolve(ctx, s, pic, func(goroutines, layer int, rows volume.Rows) error {
				return w.maps.spread(goroutines, rows.C, func(l *lane, k int) error {
					defer l.clock.mark(&l.stages.Render)
					for i := range rows.N {
						found[layer][k].Add(w.opts.Kernel, rows.Row(k, i))
					}
					return nil
				})
			})
			if err != nil {
				return err
			}
			left = false
			for _, maps := range found {
				for k := range maps {
					maps[k].EndPass()
					left = left || !maps[k].Done()
				}
			}
		}
		for l, maps := range found {
			for k := range maps {
				ranges[s][l][k] = maps[k].Range()
			}
		}
	}
	return nil
}

// percentiles is one for each map of a stack's tapped layers, in memory that the worker
// keeps.
func (w *worker) percentiles(stack int) [][]render.Percentiles {
	plan, taps := w.engines[stack].plan, w.opts.Stacks[stack].Taps
	maps := 0
	for l, tapped := range taps {
		if tapped {
			maps += plan.Layers[l].Out.C
		}
	}
	if len(w.maps.percentiles) < maps {
		w.maps.percentiles = make([]render.Percentiles, maps)
	}
	all := w.maps.percentiles[:maps]
	found := make([][]render.Percentiles, len(taps))
	for l, tapped := range taps {
		if !tapped {
			continue
		}
		out := plan.Layers[l].Out
		found[l], all = all[:out.C], all[out.C:]
		for k := range found[l] {
			found[l][k].Reset(w.opts.Scale.Percentiles[0], w.opts.Scale.Percentiles[1], out.H*out.W)
		}
	}
	return found
}

// scan finds the extremes of every map of a stack's tapped layers.
func (w *worker) scan(ctx context.Context, stack int, pic *decode.Picture, extremes [][]render.Extremes) error {
	e, taps := &w.engines[stack], w.opts.Stacks[stack].Taps
	borrowed, giveBack := w.borrow(e.plan)
	defer giveBack()
	if borrowed == 0 {
		return w.convolve(ctx, stack, pic, func(_, layer int, rows volume.Rows) error {
			c := start()
			w.addRows(extremes[layer], rows)
			c.mark(&w.stages.Render)
			return nil
		})
	}
	found := make([][][]render.Extremes, 1+borrowed)
	for i := range found {
		for _, maps := range extremes {
			found[i] = append(found[i], make([]render.Extremes, len(maps)))
		}
	}
	src := &timedRows{Picture: pic}
	begun := time.Now()
	e.team.Workers = 1 + borrowed
	err := e.team.Scan(ctx, e.plan, taps, src, func(worker, layer int, rows volume.Rows) error {
		w.addRows(found[worker][layer], rows)
		return nil
	})
	w.chargeConvolution(time.Since(begun)*time.Duration(1+borrowed), src)
	for _, part := range found {
		for l := range part {
			for k := range part[l] {
				extremes[l][k].Merge(part[l][k])
			}
		}
	}
	return err
}

func (w *worker) addRows(extremes []render.Extremes, rows volume.Rows) {
	for k := range rows.C {
		for i := range rows.N {
			extremes[k].Add(w.opts.Kernel, rows.Row(k, i))
		}
	}
}
