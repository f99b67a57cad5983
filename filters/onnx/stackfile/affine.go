package stackfile

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"filterbank/filters/onnx"
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

// affine is one factor and shift for all channels.
func (i *importer) affine(v value, factor, shift float32) (*affine, error) {
	if err := i.room.numbers([]int{2, v.shape.C}); err != nil {
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
	_, _, channel := v.axes()
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
	if err := c.room.numbers([]int{2, v.shape.C}); err != nil {
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
