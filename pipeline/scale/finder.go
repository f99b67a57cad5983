package scale

import (
	"context"

	"filterbank/filters/volume"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/render"
)

// Finder finds the ranges of one picture's maps after another's. Its buffers last from
// picture to picture. The zero value is ready. It has one owner.
type Finder struct {
	percentiles []Percentiles // as many as the largest stack has wanted maps
}

// Find returns the range of every map of the wanted layers, by stack, layer and map. Ranges
// that depend on the maps' values are found by running the stacks, so that no map is kept.
// The engine holds the picture's plans. Errors are errors of the engine.
func (f *Finder) Find(ctx context.Context, e *engine.Engine, pic engine.Picture, s *Scale) (ranges [][][]render.Range, err error) {
	ranges = engine.PerMap[render.Range](e.Plans)
	switch s.Per {
	case Fixed:
		fill(ranges, func(int, int, int) render.Range { return s.Fixed })
	case Dataset:
		fill(ranges, func(stack, l, k int) render.Range { return s.Dataset[stack][l][k] })
	case Percentile:
		err = f.percentileRanges(ctx, e, pic, s, ranges)
	default:
		err = extremeRanges(ctx, e, pic, s.Per, ranges)
	}
	return ranges, err
}

// Bytes estimates the memory for finding the range of a map, in bytes. The maps of one stack
// need it at a time.
func (s *Scale) Bytes() int64 {
	if s.Per == Percentile {
		return PercentilesBytes
	}
	return 0
}

// extremeRanges finds ranges from the smallest and largest values.
func extremeRanges(ctx context.Context, e *engine.Engine, pic engine.Picture, per Per, ranges [][][]render.Range) error {
	extremes := engine.PerMap[Extremes](e.Plans)
	for stack, maps := range extremes {
		var parts [][][]Extremes // one per worker
		err := e.Scan(ctx, stack, pic, func() func(int, volume.Rows) {
			part := engine.PerMap[Extremes](e.Plans[stack : stack+1])[0]
			parts = append(parts, part)
			return func(layer int, rows volume.Rows) {
				for k := range rows.C {
					for i := range rows.N {
						part[layer][k].Add(e.Kernel, rows.Row(k, i))
					}
				}
			}
		})
		if err != nil {
			return err
		}
		for l := range maps {
			for k := range maps[l] {
				for _, part := range parts {
					maps[l][k].Merge(part[l][k])
				}
			}
		}
	}
	share(per, extremes)
	fill(ranges, func(stack, l, k int) render.Range { return extremes[stack][l][k].Range() })
	return nil
}

// share merges the extremes of the maps that have a range in common.
// share merges the extremes of maps that share a range.
func share(per Per, extremes [][][]Extremes) {
	var image Extremes
	for _, stack := range extremes {
		for _, maps := range stack {
			var layer Extremes
			for _, e := range maps {
				layer.Merge(e)
			}
			image.Merge(layer)
			for k := range maps {
				if per == PerLayer {
					maps[k] = layer
				}
			}
		}
	}
	if per == PerImage {
		fill(extremes, func(int, int, int) Extremes { return image })
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

// percentileRanges takes each map's range from its percentiles, for which each stack runs
// percentileRanges finds each map's range from its percentiles. Each stack runs until the
// percentiles of all of its maps are found.
func (f *Finder) percentileRanges(ctx context.Context, e *engine.Engine, pic engine.Picture, s *Scale, ranges [][][]render.Range) error {
	for stack := range e.Plans {
		found := f.begin(e, stack, s)
		for left := true; left; {
			err := e.Run(ctx, stack, pic, func(goroutines, layer int, rows volume.Rows) error {
				return e.Lanes.Each(goroutines, rows.C, func(l *engine.Lane, _, k int) error {
					defer l.Clock.Mark(&l.Stages.Render)
					for i := range rows.N {
						found[layer][k].Add(e.Kernel, rows.Row(k, i))
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
				ranges[stack][l][k] = maps[k].Range()
			}
		}
	}
	return nil
}

// begin resets a Percentiles for each map of a stack's wanted layers.
func (f *Finder) begin(e *engine.Engine, stack int, s *Scale) [][]Percentiles {
	plan, layers := e.Plans[stack], e.Stacks[stack].Layers
	maps := 0
	for l, wanted := range layers {
		if wanted {
			maps += plan.Layers[l].Out.C
		}
	}
	if len(f.percentiles) < maps {
		f.percentiles = make([]Percentiles, maps)
	}
	all := f.percentiles[:maps]
	found := make([][]Percentiles, len(layers))
	for l, wanted := range layers {
		if !wanted {
			continue
		}
		out := plan.Layers[l].Out
		found[l], all = all[:out.C], all[out.C:]
		for k := range found[l] {
			found[l][k].Reset(s.Percentiles[0], s.Percentiles[1], out.H*out.W)
		}
	}
	return found
}
