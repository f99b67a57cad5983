package decode

import (
	"errors"
	"image"
	"io"
	"regexp"
)

// ximage is the version of the module that reads WebP, TIFF and BMP, as go.mod has it. A
// test compares them.
const ximage = "golang.org/x/image v0.47.0"

// explainLibrary gives the words of an error of golang.org/x/image or of image/gif without
// the names of packages before them.
func explainLibrary(err error) (why string, refused *Error) {
	names := regexp.MustCompile(`^((webp|riff|vp8l?|tiff|lzw|ccitt|zlib|flate|gif|bmp|invalid format|reading \w+( \w+)?): )+`)
	return names.ReplaceAllString(err.Error(), ""), nil
}

// firstOnly warns of a file with several pictures.
func firstOnly(what string) string { return "it has several " + what + ", of which the first is read" }

// unlessEnd is err unless it says that the file ends.
func unlessEnd(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

// on lays pixels of 8 bits on a transparent canvas.
func (px *pixels) on(canvas, at image.Point) (*pixels, error) {
	img := image.NewNRGBA(image.Rectangle{Max: canvas})
	var s scratch
	for y := range px.size.Y {
		copy(img.Pix[img.PixOffset(at.X, at.Y+y):], px.rows8.row(y, &s))
	}
	return pixelsOf(img)
}
