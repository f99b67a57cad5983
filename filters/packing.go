package filters

import "filterbank/filters/kernel"

// access is how a layer reads its input.
type access struct {
	mode     PaddingMode
	padding  float32 // the value of Zeros
	channels int     // channels of the input that an output reads
	average  *Pool   // counts the values that outputs are divided by; nil for no division
}

// loops compute rows of a layer's outputs.
type loops interface {
	Compute(r *kernel.Rows)
}

// packing caches a layer's loops, with its weights packed for a kernel, in every layout
// that pictures have needed so far.
type packing struct {
	layer  slider
	kernel *kernel.Kernel
	packed [kernel.Layouts]loops
}

// use empties the cache unless it is of that layer and kernel.
func (p *packing) use(layer slider, k *kernel.Kernel) {
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
