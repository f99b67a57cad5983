package main

import (
	"image"
	"image/color"
	"math"
)

var (
	night = rgb(0x10243f)
	paper = rgb(0xf7f1e3)
	coral = rgb(0xe4572e)
	teal  = rgb(0x17807e)
	amber = rgb(0xf2a541)
	plum  = rgb(0x6b2d5c)

	wheel = ramp{coral, amber, rgb(0x7a9e3c), teal, rgb(0x2b6cb0), rgb(0x4b3f8f), plum, rgb(0xc23b5a), coral}
)

// zonePlate is a chirp in every direction. The wave at distance r from the centre has
// r/(2·radius) cycles per pixel, so that it comes near Nyquist's half cycle at the middle of
// each edge. A band-pass filter answers with a ring. All colours lie on a line from dark to
// light, so a palette of 256 holds them.
func zonePlate() image.Image {
	const size = 384
	palette := make(color.Palette, 256)
	hues := ramp{rgb(0x0b1d3a), rgb(0x1f4e79), rgb(0x5d97b0), rgb(0xe9d8b4), rgb(0xfff8ea)}
	for i := range palette {
		palette[i] = hues.at(linear(float64(i) / 255)).pixel()
	}
	img := image.NewPaletted(image.Rect(0, 0, size, size), palette)
	for y := range size {
		for x := range size {
			dx, dy := float64(x)+0.5-size/2, float64(y)+0.5-size/2
			// Half a cycle a pixel would be π·r²/size; 0.9 of it leaves the edge sampled.
			wave := math.Cos(0.9 * math.Pi * (dx*dx + dy*dy) / size)
			fade := 1 - smooth(size*0.485, size*0.5, math.Hypot(dx, dy))
			img.SetColorIndex(x, y, byte8(0.5+0.5*wave*fade))
		}
	}
	return img
}

// siemensStar is a wheel of 36 wedges in eight hues. It has every orientation, and every width
// down to less than a pixel at the hub.
func siemensStar() image.Image {
	const size, spokes = 400, 36
	return paint(size, size, 6, func(x, y float64) light {
		dx, dy := x-size/2, y-size/2
		r, turn := math.Hypot(dx, dy), mod(math.Atan2(dy, dx)/(2*math.Pi), 1)
		switch {
		case r > 190 || r < 6:
			return paper
		case r > 184:
			return night
		case mod(turn*spokes, 1) < 0.5:
			return wheel.at(turn).mix(night, 0.15)
		}
		return paper
	})
}

// checkerboard is flat outside a ball that raises it. Outside there are straight edges and
// right angles, and inside all orientations and sizes.
func checkerboard() image.Image {
	const size, square, radius = 400, 25, 158
	return paint(size, size, 4, func(x, y float64) light {
		dx, dy := x-size/2, y-size/2
		r := math.Hypot(dx, dy) / radius
		shade := 1.0
		if r < 1 {
			// The board is wrapped around the ball. A point at distance r shows the board at the
			// length of the arc, which is longer than r.
			stretch := math.Asin(r) / (math.Pi / 2) / max(r, 1e-9)
			dx, dy = dx*stretch, dy*stretch
			up := math.Sqrt(1 - r*r)
			shade = 0.28 + 0.72*min(1, max(0, 0.8*up+0.45*(-(x-200)-(y-200))/radius))
		}
		i, j := int(math.Floor(dx/square)), int(math.Floor(dy/square))
		if r >= 1 { // the shadow of the ball falls to the lower right
			shade = 1 - 0.6*(1-smooth(0.86, 1.14, math.Hypot(x-size/2-20, y-size/2-24)/radius))
		}
		dark, pale := teal.mix(night, 0.35), paper
		if r < 1 {
			dark, pale = coral, rgb(0xfff6e0)
		}
		if (i+j)&1 == 0 {
			return dark.times(shade)
		}
		return pale.times(shade)
	})
}

// gratings is a table of Gabor patches: eight orientations across, from 0° in steps of 22.5°,
// and five wavelengths down, from 4 to 20 pixels. A Gabor filter answers to the patch that it
// matches.
func gratings() image.Image {
	const tile = 64
	wavelengths := [...]float64{4, 6, 9, 13.5, 20}
	ground := rgb(0xa39c93)
	return paint(8*tile, len(wavelengths)*tile, 2, func(x, y float64) light {
		column, row := int(x/tile), int(y/tile)
		dx, dy := x-(float64(column)+0.5)*tile, y-(float64(row)+0.5)*tile
		sin, cos := math.Sincos(float64(column) * math.Pi / 8)
		wave := math.Cos(2 * math.Pi * (dx*cos + dy*sin) / wavelengths[row])
		window := min(1, 1.25*math.Exp(-(dx*dx+dy*dy)/(2*12*12)))
		hue := wheel.at(float64(column) / 8)
		if wave > 0 {
			return ground.mix(rgb(0xfffaf0), wave*window)
		}
		return ground.mix(hue.mix(night, 0.25).times(0.7), -wave*window)
	})
}
