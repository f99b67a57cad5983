package main

import (
	"image"
	"image/color"
)

// fiveByFive is the input of textbook.yaml: a flower beneath a sky, in pure colours.
// Every channel is 0 or 255, which becomes exactly 0 or 1.
func fiveByFive() image.Image {
	colours := map[rune]color.RGBA{
		'k': {0, 0, 0, 255}, 'r': {255, 0, 0, 255}, 'g': {0, 255, 0, 255}, 'b': {0, 0, 255, 255},
		'y': {255, 255, 0, 255}, 'm': {255, 0, 255, 255}, 'c': {0, 255, 255, 255}, 'w': {255, 255, 255, 255},
	}
	rows := [5]string{
		"bycwc",
		"yrybb",
		"bycbc",
		"bgbmb",
		"gkgkg",
	}
	img := image.NewRGBA(image.Rect(0, 0, 5, 5))
	for y, row := range rows {
		for x, r := range row {
			img.SetRGBA(x, y, colours[r])
		}
	}
	return img
}
