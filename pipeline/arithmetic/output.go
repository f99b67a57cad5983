package arithmetic

import (
	"math"

	"filterbank/filters"
	"filterbank/filters/kernel"
	"filterbank/filters/volume"
)

// Term is a value under the window of an output.
type Term struct {
	// Channel is a channel of the layer's input. The channels of a sum of layers are its inputs.
	Channel int
	Tap     [2]int  // row and column in the window
	At      [2]int  // row and column in the input; −1, −1 if the padding has a zero there
	Inside  bool    // there is a value of the input, which may be a copy in the padding
	Value   float32 // 0 in padding of zeros
	Weight  float32 // 1 if the layer has no weights
	Sum     float32 // so far, or the largest value so far
}

// Output is one output of a layer with the sum behind it.
type Output struct {
	Plan   *filters.LayerPlan
	Filter int
	Place  [2]int // row and column
	Terms  []Term // in the order of summation
	Bias   float32
	Before float32 // before the activation; Value if the layer has none
	Slope  float32 // of a leaky ReLU or PReLU
	Value  float32

	by         float32 // number of values that an average counts
	sum, base  float64 // of a local response normalization: squares, and the base of its power
	normalizer float64 // base to the power of beta

	corners [2][2]float32 // of an enlarged output: the values in the rows and columns around it
	shares  [2]float32    // of the second row and column
}

// Plane is the number of terms that a channel has. Terms of a channel follow each other.
func (o *Output) Plane() int { return o.Plan.Rows.Kernel * o.Plan.Cols.Kernel }

// Explain lists the terms of an output, filter k at row y and column x. in has rows of the
// layer's inputs in the order of plan.Inputs, at least the ones that Inputs names. value is the
// output itself, as the layer computes it.
func Explain(plan *filters.LayerPlan, in []volume.Rows, k, y, x int, value float32) *Output {
	o := &Output{Plan: plan, Filter: k, Place: [2]int{y, x}, Value: value, Before: value}
	o.Slope = slopeOf(plan.Layer, k)
	r := reader{in: in, plan: plan}
	switch plan.Layer.Kind() {
	case "conv":
		o.convolve(&r)
	case "scale":
		kernels, _ := plan.Layer.Kernels()
		o.Bias = kernels.Bias[k]
		o.Terms = []Term{r.inside(k, y, x, kernels.Weights[k])}
		o.Terms[0].Sum = value
	case "add":
		o.add(in)
	case "upsample":
		o.enlarge(&r)
	case "max_pool", "avg_pool":
		o.pool(&r)
	case "local_response_norm":
		o.normalize(&r)
	default: // activation, concat
		o.Terms = []Term{r.inside(k, y, x, 1)}
		o.Before = o.Terms[0].Value
	}
	return o
}

// slopeOf is the factor of an activation for values that are not positive.
func slopeOf(layer filters.Layer, k int) float32 {
	if l, ok := layer.(interface{ Slopes() []float32 }); ok && l.Slopes() != nil {
		return l.Slopes()[k]
	}
	slope, _ := filters.AttributeOf[float32](layer, "negative_slope")
	return slope
}

func (o *Output) convolve(r *reader) {
	kernels, _ := o.Plan.Layer.Kernels()
	first := o.Filter / (o.Plan.Out.C / kernels.Groups) * kernels.Channels
	weights := kernels.Of(o.Filter)
	o.Bias = kernels.Bias[o.Filter]
	sum := o.Bias
	for c := range kernels.Channels {
		r.window(o.Place, func(tap, at [2]int, inside bool) {
			t := Term{Channel: first + c, Tap: tap, At: at, Inside: inside, Weight: weights[len(o.Terms)]}
			if inside {
				t.Value = r.value(t.Channel, at[0], at[1])
			}
			sum = kernel.FMA(t.Weight, t.Value, sum)
			t.Sum = sum
			o.Terms = append(o.Terms, t)
		})
	}
	o.Before = sum
}

