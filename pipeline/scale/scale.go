// Package scale owns the ranges of maps: the values that the smallest and the largest level
// stand for. A range is given, or found from a picture's maps. The package never makes
// pixels.
package scale

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"filterbank/pipeline/render"
)

// Scale says which maps share a range and where ranges come from.
type Scale struct {
	Per         Per
	Fixed       render.Range       // if Per is Fixed
	Percentiles [2]float64         // if Per is Percentile; 0 ≤ the first < the second ≤ 100
	Dataset     [][][]render.Range // if Per is Dataset: by stack, layer and filter
}

// Centred says whether 0 is, or can be put, in the middle of the range. A range that is
// found from values can be centred. A fixed one is as it is given.
func (s Scale) Centred() bool { return s.Per != Fixed || s.Fixed.Lo == -s.Fixed.Hi }

// Runs estimates how often Find runs each stack on a picture for these scales.
func Runs(scales ...*Scale) (runs int) {
	extremes := 0
	for _, s := range scales {
		switch {
		case s.ranked():
			runs += 2 // 1 to 3, depending on the values
		case s.Per != Fixed && s.Per != Dataset:
			extremes = 1
		}
	}
	return max(runs, extremes) // the runs that rank values find extremes too
}

// Per is a set of maps that share a range.
type Per int

// PerMap, the zero value, gives each map a range of its own.
const (
	PerMap     Per = iota
	PerLayer       // one range for all maps of a layer of a picture
	PerImage       // one range for all maps of a picture
	Fixed          // one given range for all maps
	Percentile     // a range for each map, from one of its percentiles to another
	Dataset        // a range for each filter, from statistics of many pictures
	Stretched      // a range for each map, for the eye: see Percentiles.Stretched
)

// String is the name of the set in keys. It does not change.
func (p Per) String() string {
	return [...]string{"map", "layer", "image", "fixed", "percentile", "dataset"}[p]
}

// Parse reads map, layer, image, unit (which is 0:1), percentile:LO,HI or LO:HI. It does not
// read dataset:FILE.
func Parse(s string) (Scale, error) {
	switch s {
	case "map":
		return Scale{Per: PerMap}, nil
	case "layer":
		return Scale{Per: PerLayer}, nil
	case "image":
		return Scale{Per: PerImage}, nil
	case "unit":
		return Scale{Per: Fixed, Fixed: render.Range{Lo: 0, Hi: 1}}, nil
	}
	if percents, ok := strings.CutPrefix(s, "percentile:"); ok {
		lo, hi, _ := strings.Cut(percents, ",")
		l, errLo := strconv.ParseFloat(lo, 64)
		h, errHi := strconv.ParseFloat(hi, 64)
		if errLo != nil || errHi != nil || !(0 <= l && l < h && h <= 100) {
			return Scale{}, fmt.Errorf("scale %q: it must be percentile:LO,HI with 0 ≤ LO < HI ≤ 100, such as percentile:1,99", s)
		}
		return Scale{Per: Percentile, Percentiles: [2]float64{l, h}}, nil
	}
	lo, hi, ok := strings.Cut(s, ":")
	l, errLo := strconv.ParseFloat(lo, 64)
	h, errHi := strconv.ParseFloat(hi, 64)
	width := h - l
	if !ok || errLo != nil || errHi != nil || !(width > 0) || math.IsInf(width, 0) {
		return Scale{}, fmt.Errorf("scale %q: it must be map, layer, image, unit, percentile:LO,HI, dataset:FILE or LO:HI with LO below HI, such as 0:2.5", s)
	}
	return Scale{Per: Fixed, Fixed: render.Range{Lo: l, Hi: h}}, nil
}

// Shared says whether all maps of a layer share a range.
func (s *Scale) Shared() bool {
	switch s.Per {
	case PerLayer, PerImage, Fixed:
		return true
	}
	return false
}

// Caption describes the ranges in a few words, for a figure.
func (s *Scale) Caption() string {
	switch s.Per {
	case PerLayer:
		return "one scale for the layer:"
	case PerImage:
		return "from the values of all layers:" // signed layers are centred, others are not
	case Fixed:
		return "a given scale:"
	case Percentile:
		return fmt.Sprintf("each map from its percentile %v to %v, lo … hi:", s.Percentiles[0], s.Percentiles[1])
	case Stretched:
		return fmt.Sprintf("stretched: at most %v%% of a map beyond either end, lo … hi:", 100-stretch[1])
	case Dataset:
		return "each filter has one scale for all images, lo … hi:"
	}
	return "each map has its own scale, lo … hi:"
}

// Key writes everything that ranges depend on besides the maps' values.
func (s *Scale) Key(w io.Writer) {
	fmt.Fprintf(w, "scale %s", s.Per)
	switch s.Per {
	case Fixed:
		fmt.Fprintf(w, " %v", s.Fixed)
	case Percentile:
		fmt.Fprintf(w, " %v", s.Percentiles)
	case Stretched:
		fmt.Fprintf(w, " %v", stretch)
	case Dataset:
		for _, stack := range s.Dataset {
			for _, layer := range stack {
				for _, r := range layer {
					fmt.Fprintf(w, " %v", r)
				}
			}
		}
	}
	fmt.Fprintln(w)
}
