package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"
)

// TestPower compares powers by multiplications and square roots with math.Pow. Each of
// some 40 steps is right to half a bit of float64. The exponent is right to 2⁻³³ times
// the base's logarithm.
func TestPower(t *testing.T) {
	for _, exponent := range []float64{0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3.375, 64, 0.6, 0.1, 1.0 / 3, 2.7, 1 - 0x1p-40, 0x1p-32} {
		power := newPower(exponent)
		for base := 0x1p-60; base < 0x1p15; base *= 1.37 {
			got, want := power.of(base), math.Pow(base, exponent)
			if tolerance := want * (50*0x1p-53 + math.Abs(math.Log(base))*0x1p-33); !(math.Abs(got-want) <= tolerance) {
				t.Errorf("%v to the power of %v is %v, want %v within %v", base, exponent, got, want, tolerance)
			}
		}
	}
	for _, c := range []struct{ exponent, base, want float64 }{
		{0.75, 16, 8}, {0.5, 2, math.Sqrt2}, {3, 1.5, 3.375}, {0.75, 0, 0}, {0, 0, 1}, {0.75, math.Inf(1), math.Inf(1)},
	} {
		if got := newPower(c.exponent).of(c.base); got != c.want {
			t.Errorf("%v to the power of %v is %v, want %v", c.base, c.exponent, got, c.want)
		}
	}
}

// TestNormOfOnePlace computes an example by hand: three channels, 1, 2 and 3, with sums
// over two of them, the one before and the channel itself.
func TestNormOfOnePlace(t *testing.T) {
	src := []float32{1, 2, 3}
	dst := make([]float32, 3)
	generic.Norm(3, NormParams{Size: 2, Alpha: 4, Beta: 0.5, K: 2}).Compute(&Rows{
		Dst: dst, ChannelStride: 1, Width: 1, N: 1, Src: src, Offsets: []int32{0, 1, 2}, Stride: 1,
	})
	for c, sum := range []float64{1, 1 + 4, 4 + 9} {
		if want := float32(float64(src[c]) / math.Sqrt(2+2*sum)); dst[c] != want {
			t.Errorf("channel %d: %v, want %v", c, dst[c], want)
		}
	}
}

// checkNorm compares the norms of every kernel with the specification, bit for bit, and
// finds writes outside the rows.
func (c *layerCase) checkNorm(t *testing.T, p NormParams, gap int) {
	t.Helper()
	norm := func(k *Kernel) *output {
		o := c.output(gap)
		k.Norm(c.taps, p).Compute(o.rows(c))
		return o
	}
	everyKernel(t, norm, fmt.Sprintf("%+v, %d channels, %d rows of %d outputs", p, c.taps, c.rows, c.width))
}

// newNormCase is a layerCase whose taps are the channels of a norm.
func newNormCase(seed uint64, channels, width, rows int) *layerCase {
	c := newLayerCase(seed, 1, channels, width, rows, 1, 1)
	c.groups = make([]Taps, channels)
	return c
}

func TestNorms(t *testing.T) {
	all := []NormParams{
		{5, 1e-4, 0.75, 2}, {1, 1, 0.5, 0}, {2, 0.1, 1, 1}, {9, 3, 2.6, 0.5}, {3, 0, 0, 1}, {4, 1e30, 64, 1}, {3, 0.5, 0x1p-32, 0}, {3, 0.5, 1.0 / 3, 0},
	}
	for width := 1; width <= 100; width++ {
		newNormCase(uint64(width), 1+width%12, width, 1+width%3).checkNorm(t, all[width%len(all)], width%5)
	}
	for i, p := range all {
		newNormCase(uint64(i), 7, 40, 2).checkNorm(t, p, 1)
	}
}

// TestNormsOfThreeQuarters: kernels estimate the power of 0.75 that networks have, and have the
// bits of the specification for all magnitudes.
func TestNormsOfThreeQuarters(t *testing.T) {
	cases := 60
	if os.Getenv("FILTERBANK_LONG") != "" {
		cases = 20000
	}
	for seed := range cases {
		r := rand.New(rand.NewPCG(uint64(seed), 6))
		c := newNormCase(uint64(seed), 8, 250, 2)
		spread := []int{1, 8, 120}[seed%3]
		for i, v := range c.src {
			c.src[i] = float32(math.Ldexp(float64(v), r.IntN(spread)-r.IntN(spread)))
		}
		p := NormParams{1 + r.IntN(6), math.Ldexp(r.Float64(), -r.IntN(2*spread)), 0.75, []float64{0, 1, 2, 1e-30, 1e30}[r.IntN(5)]}
		c.checkNorm(t, p, 1)
	}
}

// TestNormsOfTinySums has bases of the power below the smallest normal number, 2⁻¹⁰²².
func TestNormsOfTinySums(t *testing.T) {
	for seed, p := range []NormParams{
		{1, 1e-302, 0.75, 0}, {5, 1e-310, 0.75, 0}, {3, 0, 0.75, 1e-310}, {3, 1e-200, 0.75, 1e-310}, {3, 1e-305, 0.75, 0x1p-1022}, {1, 0x1p-724, 0.75, 0},
	} {
		c := newNormCase(uint64(seed), 8, 250, 2)
		for i, v := range c.src {
			c.src[i] = float32(math.Ldexp(float64(v), -8*(i%19)))
		}
		c.checkNorm(t, p, 1)
	}
}
