package stackfile

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"filterbank/filters/onnx"
	"filterbank/filters/volume"
)

// affine multiplies each channel by a factor and adds a shift. With a mean and a variance it is a
// batch normalization: (x − mean)/√(variance + eps)·weight + bias.
type affine struct {
	weight, bias   []float32 // one a channel
	mean, variance []float32 // nil: there is none
	eps            float32
}

// then follows one affine function by another one that is no batch normalization.
func (a *affine) then(b *affine) bool {
	weight, bias := make([]float32, len(a.weight)), make([]float32, len(a.bias))
	for c := range weight {
		factor := float64(b.weight[c])
		weight[c] = float32(float64(a.weight[c]) * factor)
		bias[c] = float32(float64(a.bias[c])*factor + float64(b.bias[c]))
		if !finite(weight[c]) || !finite(bias[c]) {
			return false
		}
	}
	a.weight, a.bias = weight, bias
	return true
}

func finite(v float32) bool { return !math.IsNaN(float64(v)) && !math.IsInf(float64(v), 0) }

// shifted is maps behind an affine function. It goes into the layer before it if that has no
// activation and no other reader.
func (i *importer) shifted(v value, a *affine, n *onnx.Node) (value, error) {
	for c := range a.weight {
		if !finite(a.weight[c]) || !finite(a.bias[c]) {
			return v, fmt.Errorf("channel %d is multiplied by %v and %v is added: both must be finite", c, a.weight[c], a.bias[c])
		}
	}
	l, ok := i.open(v)
	v.signed, v.sole = true, true
	if ok {
		if l.Kind == "conv" && l.affine == nil {
			l.affine = a
			return v, nil
		}
		if l.affine != nil && a.mean == nil && l.affine.then(a) {
			return v, nil
		}
	}
	layer, err := i.emit(&Layer{Kind: "scale", affine: a}, nameFor(n), v)
	return v.pointwise(layer), err
}

// open is the layer of a value, if a function of the value can still go into it.
func (i *importer) open(v value) (*Layer, bool) {
	if v.layer < 0 || !v.sole {
		return nil, false
	}
	l := i.layers[v.layer]
	return l, l.Kind == "scale" || l.Kind == "conv" && l.function.name == "none"
}

// activation is a function of every value, by its name in stack files.
type activation struct {
	name   string
	number float32   // negative_slope of leaky_relu, alpha of elu
	slopes []float32 // of prelu
}

// positive says whether no value is below 0.
func (a activation) positive() bool {
	return slices.Contains([]string{"relu", "relu6", "abs", "square", "sigmoid", "hardsigmoid"}, a.name)
}

// activate is maps behind an activation. It goes into the convolution before it if no other node
// reads that.
func (i *importer) activate(v value, a activation, n *onnx.Node) (value, error) {
	if l, ok := i.open(v); ok && l.Kind == "conv" {
		l.function = &a
	} else {
		layer, err := i.emit(&Layer{Kind: "activation", function: &a}, nameFor(n), v)
		if err != nil {
			return v, err
		}
		v = v.pointwise(layer)
	}
	v.signed, v.sole = v.signed && !a.positive(), true
	return v, nil
}

// function takes a node of an activation without parameters.
func (c *call) function(a activation) (value, error) {
	v, err := c.input(0)
	if err != nil {
		return v, err
	}
	return c.activate(v, a, c.Node)
}

func (c *call) leakyRelu() (value, error) {
	return c.withNumber("leaky_relu", c.float("alpha", 0.01))
}

func (c *call) elu() (value, error) {
	alpha := c.float("alpha", 1)
	if alpha == 0 {
		return c.function(activation{name: "relu"})
	}
	return c.withNumber("elu", alpha)
}

func (c *call) withNumber(name string, number float32) (value, error) {
	if !finite(number) {
		return value{}, fmt.Errorf("its alpha is %v", number)
	}
	return c.function(activation{name: name, number: number})
}

func (c *call) swish() (value, error) {
	if alpha := c.float("alpha", 1); alpha != 1 {
		return value{}, fmt.Errorf("its alpha is %v, and silu has 1", alpha)
	}
	return c.function(activation{name: "silu"})
}

func (c *call) gelu() (value, error) {
	switch kind := c.string("approximate", "none"); kind {
	case "none":
		return c.function(activation{name: "gelu"})
	case "tanh":
		return c.function(activation{name: "gelu_tanh"})
	default:
		return value{}, fmt.Errorf("its approximate is %.30q", kind)
	}
}

