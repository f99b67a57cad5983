package main

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
)

// picture is one file of the samples: what it shows and how it is stored.
type picture struct {
	name   string
	draw   func() image.Image
	encode func(image.Image) ([]byte, error)
}

var pictures = [...]picture{
	{"zone-plate.png", zonePlate, encodePNG},
	{"siemens-star.png", siemensStar, encodePNG},
	{"checkerboard.png", checkerboard, encodePNG},
	{"gratings.png", gratings, encodePNG},
}

func encodePNG(img image.Image) ([]byte, error) {
	var out bytes.Buffer
	enc := png.Encoder{CompressionLevel: png.BestCompression}
	err := enc.Encode(&out, img)
	return out.Bytes(), err
}

// encodeJPEG writes 4:2:0 for colour, the only subsampling that image/jpeg has.
func encodeJPEG(img image.Image) ([]byte, error) {
	var out bytes.Buffer
	err := jpeg.Encode(&out, img, &jpeg.Options{Quality: 90})
	return out.Bytes(), err
}
