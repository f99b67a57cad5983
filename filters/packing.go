package filters

import (
	"sync"

	"filterbank/filters/kernel"
)

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

// packing caches a layer's loops for a kernel, in every layout that pictures have needed so far.
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

// sharedWeights caches a layer's weights as kernels read them, in every layout that pictures have
// needed so far. All runners share it. It is safe for concurrent use.
type sharedWeights struct {
	mu     sync.Mutex
	packed map[packedFor]*kernel.Layer
}

// packedFor is what the order of packed weights depends on.
type packedFor struct {
	kernel *kernel.Kernel
	layout kernel.Layout
}

// get returns the packed weights, and has pack make them if nobody has needed them yet.
func (s *sharedWeights) get(k *kernel.Kernel, layout kernel.Layout, pack func() *kernel.Layer) *kernel.Layer {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := packedFor{k, layout}
	l := s.packed[key]
	if l == nil {
		if s.packed == nil {
			s.packed = map[packedFor]*kernel.Layer{}
		}
		l = pack()
		s.packed[key] = l
	}
	return l
}