func (c *call) prelu() (value, error) {
	v, err := c.input(0)
	if err != nil {
		return v, err
	}
	slopes, err := c.perChannel(1, v)
	if err != nil {
		return v, err
	}
	for _, s := range slopes {
		if !finite(s) {
			return v, fmt.Errorf("its slope is %v", s)
		}
	}
	return c.activate(v, activation{name: "prelu", slopes: slopes}, c.Node)
}

// clip is relu or relu6.
func (c *call) clip() (value, error) {
	lo, hi := c.float("min", -math.MaxFloat32), c.float("max", math.MaxFloat32)
	for k, to := range []*float32{&lo, &hi} {
		if 1+k < len(c.Inputs) && c.Inputs[1+k] != "" {
			v, err := c.number(c.Inputs[1+k])
			if err != nil {
				return value{}, err
			}
			*to = v
		}
	}
	switch {
	case lo == 0 && hi >= math.MaxFloat32:
		return c.function(activation{name: "relu"})
	case lo == 0 && hi == 6:
		return c.function(activation{name: "relu6"})
	case lo <= -math.MaxFloat32 && hi >= math.MaxFloat32:
		return c.raw(0)
	}
	return value{}, fmt.Errorf("it clips from %v to %v: relu is from 0 on, and relu6 from 0 to 6", lo, hi)
}

// number reads a constant of one number.
func (i *importer) number(name string) (float32, error) {
	a, err := i.numbers(name, 1)
	if err == nil && len(a.Data) != 1 {
		err = fmt.Errorf("its input %.100q has the shape %v, and one number is expected", name, a.Shape)
	}
	if err != nil {
		return 0, err
	}
	return a.Data[0], nil
}

// hardSigmoid is min(max(alpha·x + beta, 0), 1): the layer has alpha 1/6 and beta 1/2, and a
// scale before it makes others.
func (c *call) hardSigmoid() (value, error) {
	alpha, beta := c.float("alpha", 0.2), c.float("beta", 0.5)
	v, err := c.input(0)
	if err != nil {
		return v, err
	}
	if !isSixth(alpha) || beta != 0.5 {
		a, err := c.affine(v, 6*alpha, 6*beta-3)
		if err != nil {
			return v, err
		}
		if v, err = c.shifted(v, a, c.Node); err != nil {
			return v, err
		}
	}
	return c.activate(v, activation{name: "hardsigmoid"}, c.Node)
}

// isSixth allows for 1/6 in six digits, as programs write it.
func isSixth(v float32) bool { return math.Abs(float64(v)-1.0/6) < 1e-6 }

// affine is one factor and shift for all channels.
func (i *importer) affine(v value, factor, shift float32) (*affine, error) {
	if err := i.room.numbers([]int{2, v.shape.C}, 2*maxFilters); err != nil {
		return nil, err
	}
	return &affine{weight: slices.Repeat([]float32{factor}, v.shape.C), bias: slices.Repeat([]float32{shift}, v.shape.C)}, nil
}

// constantOf finds the operands of an operator of two: maps and a constant, or maps and maps.
func (c *call) constantOf() (maps, other int, both bool, err error) {
	if len(c.Inputs) != 2 {
		return 0, 0, false, fmt.Errorf("it has %d inputs, and 2 are expected", len(c.Inputs))
	}
	switch {
	case c.isConstant(c.Inputs[1]):
		return 0, 1, false, nil
	case c.isConstant(c.Inputs[0]):
		return 1, 0, false, nil
	}
	return 0, 1, true, nil
}

// perChannel reads a constant with a number for each channel of maps, or one for all.
func (c *call) perChannel(k int, v value) ([]float32, error) {
	a, err := c.numbers(c.Inputs[k], maxFilters)
	if err != nil {
		return nil, err
	}
	channel := 1
	if v.last {
		channel = 3
	}
	shape := a.Shape
	if c.opset < 7 && len(shape) == 1 && c.Op == "PRelu" {
		shape = []int{1, shape[0], 1, 1}
	}
	at := 4 - len(shape)
	if axis := c.Attribute("axis"); axis != nil && c.int("broadcast", 0) != 0 {
		at = int(min(axis.Int, 4))
	}
	if at < 0 || at+len(shape) > 4 || len(a.Data) == 0 {
		return nil, fmt.Errorf("its constant %.100q has the shape %s, and its maps have 4 dimensions", c.Inputs[k], list(words(a.Shape)))
	}
	for d, n := range shape {
		if n != 1 && (at+d != channel || n != v.shape.C) {
			return nil, fmt.Errorf("its constant %.100q has the shape %s: a layer has one number for each of the %d channels", c.Inputs[k], list(words(a.Shape)), v.shape.C)
		}
	}
	if err := c.room.numbers([]int{2, v.shape.C}, 2*maxFilters); err != nil {
		return nil, err
	}
	if len(a.Data) == 1 {
		return slices.Repeat(a.Data, v.shape.C), nil
	}
	return a.Data, nil
}

