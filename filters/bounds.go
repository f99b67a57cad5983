package filters

import (
	"math"

	"filterbank/filters/kernel"
)

// bounds bounds the sums of a convolution layer by spans of its input. It is immutable.
type bounds struct {
	layer      *Conv
	kernel     *kernel.Kernel
	layout     kernel.Layout
	activation kernel.Pointwise
	channels   int // of a group
	taps       int
	parts      []part
	limits     *kernel.Layer // from spans to the most and the least of each filter's sums
	magnitudes []float64     // Σ|weight| of each filter and channel
}

// part is filters of a group whose outputs are computed together.
type part struct {
	group, first, filters int // first counts the filters of all groups
	loops                 *kernel.Layer
}

// partFilters is the number of filters in a part. A part of more filters needs more of the
// tiles, and a part of fewer does not keep the processor busy.
const partFilters = 8

// newBounds packs a layer's weights in parts, and its bounds: of values between lo and hi,
// a channel's taps add at most Σw⁺·hi + Σw⁻·lo to a sum, and at least Σw⁻·hi + Σw⁺·lo.
func newBounds(c *Conv, k *kernel.Kernel, layout kernel.Layout) *bounds {
	s := &c.spec
	b := &bounds{
		layer: c, kernel: k, layout: layout, channels: s.InChannels / s.Groups,
		activation: s.pointwise().kernel(),
	}
	b.taps, _ = s.tapCount()
	size := s.KernelSize[0] * s.KernelSize[1]
	var limits []kernel.Taps
	for g, group := range c.groups() {
		var limit kernel.Taps
		n := len(group.Bias)
		for i, bias := range group.Bias {
			limit.Bias = append(limit.Bias, bias, bias)
			var most, least []float32
			for channel := range b.channels {
				up, down := 0.0, 0.0
				for _, w := range group.Weights[i*b.taps+channel*size:][:size] {
					up, down = up+max(0, float64(w)), down+min(0, float64(w))
				}
				b.magnitudes = append(b.magnitudes, up-down)
				most = append(most, float32(up), float32(down))
				least = append(least, float32(down), float32(up))
			}
			limit.Weights = append(append(limit.Weights, most...), least...)
		}
		limits = append(limits, limit)
		for i := 0; i < n; i += partFilters {
			m := min(partFilters, n-i)
			taps := kernel.Taps{Weights: group.Weights[i*b.taps : (i+m)*b.taps], Bias: group.Bias[i : i+m]}
			b.parts = append(b.parts, part{g, g*n + i, m, k.Pack([]kernel.Taps{taps}, b.activation, layout)})
		}
	}
	few := kernel.Pixels
	if layout == kernel.Scalar {
		few = kernel.Scalar
	}
	b.limits = k.Pack(limits, kernel.Pointwise{Activation: None}, few)
	return b
}

// of says whether the bounds are of a window's layer, kernel and layout. None are if b is
// nil.
func (b *bounds) of(w *window) bool {
	return b != nil && w.plan.Layer == Layer(b.layer) && w.packed.kernel == b.kernel && w.layout == b.layout
}

// slack bounds what rounding adds to a filter's sum and to its limits together. reach are
// the largest magnitudes of the input's channels. The slack is +Inf if sums may overflow.
//
// A sum of n fused multiply-adds differs from the exact one by at most γₙ·m, with
// m = |bias| + Σ|weight|·|value|, γₙ = n·u/(1−n·u) and u = 2⁻²⁴ (Higham, Accuracy and
// Stability of Numerical Algorithms, 2002, section 3.1), and by half of the smallest
// subnormal value, 2⁻¹⁵⁰, a step that underflows (section 2.1). The limits are sums of
// 2·channels such steps, with weights that are rounded once. The factor of 4 is twice what
// these add up to for n·u below 1/16.
func (b *bounds) slack(filter int, reach []float64) float64 {
	channels := reach[filter/(len(b.layer.spec.Filters)/b.layer.spec.Groups)*b.channels:][:b.channels]
	sum, values := math.Abs(float64(b.layer.spec.Bias[filter])), 1.0
	for c, r := range channels {
		sum += b.magnitudes[filter*b.channels+c] * r
		values += r
	}
	if !(sum < math.MaxFloat32/4) {
		return math.Inf(1)
	}
	steps := float64(b.taps + 2*b.channels + 4)
	return 4 * steps * (0x1p-24*sum + 0x1p-149*values)
}

// float32Above is the smallest float32 that is not below v.
func float32Above(v float64) float32 {
	f := float32(v)
	if float64(f) < v {
		f = math.Nextafter32(f, float32(math.Inf(1)))
	}
	return f
}
