package bank

import (
	"fmt"
	"math"
)

// dcts is the family of cosine transforms.
func dcts() []Bank {
	return []Bank{{
		Name:  "dct",
		Title: "discrete cosine transform",
		About: "The orthonormal basis of size×size blocks, DCT-II: dct-2-3 has 2 half waves down the rows and 3 along the columns, " +
			"dct-0-0 is the mean times size, and all others sum to exactly 0. With a stride of size and no padding " +
			"they are JPEG's transform of each block.",
		Source: "Ahmed, Natarajan and Rao, Discrete cosine transform, IEEE Transactions on Computers C-23(1), 1974; " +
			"8×8 as in ITU-T T.81, 1992, A.3.3",
		Params: []Param{{
			Name: "size", Default: 8, Min: 2, Max: 32, Integer: true,
			Help: "rows and columns, in pixels; there are size² filters",
		}},
		build: func(v values) ([]Kernel, error) {
			n := v.int("size")
			waves := make([][]float64, n)
			for f := range waves {
				waves[f] = cosineWave(f, n)
			}
			var kernels []Kernel
			for down, column := range waves {
				for along, row := range waves {
					name := fmt.Sprintf("dct-%d-%d", down, along)
					if down+along == 0 {
						kernels = append(kernels, mean(name, n))
					} else {
						kernels = append(kernels, product(name, column, row))
					}
				}
			}
			return kernels, nil
		},
	}}
}

// cosineWave is the basis vector of f half waves over n samples, of unit length.
func cosineWave(f, n int) []float64 {
	w := make([]float64, n)
	amplitude := math.Sqrt(2 / float64(n))
	if f == 0 {
		amplitude = math.Sqrt(1 / float64(n))
	}
	mirror := float64(1 - f%2*2) // an odd wave changes its sign in the middle
	for i := range n / 2 {
		_, cos := turn(float64((2*i+1)*f%(4*n)) / float64(4*n))
		w[i], w[n-1-i] = amplitude*cos, mirror*amplitude*cos
	}
	if n%2 == 1 && f%2 == 0 {
		w[n/2] = amplitude * float64(1-f%4) // cos(πf/2)
	}
	return w
}

// product is the kernel down·alongᵀ of two of n waves.
func product(name string, down, along []float64) Kernel {
	n := len(down)
	w := make([]float64, 0, n*n)
	for _, d := range down {
		for _, a := range along {
			w = append(w, d*a)
		}
	}
	return balanced(name, n, w)
}

// mean is n×n weights of 1/n.
func mean(name string, n int) Kernel {
	w := make([]float32, n*n)
	for i := range w {
		w[i] = float32(1 / float64(n))
	}
	return mask(name, n, w...)
}
