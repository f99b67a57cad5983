package bank

// gradients is the family of first derivatives in two directions.
func gradients() []Bank {
	return []Bank{
		{
			Name:  "sobel",
			Title: "Sobel gradient",
			About: "Central difference, smoothed 1 2 1 across; integers as published. " +
				"x is positive where the picture gets brighter to the right, y downward; a ramp of slope 1 gives 8.",
			Source: "Sobel and Feldman, A 3×3 isotropic gradient operator for image processing, " +
				"Stanford Artificial Intelligence Project, 1968",
			build: fixed(func() []Kernel { return differences("sobel", 1, 2) }),
		},
		{
			Name:  "scharr",
			Title: "Scharr gradient",
			About: "Central difference, smoothed 3 10 3 across for the best rotational symmetry; integers as published. " +
				"Signs as sobel; a ramp of slope 1 gives 32.",
			Source: "Scharr, Optimale Operatoren in der Digitalen Bildverarbeitung, dissertation, Heidelberg, 2000",
			build:  fixed(func() []Kernel { return differences("scharr", 3, 10) }),
		},
		{
			Name:  "prewitt",
			Title: "Prewitt gradient",
			About: "Central difference, averaged over three rows; integers as published. " +
				"Signs as sobel; a ramp of slope 1 gives 6.",
			Source: "Prewitt, Object enhancement and extraction, " +
				"in Lipkin and Rosenfeld, Picture Processing and Psychopictorics, 1970",
			build: fixed(func() []Kernel { return differences("prewitt", 1, 1) }),
		},
		{
			Name:  "roberts",
			Title: "Roberts cross",
			About: "Differences along the diagonals of 2×2 pixels. roberts-045 is positive where the picture " +
				"gets brighter to the lower right, roberts-135 to the lower left.",
			Source: "Roberts, Machine Perception of Three-Dimensional Solids, dissertation, MIT, 1963; " +
				"signs as in Gonzalez and Woods, Digital Image Processing, 4th ed. 2018, section 10.2",
			build: fixed(func() []Kernel {
				return []Kernel{
					mask("roberts-045", 2,
						-1, 0,
						0, 1),
					mask("roberts-135", 2,
						0, -1,
						1, 0),
				}
			}),
		},
	}
}

// differences are the 3×3 central differences along x and y with weights corner
// and middle across.
func differences(name string, corner, middle float32) []Kernel {
	return []Kernel{
		mask(name+"-x", 3,
			-corner, 0, corner,
			-middle, 0, middle,
			-corner, 0, corner),
		mask(name+"-y", 3,
			-corner, -middle, -corner,
			0, 0, 0,
			corner, middle, corner),
	}
}
