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

// Item is a Box, a Text, a Picture or a Pointer.
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

// Pointer is a straight line with a disc at its end.
type Pointer struct {
	From, To image.Point
	Ink      color.RGBA
	Width    int // of the line in pixels
	Radius   int // of the disc in pixels
}

// Picture is a raster, enlarged or reduced to a box by repeating or leaving out pixels.
type Picture struct {
	image.Rectangle
	Width, Height int
	Pix           []byte     // row after row: RGB, or one level a pixel
	Palette       [][3]uint8 // colours of the 256 levels; nil if Pix is RGB
}

// colour is the colour of a pixel by its index.
func (p *Picture) colour(pixel int) [3]uint8 {
	if p.Palette != nil {
		return p.Palette[p.Pix[pixel]]
	}
	return [3]uint8(p.Pix[3*pixel:])
}

// rgb are the pixels in RGB.
func (p *Picture) rgb() []byte {
	if p.Palette == nil {
		return p.Pix
	}
	pix := make([]byte, 0, 3*len(p.Pix))
	for i := range p.Pix {
		c := p.colour(i)
		pix = append(pix, c[:]...)
	}
	return pix
}
