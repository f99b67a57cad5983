package bank

import (
	"math"
	"slices"
)

// maxSize bounds the side of a kernel, in pixels. Direct convolution is the wrong tool
// for larger kernels.
const maxSize = 255

// mask is a kernel w columns wide with its weights written out.
func mask(name string, w int, weights ...float32) Kernel {
	return Kernel{Name: name, H: len(weights) / w, W: w, Weights: weights}
}

// fixed is the build function of a bank without parameters. Each call makes new kernels.
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

// removeMean makes w sum to zero by subtracting a multiple of its envelope. This keeps
// the shape at the kernel's edge, which a constant would lift to a plateau.
func removeMean(w, envelope []float64) {
	k := total(w) / total(envelope)
	for i := range w {
		w[i] -= float64(k * envelope[i])
	}
}

// square is a size×size kernel, of odd size, of weights rounded to float32 so that they
// sum to exactly sum, 0 or 1. Weights are multiples of 2^-23 of the power of two above
// the largest. The centre takes the rounding errors, which keeps every symmetry.
func square(name string, size int, w []float64, sum float64) Kernel {
	g := newGrid(w, sum)
	g.counts[len(w)/2] += g.lost
	return g.kernel(name, size)
}

// balanced is a size×size kernel of weights rounded like square's to a sum of 0, with the
// rounding errors distributed over all weights, at most a unit each. It is for kernels of
// even size, which have no centre, and for kernels whose many equal weights lose more
// together than a centre should take. Of even size they must be symmetric or
// antisymmetric along either axis.
func balanced(name string, size int, w []float64) Kernel {
	g := newGrid(w, 0)
	g.distribute(size)
	return g.kernel(name, size)
}

// grid has weights as multiples of a unit. A count is below 2^23, so that a corrected
// count fits float32's 24 bits.
type grid struct {
	counts []float64 // integers, so their sum is exact
	unit   int       // as a power of 2
	lost   float64   // units missing from the sum
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

// distribute adds the lost units to the counts one by one, from the corners inward, in
// sets that keep every symmetry. The centre takes a remainder smaller than a set. An even
// size has no centre, but its sets are of eight and of four, and four divides lost.
func (g grid) distribute(size int) {
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
