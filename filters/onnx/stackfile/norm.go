package stackfile

import (
	"errors"
	"fmt"

	"filterbank/filters/onnx"
)

// batchNorm goes into the convolution before it if no other node reads that.
func (c *call) batchNorm() (value, error) {
	v, err := c.input(0)
	if err != nil {
		return v, err
	}
	switch {
	case v.last:
		return v, errChannelLast
	case c.int("training_mode", 0) != 0:
		return v, errors.New("it is in training mode")
	case c.int("spatial", 1) != 1:
		return v, errors.New("it normalizes every place apart")
	case len(c.Inputs) != 5:
		return v, fmt.Errorf("it has %d inputs, and 5 are expected", len(c.Inputs))
	}
	a := &affine{eps: c.float("epsilon", 1e-5)}
	for k, to := range []*[]float32{&a.weight, &a.bias, &a.mean, &a.variance} {
		m, err := c.numbers(c.Inputs[1+k], maxFilters)
		if err != nil {
			return v, err
		}
		if len(m.Shape) != 1 || len(m.Data) != v.shape.C {
			return v, fmt.Errorf("its input %.100q has the shape %s, and its maps have %d channels", c.Inputs[1+k], list(words(m.Shape)), v.shape.C)
		}
		*to = m.Data
	}
	for ch, variance := range a.variance {
		if !(variance+a.eps > 0) {
			return v, fmt.Errorf("the variance of channel %d is %v: with epsilon, %v, it must be above 0", ch, variance, a.eps)
		}
	}
	return c.shifted(v, a, c.Node)
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
	return c.normalize(v, norm{int(size), c.float("alpha", 1e-4), c.float("beta", 0.75), c.float("bias", 1)}, c.Node)
}

// norm are the numbers of a local response normalization, as in stack files.
type norm struct {
	size           int
	alpha, beta, k float32
}

// normalize is maps behind a local response normalization.
func (i *importer) normalize(v value, p norm, n *onnx.Node) (value, error) {
	if p.size < 1 || p.size > maxFilters {
		return v, fmt.Errorf("its size is %d", p.size)
	}
	l := &Layer{Kind: "local_response_norm"}
	l.set("size", fmt.Sprint(p.size), "")
	for _, q := range []struct {
		key, name        string
		number, fallback float32
	}{{"alpha", "alpha", p.alpha, 1e-4}, {"beta", "beta", p.beta, 0.75}, {"k", "bias", p.k, 1}} {
		if !(q.number >= 0) || !finite(q.number) || q.key == "beta" && q.number > 64 {
			return v, fmt.Errorf("its %s is %v", q.name, q.number)
		}
		l.set(q.key, floatText(q.number), floatText(q.fallback))
	}
	layer, err := i.emit(l, nameFor(n), v)
	return v.pointwise(layer), err
}
