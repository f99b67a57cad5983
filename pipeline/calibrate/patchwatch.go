package calibrate

import (
	"fmt"
	"slices"

	"filterbank/filters"
	"filterbank/pipeline"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/stats"
)

// PatchWatch follows the drawing of patches. All calls are from one goroutine, and each
// function may be nil.
type PatchWatch struct {
	// Begin is called once with the number of pictures that will be read. A picture counts
	// again for each group of filters whose patches it has.
	Begin func(pictures int)
	// Ended is called for every picture that has been read.
	Ended func()
	// Failed is called once for each picture that cannot be read again.
	Failed func(*manifest.Record)
}

// policy says how pictures are read for patches.
func (w PatchWatch) policy() pipeline.Policy {
	reported := map[manifest.Path]bool{}
	return pipeline.Policy{
		Ended: func(int, pipeline.Outcome) {
			if w.Ended != nil {
				w.Ended()
			}
		},
		Each: func(r *manifest.Record) {
			if w.Failed != nil && r.Status == manifest.Failed && !reported[r.Input] {
				reported[r.Input] = true
				w.Failed(r)
			}
		},
	}
}

// patchLayer is a layer whose patches are drawn.
type patchLayer struct {
	stack *filters.Stack
	index int
	of    *stats.Layer
}

// patchLayers finds the statistics of the wanted layers.
func patchLayers(f *stats.File, stacks []engine.Selected) (layers []patchLayer, err error) {
	for _, s := range stacks {
		for l, wanted := range s.Layers {
			if !wanted {
				continue
			}
			layer := s.Stack.Layers()[l]
			at := slices.IndexFunc(f.Layers, func(of stats.Layer) bool {
				return of.Stack == s.Stack.Name() && of.Layer == layer.Name() && len(of.Filters) == len(layer.Filters())
			})
			if at < 0 {
				return nil, fmt.Errorf("patches: the statistics are not of layer %s", layer.Name())
			}
			layers = append(layers, patchLayer{s.Stack, l, &f.Layers[at]})
		}
	}
	return layers, nil
}

// reads is the number of pictures that are read for the patches of some layers.
func reads(layers []patchLayer) (n int) {
	for _, l := range layers {
		for some := range slices.Chunk(l.of.Filters, filtersOnce) {
			inputs := map[manifest.Path]bool{}
			for _, f := range some {
				for _, patch := range f.Strongest {
					inputs[patch.Input] = true
				}
			}
			n += len(inputs)
		}
	}
	return n
}
