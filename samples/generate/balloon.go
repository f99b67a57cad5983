package main

import (
	"image"
	"math"

	"golang.org/x/image/font/gofont/gobold"
)

// balloon is a picture that shows which side is up: a balloon with a letter F over hills.
func balloon() image.Image {
	const w, h, cx, cy = 300, 400, 146.0, 138.0
	letter := write(gobold.TTF, 104, "F")
	left := cx - letter.width()/2 + 4
	return paint(w, h, 3, func(x, y float64) light {
		c := evening(x, y)
		half := envelope(y - cy)
		dx := x - cx
		switch {
		case math.Abs(dx) < half:
			c = silk(dx/half, y-cy)
			if math.Abs(y-cy) < 62 {
				c = c.mix(paper, 0.97*letter.cover(x, y, left, cy+38))
			}
		case y > cy+116 && y < cy+142 && math.Abs(math.Abs(dx)-15+(y-cy-116)*0.12) < 0.7:
			c = night
		case y >= cy+142 && y < cy+163 && math.Abs(dx) < 13-(y-cy-142)*0.10:
			weave := 0.7 + 0.3*math.Sin(dx*1.9)*math.Sin(y*1.6)
			c = rgb(0xa8713a).times(weave)
			if y < cy+145.5 {
				c = rgb(0x5d3a1c)
			}
		}
		return c
	})
}

// envelope is half the width of the balloon at a height relative to its middle: a ball that
// narrows to the mouth.
func envelope(dy float64) float64 {
	const r = 96.0
	switch {
	case dy < -r || dy > 118:
		return -1
	case dy < 30:
		return math.Sqrt(r*r - dy*dy)
	}
	t := (dy - 30) / 88
	from := math.Sqrt(r*r - 30*30.0)
	return from + (17-from)*t*(0.33+0.67*t) - 6*t*(1-t)
}

// silk is the colour of the balloon at a place across it (−1 … 1) and at a height.
func silk(across, dy float64) light {
	angle := math.Asin(min(max(across, -1), 1))
	gore := int(math.Floor(angle/math.Pi*12 + 6.5))
	c := coral
	if gore&1 == 0 {
		c = rgb(0xc93a3f)
	}
	band := dy + 9*math.Cos(angle)
	switch {
	case band > 66 && band < 78 || band < -64 && band > -74:
		c = amber
	case band >= 78:
		c = rgb(0x7c2a4d)
	}
	sun := 0.45 + 0.75*max(0, -0.55*across-0.45*dy/110+0.65*math.Cos(angle))
	seam := smooth(0, 0.06, math.Abs(mod(angle/math.Pi*12+6.5, 1)-0.5)-0.44)
	return c.times(sun * (1 - 0.28*seam))
}

// evening is the sky and the hills behind the balloon.
func evening(x, y float64) light {
	sky := ramp{rgb(0x3b6ea8), rgb(0x6fa0c9), rgb(0xa9c9dc), rgb(0xf1dcc0), rgb(0xf9cf9c)}
	c := sky.at(y / 330)
	cover := smooth(0.52, 0.74, fractal(x/95+4, y/38+1, 5, 21)) * smooth(330, 240, y)
	c = c.mix(rgb(0xfff4e6), 0.75*cover)
	for i, top := range [...]float64{296, 318, 342, 366} {
		k := float64(i)
		crest := top + (14+3*k)*math.Sin(x/(54+9*k)+1.9*k+0.7) + 9*(fractal(x/24, k, 3, 23)-0.5)
		if y > crest {
			green := ramp{rgb(0x9db3b4), rgb(0x7d9e7e), rgb(0x5a8050), rgb(0x35602f)}[i]
			rows := 0.5 + 0.5*math.Sin((x*0.35+(y-crest)*(1.3-0.4*k)+20*noise(x/60, y/60, 25))*(0.9-0.12*k))
			c = green.times(0.82 + 0.16*rows + 0.25*(fractal(x/6, y/4, 3, 24)-0.5))
			c = c.plus(light{0.25, 0.18, 0.05}.times(math.Exp(-(y - crest) / 5)))
		}
	}
	return c
}
