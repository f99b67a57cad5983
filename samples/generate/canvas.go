package main

import (
	"image"
	"image/color"
	"math"
)

// light is a colour in linear light with sRGB's primaries, each channel in [0, 1]. Mixing and
// averaging are right only in linear light.
type light struct{ r, g, b float64 }

// rgb reads a colour written as 0xRRGGBB in sRGB.
func rgb(hex uint32) light {
	return light{linear8[hex>>16&255], linear8[hex>>8&255], linear8[hex&255]}
}

var linear8 = func() (table [256]float64) {
	for i := range table {
		table[i] = linear(float64(i) / 255)
	}
	return table
}()

func (a light) plus(b light) light    { return light{a.r + b.r, a.g + b.g, a.b + b.b} }
func (a light) times(k float64) light { return light{a.r * k, a.g * k, a.b * k} }
func (a light) tinted(b light) light  { return light{a.r * b.r, a.g * b.g, a.b * b.b} }
func (a light) mix(b light, t float64) light {
	return a.times(1 - t).plus(b.times(t))
}

// linear undoes sRGB's transfer function, and encoded applies it (IEC 61966-2-1).
func linear(v float64) float64 {
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}

func encoded(v float64) float64 {
	v = min(max(v, 0), 1)
	if v <= 0.0031308 {
		return v * 12.92
	}
	return 1.055*math.Pow(v, 1/2.4) - 0.055
}

// pixel is the 8-bit sRGB value of a colour.
func (a light) pixel() color.RGBA {
	return color.RGBA{byte8(encoded(a.r)), byte8(encoded(a.g)), byte8(encoded(a.b)), 255}
}

func byte8(v float64) uint8 { return uint8(math.RoundToEven(v * 255)) }

// shader returns the colour of a picture at a point in pixels from the top left corner. x is to
// the right and y down.
type shader func(x, y float64) light

// paint draws a w×h picture. Every pixel is the mean of n×n points.
func paint(w, h, n int, at shader) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	step := 1 / float64(n)
	for y := range h {
		for x := range w {
			var sum light
			for i := range n * n {
				px := float64(x) + (float64(i%n)+0.5)*step
				py := float64(y) + (float64(i/n)+0.5)*step
				sum = sum.plus(at(px, py))
			}
			img.SetRGBA(x, y, sum.times(step*step).pixel())
		}
	}
	return img
}

// ramp is a row of colours at evenly spaced positions of [0, 1].
type ramp []light

func (r ramp) at(t float64) light {
	t = min(max(t, 0), 1) * float64(len(r)-1)
	i := min(int(t), len(r)-2)
	return r[i].mix(r[i+1], t-float64(i))
}

// smooth is the smoothstep polynomial: 0 up to a, 1 from b, 3t²−2t³ between.
func smooth(a, b, x float64) float64 {
	t := min(max((x-a)/(b-a), 0), 1)
	return t * t * (3 - 2*t)
}

// mod is x modulo m, in [0, m) for negative x too.
func mod(x, m float64) float64 { return x - m*math.Floor(x/m) }
