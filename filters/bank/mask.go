package bank

import (
	"math"
	"slices"
)

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
	g := newGrid(w, sum)
	g.counts[len(w)/2] += g.lost
	return g.kernel(name, size)
}

// balanced is a size×size kernel of the weights rounded like square's to a sum of 0.
// What rounding lost is spread over all weights, no more than a unit each: for kernels
// whose many equal weights lose more together than a centre should bear, or without
// one. Of even size they must be symmetric or antisymmetric along either axis.
func balanced(name string, size int, w []float64) Kernel {
	g := newGrid(w, 0)
	g.spread(size)
	return g.kernel(name, size)
}

// grid is weights as multiples of a unit. A count is below 2^23, so a correction
// leaves it within float32's 24 bits.
type grid struct {
	counts []float64 // integers, so their sum is exact
	unit   int       // 2 to the power of it
	lost   float64   // what is missing from the sum
}

func newGrid(w []float64, sum float64) grid {
	largest := 0.0
	for _, x := range w {
		largest = max(largest, math.Abs(x))
	}
	_, e := math.Frexp(largest)
	g := grid{make([]float64, len(w)), e - 23, 0}
	for i, x := range w {
		g.counts[i] = math.RoundToEven(math.Ldexp(x, -g.unit)) + 0 // + 0 turns −0 into 0
	}
	g.lost = math.Ldexp(sum, -g.unit) - total(g.counts)
	return g
}

func (g grid) kernel(name string, size int) Kernel {
	weights := make([]float32, len(g.counts))
	for i, n := range g.counts {
		weights[i] = float32(math.Ldexp(n, g.unit))
	}
	return Kernel{Name: name, H: size, W: size, Weights: weights}
}

// spread adds what was lost to the counts one by one, from the corners inward, in sets
// that keep every symmetry. What is less than a set is for the centre; an even size
// has none, but there the sets are of eight and of four, and four divides what is lost.
func (g grid) spread(size int) {
	one, left, last := math.Copysign(1, g.lost), int(math.Abs(g.lost)), size-1
	for i := range size / 2 {
		for j := i; j <= last/2; j++ {
			set := []int{}
			for _, p := range [4][2]int{{i, j}, {i, last - j}, {last - i, j}, {last - i, last - j}} {
				set = append(set, p[0]*size+p[1], p[1]*size+p[0])
			}
			slices.Sort(set)
			if set = slices.Compact(set); len(set) > left {
				continue
			}
			left -= len(set)
			for _, i := range set {
				g.counts[i] += one
			}
		}
	}
	g.counts[last/2*size+last/2] += one * float64(left)
}
