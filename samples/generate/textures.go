package main

import (
	"image"
	"math"
)

// textures is a sheet of six surfaces that differ in scale and direction but little in
// brightness.
func textures() image.Image {
	const side = 144
	sheets := [...]shader{bricks, cloth, pebbles, wood, scales, grass}
	return paint(3*side, 2*side, 3, func(x, y float64) light {
		i, j := int(x/side), int(y/side)
		return sheets[3*j+i](x-float64(i*side), y-float64(j*side))
	})
}

func bricks(x, y float64) light {
	row := math.Floor(y / 18)
	u, v := mod(x+18*mod(row, 2), 36), mod(y, 18)
	edge := min(u, 36-u, v, 18-v) + 1.6*(fractal(x/5, y/5, 3, 301)-0.5)
	grain := fractal(x/3, y/3, 4, 302)
	if edge < 1.6 {
		return rgb(0xb9aea0).times(0.75 + 0.4*grain)
	}
	c := rgb(0x9c4a33).mix(rgb(0xc4744f), hash(int(math.Floor((x+18*mod(row, 2))/36)), int(row), 303))
	lit := 1 + 0.25*smooth(4, 1.6, min(u, v)) - 0.3*smooth(4, 1.6, min(36-u, 18-v))
	return c.times(lit * (0.7 + 0.6*grain))
}

// cloth is a plain weave: warp over weft and under in turn.
func cloth(x, y float64) light {
	const thread = 12.0
	i, j := int(math.Floor(x/thread)), int(math.Floor(y/thread))
	u, v := mod(x/thread, 1)-0.5, mod(y/thread, 1)-0.5
	across, along, tone := u, v, rgb(0x2f6f8f)
	if (i+j)&1 == 0 {
		across, along, tone = v, u, rgb(0xd9cfae)
	}
	round := math.Sqrt(max(0, 1-4.2*across*across)) * (0.45 + 0.55*math.Cos(along*math.Pi))
	twist := mod(along*2.2+across*1.6, 0.36) / 0.36
	fibre := 0.74 + 0.30*math.Abs(2*twist-1) + 0.2*noise(x*1.5, y*1.5, 311)
	return tone.times(0.05 + 1.1*round*fibre)
}

func pebbles(x, y float64) light {
	d1, d2, px, py := cell(x/17, y/17, 321)
	gap := d2 - d1
	if gap < 0.09 {
		return rgb(0x2e2923).times(0.7 + 0.6*noise(x, y, 322))
	}
	u, v := x/17-px, y/17-py
	height := smooth(0.05, 0.5, gap)
	lit := 0.35 + 0.65*height - 0.75*(u+v)*(1-0.5*height)
	stone := ramp{rgb(0x8d8479), rgb(0xc9b79a), rgb(0x6f7f86), rgb(0xa98467), rgb(0xd8d2c6)}.at(own(px, py, 323))
	return stone.times(max(0.12, lit) * (0.8 + 0.4*fractal(x/4, y/4, 3, 324)))
}

func wood(x, y float64) light {
	bend := 9 * fractal(x/70, y/26, 3, 331)
	knot := math.Hypot((x-92)/2.1, y-70)
	r := (y+bend)*math.Tanh(knot/26) + 34*math.Exp(-knot/15)
	rings := mod(r/7.5, 1)
	fibre := fractal(x/28, y*1.1, 3, 332)
	c := rgb(0xc08a52).mix(rgb(0x7c4a25), smooth(0, 0.85, rings)*smooth(1, 0.9, rings))
	return c.times(0.72+0.5*fibre).mix(rgb(0x3d2312), math.Exp(-knot*knot/60))
}

// scales overlap the row below, as on roofs and fish. The highest scale over a point is visible.
func scales(x, y float64) light {
	const r, step = 15.0, 8.0
	for row := int(math.Ceil((y - r) / step)); ; row++ {
		cy, shift := float64(row)*step, r*float64(row&1)
		cx := math.Round((x-shift)/(2*r))*2*r + shift
		d := math.Hypot(x-cx, y-cy) / r
		if d > 1 {
			continue
		}
		tone := rgb(0x1d6f66).mix(rgb(0x8cc39a), hash(int(math.Round(cx/r)), row, 341))
		rib := 0.90 + 0.12*math.Cos(math.Atan2(x-cx, y-cy)*18)
		rim := smooth(0.86, 0.96, d)
		return tone.times((0.22+0.85*d)*rib).mix(rgb(0xefe7bd), 0.7*rim)
	}
}

// grass is blades of noise, long and thin, in layers that lean left and right.
func grass(x, y float64) light {
	c := rgb(0x1d2d12)
	for i := range 6 {
		k := float64(i)
		lean := 0.55*math.Sin(2.4*k) + 0.3*math.Sin(y/40+k)
		u := (x+lean*y)/2.4 + 41*k
		blade := noise(u, y/(26+3*k)+9*k, uint32(351+i))
		tone := rgb(0x3b5a1d).mix(rgb(0xa9b24a), k/5*noise(math.Floor(u), y/60, 361))
		c = c.mix(tone, smooth(0.58, 0.70, blade))
	}
	return c
}
