package stats

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"filterbank/filters"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/render"
	"filterbank/pipeline/scale"
)

// Bounds choose the ends of a filter's range. The zero value chooses its smallest value, or
// 0 if that is smaller, and its largest value.
type Bounds struct {
	percentiles bool
	lo, hi      int // indices in percents
}

// ParseBounds reads LO,HI, two of the percentiles in a statistics file with LO below HI.
func ParseBounds(s string) (Bounds, error) {
	lo, hi, _ := strings.Cut(s, ",")
	b := Bounds{true, -1, -1}
	var names []string
	for i, p := range percents {
		names = append(names, p.name)
		if p.name == lo {
			b.lo = i
		}
		if p.name == hi {
			b.hi = i
		}
	}
	if b.lo < 0 || b.hi <= b.lo {
		return Bounds{}, fmt.Errorf("percentiles %q: they must be LO,HI, two of %s, the smaller one first", s, strings.Join(names, ", "))
	}
	return b, nil
}

// Scale returns the scale on which every filter of the wanted layers has the same range on
// every picture. It is an error if the statistics are not of these layers, with pictures
// prepared in this way. The error names all layers that differ.
func (f *File) Scale(stacks []engine.Selected, preparation string, b Bounds) (scale.Scale, error) {
	ranges := make([][][]render.Range, len(stacks))
	var differ []string
	layers := 0
	for i, s := range stacks {
		ranges[i] = make([][]render.Range, len(s.Layers))
		for l, wanted := range s.Layers {
			ranges[i][l] = make([]render.Range, len(s.Stack.Layers()[l].Filters()))
			if !wanted {
				continue
			}
			layers++
			var err error
			ranges[i][l], err = f.ranges(s.Stack.Name(), s.Stack.Layers()[l], engine.LayerHash(s.Stack, l, preparation), b)
			if different, ok := errors.AsType[*differentError](err); ok {
				differ = append(differ, different.Error())
			} else if err != nil {
				return scale.Scale{}, err
			}
		}
	}
	if len(differ) > 0 {
		return scale.Scale{}, fmt.Errorf("it has statistics of the layers %s, and %d of the %d layers wanted differ: %s; calibrate this stack, with --layers as here or all",
			strings.Join(f.layerNames(), ", "), len(differ), layers, strings.Join(differ, "; "))
	}
	return scale.Scale{Per: scale.Dataset, Dataset: ranges}, nil
}

// ranges returns the range of each filter of a layer. hash is the layer's present SHA256.
// It is a *differentError if the file has no statistics of this layer with this hash.
func (f *File) ranges(stack string, layer filters.Layer, hash string, b Bounds) ([]render.Range, error) {
	name := engine.LayerName(stack, layer.Name())
	at := slices.IndexFunc(f.Layers, func(l Layer) bool { return l.Stack == stack && l.Layer == layer.Name() })
	if at < 0 {
		return nil, &differentError{name, "has no statistics"}
	}
	l := &f.Layers[at]
	for k, filter := range layer.Filters() {
		if k >= len(l.Filters) || l.Filters[k].Filter != filter {
			return nil, &differentError{name, fmt.Sprintf("has no filter %03d-%s", k, filter)}
		}
	}
	if l.SHA256 != hash || len(l.Filters) != len(layer.Filters()) {
		return nil, &differentError{name, "has changed: weights, settings, an earlier layer or the preparation of pictures"}
	}
	ranges := make([]render.Range, len(l.Filters))
	for k := range ranges {
		var err error
		if ranges[k], err = l.Filters[k].Range(b); err != nil {
			return nil, fmt.Errorf("layer %s: filter %03d-%s: %w", name, k, l.Filters[k].Filter, err)
		}
	}
	return ranges, nil
}

// differentError is a layer of which a file has no statistics, or others.
type differentError struct {
	layer string // stack/layer, or layer
	how   string // how the file's layer of this name differs
}

func (e *differentError) Error() string { return "layer " + e.layer + " " + e.how }

// layerNames are the layers of which the file has statistics.
func (f *File) layerNames() []string {
	var names []string
	for _, l := range f.Layers {
		names = append(names, engine.LayerName(l.Stack, l.Layer))
	}
	return names
}

// Range returns the filter's range. If all values are the same, lo and hi are equal. If
// the two percentiles of b are equal (often 0 after ReLU), the zero Bounds are used. It is
// an error if hi − lo is not a number or infinite.
func (f *Filter) Range(b Bounds) (render.Range, error) {
	r := render.Range{Lo: f.Min, Hi: f.Max}
	switch {
	case b.percentiles && f.Percentiles[b.lo] != f.Percentiles[b.hi]:
		r = render.Range{Lo: f.Percentiles[b.lo], Hi: f.Percentiles[b.hi]}
	case f.Min < f.Max:
		r.Lo = min(0, r.Lo)
	}
	if !(r.Lo <= r.Hi) || math.IsInf(r.Hi-r.Lo, 0) {
		return r, fmt.Errorf("its values give no range, from %v to %v", r.Lo, r.Hi)
	}
	return r, nil
}
