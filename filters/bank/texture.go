package bank

import (
	"fmt"
	"math"
)

// textures is the family of large banks that tell textures apart.
func textures() []Bank {
	published := Param{Name: "size", Default: 49, Min: 3, Max: maxSize, Odd: true, Help: "rows and columns, in pixels"}
	orientations := Param{Name: "orientations", Default: 6, Min: 1, Max: 180, Integer: true,
		Help: "how many angles of edges and bars, evenly over 180°"}
	const edgesAndBars = "Edges (first derivatives of a Gaussian three times as long as wide) are positive where the picture " +
		"gets brighter along the angle in their name, bars (second derivatives) where a dark line lies across it; " +
		"the number before the angle is the scale. "
	const published49 = "Each has its mean taken away and is divided by the sum of its magnitudes, the Gaussian too, " +
		"as in the published code, whose order and signs these are."
	return []Bank{
		{
			Name:  "leung-malik",
			Title: "Leung-Malik edges, bars and spots",
			About: edgesAndBars + "Then at four scales a Gaussian, a Laplacian of Gaussian and one three times as wide, " +
				"both positive on a dark spot. " + published49,
			Source: "Leung and Malik, Representing and recognizing the visual appearance of materials using three-dimensional " +
				"textons, IJCV 43(1), 2001; in the form of Varma and Zisserman, IJCV 62(1–2), 2005 (makeLMfilters.m)",
			Params: []Param{
				{Name: "scale", Default: math.Sqrt2, Min: 0.5, Max: 16,
					Help: "smallest standard deviation σ, in pixels, from which scales rise by √2: √2 is LM Large, 1 is LM Small"},
				orientations,
				published,
			},
			build: leungMalik,
		},
		{
			Name:  "mr8",
			Title: "MR8's edges, bars and spots",
			About: edgesAndBars + "Their σ are 1, 2 and 4; a Gaussian and a Laplacian of Gaussian of σ 10 follow. " +
				"These are the 38 filters (the root filter set): MR8's eight answers are, of each scale's edges and of its bars, the largest " +
				"over the angles at each pixel, which no convolution gives. " + published49,
			Source: "Varma and Zisserman, A statistical approach to texture classification from single images, " +
				"IJCV 62(1–2), 2005 (makeRFSfilters.m)",
			Params: []Param{orientations, published},
			build:  rootFilterSet,
		},
		{
			Name:  "schmid",
			Title: "Schmid rings",
			About: "cos(πτr/σ)·exp(−r²/(2σ²)), without direction; schmid-10-3 has σ 10 and τ 3: 3 cycles in 2σ. " +
				"Each has its mean taken away and is divided by the sum of its magnitudes.",
			Source: "Schmid, Constructing models for content-based image retrieval, CVPR 2001; " +
				"with the 13 pairs of Varma and Zisserman, IJCV 62(1–2), 2005 (makeSfilters.m)",
			Params: []Param{published},
			build:  schmid,
		},
	}
}

func leungMalik(v values) ([]Kernel, error) {
	size := v.int("size")
	var sigmas [4]float64
	for i := range sigmas {
		// IEEE 754 rounds square roots exactly, where math.Pow depends on the machine.
		sigmas[i] = v.float("scale") * math.Sqrt(float64(int(1)<<i))
	}
	kernels := edgesAndBars(v.bank.Name, size, sigmas[:3], v.int("orientations"))
	for i, sigma := range sigmas {
		kernels = append(kernels,
			spot(fmt.Sprintf("leung-malik-gaussian-%d", i+1), size, sigma, false),
			spot(fmt.Sprintf("leung-malik-log-%d", i+1), size, sigma, true),
			spot(fmt.Sprintf("leung-malik-log3-%d", i+1), size, 3*sigma, true))
	}
	return kernels, nil
}

func rootFilterSet(v values) ([]Kernel, error) {
	size := v.int("size")
	return append(edgesAndBars(v.bank.Name, size, []float64{1, 2, 4}, v.int("orientations")),
		spot("mr8-gaussian", size, 10, false),
		spot("mr8-log", size, 10, true)), nil
}

// edgesAndBars are the first derivatives across Gaussians of sigma by 3·sigma, scale by
// scale and angle by angle, then the second ones. The source has y upward and begins with
// the derivative along y, which is 90° here.
func edgesAndBars(bank string, size int, sigmas []float64, orientations int) []Kernel {
	var edges, bars []Kernel
	for i, sigma := range sigmas {
		for o := range orientations {
			sin, cos := turn(float64(o) / float64(2*orientations))
			across := func(x, y float64) float64 { return float64(y*cos) - float64(x*sin) }
			envelope := sample(size, func(x, y float64) float64 {
				return bell((float64(x*cos)+float64(y*sin))/3, across(x, y), sigma)
			})
			edge := sample(size, across)
			bar := make([]float64, len(edge))
			for i, u := range edge {
				edge[i] = u * envelope[i]
				bar[i] = (float64(u*u) - float64(sigma*sigma)) * envelope[i]
			}
			degrees := 90 + (360*o+orientations)/(2*orientations) // 180·o/orientations, rounded
			edges = append(edges, unitL1(fmt.Sprintf("%s-edge-%d-%03d", bank, i+1, degrees), size, edge))
			bars = append(bars, unitL1(fmt.Sprintf("%s-bar-%d-%03d", bank, i+1, degrees%180), size, bar))
		}
	}
	return append(edges, bars...)
}

// spot is a Gaussian, or its Laplacian.
func spot(name string, size int, sigma float64, laplacian bool) Kernel {
	return unitL1(name, size, sample(size, func(x, y float64) float64 {
		if !laplacian {
			return bell(x, y, sigma)
		}
		return (float64(x*x) + float64(y*y) - 2*float64(sigma*sigma)) * bell(x, y, sigma)
	}))
}

func schmid(v values) ([]Kernel, error) {
	size := v.int("size")
	var kernels []Kernel
	for _, pair := range [13][2]int{
		{2, 1}, {4, 1}, {4, 2}, {6, 1}, {6, 2}, {6, 3}, {8, 1}, {8, 2}, {8, 3}, {10, 1}, {10, 2}, {10, 3}, {10, 4},
	} {
		sigma, tau := float64(pair[0]), float64(pair[1])
		kernels = append(kernels, unitL1(fmt.Sprintf("schmid-%d-%d", pair[0], pair[1]), size,
			sample(size, func(x, y float64) float64 {
				_, cos := turn(tau * math.Sqrt(float64(x*x)+float64(y*y)) / (2 * sigma))
				return cos * bell(x, y, sigma)
			})))
	}
	return kernels, nil
}

// unitL1 subtracts the mean and divides by the sum of magnitudes.
func unitL1(name string, size int, w []float64) Kernel {
	mean := total(w) / float64(len(w))
	var norm float64
	for i := range w {
		w[i] -= mean
		norm += math.Abs(w[i])
	}
	for i := range w {
		w[i] /= norm
	}
	return balanced(name, size, w)
}
