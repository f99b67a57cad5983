package main

import (
	"encoding/binary"
	"fmt"
	"math"
)

// firstLayer returns the 32 filters of alexnet.yaml, [32, 3, 11, 11]: gray waves in eight
// directions at three wavelengths, then four patterns of red against green and four of blue
// against yellow. The positive weights of each filter sum to 1 and the negative ones to −1.
func firstLayer() []float32 {
	var weights []float32
	gray := [3]float64{1, 1, 1}
	for _, wavelength := range [...]float64{4, 6, 10} {
		for i := range 8 {
			angle := float64(i) * math.Pi / 8
			weights = append(weights, opponent(gray, wave(wavelength, angle, 2.6))...)
		}
	}
	for _, colours := range [...][3]float64{{1, -1, 0}, {-0.5, -0.5, 1}} {
		spot := func(x, y float64) float64 { return math.Exp(-(x*x + y*y) / (2 * 2.2 * 2.2)) }
		hole := func(x, y float64) float64 { return -spot(x, y) }
		for _, pattern := range []func(x, y float64) float64{spot, hole, wave(9, 0, 2.8), wave(9, math.Pi/2, 2.8)} {
			weights = append(weights, opponent(colours, pattern)...)
		}
	}
	return weights
}

// wave is a cosine along a direction, in radians from x towards y, under a Gaussian with
// deviation sigma. Lengths are in pixels.
func wave(wavelength, angle, sigma float64) func(x, y float64) float64 {
	sin, cos := math.Sincos(angle)
	return func(x, y float64) float64 {
		return math.Cos(2*math.Pi*(x*cos+y*sin)/wavelength) * math.Exp(-(x*x+y*y)/(2*sigma*sigma))
	}
}

// opponent samples a pattern at 11×11 pixels for each channel, multiplies it by the channel's
// factor and balances the sums.
func opponent(factors [3]float64, pattern func(x, y float64) float64) []float32 {
	var raw []float64
	var positive, negative float64
	for _, factor := range factors {
		for i := range 11 * 11 {
			v := factor * pattern(float64(i%11)-5, float64(i/11)-5)
			positive += max(v, 0)
			negative -= min(v, 0)
			raw = append(raw, v)
		}
	}
	weights := make([]float32, len(raw))
	for i, v := range raw {
		if v > 0 {
			weights[i] = float32(v / positive)
		} else {
			weights[i] = float32(v / negative)
		}
	}
	return weights
}

// npy encodes float32 values as a NumPy array in C order (NEP 1, version 1.0).
func npy(shape string, values []float32) []byte {
	out := npyHeader("<f4", shape)
	for _, v := range values {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(v))
	}
	return out
}

// npyHeader is the header of a NumPy array of a type.
func npyHeader(descr, shape string) []byte {
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", descr, shape)
	const before = 10 // magic, version and length
	header += fmt.Sprintf("%*s\n", 63-(before+len(header))%64, "")
	out := append([]byte("\x93NUMPY\x01\x00"), byte(len(header)), byte(len(header)>>8))
	return append(out, header...)
}