func (o *Output) add(in []volume.Rows) {
	var sum float32
	for i, v := range in {
		y, x := o.Place[0], o.Place[1]
		t := Term{Channel: i, At: o.Place, Inside: true, Weight: 1, Value: v.Row(o.Filter, y-v.Y)[x]}
		if sum += t.Value; i == 0 {
			sum = t.Value
		}
		t.Sum = sum
		o.Terms = append(o.Terms, t)
	}
}

func (o *Output) enlarge(r *reader) {
	y, down := o.Plan.Between(0, o.Place[0])
	x, across := o.Plan.Between(1, o.Place[1])
	o.Terms = []Term{r.inside(o.Filter, y, x, 1)}
	o.shares = [2]float32{down, across}
	for i := range o.corners {
		for j := range o.corners[i] {
			o.corners[i][j] = r.value(o.Filter, min(y+i, o.Plan.In.H-1), min(x+j, o.Plan.In.W-1))
		}
	}
}

func (o *Output) pool(r *reader) {
	average := o.Plan.Layer.Kind() == "avg_pool"
	largest, sum := float32(math.Inf(-1)), float32(0)
	r.window(o.Place, func(tap, at [2]int, inside bool) {
		t := Term{Channel: o.Filter, Tap: tap, At: at, Inside: inside, Weight: 1}
		if inside {
			t.Value = r.value(o.Filter, at[0], at[1])
			if largest = max(largest, t.Value); t.Value != t.Value {
				largest = t.Value
			}
		}
		if t.Sum = largest; average {
			sum += t.Value
			t.Sum = sum
		}
		o.Terms = append(o.Terms, t)
	})
	if average {
		o.Before = sum
		o.by = float32(o.counted(0) * o.counted(1))
	}
}

// counted is the number of values along an axis that an average counts. Values beyond the
// padding never count.
func (o *Output) counted(axis int) int {
	e, n := o.Plan.Rows, o.Plan.In.H
	if axis == 1 {
		e, n = o.Plan.Cols, o.Plan.In.W
	}
	padding, _ := filters.AttributeOf[filters.Padding](o.Plan.Layer, "padding")
	after := [2]int{padding.Bottom, padding.Right}[axis]
	from := o.Place[axis]*e.Stride - e.Before
	to := min(from+e.Kernel, n+after)
	if all, _ := filters.AttributeOf[bool](o.Plan.Layer, "count_include_pad"); !all {
		from, to = max(from, 0), min(to, n)
	}
	return to - from
}

func (o *Output) normalize(r *reader) {
	size, _ := filters.AttributeOf[int](o.Plan.Layer, "size")
	alpha, _ := filters.AttributeOf[float64](o.Plan.Layer, "alpha")
	beta, _ := filters.AttributeOf[float64](o.Plan.Layer, "beta")
	k, _ := filters.AttributeOf[float64](o.Plan.Layer, "k")
	y, x := o.Place[0], o.Place[1]
	for c := max(0, o.Filter-size/2); c < min(o.Plan.In.C, o.Filter+(size+1)/2); c++ {
		t := r.inside(c, y, x, 1)
		o.sum += float64(float64(t.Value) * float64(t.Value))
		t.Sum = float32(o.sum)
		o.Terms = append(o.Terms, t)
	}
	o.base = k + float64(alpha/float64(size)*o.sum)
	o.normalizer = kernel.Power(o.base, beta)
	o.Before = r.value(o.Filter, y, x)
}

// Rounding says whether the value before the activation is no more than the rest that rounding
// leaves of 0: at most 2⁻²² of the sum of the terms' magnitudes.
func (o *Output) Rounding() bool {
	magnitudes := math.Abs(float64(o.Bias))
	for _, t := range o.Terms {
		magnitudes += math.Abs(float64(t.Value) * float64(t.Weight)) // exact in a float64
	}
	v := math.Abs(float64(o.Before))
	return v > 0 && !math.IsInf(v, 0) && v <= math.Ldexp(magnitudes, -22)
}
