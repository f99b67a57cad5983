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

// ReLU(x) is x for x > 0 and +0 otherwise; LeakyReLU(x) is x for x > 0 and Slope·x
// otherwise. All three turn any NaN into the one quiet NaN 0x7fc00000, because the
// sign and payload of a computed NaN differ between processors.
const (
	Identity ActivationKind = iota
	ReLU
	LeakyReLU
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
		switch {
		case v != v:
			row[x] = quietNaN
		case v > 0 || a.Kind == Identity:
		case a.Kind == ReLU:
			row[x] = 0
		default:
			row[x] = a.Slope * v
		}
	}
}
