package render

import "math"

// Axis is where a layer's outputs lie along one side of the picture: output i is about the
// pixels from Start + i·Jump on, Field of them, and stands at their centre.
type Axis struct {
	Start, Jump, Field int // in pixels; Start may be negative
	Outputs            int
}

// At finds the outputs around a pixel's centre: i and, weight 256ths of the way towards
// it, i+1. Beyond the first or the last output's centre it is that output alone.
func (a Axis) At(pixel int) (i, weight int) {
	// Twice the distance to the centre of output 0, since centres may lie between pixels.
	at, step := 2*(pixel-a.Start)-(a.Field-1), 2*a.Jump
	if at <= 0 {
		return 0, 0
	}
	if i = at / step; i >= a.Outputs-1 {
		return a.Outputs - 1, 0
	}
	return i, (at%step*256 + a.Jump) / step
}

// Overlay blends a map over the picture that it was made of: colours for its levels, the
// more opaque the farther a level is from that of 0, over the picture in gray. It is
// immutable and safe for concurrent use.
type Overlay struct {
	across  Crossings
	colours [256]colour
}

// Crossings say for each pixel of the picture's rows which of the map's columns it lies
// between.
type Crossings []crossing

type crossing struct{ left, weight uint32 }

// colour is what a level adds to a pixel, in 255ths, and how much of the gray it leaves.
type colour struct {
	r, g, b uint32
	gray    uint32
}

// NewCrossings is what the overlays of a layer on a picture so wide have in common.
func NewCrossings(a Axis, width int) Crossings {
	across := make(Crossings, width)
	for x := range across {
		i, weight := a.At(x)
		across[x] = crossing{uint32(i), uint32(weight)}
	}
	return across
}

// NewOverlay is the overlay of a map in the levels of a range.
func NewOverlay(c Colormap, r Range, across Crossings) *Overlay {
	const opaque = 225 // of 255, that of a level as far from 0 as any
	o := &Overlay{across: across}
	zero := float64(r.ZeroLevel())
	if c.Diverging() && r.Lo == r.Hi {
		zero = 128 // as Centred8 has it
	}
	for level, rgb := range c.Palette() {
		// To the power of 3/4: weak answers, which most maps are full of, are seen, but not
		// the steps between the lowest levels.
		strength := math.Abs(float64(level)-zero) / max(zero, 255-zero)
		a := uint32(math.RoundToEven(opaque * math.Sqrt(strength*math.Sqrt(strength))))
		o.colours[level] = colour{a * uint32(rgb[0]), a * uint32(rgb[1]), a * uint32(rgb[2]), 255 - a}
	}
	return o
}

// Row blends a row: gray is the picture's, above and below are the map's levels in the
// rows around it, below weighing so many 256ths. dst takes RGB.
func (o *Overlay) Row(dst, gray, above, below []byte, weight int) {
	down := uint32(weight)
	last := len(above) - 1
	for x, c := range o.across {
		left := int(c.left)
		right := min(left+1, last)
		l := uint32(above[left])*(256-down) + uint32(below[left])*down
		r := uint32(above[right])*(256-down) + uint32(below[right])*down
		level := (l*(256-c.weight) + r*c.weight + 1<<15) >> 16
		k := &o.colours[level]
		g := k.gray * uint32(gray[x])
		dst[3*x] = byte((k.r + g + 127) / 255)
		dst[3*x+1] = byte((k.g + g + 127) / 255)
		dst[3*x+2] = byte((k.b + g + 127) / 255)
	}
}

// Luma is a row of RGB in gray, as ITU-R BT.601 weighs the colours.
func Luma(dst, rgb []byte) {
	for x := range dst {
		p := rgb[3*x : 3*x+3]
		dst[x] = byte((299*uint32(p[0]) + 587*uint32(p[1]) + 114*uint32(p[2]) + 500) / 1000)
	}
}
