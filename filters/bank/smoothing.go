package bank

// smoothing is the family of weighted averages, and their difference.
func smoothing() []Bank {
	return []Bank{
		{
			Name:   "box",
			Title:  "moving average",
			About:  "size×size equal weights that sum to 1.",
			Source: "Gonzalez and Woods, Digital Image Processing, 4th ed. 2018, section 3.5",
			Params: []Param{{
				Name: "size", Default: 3, Min: 1, Max: maxSize, Integer: true,
				Help: "rows and columns, in pixels; an even size has no centre pixel",
			}},
			build: box,
		},
		{
			Name:  "gaussian",
			Title: "Gaussian",
			About: "exp(−(x² + y²)/(2σ²)) at whole pixels, divided by its sum: the weights sum to exactly 1.",
			Source: "Marr and Hildreth, Theory of edge detection, Proc. R. Soc. Lond. B 207, 1980; " +
				"Gonzalez and Woods, Digital Image Processing, 4th ed. 2018, section 3.5",
			Params: []Param{
				{Name: "sigma", Default: 1, Min: 0.1, Max: 128, Help: "standard deviation σ, in pixels"},
				{Name: "size", Derived: "the smallest odd number that is at least 6σ", Min: 1, Max: maxSize, Odd: true,
					Help: "rows and columns, in pixels"},
			},
			build: gaussian,
		},
		{
			Name:  "dog",
			Title: "difference of Gaussians",
			About: "A Gaussian of σ minus one of ratio·σ, each of unit sum: positive on a bright spot, " +
				"exactly zero on an even picture. With ratio 1.6 it is close to the Laplacian of Gaussian, sign reversed.",
			Source: "Marr and Hildreth, Theory of edge detection, Proc. R. Soc. Lond. B 207, 1980",
			Params: []Param{
				{Name: "sigma", Default: 1, Min: 0.3, Max: 64, Help: "standard deviation σ of the inner Gaussian, in pixels"},
				{Name: "ratio", Default: 1.6, Min: 1.05, Max: 16, Help: "the outer standard deviation as a multiple of σ"},
				{Name: "size", Derived: "the smallest odd number that is at least 6·ratio·σ", Min: 3, Max: maxSize, Odd: true,
					Help: "rows and columns, in pixels"},
			},
			build: dog,
		},
	}
}

func box(v values) ([]Kernel, error) {
	n := v.int("size")
	weights := make([]float32, n*n)
	for i := range weights {
		weights[i] = float32(1 / float64(n*n))
	}
	return []Kernel{mask("box", n, weights...)}, nil
}

func gaussian(v values) ([]Kernel, error) {
	sigma := v.float("sigma")
	// 0.3 % of the weight along an axis lies beyond 3σ.
	size, err := v.size(6 * sigma)
	if err != nil {
		return nil, err
	}
	return []Kernel{square("gaussian", size, unitGaussian(size, sigma), 1)}, nil
}

// unitGaussian samples a Gaussian and divides it by its sum.
func unitGaussian(size int, sigma float64) []float64 {
	w := sample(size, func(x, y float64) float64 { return bell(x, y, sigma) })
	sum := total(w)
	for i := range w {
		w[i] /= sum
	}
	return w
}

// bell is exp(−(x² + y²)/(2σ²)).
func bell(x, y, sigma float64) float64 {
	return exp(-(float64(x*x) + float64(y*y)) / (2 * float64(sigma*sigma)))
}

func dog(v values) ([]Kernel, error) {
	inner := v.float("sigma")
	outer := float64(inner * v.float("ratio"))
	size, err := v.size(6 * outer)
	if err != nil {
		return nil, err
	}
	w := unitGaussian(size, inner)
	for i, x := range unitGaussian(size, outer) {
		w[i] -= x
	}
	return []Kernel{square("dog", size, w, 0)}, nil
}
