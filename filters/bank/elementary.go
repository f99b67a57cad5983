package bank

import "math"

// exp and turn stand in for math.Exp and math.Sincos, whose last bits differ
// between architectures. They use only operations that IEEE 754 rounds exactly.
// Here and in the whole package every product that is added to something goes
// through float64(), because the compiler may otherwise fuse the two on arm64,
// ppc64, s390x and riscv64; a doubled product too, because 2*p is compiled as p + p.

// exp is e to the x for x ≤ 709, with a relative error below 1e-15. x is k·ln 2 + r with
// |r| ≤ ln 2 / 2, and e to the r is Taylor's series, whose first omitted term is
// 0.35^15/15! < 2e-19.
func exp(x float64) float64 {
	if x < -746 {
		return 0 // below the smallest float64
	}
	// k·ln2High has no rounding error: 29 bits times at most 11.
	const ln2High = 0x1.62e42fep-1
	const ln2Low = math.Ln2 - ln2High
	k := math.RoundToEven(x * math.Log2E)
	r := x - float64(k*ln2High) - float64(k*ln2Low)
	p := 1.0
	for n := 14; n > 0; n-- {
		p = 1 + float64(r*p)/float64(n)
	}
	return math.Ldexp(p, int(k))
}

// turn is the sine and the cosine of t full turns, 2πt radians, with an absolute
// error below 1e-15 for |t| < 2^50. In turns the reduction to an eighth has no
// rounding error, so quarter turns give 0 and ±1 and turn(−t) mirrors turn(t).
func turn(t float64) (sin, cos float64) {
	t -= math.RoundToEven(t)
	quarter := math.RoundToEven(t * 4) // −2 … 2
	x := 2 * math.Pi * (t - float64(quarter*0.25))
	z := x * x
	// |x| ≤ π/4: the first omitted terms are 0.79^19/19! and 0.79^18/18!, below 3e-18.
	s, c := 1.0, 1.0
	for n := 8; n > 0; n-- {
		s = 1 - float64(z*s)/float64(2*n*(2*n+1))
		c = 1 - float64(z*c)/float64((2*n-1)*2*n)
	}
	s *= x
	switch quarter {
	case 1:
		return c, -s
	case -1:
		return -c, s
	case 2, -2:
		return -s, -c
	}
	return s, c
}
