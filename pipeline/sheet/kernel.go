package sheet

import (
	"math"

	"filterbank/filters/simd"
	"filterbank/pipeline/render"
)

// KernelPalette is the colours of weights: blue below 0, red above, pale about it.
func KernelPalette() [][3]uint8 {
	c, _ := render.ParseColormap("coolwarm") // there is one of that name
	return c.Palette()
}

// Largest is the largest magnitude among weights.
func Largest(weights []float32) float64 {
	var largest float64
	for _, w := range weights {
		largest = max(largest, math.Abs(float64(w)))
	}
	return largest
}

// SignedKernel is a picture of H×width weights, row after row, in KernelPalette from
// −largest to largest, each a square of zoom×zoom pixels.
func SignedKernel(weights []float32, width int, largest float64, zoom int) *Raster {
	levels := make([]byte, len(weights))
	gray := render.Centred8(render.Range{Lo: -largest, Hi: largest}, simd.Generic) // few weights
	gray.Row(levels, weights)
	return &Raster{Width: width, Height: len(weights) / width, Zoom: zoom, Pix: levels, Palette: KernelPalette()}
}

// ColourKernel is a picture of 3×H×width weights on red, green and blue: what colours they
// answer to most, with gray for 0 and largest for all of a colour.
func ColourKernel(weights []float32, width int, largest float64, zoom int) *Raster {
	n := len(weights) / 3
	pix := make([]byte, len(weights))
	levels := make([]byte, n)
	gray := render.Centred8(render.Range{Lo: -largest, Hi: largest}, simd.Generic) // few weights
	for c := range 3 {
		gray.Row(levels, weights[c*n:][:n])
		for i, level := range levels {
			pix[3*i+c] = level
		}
	}
	return &Raster{Width: width, Height: n / width, Zoom: zoom, Pix: pix}
}

// OneKernel finds the kernel of a filter whose channels all have the same one but for a
// factor of 0 or more, C×H×W weights for channels C: that of the channel where it is
// strongest. ok is false where they differ by more than rounding.
func OneKernel(weights []float32, channels int) (kernel []float32, ok bool) {
	n := len(weights) / channels
	strongest, at := 0, 0
	for i, w := range weights {
		if math.Abs(float64(w)) > math.Abs(float64(weights[strongest*n+at])) {
			strongest, at = i/n, i%n
		}
	}
	kernel = weights[strongest*n:][:n]
	const rounding = 1e-5 // of the largest weight; spreading rounds each weight to float32
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
