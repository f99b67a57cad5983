// Package render turns the values of feature maps into pixels.
package render

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Range is the values that pixel 0 (Lo) and the largest pixel value (Hi) stand for.
// Where both are equal every pixel is 0, so that lo + pixel/255·(hi − lo) gives a
// value back in every case.
type Range struct {
	Lo, Hi float64
}

// String is Lo and Hi, separated by a blank, in the fewest digits that give the same
// float64 back. It is the text of the PNG chunk filterbank:scale.
func (r Range) String() string {
	return strconv.FormatFloat(r.Lo, 'g', -1, 64) + " " + strconv.FormatFloat(r.Hi, 'g', -1, 64)
}

// Extremes gathers the smallest and the largest finite value of one or more maps.
// The zero value has seen none.
type Extremes struct {
	min, max float32
	seen     bool
}

// Add takes in a row of a map.
func (e *Extremes) Add(row []float32) {
	lo, hi := float32(math.Inf(1)), float32(math.Inf(-1))
	if e.seen {
		lo, hi = e.min, e.max
	}
	for _, v := range row {
		if v-v != 0 { // NaN or infinite
			continue
		}
		lo, hi = min(lo, v), max(hi, v)
	}
	if lo <= hi {
		*e = Extremes{lo, hi, true}
	}
}

// Merge takes in what another one has seen.
func (e *Extremes) Merge(other Extremes) {
	if other.seen {
		e.Add([]float32{other.min, other.max})
	}
}

// Range is lo = min(0, the smallest value) and hi = the largest. Values that are all
// the same give a range of no width, as do maps without a finite value.
func (e Extremes) Range() Range {
	if !e.seen {
		return Range{}
	}
	if e.min == e.max {
		return Range{float64(e.min), float64(e.max)}
	}
	return Range{min(0, float64(e.min)), float64(e.max)}
}

// Scale says over what a range is taken.
type Scale struct {
	Per   Per
	Fixed Range // where Per is PerNone
}

// Per is a set of maps that share a range.
type Per int

// PerMap is the zero value: each map has a range of its own.
const (
	PerMap   Per = iota
	PerLayer     // all maps of a layer of a picture
	PerImage     // all maps of a picture
	PerNone      // the range is given
)

// ParseScale reads map, layer, image, unit (0 to 1) or LO:HI.
func ParseScale(s string) (Scale, error) {
	switch s {
	case "map":
		return Scale{Per: PerMap}, nil
	case "layer":
		return Scale{Per: PerLayer}, nil
	case "image":
		return Scale{Per: PerImage}, nil
	case "unit":
		return Scale{PerNone, Range{0, 1}}, nil
	}
	lo, hi, ok := strings.Cut(s, ":")
	l, errLo := strconv.ParseFloat(lo, 64)
	h, errHi := strconv.ParseFloat(hi, 64)
	width := h - l
	if !ok || errLo != nil || errHi != nil || !(width > 0) || math.IsInf(width, 0) {
		return Scale{}, fmt.Errorf("scale %q: it must be map, layer, image, unit or LO:HI with LO below HI, such as 0:2.5", s)
	}
	return Scale{PerNone, Range{l, h}}, nil
}

// Gray8 writes a pixel for every value of a row: (v − lo)/(hi − lo)·255, rounded half
// to even and clamped to 0…255. NaN is 0.
func Gray8(dst []byte, row []float32, r Range) {
	dst = dst[:len(row)]
	for i, v := range row {
		dst[i] = byte(r.level(v, 255))
	}
}

// Gray16 is Gray8 with 65535 in place of 255; each pixel takes two bytes of dst, the
// higher one first.
func Gray16(dst []byte, row []float32, r Range) {
	dst = dst[:2*len(row)]
	for i, v := range row {
		p := uint16(r.level(v, 65535))
		dst[2*i], dst[2*i+1] = byte(p>>8), byte(p)
	}
}

func (r Range) level(v float32, top float64) float64 {
	p := math.RoundToEven((float64(v) - r.Lo) / (r.Hi - r.Lo) * top)
	if !(p > 0) { // also NaN, which a range of no width gives
		return 0
	}
	if r.Lo == r.Hi {
		return 0
	}
	return min(p, top)
}
