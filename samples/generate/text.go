package main

import (
	"image"
	"math"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goitalic"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// label is a line of text as coverage. It is drawn fine times too large, so that it can be
// turned and averaged down.
type label struct {
	mask   *image.Alpha
	ascent float64 // height above the baseline, in pixels of the mask
	spare  float64 // number of empty pixels right of the text
}

const fine = 4

// write draws a line in a TrueType font whose em has size pixels. It panics if the font is
// broken, since the fonts are constants of the program.
func write(ttf []byte, size float64, text string) label {
	f, err := opentype.Parse(ttf)
	if err != nil {
		panic(err)
	}
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: size * fine, DPI: 72})
	if err != nil {
		panic(err)
	}
	ascent := face.Metrics().Ascent.Ceil()
	right := font.MeasureString(face, text).Ceil() + int(size*fine/4) // italics lean out of their box
	mask := image.NewAlpha(image.Rect(0, 0, right, ascent+face.Metrics().Descent.Ceil()))
	d := font.Drawer{Dst: mask, Src: image.Opaque, Face: face, Dot: fixed.P(0, ascent)}
	d.DrawString(text)
	return label{mask, float64(ascent), size / 4}
}

// cover is the share of a point that the text covers, in [0, 1], if its baseline starts at
// (left, base).
func (l label) cover(x, y, left, base float64) float64 {
	return l.in((x-left)*fine, (y-base)*fine)
}

// turned is cover for a baseline turned by degrees clockwise.
func (l label) turned(x, y, left, base, degrees float64) float64 {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	dx, dy := (x-left)*fine, (y-base)*fine
	return l.in(dx*cos+dy*sin, dy*cos-dx*sin)
}

func (l label) in(x, y float64) float64 {
	return float64(l.mask.AlphaAt(int(math.Floor(x)), int(math.Floor(y+l.ascent))).A) / 255
}

// width is the width of the text in pixels.
func (l label) width() float64 { return float64(l.mask.Rect.Dx())/fine - l.spare }

// line is a label at a place on a page.
type line struct {
	label
	left, base, degrees float64
	ink                 light
}

// page is a specimen sheet: sizes from 10 to 84 pixels, four faces, light on dark and dark on
// light, in four directions.
func page() image.Image {
	const w, h = 600, 400
	lines := []line{
		{write(gobold.TTF, 84, "filterbank"), 26, 96, 0, night},
		{write(goitalic.TTF, 27, "a picture in, feature maps out"), 32, 138, 0, coral},
		{write(goregular.TTF, 22, "Every edge has a direction"), 32, 190, 0, night},
		{write(goregular.TTF, 18, "and every filter one that it looks for."), 32, 218, 0, night},
		{write(goregular.TTF, 15, "Sphinx of black quartz, judge my vow."), 32, 243, 0, teal},
		{write(goregular.TTF, 12.5, "The five boxing wizards jump quickly over 1234567890."), 32, 264, 0, plum},
		{write(goregular.TTF, 10.5, "Pack my box with five dozen liquor jugs: W − K + 2P, over S, plus 1."), 32, 283, 0, night},
		{write(gomono.TTF, 19, "O = (W - K + 2P)/S + 1"), 40, 343, 0, rgb(0xffd98a)},
		{write(gomono.TTF, 13, "stride 2, padding 1, groups 4"), 40, 369, 0, rgb(0x9fd3cf)},
		{write(gobold.TTF, 40, "stride"), 552, 26, 90, teal},
		{write(gobold.TTF, 38, "kernel"), 436, 268, -38, coral},
		{write(gobold.TTF, 30, "bias"), 434, 136, 28, amber},
		{write(gobold.TTF, 120, "K"), 460, 380, 0, plum},
	}
	ground := paper.mix(rgb(0xffffff), 0.3)
	return paint(w, h, 3, func(x, y float64) light {
		c := ground
		if x > 26 && x < 330 && y > 310 && y < 384 {
			c = night
		}
		for _, l := range lines {
			c = c.mix(l.ink, l.turned(x, y, l.left, l.base, l.degrees))
		}
		return c
	})
}
