package bank

// laws is the family of texture masks from five vectors.
func laws() []Bank {
	return []Bank{{
		Name:  "laws",
		Title: "Laws texture masks",
		About: "The 25 products of the vectors Level, Edge, Spot, Wave and Ripple; integers as published. " +
			"laws-l5e5 is L5 down the rows times E5 along the columns. All but laws-l5l5, which sums to 256, sum to 0.",
		Source: "Laws, Textured Image Segmentation, dissertation, University of Southern California, 1980",
		build: fixed(func() []Kernel {
			vectors := []struct {
				name    string
				weights [5]float32
			}{
				{"l5", [5]float32{1, 4, 6, 4, 1}},
				{"e5", [5]float32{-1, -2, 0, 2, 1}},
				{"s5", [5]float32{-1, 0, 2, 0, -1}},
				{"w5", [5]float32{-1, 2, 0, -2, 1}},
				{"r5", [5]float32{1, -4, 6, -4, 1}},
			}
			var kernels []Kernel
			for _, down := range vectors {
				for _, along := range vectors {
					kernels = append(kernels, outer("laws-"+down.name+along.name, down.weights[:], along.weights[:]))
				}
			}
			return kernels
		}),
	}}
}

// outer is the kernel down·alongᵀ.
func outer(name string, down, along []float32) Kernel {
	weights := make([]float32, 0, len(down)*len(along))
	for _, d := range down {
		for _, a := range along {
			weights = append(weights, float32(d*a)+0) // + 0 turns −0 into 0
		}
	}
	return mask(name, len(along), weights...)
}
