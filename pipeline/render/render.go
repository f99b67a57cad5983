// Package render owns the pixels of feature maps: ranges, levels, colours and overlays. It
// never encodes a picture and never reads a file.
package render

import (
	"math"
	"strconv"
)

// Range holds the values that level 0 (Lo) and the largest level (Hi) stand for. Level p of 8
// bits stands for Lo + p/255·(Hi − Lo). This also holds if Lo and Hi are equal and all pixels
// are the same.
type Range struct {
	Lo, Hi float64
}

// String is Lo and Hi, separated by a blank, in the fewest digits that give the same
// float64 back. It is the text of the PNG chunk filterbank:scale.
func (r Range) String() string {
	return strconv.FormatFloat(r.Lo, 'g', -1, 64) + " " + strconv.FormatFloat(r.Hi, 'g', -1, 64)
}

// ZeroLevel is the 8-bit level of the value 0, or of the nearest value in the range. It is 0
// if the range has no width.
func (r Range) ZeroLevel() byte {
	if r.Lo >= r.Hi {
		return 0
	}
	return byte(math.RoundToEven(max(0, min(1, -r.Lo/(r.Hi-r.Lo))) * 255))
}

// Centred is the range from −m to m, with m the larger of |Lo| and |Hi|, for diverging
// colormaps. The value 0 is level 128.
func (r Range) Centred() Range {
	m := max(math.Abs(r.Lo), math.Abs(r.Hi))
	return Range{0 - m, m} // 0 − 0 is +0
}
