package config

import (
	"errors"
	"fmt"
	"strconv"

	"filterbank/filters"
	"filterbank/filters/bank"
)

// plane is a kernel before it has channels.
type plane struct {
	name string // "" to be numbered
	bias float32
	taps Taps
	at   *node
}

// fromKernels makes the weights of written-out kernels and built-in filters. A kernel
// smaller than the layer's largest is placed in the middle, (K−k)/2 pixels from the upper
// left, rounded down, with zeros around it.
func (b *layerBuilder) fromKernels(spec *filters.ConvSpec) error {
	planes, err := b.planes()
	if err != nil {
		return err
	}
	perGroup := spec.InChannels / spec.Groups
	copies := 1
	if b.conv.Channels.Mode == "each" {
		copies = spec.InChannels
	}
	var h, w int
	for _, p := range planes {
		h, w = max(h, p.taps.H), max(w, p.taps.W)
	}
	if err := b.checkSize(b.conv.n, len(planes)*copies, perGroup, h, w); err != nil {
		return err
	}
	b.noteMixed(planes, h, w)
	spec.KernelSize = [2]int{h, w}
	spec.Weights = make([]float32, len(planes)*copies*perGroup*h*w)
	names := b.names(planes)
	for i, p := range planes {
		factors, err := b.factors(p, perGroup, spec.Groups)
		if err != nil {
			return err
		}
		divisor := 1.0
		if factors != nil && (b.conv.Channels.IsZero() || b.conv.Channels.Mode == "mean") {
			divisor = float64(perGroup)
		}
		for c := range copies { // groups take their filters in order, so channel by channel
			k := c*len(planes) + i
			out := spec.Weights[k*perGroup*h*w : (k+1)*perGroup*h*w]
			if err := p.fill(out, h, w, factors, divisor); err != nil {
				return err
			}
		}
	}
	for c := range copies {
		for i, p := range planes {
			name := names[i]
			if b.conv.Channels.Mode == "each" {
				name += "-" + b.channelName(c)
			}
			spec.Filters = append(spec.Filters, name)
			spec.Bias = append(spec.Bias, p.bias)
		}
	}
	return nil
}

// noteMixed notes the cost of kernels of different sizes. The layer multiplies with the zeros
// around the smaller ones.
func (b *layerBuilder) noteMixed(planes []plane, h, w int) {
	smaller, taps := 0, 0
	least := planes[0].taps
	for _, p := range planes {
		t := p.taps
		if taps += t.H * t.W; t.H < h || t.W < w {
			smaller++
		}
		if t.H*t.W < least.H*least.W {
			least = t
		}
	}
	if smaller == 0 {
		return
	}
	zeros := 100 - 100*float64(taps)/float64(len(planes)*h*w)
	b.note(b.conv.nameOr(b.index), fmt.Sprintf("%d of %d kernels are smaller than %d×%d, from %d×%d on, and are padded to that size: %.0f%% of the multiply-adds are with zeros; "+
		"kernels of one size in a layer or stack of their own cost less", smaller, len(planes), h, w, least.H, least.W, zeros))
}

// planes collects the layer's kernels in order.
func (b *layerBuilder) planes() ([]plane, error) {
	var planes []plane
	for _, k := range b.conv.Kernels {
		p := plane{name: k.Name, taps: k.Weights, at: k.n}
		if k.Bias != nil {
			p.bias = float32(*k.Bias)
		}
		planes = append(planes, p)
	}
	taps := 0
	for _, f := range b.conv.Filters {
		kernels, err := f.kernels()
		if err != nil {
			return nil, err
		}
		for _, k := range kernels {
			planes = append(planes, plane{name: k.Name, taps: Taps{H: k.H, W: k.W, Data: k.Weights}, at: f.n})
			taps += len(k.Weights)
		}
		if taps > b.room {
			return nil, f.n.errorf("the layer's filters have more than %d weights, which is too many", b.room)
		}
		if len(planes) > maxFilters {
			return nil, f.n.errorf("more than %d filters in a layer", maxFilters)
		}
	}
	return planes, nil
}

