// Package kernel owns the inner loops of convolution, pooling and normalization; it never
// allocates a layer's buffers or decides the order of layers.
//
// The plain Go in this package is the specification of the assembly. Every output of a
// convolution is the bias, then one fused multiply-add a tap, float32, in the order of
// the weights in memory (input channel, kernel row, kernel column), then the activation.
// A kernel that gives other bits is wrong.
package kernel

import "math"

// FMA is a·b + c rounded once to the nearest float32, ties to even: the fused
// multiply-add of IEEE 754-2019 and of every processor that has one.
//
// The product of two float32 is exact in float64. Their sum is rounded to float64 and
// then to float32. The second rounding can go wrong only if the first one landed on the
// midpoint of two neighbouring float32: rounding is monotone and midpoints are float64
// values, so no sum crosses one. Such sums are rounded to odd first (Boldo and Melquiond,
// Emulation of FMA and correctly rounded sums, 2008), and so are results below the normal
// range, where midpoints lie elsewhere.
func FMA(a, b, c float32) float32 {
	sum := float64(a)*float64(b) + float64(c) // a compiler may fuse this: the product is exact
	bits := math.Float64bits(sum)
	const (
		below    = 1<<29 - 1 // bits that a float32 drops
		midpoint = 1 << 28
	)
	if bits&below != midpoint && bits&(0x7ff<<52) >= (1023-126)<<52 {
		return float32(sum)
	}
	return fmaToOdd(float64(a)*float64(b), float64(c), sum)
}

// fmaToOdd is float32(product + c) without double rounding; sum is their float64 sum.
func fmaToOdd(product, c, sum float64) float32 {
	if sum == 0 || math.IsInf(sum, 0) || sum != sum {
		return float32(sum)
	}
	// TwoSum (Knuth): rest is exactly product + c − sum.
	virtual := sum - product
	rest := (product - (sum - virtual)) + (c - virtual)
	bits := math.Float64bits(sum)
	if rest != 0 && bits&1 == 0 {
		if (rest > 0) == (sum > 0) {
			bits++
		} else {
			bits--
		}
	}
	return float32(math.Float64frombits(bits))
}
