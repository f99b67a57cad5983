package filters

import (
	"math"
	"slices"

	"filterbank/filters/kernel"
	"filterbank/filters/volume"
)

// reference runs a stack as a textbook would: it pads a copy, slides, and adds the taps
// in the order of the weights. It returns every layer's output.
func reference(p *Plan, in *volume.Volume) []*volume.Volume {
	var outs []*volume.Volume
	picture := in
	for _, lp := range p.Layers {
		var ins []*volume.Volume
		for _, from := range lp.Inputs {
			ins = append(ins, picture)
			if from >= 0 {
				ins[len(ins)-1] = outs[from]
			}
		}
		in = ins[0]
		switch l := lp.Layer.(type) {
		case *Conv:
			in = referenceConv(&lp, pad(&lp, in))
		case *Pool:
			in = referencePool(l.Spec(), lp.Out, in)
		case *Norm:
			in = referenceNorm(l.Spec(), in)
		case *Activate:
			in = eachValue(in, func(c int, v float32) float32 { return activate(l.pointwise(), c, v) })
		case *Join:
			in = referenceJoin(l.Spec().Kind, ins)
		case *Upsample:
			in = referenceUpsample(l.Spec(), in)
		case *Scale:
			in = eachValue(in, func(c int, v float32) float32 {
				return activate(pointwise{activation: None}, c, kernel.FMA(l.spec.Factor[c], v, l.spec.Shift[c]))
			})
		}
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

func referenceConv(lp *LayerPlan, in *volume.Volume) *volume.Volume {
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
				out.Data[(k*out.H+y)*out.W+x] = activate(s.pointwise(), k, sum)
			}
		}
	}
	return out
}

// eachValue is a function of every value and its channel.
func eachValue(in *volume.Volume, f func(c int, v float32) float32) *volume.Volume {
	out := &volume.Volume{Shape: in.Shape, Data: make([]float32, len(in.Data))}
	for i, v := range in.Data {
		out.Data[i] = f(i/(in.H*in.W), v)
	}
	return out
}

func activate(p pointwise, channel int, v float32) float32 {
	if v = function(p, channel, v); v != v {
		return math.Float32frombits(0x7fc00000)
	}
	return v
}

// function leaves the functions of package kernel, which has tests of its own, to plain Go.
func function(p pointwise, channel int, v float32) float32 {
	switch {
	case v != v:
		return v
	case p.activation == None:
		return v
	case p.activation == ReLU:
		return max(0, v)
	case p.activation == LeakyReLU && !(v > 0):
		return p.slope * v
	case p.activation == PReLU && !(v > 0):
		return p.slopes[channel] * v
	case p.activation == ReLU6:
		return min(6, max(0, v))
	case p.activation == Abs:
		return float32(math.Abs(float64(v)))
	case p.activation == Square:
		return float32(float64(v) * float64(v))
	case p.activation == HardSigmoid:
		return min(6, max(0, v+3)) / 6
	case p.activation == HardSwish:
		return v * min(6, max(0, v+3)) / 6
	case p.activation == LeakyReLU, p.activation == PReLU:
		return v
	}
	row, one := []float32{0}, []float32{1}
	kernel.Row(row, 1, []float32{v}, []int32{0}, kernel.Taps{Weights: one, Bias: []float32{float32(math.Copysign(0, -1))}}, 1, 1, p.kernel())
	return row[0]
}

// referencePool visits every window of every channel and skips values outside the input.
func referencePool(s PoolSpec, out volume.Shape, in *volume.Volume) *volume.Volume {
	pooled, err := volume.New(out)
	if err != nil {
		panic(err)
	}
	for c := range out.C {
		for y := range out.H {
			for x := range out.W {
				top, left := y*s.Stride[0]-s.Padding[0], x*s.Stride[1]-s.Padding[1]
				var window []float32
				for i := range s.KernelSize[0] {
					for j := range s.KernelSize[1] {
						sy, sx := top+i*s.Dilation[0], left+j*s.Dilation[1]
						if 0 <= sy && sy < in.H && 0 <= sx && sx < in.W {
							window = append(window, in.Data[(c*in.H+sy)*in.W+sx])
						}
					}
				}
				divisor := len(window)
				if !s.ExcludePadding {
					divisor = (min(top+s.KernelSize[0], in.H+s.Padding[2]) - top) * (min(left+s.KernelSize[1], in.W+s.Padding[3]) - left)
				}
				pooled.Data[(c*out.H+y)*out.W+x] = pool(s.Kind, window, divisor)
			}
		}
	}
	return pooled
}

