package sheet

import (
	"math"

	"filterbank/filters/simd"
	"filterbank/pipeline/render"
)

// KernelPalette returns the 256 colours of weights: blue below 0, pale near 0, red above 0.
func KernelPalette() [][3]uint8 {
	c, _ := render.ParseColormap("coolwarm") // this name exists
	return c.Palette()
}

// BoardPalette returns the 256 colours of the values of a channel, of an input of so many: tints of
// red, green and blue for three, grays for others.
func BoardPalette(channel, channels int) [][3]uint8 {
	palette := make([][3]uint8, 256)
	to := [3]int{0xff, 0xff, 0xff}
	from := [3]int{}
	if channels == 3 {
		from, to = [3]int{0xff, 0xff, 0xff}, [3][3]int{{0xf4, 0xa4, 0xa4}, {0x9a, 0xd8, 0xae}, {0xa8, 0xbe, 0xf6}}[channel]
	}
	for i := range palette {
		for c := range 3 {
			palette[i][c] = uint8((from[c]*(255-i) + to[c]*i + 127) / 255)
		}
	}
	return palette
}

// Largest is the largest magnitude among the weights, 0 if there are none.
func Largest(weights []float32) float64 {
	var largest float64
	for _, w := range weights {
		largest = max(largest, math.Abs(float64(w)))
	}
	return largest
}

// SignedKernel draws H×width weights, row after row, in the colours of KernelPalette from
// −largest to largest. Each weight is a square of zoom×zoom pixels. Negative weights have a bar on
// their squares, or hatching if squares are too small for bars.
func SignedKernel(weights []float32, width int, largest float64, zoom int) *Raster {
	levels := make([]byte, len(weights))
	gray := render.Centred8(render.Range{Lo: -largest, Hi: largest}, simd.Generic) // a kernel is too small for SIMD to matter
	gray.Row(levels, weights)
	r := &Raster{Width: width, Height: len(weights) / width, Zoom: zoom, Pix: levels, Palette: KernelPalette()}
	const barred = 3 // pixels of a square with a bar
	if r.Signed = zoom >= barred; r.Signed {
		return r
	}
	return r.hatched()
}

// hatched draws a raster of levels with dark lines across negative squares.
func (r *Raster) hatched() *Raster {
	const step = 3 // pixels from line to line, along a row
	size := r.Size()
	h := &Raster{Width: size.X, Height: size.Y, Pix: make([]byte, 0, 3*size.X*size.Y)}
	for y := range size.Y {
		for x := range size.X {
			i := y/r.Zoom*r.Width + x/r.Zoom
			c := r.colour(i)
			if r.negative(i) && (x+y)%step == 0 {
				for j := range c {
					c[j] /= 2
				}
			}
			h.Pix = append(h.Pix, c[:]...)
		}
	}
	return h
}

// negative says whether a square gets a bar or hatching: if its level is below 0's, or clearly
// below if squares are small.
func (r *Raster) negative(i int) bool {
	const (
		zero    = 128
		clearly = 20 // levels; a sixth of the largest weight
		small   = 8  // pixels of a square
	)
	if r.Zoom < small {
		return r.Pix[i] < zero-clearly
	}
	return r.Pix[i] < zero
}

// ColourKernel draws 3×H×width weights of the red, green and blue channels as colours. A
// weight sets its channel's intensity: none for −largest, half for 0, full for largest. So
// the picture shows the colours that the kernel answers to most.
func ColourKernel(weights []float32, width int, largest float64, zoom int) *Raster {
	n := len(weights) / 3
	pix := make([]byte, len(weights))
	levels := make([]byte, n)
	gray := render.Centred8(render.Range{Lo: -largest, Hi: largest}, simd.Generic) // a kernel is too small for SIMD to matter
	for c := range 3 {
		gray.Row(levels, weights[c*n:][:n])
		for i, level := range levels {
			pix[3*i+c] = level
		}
	}
	return &Raster{Width: width, Height: n / width, Zoom: zoom, Pix: pix}
}

// OneKernel finds the one kernel of a filter whose channels have multiples of it. weights is
// channels×H×W. The kernel, H×W, is taken from the channel with the largest weight. ok is
// false if a channel differs from every multiple by a factor of at least 0, beyond rounding.
func OneKernel(weights []float32, channels int) (kernel []float32, ok bool) {
	n := len(weights) / channels
	strongest, at := 0, 0
	for i, w := range weights {
		if math.Abs(float64(w)) > math.Abs(float64(weights[strongest*n+at])) {
			strongest, at = i/n, i%n
		}
	}
	kernel = weights[strongest*n:][:n]
	const rounding = 1e-5 // share of the largest weight: a multiple is rounded to float32
	for c := range channels {
		of := weights[c*n:][:n]
		ratio := max(0, float64(of[at])/float64(kernel[at]))
		for i, w := range of {
			if expected := float64(ratio * float64(kernel[i])); math.Abs(float64(w)-expected) > math.Abs(rounding*float64(kernel[at])) {
				return nil, false
			}
		}
	}
	return kernel, true
}
