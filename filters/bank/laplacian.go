package bank

import "math"

// laplacians is the family of second derivatives without direction.
func laplacians() []Bank {
	return []Bank{
		{
			Name:  "laplacian",
			Title: "Laplacian of 4 and of 8 neighbours",
			About: "The second derivative, integers as published: negative in the centre, so positive on a dark spot. " +
				"laplacian-4 answers to x² + y² with 4, laplacian-8 with 12.",
			Source: "Gonzalez and Woods, Digital Image Processing, 4th ed. 2018, section 3.6; " +
				"Rosenfeld and Kak, Digital Picture Processing, 1976",
			build: fixed(func() []Kernel {
				return []Kernel{
					mask("laplacian-4", 3,
						0, 1, 0,
						1, -4, 1,
						0, 1, 0),
					mask("laplacian-8", 3,
						1, 1, 1,
						1, -8, 1,
						1, 1, 1),
				}
			}),
		},
		{
			Name:  "log",
			Title: "Laplacian of Gaussian",
			About: "∇²G = (r² − 2σ²)/(2πσ⁶)·exp(−r²/(2σ²)) at whole pixels, positive on a dark spot, " +
				"with a zero crossing at r = σ√2. What the samples sum to is taken away as a multiple of the Gaussian, " +
				"so they sum to exactly 0.",
			Source: "Marr and Hildreth, Theory of edge detection, Proc. R. Soc. Lond. B 207, 1980",
			Params: []Param{
				{Name: "sigma", Default: 1.4, Min: 0.5, Max: 64, Help: "standard deviation σ of the Gaussian, in pixels"},
				{Name: "size", Derived: "the smallest odd number that is at least 8σ", Min: 3, Max: maxSize, Odd: true,
					Help: "rows and columns, in pixels"},
			},
			build: laplacianOfGaussian,
		},
	}
}

func laplacianOfGaussian(v values) ([]Kernel, error) {
	sigma := v.float("sigma")
	// A lobe has R²/(2σ²)·exp(1 − R²/(2σ²)) of its weight beyond radius R: 0.7 % at 4σ,
	// but 14 % at 3σ, which suffice for a Gaussian.
	size, err := v.size(8 * sigma)
	if err != nil {
		return nil, err
	}
	s2 := float64(sigma * sigma)
	amplitude := 1 / (2 * math.Pi * s2 * s2 * s2)
	envelope := sample(size, func(x, y float64) float64 { return amplitude * bell(x, y, sigma) })
	w := sample(size, func(x, y float64) float64 {
		return amplitude * (float64(x*x) + float64(y*y) - 2*s2) * bell(x, y, sigma)
	})
	removeMean(w, envelope)
	return []Kernel{square("log", size, w, 0)}, nil
}