func pool(kind PoolKind, window []float32, divisor int) float32 {
	result := float32(0)
	if kind == MaxPool {
		result = float32(math.Inf(-1))
	}
	for _, v := range window {
		switch {
		case kind == AvgPool:
			result += v
		case v > result || v != v:
			result = v
		}
	}
	if kind == AvgPool {
		result /= float32(divisor)
	}
	if result != result {
		return math.Float32frombits(0x7fc00000)
	}
	return result
}

func referenceNorm(s NormSpec, in *volume.Volume) *volume.Volume {
	out, err := volume.New(in.Shape)
	if err != nil {
		panic(err)
	}
	powers := map[float64]func(float64) float64{
		0: func(float64) float64 { return 1 }, 0.5: math.Sqrt, 1: func(b float64) float64 { return b },
		0.75: func(b float64) float64 { return math.Sqrt(b) * math.Sqrt(math.Sqrt(b)) },
		3.25: func(b float64) float64 { return b * (b * b) * math.Sqrt(math.Sqrt(b)) },
	}
	plane := in.H * in.W
	for c := range in.C {
		for i := range plane {
			sum := 0.0
			for other := c - s.Size/2; other <= c+(s.Size-1)/2; other++ {
				if 0 <= other && other < in.C {
					v := float64(in.Data[other*plane+i])
					sum += v * v
				}
			}
			v := float32(float64(in.Data[c*plane+i]) / powers[s.Beta](s.K+float64(s.Alpha/float64(s.Size)*sum)))
			if v != v {
				v = math.Float32frombits(0x7fc00000)
			}
			out.Data[c*plane+i] = v
		}
	}
	return out
}

func referenceJoin(kind JoinKind, ins []*volume.Volume) *volume.Volume {
	out := &volume.Volume{Shape: ins[0].Shape, Data: slices.Clone(ins[0].Data)}
	for _, in := range ins[1:] {
		if kind == Concat {
			out.C += in.C
			out.Data = append(out.Data, in.Data...)
			continue
		}
		for i, v := range in.Data {
			if out.Data[i] += v; out.Data[i] != out.Data[i] {
				out.Data[i] = math.Float32frombits(0x7fc00000)
			}
		}
	}
	return out
}

// referenceUpsample visits the nearest values, or the four around a place.
func referenceUpsample(s UpsampleSpec, in *volume.Volume) *volume.Volume {
	out, err := volume.New(volume.Shape{C: in.C, H: in.H * s.Factor[0], W: in.W * s.Factor[1]})
	if err != nil {
		panic(err)
	}
	at := func(c, y, x int) float32 { return in.Data[(c*in.H+min(y, in.H-1))*in.W+min(x, in.W-1)] }
	place := func(i, factor, n int) (int, float32) {
		p := (float64(i)+0.5)/float64(factor) - 0.5
		if p <= 0 || p >= float64(n-1) {
			return int(max(0, min(p, float64(n-1)))), 0
		}
		return int(p), float32(float64(int64(2*i+1-factor)%int64(2*factor)) / float64(2*factor))
	}
	mixed := func(a, b, f float32) float32 {
		if f == 0 {
			return a
		}
		return float32((1-f)*a) + float32(f*b)
	}
	for c := range out.C {
		for y := range out.H {
			for x := range out.W {
				v := at(c, y/s.Factor[0], x/s.Factor[1])
				if s.Mode == Bilinear {
					i, down := place(y, s.Factor[0], in.H)
					j, across := place(x, s.Factor[1], in.W)
					v = mixed(mixed(at(c, i, j), at(c, i, j+1), across), mixed(at(c, i+1, j), at(c, i+1, j+1), across), down)
				}
				if v != v {
					v = math.Float32frombits(0x7fc00000)
				}
				out.Data[(c*out.H+y)*out.W+x] = v
			}
		}
	}
	return out
}
