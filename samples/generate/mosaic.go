package main

import (
	"image"
	"math"
)

// mosaic is a window of leaded glass, a sun over waves. Both sides are odd, so that every even
// stride leaves rows and columns over.
func mosaic() image.Image {
	const w, h, pane = 253, 187, 15.0
	return paint(w, h, 4, func(x, y float64) light {
		u, v := x/pane, y/pane
		d1, d2, px, py := cell(u, v, 5)
		if d2-d1 < 0.13 {
			bead := smooth(0.13, 0, d2-d1)
			return rgb(0x1b1d24).mix(rgb(0x5b606b), bead*0.6*noise(u*3, v*3, 6))
		}
		c := glass(px*pane, py*pane)
		c = c.times(0.72 + 0.5*own(px, py, 7))
		streak := fractal(u*1.3+py, v*4.5+px, 3, 8)
		return c.times(0.78 + 0.44*streak).plus(light{1, 1, 0.9}.times(0.10 * smooth(0.6, 0.1, d1)))
	})
}

// glass is the colour of a pane at a point of the picture.
func glass(x, y float64) light {
	const cx, cy = 164, 70
	r := math.Hypot(x-cx, y-cy)
	turn := mod(math.Atan2(y-cy, x-cx)/(2*math.Pi)*14, 1)
	wave := 122 + 9*math.Sin(x/24)
	switch {
	case y > wave+44:
		return rgb(0x123a63)
	case y > wave+22:
		return rgb(0x1c6a86)
	case y > wave:
		return rgb(0x3fa39b)
	case r < 24:
		return rgb(0xffd35c)
	case r < 42:
		return rgb(0xf29b38)
	case turn < 0.5:
		return rgb(0xe9b9a0).mix(rgb(0xd1495b), smooth(40, 150, r))
	}
	return rgb(0xa9cbe0).mix(rgb(0x39629b), smooth(40, 170, r))
}
