package kernel

import "math"

// The functions of this file are computed in float64 by additions, subtractions,
// multiplications and divisions alone, each rounded to nearest by itself and never fused.
// Every language and processor with IEEE 754 arithmetic has the same bits. The result is
// rounded to float32 once. It differs from the correctly rounded one by at most one unit
// in the last place.
//
//	sigmoid    1 / (1 + e^−x)
//	silu       x / (1 + e^−x)
//	tanh       (e^2|x| − 1) / (e^2|x| + 1), with the sign of x
//	elu        slope · (e^x − 1) for x ≤ 0, otherwise x
//	gelu       x · Φ(x), Φ the normal distribution function
//	gelu_tanh  x / (1 + e^−2u), u = √(2/π) · (x + 0.044715·x³), which is x · (1 + tanh u) / 2
//
// # The exponential
//
// x is bounded to −709.2 … 710, where e^x is 0 and +Inf. n is x/ln 2, rounded to a whole
// number by adding and subtracting 1.5·2⁵², and r = (x − n·high) − n·low with ln 2 in two
// parts, of which n·high is exact. Then e^x = 2ⁿ · (1 + r·p) and e^x − 1 = 2ⁿ·r·p + (2ⁿ − 1),
// with p = Σ r^k/(k+1)!, k from 0 to 8, summed from the highest power on. The rest of the
// series is at most 2·10⁻¹¹ of e^x − 1, since |r| ≤ ln 2/2.
//
// # The normal distribution
//
// Φ(−t) = e^(−t²/2) · q(w) / (t + 3.5) with w = (t − 3.5) / (t + 3.5), t from 0 to 40. q
// interpolates at the 12 Chebyshev nodes of 0 ≤ t ≤ 14.7, beyond which float32 results are
// 0. Its relative error there is at most 2.2·10⁻¹⁰.

// Places in constants. Assembly has the same.
const (
	atLeast = iota
	atMost
	atLog2e
	atShift
	atHigh
	atLow
	atOne
	atTwo
	atMostTwice
	atCubic
	atTwiceRoot
	atMinusHalf
	atFarthest
	atMiddle
	atSeries                     // from the highest power down to the first
	atNormal      = atSeries + 8 // from the highest power down to the constant
	constantCount = atNormal + 12
)

// constants are the numbers of the functions. Nothing writes to them.
var constants = [constantCount]float64{
	atLeast: -709.2, atMost: 710, atLog2e: math.Log2E, atShift: 0x1.8p52,
	atHigh: 6.93147180369123816490e-01, atLow: 1.90821492927058770002e-10, // ln 2; the upper part has 33 bits
	atOne: 1, atTwo: 2, atMostTwice: 60,
	atCubic: 0.044715, atTwiceRoot: -1.5957691216057308, // −2·√(2/π)
	atMinusHalf: -0.5, atFarthest: 40, atMiddle: 3.5,
	atSeries + 0: 1.0 / 362880, atSeries + 1: 1.0 / 40320, atSeries + 2: 1.0 / 5040, atSeries + 3: 1.0 / 720,
	atSeries + 4: 1.0 / 120, atSeries + 5: 1.0 / 24, atSeries + 6: 1.0 / 6, atSeries + 7: 1.0 / 2,
	atNormal + 0: -2.0969752206759847e-05, atNormal + 1: -6.601061475883099e-05, atNormal + 2: 7.23775821102972e-05,
	atNormal + 3: 0.0004739619643429889, atNormal + 4: -0.000447248600745817, atNormal + 5: -0.0031888698352053996,
	atNormal + 6: 0.0064765731017938895, atNormal + 7: 0.017407842745390457, atNormal + 8: -0.11605094856891325,
	atNormal + 9: 0.31542496829842115, atNormal + 10: -0.5655618158383042, atNormal + 11: 0.7444160754546387,
}

// exponential gives e^x as scale·(1 + rest). scale is a power of 2, 0 or +Inf.
func exponential(x float64) (scale, rest float64) {
	x = min(max(x, constants[atLeast]), constants[atMost])
	shifted := float64(x*constants[atLog2e]) + constants[atShift]
	n := shifted - constants[atShift]
	r := x - float64(n*constants[atHigh]) - float64(n*constants[atLow])
	p := constants[atSeries]
	for _, c := range constants[atSeries+1 : atNormal] {
		p = float64(p*r) + c
	}
	p = float64(p*r) + constants[atOne]
	return math.Float64frombits(math.Float64bits(shifted)<<52 + 1023<<52), float64(r * p)
}

// exp is e^x.
func exp(x float64) float64 {
	scale, rest := exponential(x)
	return scale * (constants[atOne] + rest)
}

// expm1 is e^x − 1. Of ±0 it is +0.
func expm1(x float64) float64 {
	scale, rest := exponential(x)
	return float64(scale*rest) + (scale - constants[atOne])
}

func sigmoid(x float64) float64 { return constants[atOne] / (constants[atOne] + exp(-x)) }

func silu(x float64) float64 { return x / (constants[atOne] + exp(-x)) }

func tanh(x float64) float64 {
	a := math.Abs(x)
	m := expm1(min(a+a, constants[atMostTwice]))
	return math.Copysign(m/(m+constants[atTwo]), x)
}

// elu is the function of x ≤ 0. The result is −0 for −0.
func elu(x, slope float64) float64 { return slope * math.Copysign(expm1(x), x) }

func geluTanh(x float64) float64 {
	cube := float64(x*x) * x
	return x / (constants[atOne] + exp((x+float64(cube*constants[atCubic]))*constants[atTwiceRoot]))
}

func gelu(x float64) float64 {
	t := min(math.Abs(x), constants[atFarthest])
	over := constants[atOne] / (t + constants[atMiddle])
	w := (t - constants[atMiddle]) * over
	q := constants[atNormal]
	for _, c := range constants[atNormal+1:] {
		q = float64(q*w) + c
	}
	phi := exp(float64(t*t)*constants[atMinusHalf]) * float64(q*over)
	if x > 0 {
		phi = constants[atOne] - phi
	}
	return x * phi
}

// hardSigmoid and hardSwish take PyTorch's steps in float32.
func hardSigmoid(x float32) float32 { return min(max(x+3, 0), 6) / 6 }

func hardSwish(x float32) float32 { return float32(x*min(max(x+3, 0), 6)) / 6 }
