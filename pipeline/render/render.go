// Package render owns the pixels of feature maps: ranges, levels, colours and overlays. It
// never encodes a picture and never reads a file.
package render

import (
	"math"
	"strconv"
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
