package kernel

import "math"

// Activation is what becomes of an output after its last tap.
type Activation struct {
	// Kind chooses among the functions below.
	Kind ActivationKind
	// Slope is LeakyReLU's factor for values that are not positive.
	Slope float32
}

// ActivationKind names a pointwise function.
type ActivationKind int

// All of them turn any NaN into the one quiet NaN 0x7fc00000, because the sign and
// payload of a computed NaN differ between processors.
const (
	Identity  ActivationKind = iota // x
	ReLU                            // x for x > 0, otherwise +0
	LeakyReLU                       // x for x > 0, otherwise Slope·x
	ReLU6                           // 6 for x > 6, otherwise ReLU
	Abs                             // x without its sign
	Square                          // x·x, rounded once
)

// Taps is one group's weights: for each of its filters a bias and len(Weights)/len(Bias)
// weights.
type Taps struct {
	Weights []float32 // filter after filter; in a filter, the order of summation
	Bias    []float32 // one a filter
}

// Row computes one row of n outputs for every filter of taps:
//
//	dst[k·dstStride+x] = activation(bias[k] + Σ_t weights[k][t] · src[offsets[t] + x·stride])
//
// with the sum in the order of t, each step one FMA. len(offsets) is the number of
// weights of a filter; every index must lie inside src and dst. Every other loop of
// this package gives the bits of this one.
func Row(dst []float32, dstStride int, src []float32, offsets []int32, taps Taps, n, stride int, act Activation) {
	size := len(offsets)
	for k, bias := range taps.Bias {
		out := dst[k*dstStride:][:n]
		for x := range out {
			out[x] = bias
		}
		for t, w := range taps.Weights[k*size:][:size] {
			accumulate(out, src[offsets[t]:][:(n-1)*stride+1], w, stride)
		}
		act.apply(out)
	}
}

// accumulate adds one tap to every output of a row.
func accumulate(out, src []float32, w float32, stride int) {
	if stride == 1 {
		src = src[:len(out)]
		for x, v := range src {
			out[x] = FMA(w, v, out[x])
		}
		return
	}
	for x := range out {
		out[x] = FMA(w, src[x*stride], out[x])
	}
}

var quietNaN = math.Float32frombits(0x7fc00000)

func (a Activation) apply(row []float32) {
	for x, v := range row {
		row[x] = a.of(v)
	}
}

func (a Activation) of(v float32) float32 {
	switch {
	case v != v:
		return quietNaN
	case a.Kind == Identity:
		return v
	case a.Kind == Abs:
		return math.Float32frombits(math.Float32bits(v) &^ (1 << 31))
	case a.Kind == Square:
		return v * v
	case a.Kind == ReLU6 && v > 6:
		return 6
	case v > 0:
		return v
	case a.Kind == LeakyReLU:
		return a.Slope * v
	}
	return 0
}
