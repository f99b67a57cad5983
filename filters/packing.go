package filters

import "filterbank/filters/kernel"

// access is how a layer reads its input.
type access struct {
	mode     PaddingMode
	padding  float32 // what Zeros lays around the input
	channels int     // of the input, that an output is computed from
	average  *Pool   // whose values are counted, for layers that divide by their number
}

// loops compute rows of a layer's outputs.
type loops interface {
	Compute(r *kernel.Rows)
}

// packing is a layer's loops, with its weights as a kernel wants them, in every layout
// that pictures have asked for so far.
type packing struct {
	layer  Layer
	kernel *kernel.Kernel
	packed [kernel.Layouts]loops
}

// use forgets what is packed unless it is that layer for that kernel.
func (p *packing) use(layer Layer, k *kernel.Kernel) {
	if p.layer != layer || p.kernel != k {
		*p = packing{layer: layer, kernel: k}
	}
}

func (p *packing) loops(layout kernel.Layout, channels int) loops {
	if p.packed[layout] == nil {
		p.packed[layout] = p.layer.loops(p.kernel, layout, channels)
	}
	return p.packed[layout]
}
