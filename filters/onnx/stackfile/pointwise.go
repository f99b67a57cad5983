package stackfile

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"filterbank/filters/onnx"
	"filterbank/filters/volume"
)

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

// allEqual says whether values are one number.
func allEqual(values []float32, number float32) bool {
	return !slices.ContainsFunc(values, func(v float32) bool { return v != number })
}

// one says whether an array has one value.
func one(shape []int) bool {
	n, ok := volume.Product(shape...)
	return ok && n == 1
}
