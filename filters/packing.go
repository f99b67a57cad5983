package filters

import "filterbank/filters/kernel"

// packing is a layer's weights as a kernel wants them, in every layout that pictures
// have asked for so far.
type packing struct {
	conv   *Conv
	kernel *kernel.Kernel
	layers [kernel.Layouts]*kernel.Layer
}

// use forgets what is packed unless it is that layer for that kernel.
func (p *packing) use(conv *Conv, k *kernel.Kernel) {
	if p.conv != conv || p.kernel != k {
		*p = packing{conv: conv, kernel: k}
	}
}

func (p *packing) layer(layout kernel.Layout) *kernel.Layer {
	if p.layers[layout] == nil {
		p.layers[layout] = p.kernel.Pack(p.conv.groups(), p.conv.activation(), layout)
	}
	return p.layers[layout]
}

func (c *Conv) groups() []kernel.Taps {
	s := &c.spec
	taps, _ := s.tapCount()
	perGroup := len(s.Filters) / s.Groups
	groups := make([]kernel.Taps, s.Groups)
	for g := range groups {
		k := g * perGroup
		groups[g] = kernel.Taps{Weights: s.Weights[k*taps : (k+perGroup)*taps], Bias: s.Bias[k : k+perGroup]}
	}
	return groups
}

func (c *Conv) activation() kernel.Activation {
	switch c.spec.Activation {
	case ReLU:
		return kernel.Activation{Kind: kernel.ReLU}
	case LeakyReLU:
		return kernel.Activation{Kind: kernel.LeakyReLU, Slope: c.spec.NegativeSlope}
	}
	return kernel.Activation{}
}
