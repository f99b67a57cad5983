package main

import "math"

// surface returns the colour of a thing at a point, its normal with the grain of its skin, and
// how strongly it mirrors the window.
func surface(p, n vec, what int) (base light, normal vec, gloss float64) {
	switch what {
	case table:
		return planks(p.x, p.z), n, 0.10
	case vase:
		return glaze(p), n, 1.1
	case pear:
		blush := smooth(-0.25, 0.6, p.x-0.55+0.35*fractal(p.x*3, p.y*3, 3, 211))
		c := rgb(0xb7b441).mix(rgb(0xb3612f), 0.6*blush)
		if cellDistance, _, _, _ := cell(p.x*22+p.z*9, p.y*22, 212); cellDistance < 0.20 {
			c = c.mix(rgb(0x6f5a22), 0.55)
		}
		return c, n, 0.35
	case orange:
		return rgb(0xee8420).mix(rgb(0xd9651a), fractal(p.x*5, p.y*5, 3, 213)), dimpled(p, n), 0.5
	case apple:
		streak := fractal(math.Atan2(p.x-1.72, p.z+0.25)*9, p.y*1.6, 4, 214)
		c := rgb(0x9d1c22).mix(rgb(0xd9a13c), smooth(0.55, 0.85, streak)*0.8)
		return c, n, 0.9
	}
	return rgb(0x4a3420), n, 0.1
}

// dimpled turns a normal by the pores of an orange.
func dimpled(p, n vec) vec {
	bump := func(x, y, z float64) float64 { return noise(x*26+z*7, y*26-z*11, 221) }
	const e = 0.01
	at := bump(p.x, p.y, p.z)
	return unit(n.minus(vec{bump(p.x+e, p.y, p.z) - at, bump(p.x, p.y+e, p.z) - at, bump(p.x, p.y, p.z+e) - at}.times(0.42)))
}

// planks is a table top of boards that run from side to side.
func planks(x, z float64) light {
	const breadth = 1.15
	board := math.Floor(z/breadth + 0.3)
	across := mod(z/breadth+0.3, 1)
	shift := 17 * hash(int(board), 0, 231)
	warp := 0.22 * fractal(x*0.5+shift, z*1.2, 3, 232)
	rings := mod((z+warp*2.4+0.04*x)*9+shift, 1)
	fibre := fractal(x*2.2+shift, z*55, 3, 233)
	c := rgb(0xa0703f).mix(rgb(0x6b4423), 0.55*math.Abs(2*rings-1)+0.55*(fibre-0.3))
	c = c.times(0.85 + 0.3*hash(int(board), 1, 234))
	return c.times(1 - 0.75*smooth(0.018, 0.004, min(across, 1-across)))
}

// glaze is white china with blue bands and a row of leaves.
func glaze(p vec) light {
	white, blue := rgb(0xe9e6dc), rgb(0x1f3f8a)
	turn := math.Atan2(p.x+0.35, 0.55-p.z) / (2 * math.Pi)
	y := p.y
	for _, band := range [...]float64{0.16, 0.24, 1.52, 1.60, 2.16} {
		if math.Abs(y-band) < 0.022 {
			return blue
		}
	}
	if y > 0.36 && y < 1.42 {
		u := mod(turn*9+0.5*math.Floor((y-0.36)/0.53), 1) - 0.5
		v := mod((y-0.36)/0.53, 1) - 0.5
		leaf := math.Abs(u) - 0.34*(0.25-v*v)*4*(0.6+0.8*(0.5-v))/1.4
		vein := math.Abs(u) < 0.025 || mod(v*7+math.Abs(u)*4, 1) < 0.16
		switch {
		case leaf < 0 && vein:
			return white
		case leaf < 0:
			return blue.mix(rgb(0x4f79c4), 0.5+v)
		}
	}
	return white
}
