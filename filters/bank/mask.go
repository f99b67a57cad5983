package bank

import "math"

// maxSize bounds the side of a kernel, in pixels: beyond it a direct convolution
// is the wrong tool.
const maxSize = 255

// mask is a kernel w columns wide with its weights written out.
func mask(name string, w int, weights ...float32) Kernel {
	return Kernel{Name: name, H: len(weights) / w, W: w, Weights: weights}
}

// fixed is the build function of a bank without parameters. Each call makes
// kernels of its own.
func fixed(kernels func() []Kernel) func(values) ([]Kernel, error) {
	return func(values) ([]Kernel, error) { return kernels(), nil }
}

// sample evaluates f on a size×size grid with (0, 0) at its centre, x to the
// right and y down.
func sample(size int, f func(x, y float64) float64) []float64 {
	w := make([]float64, 0, size*size)
	r := size / 2
	for i := range size {
		for j := range size {
			w = append(w, f(float64(j-r), float64(i-r)))
		}
	}
	return w
}

func total(w []float64) (sum float64) {
	for _, x := range w {
		sum += x
	}
	return sum
}

// removeMean makes w sum to zero by taking away a multiple of its envelope, which
// leaves the shape at the kernel's edge alone where subtracting a constant would
// lift it to a plateau.
func removeMean(w, envelope []float64) {
	k := total(w) / total(envelope)
	for i := range w {
		w[i] -= float64(k * envelope[i])
	}
}

// square is a size×size kernel, of odd size, of the weights rounded to float32 such
// that they sum to exactly sum, 0 or 1: to multiples of 2^-23 of the power of two
// above the largest, with what rounding lost put on the centre, where it
// keeps every symmetry.
func square(name string, size int, w []float64, sum float64) Kernel {
	largest := 0.0
	for _, x := range w {
		largest = max(largest, math.Abs(x))
	}
	_, e := math.Frexp(largest)
	counts := make([]float64, len(w)) // integers, so their sum is exact
	for i, x := range w {
		counts[i] = math.RoundToEven(math.Ldexp(x, 23-e)) + 0 // + 0 turns −0 into 0
	}
	// A count is below 2^23, so the correction leaves it within float32's 24 bits.
	counts[len(w)/2] += math.Ldexp(sum, 23-e) - total(counts)
	weights := make([]float32, len(w))
	for i, n := range counts {
		weights[i] = float32(math.Ldexp(n, e-23))
	}
	return Kernel{Name: name, H: size, W: size, Weights: weights}
}
