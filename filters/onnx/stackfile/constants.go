package stackfile

import (
	"errors"
	"fmt"
	"math"

	"filterbank/filters/onnx"
	"filterbank/filters/tensor"
	"filterbank/filters/volume"
)

// unary are operators of one number that constants are computed by, in float32 as ONNX has them.
func unary() map[string]func(float32) float32 {
	return map[string]func(float32) float32{
		"Neg":        func(v float32) float32 { return -v },
		"Sqrt":       func(v float32) float32 { return float32(math.Sqrt(float64(v))) },
		"Reciprocal": func(v float32) float32 { return 1 / v },
	}
}

// binary are operators of two numbers.
func binary() map[string]func(a, b float32) float32 {
	return map[string]func(a, b float32) float32{
		"Add": func(a, b float32) float32 { return a + b },
		"Sub": func(a, b float32) float32 { return a - b },
		"Mul": func(a, b float32) float32 { return a * b },
		"Div": func(a, b float32) float32 { return a / b },
	}
}

// reckon computes a node of floats whose inputs are constants of at most maxFilters numbers, such as
// the weights of a batch normalization that was written as a product and a sum.
func (i *importer) reckon(n *onnx.Node) (tensor.Member, error) {
	one, two := unary()[n.Op], binary()[n.Op]
	var in []*tensor.Array
	for _, name := range n.Inputs {
		if m, ok := i.constants[name]; ok && m.Type != "float32" {
			return tensor.Member{}, fmt.Errorf("its input %.100q is of %s", name, m.Type)
		}
		a, err := i.numbers(name, maxFilters)
		if err != nil {
			return tensor.Member{}, err
		}
		in = append(in, a)
	}
	var out *tensor.Array
	var err error
	switch {
	case len(n.Attributes) > 0: // broadcast and axis of old models
		err = errors.New("it has attributes")
	case one != nil && len(in) == 1:
		out = &tensor.Array{Shape: in[0].Shape}
		for _, v := range in[0].Data {
			out.Data = append(out.Data, one(v))
		}
	case two != nil && len(in) == 2:
		out, err = i.broadcast(in[0], in[1], two)
	default:
		err = errors.New("it is not computed")
	}
	if err != nil {
		return tensor.Member{}, err
	}
	if err := i.room.numbers(out.Shape); err != nil {
		return tensor.Member{}, err
	}
	return tensor.Member{Name: n.Outputs[0], Type: "float32", Shape: out.Shape, Scan: func(take func(int, []float32) error) error {
		return take(0, out.Data)
	}}, nil
}

// broadcast applies an operator to two arrays by the rule of NumPy: shapes are compared from the last
// side on, and a side of 1 or none stands for any.
func (i *importer) broadcast(a, b *tensor.Array, f func(a, b float32) float32) (*tensor.Array, error) {
	rank := max(len(a.Shape), len(b.Shape))
	if rank > maxAxes {
		return nil, errors.New("too many sides")
	}
	side := func(x *tensor.Array, d int) int {
		if d -= rank - len(x.Shape); d >= 0 {
			return x.Shape[d]
		}
		return 1
	}
	out := &tensor.Array{Shape: make([]int, rank)}
	for d := range out.Shape {
		m, n := side(a, d), side(b, d)
		if m != n && m != 1 && n != 1 {
			return nil, fmt.Errorf("shapes %v and %v", a.Shape, b.Shape)
		}
		out.Shape[d] = max(m, n)
		if m == 0 || n == 0 {
			return nil, errors.New("no numbers")
		}
	}
	total, ok := volume.Product(out.Shape...)
	if !ok || total > maxFilters {
		return nil, fmt.Errorf("%v numbers", out.Shape)
	}
	at := func(x *tensor.Array, k int) float32 {
		place, step := 0, 1
		for d := rank - 1; d >= 0; d-- {
			n := side(x, d)
			if n > 1 {
				place += k % out.Shape[d] * step
			}
			step *= n
			k /= out.Shape[d]
		}
		return x.Data[place]
	}
	for k := range total {
		out.Data = append(out.Data, f(at(a, k), at(b, k)))
	}
	return out, nil
}
