package main

import (
	"image"
	"image/color"
	"math"

	"golang.org/x/image/font/gofont/gobold"
)

// deepRamp is a plane of colour in 16 bits that rises by at most a third of an 8-bit level per
// pixel. A word on it differs from the plane by an eighth of a level. A Laplacian is 0 on a
// plane, so it shows the word. If the picture is cut to 8 bits, it shows only the steps of the
// ramp.
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
