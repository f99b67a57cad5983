// Package drawing owns pages of boxes, texts and pictures, and the back ends that draw them:
// pixels for GIF and PNG, and SVG. It never decides what a page shows.
//
// All places are whole pixels, so that a page has the same bytes on every machine.
package drawing

import (
	"image"
	"image/color"
)

// Page is a picture made of items. Later ones are over earlier ones.
type Page struct {
	Size   image.Point // pixels
	Ground color.RGBA
	Title  string // for readers who cannot see the page
	Items  []Item
}

// Item is a Box, a Text or a Picture.
type Item interface {
	draw(c *Canvas)
	write(w *svg)
}

// Add puts items over the page's other items.
func (p *Page) Add(items ...Item) { p.Items = append(p.Items, items...) }

// Stroke is the kind of a box's outline.
type Stroke int

// The outlines.
const (
	Solid Stroke = iota
	Dashed
	Dotted
)

// pattern is the length of a stroke's marks and of the gaps between them, in pixels. Marks of
// an outline of so many pixels are at least as long as it is wide.
func (s Stroke) pattern(width int) (mark, gap int) {
	switch s {
	case Dashed:
		return 3 * max(1, width), 2 * max(1, width)
	case Dotted:
		return width, width
	}
	return 1, 0
}

// Box is a rectangle. A colour whose alpha is 0 draws nothing.
type Box struct {
	image.Rectangle
	Fill   color.RGBA
	Hatch  color.RGBA // lines across the box
	Line   color.RGBA
	Width  int // of the outline in pixels, inside the rectangle
	Stroke Stroke
}

// hatchStep is the distance of hatching's lines in pixels, along a row.
const hatchStep = 6

// Align says which part of a text is at its place.
type Align int

// The alignments.
const (
	Left Align = iota
	Middle
	Right
)

// Style is the style of letters.
type Style int

// The styles.
const (
	Regular Style = iota
	Bold
	Italic
	styles
)

// Run is a piece of a text in one style and colour.
type Run struct {
	Text  string
	Ink   color.RGBA
	Style Style
}

// Text is a line of text.
type Text struct {
	At    image.Point // on the baseline
	Align Align
	Size  int // pixels per em
	Runs  []Run
}

// Picture is a raster, enlarged or reduced to a box by repeating or leaving out pixels.
type Picture struct {
	image.Rectangle
	Width, Height int
	RGB           []byte // row after row
}

// at is the colour at a place in the box.
func (p *Picture) at(x, y int) color.RGBA {
	i := 3 * ((y*p.Height/p.Dy())*p.Width + x*p.Width/p.Dx())
	return color.RGBA{p.RGB[i], p.RGB[i+1], p.RGB[i+2], 0xff}
}
