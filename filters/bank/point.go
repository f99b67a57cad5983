package bank

// point is the family of single masks that show a picture as it is, sharper, or in
// relief.
func point() []Bank {
	return []Bank{
		{
			Name:   "identity",
			Title:  "identity",
			About:  "One weight of 1: the picture as it is.",
			Source: "Szeliski, Computer Vision: Algorithms and Applications, 2nd ed. 2022, section 3.2",
			build:  fixed(func() []Kernel { return []Kernel{mask("identity", 1, 1)} }),
		},
		{
			Name:   "sharpen",
			Title:  "sharpening with the Laplacian",
			About:  "The picture minus amount times its 4-neighbour Laplacian; the weights sum to 1.",
			Source: "Gonzalez and Woods, Digital Image Processing, 4th ed. 2018, section 3.6",
			Params: []Param{{
				Name: "amount", Default: 1, Min: 0, Max: 100,
				Help: "how much of the Laplacian is taken away",
			}},
			build: func(v values) ([]Kernel, error) {
				a := v.float("amount")
				side, centre := float32(0-a), float32(1+float64(4*a))
				return []Kernel{mask("sharpen", 3,
					0, side, 0,
					side, centre, side,
					0, side, 0)}, nil
			},
		},
		{
			Name:   "emboss",
			Title:  "relief lit from the upper left",
			About:  "The picture plus its change from the upper left to the lower right; the weights sum to 1.",
			Source: "GIMP User Manual, Convolution Matrix",
			build: fixed(func() []Kernel {
				return []Kernel{mask("emboss", 3,
					-2, -1, 0,
					-1, 1, 1,
					0, 1, 2)}
			}),
		},
	}
}
