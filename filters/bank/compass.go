package bank

// compasses is the family of one mask turned to eight points of the compass.
func compasses() []Bank {
	return []Bank{
		{
			Name:  "kirsch",
			Title: "Kirsch compass masks",
			About: "Three weights of 5 and five of −3 around a 0; integers as published. " +
				"Each is positive where the picture is brighter on its side: kirsch-n above, then clockwise.",
			Source: "Kirsch, Computer determination of the constituent structure of biological images, " +
				"Computers and Biomedical Research 4(3), 1971",
			build: fixed(func() []Kernel {
				return compass("kirsch", [9]float32{
					5, 5, 5,
					-3, 0, -3,
					-3, -3, -3,
				})
			}),
		},
		{
			Name:  "robinson",
			Title: "Robinson compass masks",
			About: "The five-level masks, 0, ±1 and ±2, Sobel's turned by 45°; integers as published. " +
				"Each is positive where the picture is brighter on its side: robinson-n above, then clockwise.",
			Source: "Robinson, Edge detection by compass gradient masks, " +
				"Computer Graphics and Image Processing 6(5), 1977",
			build: fixed(func() []Kernel {
				return compass("robinson", [9]float32{
					1, 2, 1,
					0, 0, 0,
					-1, -2, -1,
				})
			}),
		},
	}
}

// compass turns the outer ring of a 3×3 mask clockwise, 45° at a time.
func compass(bank string, north [9]float32) []Kernel {
	ring := [8]int{0, 1, 2, 5, 8, 7, 6, 3} // clockwise from the upper left
	var kernels []Kernel
	for step, point := range [8]string{"n", "ne", "e", "se", "s", "sw", "w", "nw"} {
		turned := north
		for i, from := range ring {
			turned[ring[(i+step)%8]] = north[from]
		}
		kernels = append(kernels, mask(bank+"-"+point, 3, turned[:]...))
	}
	return kernels
}
