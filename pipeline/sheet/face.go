package sheet

import (
	"image"
	"image/color"

	"golang.org/x/image/math/fixed"
)

// Face draws text in one font and size, for pictures that are no figures. It has one owner.
type Face struct{ face *face }

// NewFace makes a face of so many pixels per em. The first font that has a letter draws it.
func NewFace(pixels int, fonts ...*Font) *Face { return &Face{newFace(pixels, fonts...)} }

// Advance is the width of a text in 64ths of a pixel.
func (f *Face) Advance(text string) fixed.Int26_6 {
	var x fixed.Int26_6
	for _, r := range text {
		x += f.face.glyph(r, 0).advance
	}
	return x
}

// Draw draws a text whose baseline starts at x, y. It returns where the text ends.
func (f *Face) Draw(dst *image.RGBA, x fixed.Int26_6, y int, ink color.RGBA, text string) (end fixed.Int26_6) {
	return f.face.drawFrom(dst, x, y, ink, text)
}

// Readable escapes the characters that no font has, as Go and JSON do.
func (f *Face) Readable(text string) string { return f.face.readable(text) }
