package filters

import (
	"fmt"

	"filterbank/filters/volume"
)

// paced is a layer whose windows have a stride and padding.
type paced interface {
	// paced is the layer with another stride and the same padding on all sides. The layer may
	// leave rows and columns uncovered.
	paced(stride, padding int) (Layer, error)
}

// With is the layer's plan for the same input with another stride, of at least 1, and the same
// padding on all sides, in pixels. The mode of the padding stays. The plan has no field. It fails
// as [Stack.Plan] does, and for layers without a stride.
func (lp *LayerPlan) With(stride, padding int) (LayerPlan, error) {
	from, ok := lp.Layer.(paced)
	if !ok {
		return LayerPlan{}, fmt.Errorf("layer %s: %s has neither stride nor padding", lp.Layer.Name(), lp.Layer.Kind())
	}
	err := checkSides("stride", 1, stride)
	var out LayerPlan
	if err == nil {
		var layer Layer
		if layer, err = from.paced(stride, padding); err == nil {
			out, err = layer.plan([]volume.Shape{lp.In})
		}
	}
	if err != nil {
		return LayerPlan{}, fmt.Errorf("layer %s: %w", lp.Layer.Name(), err)
	}
	return out, nil
}

func (c *Conv) paced(stride, padding int) (Layer, error) {
	spec := c.spec
	spec.Stride, spec.StrictSize = [2]int{stride, stride}, false
	spec.Padding = Padding{Top: padding, Left: padding, Bottom: padding, Right: padding, Mode: c.spec.Padding.Mode}
	return &Conv{spec: spec}, spec.CheckSettings()
}

func (p *Pool) paced(stride, padding int) (Layer, error) {
	spec := p.spec
	spec.Stride, spec.StrictSize = [2]int{stride, stride}, false
	spec.Padding = [4]int{padding, padding, padding, padding}
	return &Pool{spec, p.in}, spec.check()
}