// names are the planes' names. A name that is taken gets -2, -3, ….
func (b *layerBuilder) names(planes []plane) []string {
	names := make([]string, len(planes))
	taken := map[string]bool{}
	next := map[string]int{} // so that a thousand of a name do not take a million looks
	for i, p := range planes {
		base := or(p.name, "f"+strconv.Itoa(i))
		name := base
		for n := max(next[base], 2); taken[name]; n++ {
			name = base + "-" + strconv.Itoa(n)
			next[base] = n + 1
		}
		taken[name] = true
		names[i] = name
	}
	return names
}

// channelName is r, g or b for a picture's channels, and c00, c01, … for other channels.
func (b *layerBuilder) channelName(c int) string {
	if b.rgb {
		return "rgb"[c : c+1]
	}
	digits := max(2, len(strconv.Itoa(b.channels-1)))
	return fmt.Sprintf("c%0*d", digits, c)
}

// factors multiply a kernel's weights in each channel of its group. They are nil for a
// kernel with channels of its own.
func (b *layerBuilder) factors(p plane, perGroup, groups int) ([]float64, error) {
	if p.taps.C > 0 {
		if p.taps.C != perGroup {
			return nil, p.at.errorf("kernel is %d×%d×%d, want %d×kH×kW for %d input channels with groups %d, or kH×kW",
				p.taps.C, p.taps.H, p.taps.W, perGroup, b.channels, groups)
		}
		return nil, nil
	}
	at := b.conv.n.at("channels")
	factors := make([]float64, perGroup)
	switch c := b.conv.Channels; {
	case c.Factors != nil:
		if len(c.Factors) != perGroup {
			return nil, at.errorf("channels has %d numbers, want %d for %d input channels with groups %d",
				len(c.Factors), perGroup, b.channels, groups)
		}
		copy(factors, c.Factors)
	case c.Mode == "luma":
		if perGroup != 3 {
			return nil, at.errorf("channels: luma is for 3 channels, the layer has %d with groups %d", b.channels, groups)
		}
		factors = []float64{0.299, 0.587, 0.114} // ITU-R BT.601-7, 2.5.1
	default: // mean divides by the number of channels in fill
		for i := range factors {
			factors[i] = 1
		}
	}
	return factors, nil
}

// fill writes a kernel's weights into out, which is perGroup×h×w zeros: weight times
// factor over divisor, in float64, rounded once.
func (p plane) fill(out []float32, h, w int, factors []float64, divisor float64) error {
	t := p.taps
	top, left := (h-t.H)/2, (w-t.W)/2
	for c := range len(out) / (h * w) {
		src, factor := t.Data, 1.0
		if factors == nil {
			src = t.Data[c*t.H*t.W:]
		} else {
			factor = factors[c]
		}
		for y := range t.H {
			row := out[(c*h+top+y)*w+left:]
			for x := range t.W {
				row[x] = float32(float64(src[y*t.W+x]) * factor / divisor)
				if !finite(row[x]) {
					return p.at.errorf("weight %g times %g for channel %d is beyond float32", src[y*t.W+x], factor, c)
				}
			}
		}
	}
	return nil
}

// kernels are the bank's kernels. Errors are at the name or at the parameter.
func (f Filter) kernels() ([]bank.Kernel, error) {
	kernels, err := bank.Kernels(f.Name, f.Params)
	if err == nil && len(kernels) == 0 {
		err = fmt.Errorf("filter %q has no kernels", f.Name)
	}
	return kernels, f.wrap(err)
}

// wrap puts an error of the bank at the name or at the parameter.
func (f Filter) wrap(err error) error {
	if wrong, ok := errors.AsType[*bank.ParamError](err); ok {
		return f.param(wrong.Param).wrap(err)
	}
	return f.n.wrap(err)
}