// scaled is maps behind an operator with a constant: set makes the factor and the shift of the
// constant's number.
func (c *call) scaled(maps, other int, set func(number float32) (factor, shift float32)) (value, error) {
	v, err := c.input(maps)
	if err != nil {
		return v, err
	}
	numbers, err := c.perChannel(other, v)
	if err != nil {
		return v, err
	}
	a := &affine{weight: make([]float32, len(numbers)), bias: make([]float32, len(numbers))}
	for ch, number := range numbers {
		a.weight[ch], a.bias[ch] = set(number)
	}
	return c.shifted(v, a, c.Node)
}

func (c *call) add() (value, error) {
	maps, other, both, err := c.constantOf()
	switch {
	case err != nil:
		return value{}, err
	case both:
		return c.sum()
	}
	return c.scaled(maps, other, func(number float32) (float32, float32) { return 1, number })
}

func (c *call) sub() (value, error) {
	maps, other, both, err := c.constantOf()
	switch {
	case err != nil:
		return value{}, err
	case both:
		return value{}, errors.New("it subtracts maps from maps, and layers add them")
	case maps == 1:
		return c.scaled(maps, other, func(number float32) (float32, float32) { return -1, number })
	}
	return c.scaled(maps, other, func(number float32) (float32, float32) { return 1, -number })
}

func (c *call) mul() (value, error) {
	maps, other, both, err := c.constantOf()
	switch {
	case err != nil:
		return value{}, err
	case both && c.Inputs[0] == c.Inputs[1]:
		return c.function(activation{name: "square"})
	case both:
		return value{}, errors.New("it multiplies maps by maps, and layers multiply them by constants")
	}
	return c.scaled(maps, other, func(number float32) (float32, float32) { return number, 0 })
}

func (c *call) div() (value, error) {
	maps, other, both, err := c.constantOf()
	switch {
	case err != nil:
		return value{}, err
	case both || maps == 1:
		return value{}, errors.New("it divides by maps, and layers divide them by constants")
	}
	return c.scaled(maps, other, func(number float32) (float32, float32) { return 1 / number, 0 })
}

func (c *call) neg() (value, error) {
	v, err := c.input(0)
	if err != nil {
		return v, err
	}
	a, err := c.affine(v, -1, 0)
	if err != nil {
		return v, err
	}
	return c.shifted(v, a, c.Node)
}

// pow is the square.
func (c *call) pow() (value, error) {
	maps, other, both, err := c.constantOf()
	if err != nil || both || maps == 1 {
		return value{}, errors.Join(err, errors.New("layers have constant exponents"))
	}
	exponent, err := c.number(c.Inputs[other])
	switch {
	case err != nil:
		return value{}, err
	case exponent == 2:
		return c.function(activation{name: "square"})
	case exponent == 1:
		return c.raw(maps)
	}
	return value{}, fmt.Errorf("its exponent is %v, and layers have squares", exponent)
}

// norm is a local response normalization.
func (c *call) norm() (value, error) {
	v, err := c.first(0)
	if err != nil {
		return v, err
	}
	if v, err = c.input(0); err != nil {
		return v, err
	}
	size := c.int("size", 0)
	if size < 1 || size > maxFilters || size%2 == 0 {
		return v, fmt.Errorf("its size is %d: sums over an odd number of channels are the same here and there", size)
	}
	l := &Layer{Kind: "local_response_norm"}
	l.set("size", fmt.Sprint(size), "")
	for _, p := range []struct {
		key, attribute string
		fallback       float32
	}{{"alpha", "alpha", 1e-4}, {"beta", "beta", 0.75}, {"k", "bias", 1}} {
		number := c.float(p.attribute, p.fallback)
		if !(number >= 0) || !finite(number) || p.key == "beta" && number > 64 {
			return v, fmt.Errorf("its %s is %v", p.attribute, number)
		}
		l.set(p.key, floatText(number), floatText(p.fallback))
	}
	layer, err := c.emit(l, nameFor(c.Node), v)
	return v.pointwise(layer), err
}

// allEqual says whether values are one number.
func allEqual(values []float32, number float32) bool {
	return !slices.ContainsFunc(values, func(v float32) bool { return v != number })
}

// one says whether an array has one value.
func one(shape []int) bool {
	n, ok := volume.Product(shape...)
	return ok && n == 1
}
