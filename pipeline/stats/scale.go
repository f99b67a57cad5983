package stats

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"filterbank/filters"
	"filterbank/pipeline/render"
)

// Bounds say what a filter's range goes from and to. The zero value is from its smallest
// value, or 0 where that is larger, to its largest.
type Bounds struct {
	percentiles bool
	lo, hi      int // of percents
}

// ParseBounds reads LO,HI: two of the percentiles that a file has.
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

// Ranges is the range of each filter of a layer. Hash is the layer's SHA256 as it is now.
// It is an error when the file is not about that layer.
func (f *File) Ranges(stack string, layer filters.Layer, hash string, b Bounds) ([]render.Range, error) {
	name := layer.Name()
	if stack != "" {
		name = stack + "/" + name
	}
	at := slices.IndexFunc(f.Layers, func(l Layer) bool { return l.Stack == stack && l.Layer == layer.Name() })
	if at < 0 {
		return nil, fmt.Errorf("it has no statistics of layer %s, only of %s; calibrate with --layers all", name, strings.Join(f.layerNames(), ", "))
	}
	l := &f.Layers[at]
	for k, filter := range layer.Filters() {
		if k >= len(l.Filters) || l.Filters[k].Filter != filter {
			return nil, fmt.Errorf("its layer %s has no filter %03d-%s; calibrate this stack", name, k, filter)
		}
	}
	if l.SHA256 != hash || len(l.Filters) != len(layer.Filters()) {
		return nil, fmt.Errorf("its layer %s is another one: weights, settings, a layer before it or how pictures are prepared have changed since; calibrate again", name)
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

func (f *File) layerNames() []string {
	var names []string
	for _, l := range f.Layers {
		if l.Stack != "" {
			l.Layer = l.Stack + "/" + l.Layer
		}
		names = append(names, l.Layer)
	}
	return names
}

// Range is the filter's range: of no width where its values are all the same. Where two
// percentiles are, as 0 may be after ReLU, it is that of the zero Bounds.
func (f *Filter) Range(b Bounds) (render.Range, error) {
	r := render.Range{Lo: f.Min, Hi: f.Max}
	switch {
	case b.percentiles && f.Percentiles[b.lo] != f.Percentiles[b.hi]:
		r = render.Range{Lo: f.Percentiles[b.lo], Hi: f.Percentiles[b.hi]}
	case f.Min < f.Max:
		r.Lo = min(0, r.Lo)
	}
	if !(r.Lo <= r.Hi) || math.IsInf(r.Hi-r.Lo, 0) {
		return r, fmt.Errorf("its range is from %v to %v, which is none", r.Lo, r.Hi)
	}
	return r, nil
}
