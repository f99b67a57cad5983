package main

import (
	"image"
	"math"
)

// The scene is a mountain lake on a summer evening. Heights, depths and distances
// are in units of about 200 m; x is to the right of the camera, z ahead of it, and
// the lake's surface is height 0.
const (
	sceneW, sceneH = 640, 400
	sceneFine      = 2 // rays a pixel along each axis
	horizon        = 205.0
	focal          = 620.0
	cameraHeight   = 0.55
	nearest        = 2.0
	farthest       = 70.0
)

var (
	sunX, sunY = 236.0, 112.0                 // of the disc, in pixels
	toSun      = unit(vec{-0.80, 0.34, 0.28}) // more from the side than the disc, since otherwise the slopes would be black
	sunlight   = light{1.75, 1.22, 0.78}
	skylight   = light{0.30, 0.40, 0.62}
)

// landscape renders the scene column by column. Each ray of a column sees the ground that rises
// above all nearer ground, so one walk away from the camera serves all rays of the column (as
// in the voxel terrains of the game Comanche, 1992).
func landscape() image.Image {
	columns := make([]column, sceneW*sceneFine)
	for i := range columns {
		columns[i] = look((float64(i) + 0.5) / sceneFine)
	}
	return paint(sceneW, sceneH, sceneFine, func(x, y float64) light {
		if c, ok := foreground(x, y); ok {
			return c
		}
		z := columns[int(x*sceneFine)].direct[int(y*sceneFine)]
		surface := math.Inf(1)
		if y > horizon {
			surface = focal * cameraHeight / (y - horizon)
		}
		if surface < z {
			return lake(columns, x, y, surface)
		}
		return view(x, y, z)
	})
}

// column holds, for each row of rays, the depth of the ground that the ray meets, or +Inf: one
// depth for the direct ray and one for the ray that the lake reflects.
type column struct{ direct, mirrored [sceneH * sceneFine]float64 }

func look(x float64) column {
	var c column
	const rows = sceneH * sceneFine
	for i := range rows {
		c.direct[i], c.mirrored[i] = math.Inf(1), math.Inf(1)
	}
	top, bottom := rows, int(horizon*sceneFine) // the rows met so far
	for z := nearest; z < farthest; z += max(0.012, 0.004*z) {
		h := ground((x-sceneW/2)/focal*z, z)
		if h <= 0 {
			continue
		}
		for row := max(0, int((horizon+focal*(cameraHeight-h)/z)*sceneFine)); top > row; {
			top--
			c.direct[top] = z
		}
		for row := min(rows, int((horizon+focal*(cameraHeight+h)/z)*sceneFine)); bottom < row; bottom++ {
			c.mirrored[bottom] = z
		}
	}
	return c
}

// view is the colour that a ray through a pixel sees: the ground at depth z, or the sky if z is
// +Inf.
func view(x, y, z float64) light {
	if math.IsInf(z, 1) {
		return sky(x, y)
	}
	return haze(x, y, z, slope((x-sceneW/2)/focal*z, z))
}

// haze mixes a colour at depth z with the sky behind it.
func haze(x, y, z float64, c light) light {
	air := sky(x, horizon-8).mix(light{0.42, 0.50, 0.66}, 0.35)
	return c.mix(air, 0.94*(1-math.Exp(-max(0, z-4)/46)))
}

// rock is the height of the bare ground at a point.
func rock(x, z float64) float64 {
	shore := math.Hypot((x+0.4)/4.6, (z-6.6)/5.6) + 0.45*(fractal(x*0.45, z*0.45, 4, 11)-0.5)
	rise := smooth(1.0, 2.9, shore)
	h := 0.7*(shore-1) + 0.10*smooth(0.99, 1.03, shore)
	peaks := bump(x-6.2, z-27, 5.6)*5.4 + bump(x+9.5, z-35, 7)*5.2 + bump(x+19, z-33, 7)*4.6 +
		bump(x-19, z-31, 7)*4.6 + bump(x-1, z-47, 9)*4.2
	return min(h, 0.35) + rise*(0.55*ridges(x*0.33, z*0.33, 5)+peaks*(0.40+0.75*ridges(x*0.13+3, z*0.13, 9)))
}

