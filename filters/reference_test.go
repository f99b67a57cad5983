package filters

import (
	"math"

	"filterbank/filters/kernel"
	"filterbank/filters/volume"
)

// reference runs a stack the way a textbook would: pad a copy, slide, add the taps
// in the order of the weights. It returns every layer's output.
func reference(p *Plan, in *volume.Volume) []*volume.Volume {
	var outs []*volume.Volume
	for _, lp := range p.Layers {
		in = referenceLayer(&lp, pad(&lp, in))
		outs = append(outs, in)
	}
	return outs
}

func pad(lp *LayerPlan, in *volume.Volume) *volume.Volume {
	out, err := volume.New(volume.Shape{C: in.C, H: lp.Rows.Before + in.H + lp.Rows.After, W: lp.Cols.Before + in.W + lp.Cols.After})
	if err != nil {
		panic(err)
	}
	mode := lp.Layer.(*Conv).Spec().Padding.Mode
	for c := range out.C {
		for y := range out.H {
			for x := range out.W {
				sy, sx := y-lp.Rows.Before, x-lp.Cols.Before
				if mode == Zeros && (sy < 0 || sy >= in.H || sx < 0 || sx >= in.W) {
					continue
				}
				sy, sx = standsAt(mode, sy, in.H), standsAt(mode, sx, in.W)
				out.Data[(c*out.H+y)*out.W+x] = in.Data[(c*in.H+sy)*in.W+sx]
			}
		}
	}
	return out
}

func standsAt(mode PaddingMode, i, n int) int {
	switch mode {
	case Circular:
		return ((i % n) + n) % n
	case Replicate:
		return min(max(i, 0), n-1)
	case Reflect:
		if i < 0 {
			i = -i
		}
		if i > n-1 {
			i = 2*(n-1) - i
		}
	}
	return i
}

func referenceLayer(lp *LayerPlan, in *volume.Volume) *volume.Volume {
	s := lp.Layer.(*Conv).Spec()
	out, err := volume.New(lp.Out)
	if err != nil {
		panic(err)
	}
	channels := s.InChannels / s.Groups
	perGroup := len(s.Filters) / s.Groups
	for k := range out.C {
		for y := range out.H {
			for x := range out.W {
				sum, t := s.Bias[k], k*channels*s.KernelSize[0]*s.KernelSize[1]
				for c := range channels {
					for kh := range s.KernelSize[0] {
						for kw := range s.KernelSize[1] {
							plane := (k/perGroup)*channels + c
							sy, sx := y*s.Stride[0]+kh*s.Dilation[0], x*s.Stride[1]+kw*s.Dilation[1]
							sum = kernel.FMA(s.Weights[t], in.Data[(plane*in.H+sy)*in.W+sx], sum)
							t++
						}
					}
				}
				out.Data[(k*out.H+y)*out.W+x] = activate(s, sum)
			}
		}
	}
	return out
}

func activate(s ConvSpec, v float32) float32 {
	switch {
	case v != v:
		return math.Float32frombits(0x7fc00000)
	case s.Activation == ReLU && !(v > 0):
		return 0
	case s.Activation == LeakyReLU && !(v > 0):
		return s.NegativeSlope * v
	}
	return v
}
