package main

import (
	"image"
	"image/color"
	"math"

	"golang.org/x/image/font/gofont/gobold"
)

// deepRamp is a plane of colour in 16 bits that rises by at most a third of an
// 8-bit level from pixel to pixel, with a word on it that stands out by an eighth of a level:
// a Laplacian, which a plane leaves at 0, reads the word from the 16 bits, and
// finds nothing but the steps of the ramp once they are cut to 8.
func deepRamp() image.Image {
	const w, h = 400, 200
	word := write(gobold.TTF, 130, "16 bit")
	left, base := (w-word.width())/2, 146.0
	img := image.NewRGBA64(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			var cover float64
			for i := range 16 {
				cover += word.cover(float64(x)+float64(i%4)/4+0.125, float64(y)+float64(i/4)/4+0.125, left, base) / 16
			}
			across, down := (float64(x)-w/2)/3, (float64(y)-h/2)/3
			img.SetRGBA64(x, y, color.RGBA64{
				level(150 + 0.9*across + 0.3*down + cover/8),
				level(128 + 0.5*across - 0.2*down + cover/8),
				level(132 - 0.3*across - 0.8*down + cover/8),
				0xffff,
			})
		}
	}
	return img
}

// level is the 16-bit value of a multiple of 1/255.
func level(v float64) uint16 { return uint16(math.RoundToEven(v * 257)) }
