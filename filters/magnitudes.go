package filters

import (
	"math"
	"slices"
)

// Magnitudes returns the layer that sums the magnitudes of this layer's terms, if it is given
// the magnitudes of its inputs: |bias| + Σ|weight|·|input|, without the activation. A sum much
// smaller than that is what rounding leaves of 0.
func (c *Conv) Magnitudes() (Layer, bool) {
	spec := c.spec
	spec.Inputs = nil
	spec.Activation, spec.NegativeSlope, spec.Alpha, spec.Slopes = None, 0, 0, nil
	spec.Weights, spec.Bias = magnitudes(spec.Weights), magnitudes(spec.Bias)
	layer, err := NewConv(spec)
	return layer, err == nil
}

// Unactivated returns the layer without its activation, if it has one.
func (c *Conv) Unactivated() (Layer, bool) {
	if c.spec.Activation == None {
		return nil, false
	}
	spec := c.spec
	spec.Activation, spec.NegativeSlope, spec.Alpha, spec.Slopes = None, 0, 0, nil
	layer, err := NewConv(spec)
	return layer, err == nil
}

// Magnitudes returns the layer itself, without its inputs' names, if it takes averages. A
// maximum has no terms.
func (p *Pool) Magnitudes() (Layer, bool) {
	spec := p.spec
	spec.Inputs = nil
	return &Pool{spec: spec}, p.spec.Kind == AvgPool
}

func magnitudes(values []float32) []float32 {
	values = slices.Clone(values)
	for i, v := range values {
		values[i] = float32(math.Abs(float64(v)))
	}
	return values
}
