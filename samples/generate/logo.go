package main

import (
	"image"
	"image/color"
	"math"
)

// logo is filterbank's logo: three 5×5 kernels, stacked like the maps of a layer, translucent
// on a transparent background.
func logo() image.Image {
	const size, n = 320, 5
	img := image.NewNRGBA(image.Rect(0, 0, size, size))
	for y := range size {
		for x := range size {
			var c light
			var alpha float64
			for i := range n * n {
				px, py := float64(x)+(float64(i%n)+0.5)/n, float64(y)+(float64(i/n)+0.5)/n
				ink, a := stacked(px, py)
				c, alpha = c.plus(ink.times(a)), alpha+a
			}
			if alpha == 0 {
				continue
			}
			p := c.times(1 / alpha).pixel()
			img.SetNRGBA(x, y, color.NRGBA{p.R, p.G, p.B, byte8(alpha / (n * n))})
		}
	}
	return img
}

// stacked lays the tiles over each other, from the lowest up.
func stacked(x, y float64) (c light, alpha float64) {
	for i := range 3 {
		ink, a := tile(x-160, y-160+float64(i-1)*84, i)
		if a == 0 {
			continue
		}
		total := a + alpha*(1-a)
		c = c.mix(ink, a/total)
		alpha = total
	}
	return c, alpha
}

// tile is a kernel seen from above at an angle, around (0, 0): a square turned by 45° and
// flattened, with 5×5 weights that are light if they are positive.
func tile(x, y float64, index int) (light, float64) {
	const half, weight, round = 75.0, 28.0, 18.0
	dx, dy := x/1.44, y/0.66
	u, v := (dx+dy)*math.Sqrt2/2, (dy-dx)*math.Sqrt2/2
	// The distance to a square with round corners (I. Quilez, 2D distance functions).
	qu, qv := max(math.Abs(u)-half+round, 0), max(math.Abs(v)-half+round, 0)
	if math.Hypot(qu, qv) > round {
		return light{}, 0
	}
	i, j := math.Round(u/weight), math.Round(v/weight)
	if max(math.Abs(u-i*weight), math.Abs(v-j*weight)) > 12.2 || max(math.Abs(i), math.Abs(j)) > 2 {
		return night, 0.86
	}
	sin, cos := math.Sincos(math.Pi / 4 * float64(index))
	w := math.Cos((i*cos+j*sin)*2*math.Pi/4.6) * math.Exp(-(i*i+j*j)/9)
	switch {
	case w > 0.55:
		return rgb(0xfff6e0), 0.94
	case w > 0.25:
		return rgb(0xffc65c), 0.92
	case w > 0.06:
		return amber.mix(coral, 0.25), 0.90
	case w > -0.10:
		return rgb(0x2f7f8f), 0.86
	}
	return rgb(0x1d4a6e), 0.86
}
