package bank

import (
	"fmt"
	"math"
)

// steerables is the family of derivatives whose weighted sums are the derivatives at any
// angle.
func steerables() []Bank {
	return []Bank{{
		Name:  "steerable",
		Title: "steerable derivatives of Gaussian",
		About: "The first derivative g1 at 2 angles, the second g2 (positive on a dark line) at 3 and h2, " +
			"the Hilbert transform of g2, at 4; their squares sum to about 1 (h2's to 0.99). Any other angle θ is a sum with " +
			"the weights cos(θ − θⱼ) for g1, (1 + 2·cos 2(θ − θⱼ))/3 for g2 and (cos(θ − θⱼ) + cos 3(θ − θⱼ))/2 for h2; " +
			"g2² + h2², the energy, hardly depends on the phase of an edge or line. " +
			"g1 and h2 are positive where the picture gets brighter along their angle.",
		Source: "Freeman and Adelson, The design and use of steerable filters, IEEE PAMI 13(9), 1991, " +
			"whose taps 0.67 apart are σ = 1.055; turned for cross-correlation",
		Params: []Param{
			{Name: "sigma", Default: 1.055, Min: 0.5, Max: 30, Help: "standard deviation σ of the Gaussian, in pixels"},
			{Name: "size", Derived: "the smallest odd number that is at least 8σ", Min: 3, Max: maxSize, Odd: true,
				Help: "rows and columns, in pixels"},
		},
		build: steerable,
	}}
}

// steerable samples the paper's functions, times exp(−(x² + y²)) in the paper's units of
// σ√2 pixels. These factors give an integral of the squares of 1.
func steerable(v values) ([]Kernel, error) {
	sigma := v.float("sigma")
	size, err := v.size(8 * sigma)
	if err != nil {
		return nil, err
	}
	spacing := 1 / (sigma * math.Sqrt2)
	g1, g2 := math.Sqrt(8/math.Pi), math.Sqrt(8/(3*math.Pi))
	var kernels []Kernel
	for _, family := range []struct {
		name   string
		angles int
		f      func(u float64) float64
	}{
		{"g1", 2, func(u float64) float64 { return g1 * u }},
		{"g2", 3, func(u float64) float64 { return g2 * (float64(2*u*u) - 1) }},
		{"h2", 4, func(u float64) float64 { return 0.978 * u * (2.254 - float64(u*u)) }}, // the paper's fit
	} {
		for o := range family.angles {
			sin, cos := turn(float64(o) / float64(2*family.angles))
			envelope := sample(size, func(x, y float64) float64 { return bell(x, y, sigma) })
			w := sample(size, func(x, y float64) float64 {
				u := spacing * (float64(x*cos) + float64(y*sin))
				return spacing * family.f(u) * bell(x, y, sigma)
			})
			// All angles have the same sum over whole pixels, so they stay steerable.
			removeMean(w, envelope)
			name := fmt.Sprintf("steerable-%s-%03d", family.name, 180*o/family.angles)
			kernels = append(kernels, square(name, size, w, 0))
		}
	}
	return kernels, nil
}
