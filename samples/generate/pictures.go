package main

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
)

// picture is a file of the samples.
type picture struct {
	name   string
	draw   func() image.Image
	encode func(image.Image) ([]byte, error)
}

var pictures = [...]picture{
	{"balloon.jpg", balloon, encodeTurned},
	{"checkerboard.png", checkerboard, encodePNG},
	{"gratings.png", gratings, encodePNG},
	{"logo.png", logo, encodePNG},
	{"mosaic.png", mosaic, encodePNG},
	{"ramp.png", deepRamp, encodePNG},
	{"scene.jpg", landscape, encodeJPEG},
	{"shapes.png", composition, encodePNG},
	{"siemens-star.png", siemensStar, encodePNG},
	{"still-life.jpg", stillLife, encodeJPEG},
	{"text.png", page, encodePNG},
	{"textbook.png", fiveByFive, encodePNG},
	{"textures.png", textures, encodePNG},
	{"zone-plate.png", zonePlate, encodePNG},
}

func encodePNG(img image.Image) ([]byte, error) {
	var out bytes.Buffer
	enc := png.Encoder{CompressionLevel: png.BestCompression}
	err := enc.Encode(&out, img)
	return out.Bytes(), err
}

// encodeJPEG writes colour as 4:2:0, the only subsampling of image/jpeg.
func encodeJPEG(img image.Image) ([]byte, error) {
	var out bytes.Buffer
	err := jpeg.Encode(&out, img, &jpeg.Options{Quality: 90})
	return out.Bytes(), err
}
