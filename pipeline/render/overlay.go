package render

import "math"

// Axis places a layer's outputs along one side of the picture. Output i covers Field
// pixels from Start + i·Jump on, and its centre is their centre.
type Axis struct {
	Start, Jump, Field int // in pixels; Start may be negative
	Outputs            int // number of outputs
}

// At finds the outputs i and i+1 on both sides of a pixel's centre. The pixel lies weight
// 256ths of the way from i to i+1. Before the centre of the first output and after the centre
// of the last, i is that output and weight is 0.
func (a Axis) At(pixel int) (i, weight int) {
	// Distances are doubled, since a centre may lie between two pixels.
	at, step := 2*(pixel-a.Start)-(a.Field-1), 2*a.Jump
	if at <= 0 {
		return 0, 0
	}
	if i = at / step; i >= a.Outputs-1 {
		return a.Outputs - 1, 0
	}
	return i, (at%step*256 + a.Jump) / step
}

// Overlay blends the colours of a map's levels over the gray picture of the input. The
// opacity of a colour grows with the distance of its level from the level of 0. An Overlay is
// immutable and safe for concurrent use.
type Overlay struct {
	across  Crossings
	colours [256]colour
}

// Crossings holds, for each pixel of the picture's rows, the map's columns on both sides.
type Crossings []crossing

type crossing struct{ left, weight uint32 }

// colour holds the light that a level adds to a pixel, times 255, and the share of the gray
// picture that it leaves, in 255ths.
type colour struct {
	r, g, b uint32
	gray    uint32
}

// NewCrossings computes the crossings of a picture with a width in pixels. All overlays of a
// layer share them.
func NewCrossings(a Axis, width int) Crossings {
	across := make(Crossings, width)
	for x := range across {
		i, weight := a.At(x)
		across[x] = crossing{uint32(i), uint32(weight)}
	}
	return across
}

// NewOverlay makes the overlay of a map with 8-bit levels of range r.
func NewOverlay(c Colormap, r Range, across Crossings) *Overlay {
	const opaque = 225 // of 255: the opacity of the level farthest from 0
	o := &Overlay{across: across}
	zero := float64(r.ZeroLevel())
	if c.Diverging() && r.Lo == r.Hi {
		zero = 128 // see Centred8
	}
	for level, rgb := range c.Palette() {
		// The power of 3/4 shows weak answers, which are common, and hides the steps between
		// the lowest levels.
		strength := math.Abs(float64(level)-zero) / max(zero, 255-zero)
		a := uint32(math.RoundToEven(opaque * math.Sqrt(strength*math.Sqrt(strength))))
		o.colours[level] = colour{a * uint32(rgb[0]), a * uint32(rgb[1]), a * uint32(rgb[2]), 255 - a}
	}
	return o
}

// Row writes a blended row of RGB to dst. gray is the picture's row. above and below are the
// map's levels in the rows above and below it. weight is the share of below, in 256ths.
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

// Luma converts a row of RGB, 3·len(dst) bytes, to gray with the weights of ITU-R BT.601.
func Luma(dst, rgb []byte) {
	for x := range dst {
		p := rgb[3*x : 3*x+3]
		dst[x] = byte((299*uint32(p[0]) + 587*uint32(p[1]) + 114*uint32(p[2]) + 500) / 1000)
	}
}
