// Package render owns the pixels of feature maps: ranges, levels, colours and overlays. It
// never encodes a picture and never reads a file.
package render

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Range is the values that pixel 0 (Lo) and the largest pixel value (Hi) stand for.
// lo + pixel/255·(hi − lo) gives a value back, also where both are equal and all pixels
// are the same.
type Range struct {
	Lo, Hi float64
}

// String is Lo and Hi, separated by a blank, in the fewest digits that give the same
// float64 back. It is the text of the PNG chunk filterbank:scale.
func (r Range) String() string {
	return strconv.FormatFloat(r.Lo, 'g', -1, 64) + " " + strconv.FormatFloat(r.Hi, 'g', -1, 64)
}

// ZeroLevel is the level of 8 bits of the value 0, or of that nearest to it: 0 where the
// range has no width.
func (r Range) ZeroLevel() byte {
	if r.Lo >= r.Hi {
		return 0
	}
	return byte(math.RoundToEven(max(0, min(1, -r.Lo/(r.Hi-r.Lo))) * 255))
}

// Centred is the range of the same magnitude to either side of 0, for diverging
// colormaps: from −m to m, with m the larger of |Lo| and |Hi|. The value 0 is level 128.
func (r Range) Centred() Range {
	m := max(math.Abs(r.Lo), math.Abs(r.Hi))
	return Range{0 - m, m} // 0 − 0 is +0
}

// Scale says over what a range is taken.
type Scale struct {
	Per         Per
	Fixed       Range      // where Per is PerNone
	Percentiles [2]float64 // where Per is PerPercentile; 0 ≤ the first < the second ≤ 100
}

// Centred says whether 0 is in the middle of the scale, or can be: where the range is
// found from values there is a Range.Centred of it.
func (s Scale) Centred() bool { return s.Per != PerNone || s.Fixed.Lo == -s.Fixed.Hi }

// Per is a set of maps that share a range.
type Per int

// PerMap is the zero value: each map has a range of its own.
const (
	PerMap        Per = iota
	PerLayer          // all maps of a layer of a picture
	PerImage          // all maps of a picture
	PerNone           // the range is given
	PerPercentile     // each map, from one of its percentiles to another
	PerDataset        // each filter, from statistics of many pictures
)

// ParseScale reads map, layer, image, unit (0 to 1), percentile:LO,HI or LO:HI.
func ParseScale(s string) (Scale, error) {
	switch s {
	case "map":
		return Scale{Per: PerMap}, nil
	case "layer":
		return Scale{Per: PerLayer}, nil
	case "image":
		return Scale{Per: PerImage}, nil
	case "unit":
		return Scale{Per: PerNone, Fixed: Range{0, 1}}, nil
	}
	if percents, ok := strings.CutPrefix(s, "percentile:"); ok {
		lo, hi, _ := strings.Cut(percents, ",")
		l, errLo := strconv.ParseFloat(lo, 64)
		h, errHi := strconv.ParseFloat(hi, 64)
		if errLo != nil || errHi != nil || !(0 <= l && l < h && h <= 100) {
			return Scale{}, fmt.Errorf("scale %q: it must be percentile:LO,HI with 0 ≤ LO < HI ≤ 100, such as percentile:1,99", s)
		}
		return Scale{Per: PerPercentile, Percentiles: [2]float64{l, h}}, nil
	}
	lo, hi, ok := strings.Cut(s, ":")
	l, errLo := strconv.ParseFloat(lo, 64)
	h, errHi := strconv.ParseFloat(hi, 64)
	width := h - l
	if !ok || errLo != nil || errHi != nil || !(width > 0) || math.IsInf(width, 0) {
		return Scale{}, fmt.Errorf("scale %q: it must be map, layer, image, unit, percentile:LO,HI, dataset:FILE or LO:HI with LO below HI, such as 0:2.5", s)
	}
	return Scale{Per: PerNone, Fixed: Range{l, h}}, nil
}
