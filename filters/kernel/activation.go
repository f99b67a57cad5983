package kernel

import (
	"fmt"
	"math"
)

// Activation is a pointwise function of a layer's sums.
type Activation int

// ReLU is the zero value. Every activation turns any NaN into the one quiet NaN
// 0x7fc00000, because the sign and payload of a computed NaN differ between processors.
const (
	ReLU        Activation = iota // x for x > 0, otherwise +0
	None                          // x
	LeakyReLU                     // x for x > 0, otherwise Slope·x
	ReLU6                         // 6 for x > 6, otherwise ReLU
	Abs                           // x without its sign
	Square                        // x·x, rounded to float32
	Sigmoid                       // 1/(1 + e^−x)
	Tanh                          // the hyperbolic tangent
	SiLU                          // x·Sigmoid(x)
	GELU                          // x·Φ(x), Φ the normal distribution function
	GELUTanh                      // x·(1 + Tanh(√(2/π)·(x + 0.044715·x³)))/2
	ELU                           // x for x > 0, otherwise Slope·(e^x − 1)
	HardSigmoid                   // min(max(x + 3, 0), 6)/6, each step rounded to float32
	HardSwish                     // x·min(max(x + 3, 0), 6)/6, each step rounded to float32
	PReLU                         // LeakyReLU with a slope for each filter
	activations                   // their number
)

var activationNames = [activations]string{
	"relu", "none", "leaky_relu", "relu6", "abs", "square",
	"sigmoid", "tanh", "silu", "gelu", "gelu_tanh", "elu", "hardsigmoid", "hardswish", "prelu",
}

// Valid says whether a is one of the activations above.
func (a Activation) Valid() bool { return 0 <= a && a < activations }

// String is the name that stack files use.
func (a Activation) String() string {
	if !a.Valid() {
		return fmt.Sprintf("Activation(%d)", int(a))
	}
	return activationNames[a]
}

// Invertible says whether Sums knows intervals of the activation.
func (a Activation) Invertible() bool { return a <= Square }

// Pointwise is an activation with its parameter.
type Pointwise struct {
	Activation Activation
	Slope      float32   // of LeakyReLU and ELU: the factor for values that are not positive
	Slopes     []float32 // of PReLU: a factor for each filter
}

// of is the activation of one filter.
func (a Pointwise) of(filter int) Pointwise {
	if a.Activation == PReLU {
		return Pointwise{Activation: LeakyReLU, Slope: a.Slopes[filter]}
	}
	return a
}

// Activations are all of them, in the order of their numbers.
func Activations() []Activation {
	all := make([]Activation, activations)
	for i := range all {
		all[i] = Activation(i)
	}
	return all
}

// Sums is an interval of sums, from ≤ x ≤ to, whose activations lie in lo ≤ y ≤ hi. Sums
// outside it may have such activations too. It is empty, +Inf to −Inf, if none is known.
func (a Pointwise) Sums(lo, hi float32) (from, to float32) {
	inf := float32(math.Inf(1))
	switch {
	case !a.Activation.Invertible():
		return inf, -inf
	case a.Activation == None:
		return lo, hi
	case hi < 0: // no other activation has values below 0 alone
		return inf, -inf
	case a.Activation == ReLU, a.Activation == ReLU6 && lo <= 6:
		from, to = lo, hi
		if lo <= 0 {
			from = -inf
		}
		if a.Activation == ReLU6 && hi >= 6 {
			to = inf
		}
		return from, to
	case a.Activation == LeakyReLU && a.Slope > 0:
		return a.leastSum(lo), hi
	case lo > 0:
		return inf, -inf
	case a.Activation == Abs:
		return -hi, hi
	case a.Activation == Square:
		root := float32(math.Sqrt(float64(hi)))
		for root*root > hi {
			root = math.Nextafter32(root, 0)
		}
		return -root, root
	}
	return inf, -inf
}

// leastSum is about the smallest sum whose leaky ReLU of positive slope is at least lo.
func (a Pointwise) leastSum(lo float32) float32 {
	if lo > 0 {
		return lo
	}
	sum := max(-math.MaxFloat32, lo/a.Slope)
	for a.Slope*sum < lo {
		sum = math.Nextafter32(sum, 0)
	}
	return sum
}

// activate applies an activation to finished sums of filters first ≤ k < end. It treats
// contiguous rows as one row.
func (l *Layer) activate(r *Rows, first, end int) {
	if k := l.activation.Activation; k == None || k == ReLU || l.layout == Scalar {
		return
	}
	for k := first; k < end; k++ {
		l.kernel.activateRows(r.Dst[k*r.ChannelStride:], r.RowStride, r.Width, r.N, l.activation.of(k))
	}
}

// Activate applies an activation to n values of each of so many rows of every channel, in place.
func (k *Kernel) Activate(rows Grid, channels, n, width int, a Pointwise) {
	for c := range channels {
		data, lines, width := rows.Data[c*rows.ChannelStride:], n, width
		if rows.RowStride == width { // the rows are one
			lines, width = 1, n*width
		}
		of := a.of(c)
		for i := range lines {
			row := data[i*rows.RowStride:][:width]
			if k.floor == nil || width < k.lanes {
				of.apply(row)
				continue
			}
			vectors := width / k.lanes
			k.floor(&row[0], vectors, of.floor())
			if of.Activation != None && of.Activation != ReLU {
				k.activate(row[:vectors*k.lanes], of)
			}
			of.apply(row[vectors*k.lanes:])
		}
	}
}

// activateRows applies an activation to n rows of a filter.
func (k *Kernel) activateRows(data []float32, stride, width, n int, a Pointwise) {
	if stride == width {
		width, n = n*width, 1
	}
	for i := range n {
		k.activate(data[i*stride:][:width], a)
	}
}

// activate applies an activation to a row. The last values, which fill no vector, are
// computed one by one.
func (k *Kernel) activate(row []float32, a Pointwise) {
	if len(row) >= k.lanes && k.lanes > 0 {
		vectors := len(row) / k.lanes
		switch apply, function := k.apply[a.Activation], k.functions[a.Activation]; {
		case apply != nil:
			operand := a.Slope
			if a.Activation == ReLU6 {
				operand = 6
			}
			apply(&row[0], vectors, operand)
			row = row[vectors*k.lanes:]
		case function != nil:
			function(&row[0], vectors, float64(a.Slope), &constants[0])
			row = row[vectors*k.lanes:]
		}
	}
	a.apply(row)
}
