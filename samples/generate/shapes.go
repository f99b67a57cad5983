package main

import (
	"image"
	"math"
)

// A region returns the distance of a point inside it, in pixels. It is negative outside.
type region func(x, y float64) float64

func disc(cx, cy, r float64) region {
	return func(x, y float64) float64 { return r - math.Hypot(x-cx, y-cy) }
}

func ring(cx, cy, r, width float64) region {
	return func(x, y float64) float64 { return width/2 - math.Abs(math.Hypot(x-cx, y-cy)-r) }
}

// box is a w×h rectangle turned by degrees clockwise.
func box(cx, cy, w, h, degrees float64) region {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	return func(x, y float64) float64 {
		dx, dy := x-cx, y-cy
		return min(w/2-math.Abs(dx*cos+dy*sin), h/2-math.Abs(dy*cos-dx*sin))
	}
}

// polygon is a regular polygon with n corners at distance r. The first corner is degrees
// clockwise from the top. A dent below 1 makes it a star.
func polygon(cx, cy, r float64, n int, degrees, dent float64) region {
	corners := make([][2]float64, 2*n)
	for i := range corners {
		at := r
		if i&1 == 1 {
			at *= dent * math.Cos(math.Pi/float64(n))
		}
		sin, cos := math.Sincos(degrees*math.Pi/180 + math.Pi*float64(i)/float64(n))
		corners[i] = [2]float64{cx + at*sin, cy - at*cos}
	}
	return func(x, y float64) float64 {
		inside := -1.0 // even-odd rule; the distance does not matter here
		for i, a := range corners {
			b := corners[(i+1)%len(corners)]
			if (a[1] > y) != (b[1] > y) && x < a[0]+(y-a[1])/(b[1]-a[1])*(b[0]-a[0]) {
				inside = -inside
			}
		}
		return inside
	}
}

func (r region) above(edge float64) region {
	return func(x, y float64) float64 { return min(r(x, y), edge-y) }
}

// patch is a region with a colour: opaque, or like stained glass with multiply.
type patch struct {
	region
	ink      light
	multiply bool
}

// composition is a poster of flat shapes: straight and round edges, corners of many angles,
// thin and thick lines, and every hue beside every other.
func composition() image.Image {
	const w, h = 480, 360
	patches := []patch{
		{box(120, 180, 240, 360, 0), rgb(0xf2e3c6), false},
		{disc(168, 150, 112), coral, false},
		{disc(262, 176, 84), rgb(0x8ecbd0), true},
		{box(96, 262, 132, 132, 18), rgb(0x2f5f9e), true},
		{polygon(352, 118, 92, 3, 12, 1), amber, false},
		{ring(352, 150, 58, 9), night, false},
		{disc(352, 150, 22), paper, false},
		{disc(352, 150, 12), coral, false},
		{polygon(404, 272, 62, 6, 0, 1), teal, false},
		{polygon(404, 272, 40, 5, 0, 0.48), rgb(0xffe3a1), false},
		{region(disc(248, 318, 64)).above(318), plum, false},
		{box(248, 324, 150, 6, 0), night, false},
		{box(168, 150, 300, 3, -38), night, false},
		{box(182, 166, 300, 1.4, -38), night, false},
		{box(196, 182, 300, 0.7, -38), night, false},
		{ring(70, 76, 40, 4), night, false},
		{ring(70, 76, 28, 4), teal, false},
		{ring(70, 76, 16, 4), coral, false},
		{box(440, 60, 8, 84, 0), night, false},
		{box(422, 66, 8, 72, 0), rgb(0x2f5f9e), false},
		{box(458, 54, 8, 96, 0), rgb(0xc23b5a), false},
		{polygon(40, 190, 26, 4, 0, 1), amber, false},
		{polygon(40, 190, 13, 4, 0, 1), night, false},
		{polygon(176, 330, 22, 3, 180, 1), teal, false},
		{polygon(322, 296, 30, 8, 11, 0.62), coral, false},
	}
	return paint(w, h, 4, func(x, y float64) light {
		c := rgb(0xf8efdc)
		for _, p := range patches {
			switch {
			case p.region(x, y) < 0:
			case p.multiply:
				c = c.tinted(p.ink)
			default:
				c = p.ink
			}
		}
		return c
	})
}