func bump(x, z, r float64) float64 { return math.Exp(-(x*x + z*z) / (r * r)) }

// ridges is fractal noise folded at its mean, so that it has crests. It is in [0, 1] (F. K.
// Musgrave, in Texturing and Modeling, 1994, ridged multifractal).
func ridges(x, z float64, octaves int) float64 {
	sum, amplitude, weight := 0.0, 0.5, 1.0
	for i := range octaves {
		crest := 1 - math.Abs(2*noise(x, z, 100+uint32(i))-1)
		crest *= crest * weight
		sum += amplitude * crest
		weight = min(1, crest*1.8)
		amplitude *= 0.52
		x, z = 1.6*x-1.2*z+5.2, 1.2*x+1.6*z+1.3
	}
	return sum
}

// ground is the height of rock with the trees on it.
func ground(x, z float64) float64 {
	h := rock(x, z)
	if thick := forest(x, z, h); thick > 0 {
		d, _, px, pz := cell(x*7, z*7, 31)
		h += thick * (0.10 + 0.14*own(px, pz, 33)) * max(0, 1-1.5*d)
	}
	return h
}

// forest is the density of the wood at a point of height h, in [0, 1].
func forest(x, z, h float64) float64 {
	line := 1.15 + 0.9*(fractal(x*0.6, z*0.6, 3, 41)-0.5)
	return smooth(0.05, 0.09, h) * (1 - smooth(line-0.25, line, h)) * smooth(0.34, 0.46, fractal(x*0.9, z*0.9, 3, 43))
}

// slope is the colour of the ground at a point, in sun and shadow.
func slope(x, z float64) light {
	e := 0.0012 * z
	h := rock(x, z)
	n := unit(vec{rock(x-e, z) - rock(x+e, z), 2 * e, rock(x, z-e) - rock(x, z+e)})
	grain := fractal(x*9, z*9, 4, 51)
	stone := rgb(0x8a7f78).mix(rgb(0x5c534f), grain)
	meadow := rgb(0x76843c).mix(rgb(0x4f6a2c), grain)
	base := stone.mix(meadow, smooth(0.52, 0.75, n.y)*(1-smooth(1.3, 2.1, h+grain-0.5)))
	snow := smooth(0.42, 0.66, n.y) * smooth(2.3, 3.0, h+1.6*(grain-0.5))
	base = base.mix(rgb(0xf1f4f8), snow)
	base = rgb(0xb9a888).mix(base, smooth(0.02, 0.07, h)) // the beach
	if wood := forest(x, z, h); wood > 0.02 {
		d, _, px, pz := cell(x*7, z*7, 31)
		leaf := rgb(0x2f4a24).mix(rgb(0x5d7030), own(px, pz, 35)).times(1.25 - 1.1*d)
		base = base.mix(leaf, wood)
		n = unit(vec{n.x + 2.2*(x*7-px), n.y + 0.6, n.z + 2.2*(z*7-pz)})
	}
	sun := max(0, n.dot(toSun))
	if sun > 0 {
		sun *= lit(x, h, z)
	}
	return base.tinted(sunlight.times(sun).plus(skylight.times(0.45 + 0.55*n.y)))
}

// lit is the share of sunlight that reaches a point: 0 behind a ridge, 1 in the open, with a
// soft edge.
func lit(x, y, z float64) float64 {
	open := 1.0
	for t := 0.15; t < 9; t *= 1.25 {
		p := y + toSun.y*t - rock(x+toSun.x*t, z+toSun.z*t)
		open = min(open, 0.5+9*p/t)
	}
	return max(open, 0)
}
