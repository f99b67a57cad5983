// Package sheet owns figures: pictures in a grid with captions, under a header with text
// and a colour bar. Contact sheets, patches and pictures of kernels are figures. It never
// looks at stacks or decides what a figure shows. Package drawing draws them.
//
// The same figure has the same pixels on every machine. Areas are averaged in whole
// numbers.
package sheet

import (
	"image"

	"filterbank/pipeline/arithmetic"
)

// Figure is a grid of pictures under a header. Sizes are in pixels.
type Figure struct {
	Title string
	Lines []string // under the title
	Leads []Lead   // left of the text
	Bar   *Bar     // nil is none
	Sum   *Sum     // between the header and the grid; nil is none

	Cell    image.Point // largest size of a cell's picture
	Cells   []Cell
	Pair    string // over the second picture of all cells; empty if they have one picture
	Notes   int    // number of lines of notes under a cell's name
	Columns int    // 0 chooses a number that gives the figure about the shape of a slide
}

// Lead is a picture in the header.
type Lead struct {
	Raster
	Caption string
	Padding Padding
	Mark    image.Rectangle // an outline, from the upper left corner of the padding; empty is none
}

// Padding is what lies around a lead's raster, in pixels of the figure.
type Padding struct {
	Top, Right, Bottom, Left int
	// Uncovered is the width and height of what is hatched at the right and at the bottom, as
	// far as the padding and the raster go.
	Uncovered image.Point
	// Labels are texts on squares of the raster's size that the padding is divided into, row
	// after row, the raster's own squares among them. nil is none.
	Labels []string
}

// Cell is a picture with its captions. A text too long for the cell loses its middle.
type Cell struct {
	Before  Raster // left of the picture, in figures with pairs
	Picture Raster
	Mark    image.Rectangle // an outline on the pictures; empty is none
	Index   string          // before the name, in a lighter colour
	Name    string          // under the picture
	Notes   []string        // smaller lines under the name
	Icons   []Icon          // small pictures left of the notes, or over them
}

// Icon is a small picture with a caption of few letters, which may be empty.
type Icon struct {
	Raster
	Caption string
}

// Sum is the arithmetic behind a value. Each of its lines is broken into lines of the figure
// between its parts, or has fewer parts if it would take more than three.
type Sum struct {
	Title string
	Lines []arithmetic.Line
	Most  int // Lines there may be, before they are known too
}

// Bar is a bar of all colours with the values that they stand for.
type Bar struct {
	Palette [][3]uint8
	Lo, Hi  string // under the bar's ends
	Zero    int    // level that stands for the value 0; it is marked if it is from 1 to 254
}

// Size is the figure's largest width and height in pixels. It does not depend on the texts or
// the pictures' pixels. A side longer than 32767 pixels is an error, since few programs can
// show it.
func (f *Figure) Size() (image.Point, error) {
	l, err := f.layOut(f.Sum.most())
	return l.size, err
}

// Bytes estimates the memory of Write in bytes, without the figure itself. It is 0 where
// Size fails.
func (f *Figure) Bytes() int64 {
	l, err := f.layOut(f.Sum.most())
	if err != nil {
		return 0
	}
	return int64(l.size.X) * int64(max(l.grid.Y, l.cell.Y+margin)) * 7 // 4 bytes of RGBA and 3 of RGB
}
