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

// Find returns, for each of the scales, the range of every map of the wanted layers, by stack,
// layer and map. Ranges that depend on the maps' values are found by running the stacks, so
// that no map is kept, and scales share runs where they can. The engine holds the picture's
// plans. Errors are errors of the engine.
func (f *Finder) Find(ctx context.Context, e *engine.Engine, pic engine.Picture, scales ...*Scale) (ranges []Ranges, err error) {
	var extremes [][][]Extremes // nil until they are found
	ranges = make([]Ranges, len(scales))
	for i, s := range scales {
		ranges[i] = engine.PerMap[render.Range](e.Plans)
		if s.ranked() {
			if extremes, err = f.percentileRanges(ctx, e, pic, s, ranges[i]); err != nil {
				return nil, err
			}
		}
	}
	for i, s := range scales {
		switch s.Per {
		case Fixed:
			fill(ranges[i], func(int, int, int) render.Range { return s.Fixed })
		case Dataset:
			fill(ranges[i], func(stack, l, k int) render.Range { return s.Dataset[stack][l][k] })
		case PerMap, PerLayer, PerImage:
			if extremes == nil {
				if extremes, err = findExtremes(ctx, e, pic); err != nil {
					return nil, err
				}
			}
			shared := share(s.Per, extremes)
			fill(ranges[i], func(stack, l, k int) render.Range { return shared(stack, l, k).Range() })
		}
	}
	return ranges, nil
}

// Ranges are ranges by stack, layer and map.
type Ranges = [][][]render.Range

// ranked says whether ranges are found from the order of a map's values.
func (s *Scale) ranked() bool { return s.Per == Percentile || s.Per == Stretched }

// Bytes estimates the memory for finding the range of a map, in bytes. The maps of one stack
// need it at a time.
func (s *Scale) Bytes() int64 {
	if s.ranked() {
		return PercentilesBytes
	}
	return 0
}

// findExtremes finds the smallest and largest value of each map. The smallest is 0 if values
// differ and none is below 0, which makes the same ranges. A map without a finite value has
// none.
func findExtremes(ctx context.Context, e *engine.Engine, pic engine.Picture) ([][][]Extremes, error) {
	extremes := engine.PerMap[Extremes](e.Plans)
	for stack, maps := range extremes {
		found, err := e.Extremes(ctx, stack, pic)
		if err != nil {
			return nil, err
		}
		for l := range maps {
			for k := range maps[l] {
				if f := found[l][k]; f.Min <= f.Max {
					maps[l][k] = Extremes{f.Min, f.Max, true}
				}
			}
		}
	}
	return extremes, nil
}

// share returns the extremes of the maps that a map shares its range with.
func share(per Per, extremes [][][]Extremes) func(stack, l, k int) Extremes {
	if per == PerMap {
		return func(stack, l, k int) Extremes { return extremes[stack][l][k] }
	}
	var image Extremes
	layers := make([][]Extremes, len(extremes))
	for s, stack := range extremes {
		layers[s] = make([]Extremes, len(stack))
		for l, maps := range stack {
			for _, e := range maps {
				layers[s][l].Merge(e)
			}
			image.Merge(layers[s][l])
		}
	}
	if per == PerImage {
		return func(int, int, int) Extremes { return image }
	}
	return func(stack, l, _ int) Extremes { return layers[stack][l] }
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

// percentileRanges finds each map's range from its percentiles, and its extremes along with
// them. Each stack runs until the percentiles of all of its maps are found.
func (f *Finder) percentileRanges(ctx context.Context, e *engine.Engine, pic engine.Picture, s *Scale, ranges Ranges) ([][][]Extremes, error) {
	extremes := engine.PerMap[Extremes](e.Plans)
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
				return nil, err
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
				extremes[stack][l][k] = maps[k].extremes
				if s.Per == Stretched {
					ranges[stack][l][k] = maps[k].Stretched()
				} else {
					ranges[stack][l][k] = maps[k].Range()
				}
			}
		}
	}
	return extremes, nil
}

// stretch is the percentiles of a stretched range.
var stretch = [2]float64{1, 99}

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
	all, percents := f.percentiles[:maps], s.Percentiles
	if s.Per == Stretched {
		percents = stretch
	}
	found := make([][]Percentiles, len(layers))
	for l, wanted := range layers {
		if !wanted {
			continue
		}
		out := plan.Layers[l].Out
		found[l], all = all[:out.C], all[out.C:]
		for k := range found[l] {
			found[l][k].Reset(percents[0], percents[1], out.H*out.W)
		}
	}
	return found
}
