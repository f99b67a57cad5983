package main

import "math"

var dome = ramp{
	rgb(0xffdca4), rgb(0xfbd3a8), rgb(0xe6cfc0), rgb(0xb5c7d6), rgb(0x86aed2), rgb(0x5f92c6), rgb(0x487fb8),
}

// sky is the colour of the air, the sun and the clouds through a pixel.
func sky(x, y float64) light {
	up := max(0, horizon-y)
	c := dome.at(up / 215)
	d := math.Hypot(x-sunX, (y-sunY)*1.15)
	c = c.plus(light{1, 0.62, 0.25}.times(0.55 * math.Exp(-d/48)))
	c = c.plus(light{1, 0.72, 0.42}.times(0.20 * math.Exp(-d/170)))
	c = c.mix(light{1.6, 1.45, 1.1}, 1-smooth(14, 15.5, math.Hypot(x-sunX, y-sunY)))

	// The clouds lie on a plane overhead, so they crowd towards the horizon.
	depth := 900 / (up + 26)
	u, v := (x-sceneW/2)*depth/620, depth
	drift := 1.1 * fractal(u*0.55, v*0.5, 3, 61)
	density := fractal(u*0.8+drift, v*0.85, 6, 62)
	cover := smooth(0.50, 0.72, density) * smooth(6, 60, up)
	towardsSun := fractal(u*0.8+drift-0.10, v*0.85+0.10, 4, 62)
	shade := smooth(-0.12, 0.10, density-towardsSun)
	warm := math.Exp(-d / 260)
	cloud := rgb(0x9aa7bd).mix(rgb(0xfff3e4), shade).mix(light{1.15, 0.78, 0.52}, 0.45*warm)
	return c.mix(cloud, 0.85*cover)
}

// lake is the water through a pixel at depth z: its reflection, blurred vertically by waves,
// over its own deep green.
func lake(columns []column, x, y, z float64) light {
	px, pz := (x-sceneW/2)/focal*z, z
	wave := fractal(px*9, pz*26, 3, 71) - 0.5
	breeze := smooth(0.48, 0.66, fractal(px*0.6, pz*1.7, 3, 73))
	tilt := wave * (4 + 26*breeze) * min(1, 9/z)
	ry := min(max(y+tilt, horizon+0.5), sceneH-1)
	rx := min(max(x+0.35*tilt, 0), sceneW-1)
	seen := view(rx, 2*horizon-ry, columns[int(rx*sceneFine)].mirrored[int(ry*sceneFine)])

	// Schlick's approximation of Fresnel's reflectance, which is 0.02 for water seen from above.
	cos := cameraHeight / math.Hypot(z, cameraHeight)
	reflect := 0.02 + 0.98*math.Pow(1-cos, 5)
	water := rgb(0x12414a).mix(rgb(0x2c6f70), smooth(9, 2, z))
	c := water.mix(seen, 0.30+0.62*reflect)
	glitter := math.Exp(-math.Abs(x-sunX)/26) * smooth(0.16, 0.34, wave) * (0.25 + 0.75*breeze)
	return haze(x, horizon, z, c).plus(light{1, 0.74, 0.42}.times(0.9 * glitter))
}

// foreground is the near bank with its firs. The second result is false if no fir covers the
// pixel.
func foreground(x, y float64) (light, bool) {
	for _, f := range firs {
		if c, ok := f.at(x, y); ok {
			return c, true
		}
	}
	bank := 372 + 15*math.Sin(x/150+2.4) + 7*fractal(x/20, 0, 3, 81) - 26*smooth(470, 640, x) - 20*smooth(150, 0, x)
	blades := 9 * noise(x/1.7, 3, 83) * noise(x/14, 5, 84)
	if y < bank-blades {
		return light{}, false
	}
	grain := fractal(x/5, y/9, 4, 85)
	c := rgb(0x1c2a16).mix(rgb(0x66702c), smooth(0.35, 0.8, grain)*(1-smooth(0, 34, y-bank+blades)*0.7))
	if flower := noise(x/1.6, y/1.6, 87); flower > 0.93 && y > bank+2 {
		c = rgb(0xf6e6b8).mix(rgb(0xe4572e), own(x/9, y/9, 88))
	}
	return c, true
}

// fir is a tree in the plane of the picture: the place of its top, and its height, in pixels.
type fir struct {
	x, top, height float64
	seed           uint32
}

var firs = [...]fir{
	{604, 96, 300, 91}, {560, 196, 190, 92}, {636, 150, 250, 93}, {526, 268, 112, 94},
	{22, 226, 170, 95}, {-6, 170, 230, 96}, {52, 290, 100, 97},
}

func (f fir) at(x, y float64) (light, bool) {
	t := (y - f.top) / f.height
	if t < 0 || t > 1 {
		return light{}, false
	}
	dx := x - f.x
	// Boughs hang, so a tier ends lower at its tips than at the trunk.
	tiers := 5 + f.height/17
	at := t*tiers + 0.35*noise(x/4, y/9, f.seed) - math.Abs(dx)/f.height*5.5
	tier, part := math.Floor(at), at-math.Floor(at)
	width := f.height * 0.20 * math.Pow(t, 0.85) * (0.42 + 0.58*part)
	width *= 0.78 + 0.44*hash(int(tier), 0, f.seed+uint32(1+math.Copysign(1, dx)))
	width += 2.6*noise(x/2.1, y/2.1, f.seed+5) - 0.9
	if t > 0.94 {
		width = f.height * 0.013
	}
	if math.Abs(dx) > width {
		return light{}, false
	}
	edge := smooth(0.15, 1, -dx/max(width, 1)) // the sun is on the left
	c := rgb(0x101b14).mix(rgb(0x3d4f2a), 0.75*fractal(x/3, y/3, 3, f.seed+7)*(1-0.5*part))
	return c.plus(light{0.30, 0.20, 0.08}.times(edge * (1 - part) * 0.55)), true
}
