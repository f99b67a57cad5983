package kernel

import (
	"math"
)

// Taps are the weights of one group: for each of its filters a bias and
// len(Weights)/len(Bias) weights.
type Taps struct {
	Weights []float32 // filter after filter; in a filter, the order of summation
	Bias    []float32 // one a filter
}

// Row computes one row of n outputs for every filter of taps:
//
//	dst[k·dstStride+x] = activation(bias[k] + Σ_t weights[k][t] · src[offsets[t] + x·stride])
//
// with the sum in the order of t, each step one FMA. The slopes of a PReLU are of the filters of taps. len(offsets) is the number of
// weights of a filter; every index must lie inside src and dst. Every other loop of this
// package gives the same bits.
func Row(dst []float32, dstStride int, src []float32, offsets []int32, taps Taps, n, stride int, act Pointwise) {
	size := len(offsets)
	for k, bias := range taps.Bias {
		out := dst[k*dstStride:][:n]
		for x := range out {
			out[x] = bias
		}
		for t, w := range taps.Weights[k*size:][:size] {
			accumulate(out, src[offsets[t]:][:(n-1)*stride+1], w, stride)
		}
		act.of(k).apply(out)
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

// apply applies any activation but PReLU, which has a slope for each filter.
func (a Pointwise) apply(row []float32) {
	for x, v := range row {
		row[x] = a.at(v)
	}
}

// at is the activation of a value.
func (a Pointwise) at(v float32) float32 {
	if v != v {
		return quietNaN
	}
	if v = a.function(v); v != v { // of an infinite value: ∞·0
		return quietNaN
	}
	return v
}

// function is the activation of a value that is not NaN.
func (a Pointwise) function(v float32) float32 {
	switch a.Activation {
	case None:
		return v
	case Abs:
		return math.Float32frombits(math.Float32bits(v) &^ (1 << 31))
	case Square:
		return v * v
	case Sigmoid:
		return float32(sigmoid(float64(v)))
	case Tanh:
		return float32(tanh(float64(v)))
	case SiLU:
		return float32(silu(float64(v)))
	case GELU:
		return float32(gelu(float64(v)))
	case GELUTanh:
		return float32(geluTanh(float64(v)))
	case HardSigmoid:
		return hardSigmoid(v)
	case HardSwish:
		return hardSwish(v)
	}
	switch {
	case a.Activation == ReLU6 && v > 6:
		return 6
	case v > 0:
		return v
	case a.Activation == LeakyReLU:
		return a.Slope * v
	case a.Activation == ELU:
		return float32(elu(float64(v), float64(a.Slope)))
	}
	return 0
}
