package bank

// haar is the separable Haar wavelet at one level.
func haar() []Bank {
	return []Bank{{
		Name:  "haar",
		Title: "Haar wavelet",
		About: "Average, x, y and diagonal detail over 2^level pixels a side, each of unit length: with a stride of 2^level " +
			"they are one level of the orthonormal transform. x is positive where the right half is brighter, y the lower one, " +
			"xy where the upper left and lower right quarters are.",
		Source: "Haar, Zur Theorie der orthogonalen Funktionensysteme, Mathematische Annalen 69, 1910; " +
			"Mallat, A theory for multiresolution signal decomposition, IEEE PAMI 11(7), 1989",
		Params: []Param{{
			Name: "level", Default: 1, Min: 1, Max: 7, Integer: true,
			Help: "level of the transform; a kernel has 2^level rows and columns",
		}},
		build: func(v values) ([]Kernel, error) {
			n := 1 << v.int("level")
			low, high := make([]float32, n), make([]float32, n)
			lowDown, highDown := make([]float32, n), make([]float32, n)
			amplitude := 1 / float32(n) // of both axes together; a power of two, without rounding
			for i := range n {
				sign := float32(1)
				if i < n/2 {
					sign = -1
				}
				low[i], high[i] = 1, sign
				lowDown[i], highDown[i] = amplitude, sign*amplitude
			}
			return []Kernel{
				outer("haar-ll", lowDown, low),
				outer("haar-x", lowDown, high),
				outer("haar-y", highDown, low),
				outer("haar-xy", highDown, high),
			}, nil
		},
	}}
}
