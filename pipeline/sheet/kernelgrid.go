package sheet

import (
	"image"
)

// The gaps between the kernels of a grid, in pixels. The wide one is after each eighth kernel, so
// that a reader can count them.
const (
	kernelGap, eighthGap = 2, 8
	eighth               = 8
)

// ApartKernel draws 3×H×width weights four times, side by side: as ColourKernel draws them, then
// the channels red, green and blue as SignedKernel draws them, on one scale. Each weight is a
// square of zoom×zoom pixels. There are gap pixels between the pictures.
func ApartKernel(weights []float32, width int, largest float64, zoom, gap int) *Raster {
	n := len(weights) / 3
	height := n / width
	c := newCanvas(4*width*zoom+3*gap, height*zoom)
	c.put(ColourKernel(weights, width, largest, zoom), image.Point{})
	for i := range 3 {
		c.put(SignedKernel(weights[i*n:][:n], width, largest, zoom), image.Pt((i+1)*(width*zoom+gap), 0))
	}
	return &c.Raster
}

// KernelGridSize is the size in pixels of a KernelGrid of rows×columns kernels of h×w.
func KernelGridSize(rows, columns, h, w, zoom int) image.Point {
	return image.Pt(gridStart(columns-1, w*zoom)+w*zoom, gridStart(rows-1, h*zoom)+h*zoom)
}

// gridStart is the first pixel of kernel i along a side of a grid.
func gridStart(i, side int) int {
	return i*(side+kernelGap) + i/eighth*(eighthGap-kernelGap)
}

// KernelGrid draws the kernels of filters in a grid: a row a filter, a column a channel. Each
// filter is a slice of at least columns×h×w weights, channel after channel; further channels are
// left out. Colours are SignedKernel's, from −largest to largest of the shown weights of each
// filter.
func KernelGrid(filters [][]float32, columns, h, w, zoom int) *Raster {
	size := KernelGridSize(len(filters), columns, h, w, zoom)
	c := newCanvas(size.X, size.Y)
	for k, weights := range filters {
		weights = weights[:columns*h*w]
		largest := Largest(weights)
		for channel := range columns {
			c.put(SignedKernel(weights[channel*h*w:][:h*w], w, largest, zoom), image.Pt(gridStart(channel, w*zoom), gridStart(k, h*zoom)))
		}
	}
	return &c.Raster
}

// canvas is a raster in RGB that others are put on.
type canvas struct{ Raster }

func newCanvas(width, height int) *canvas {
	c := &canvas{Raster{Width: width, Height: height, Pix: make([]byte, 3*width*height)}}
	for i := range width * height {
		c.Pix[3*i], c.Pix[3*i+1], c.Pix[3*i+2] = paper.R, paper.G, paper.B
	}
	return c
}

// put draws a raster and its signs with the upper left corner at a point.
func (c *canvas) put(r *Raster, at image.Point) {
	size, zoom := r.Size(), max(1, r.Zoom)
	bar := r.bar()
	for y := range size.Y {
		for x := range size.X {
			i := y/zoom*r.Width + x/zoom
			colour := r.colour(i)
			if r.Signed && image.Pt(x%zoom, y%zoom).In(bar) && r.negative(i) {
				on := inkOn(colour)
				colour = [3]uint8{on.R, on.G, on.B}
			}
			copy(c.Pix[3*((at.Y+y)*c.Width+at.X+x):], colour[:])
		}
	}
}
