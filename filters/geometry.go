package filters

import "fmt"

// Extent is the geometry of one axis of a layer, in pixels.
type Extent struct {
	Kernel, Stride, Dilation int
	Before, After            int // padding above and below, or left and right
}

// EffectiveKernel is dilation·(K−1)+1, the span of input that one output sees.
func (e Extent) EffectiveKernel() int { return e.Dilation*(e.Kernel-1) + 1 }

// OutputSize is O = floor((W − K_eff + 2P)/S) + 1 (Dumoulin and Visin, A guide to
// convolution arithmetic for deep learning, 2016, relation 6, with dilation as in
// relation 15). The remainder of that division is the number of rows or columns at the
// far edge of the padded input that no output covers. A kernel larger than its padded
// input is an error.
func (e Extent) OutputSize(in int) (out, uncovered int, err error) {
	padded := in + e.Before + e.After
	span := padded - e.EffectiveKernel()
	if span < 0 {
		return 0, 0, fmt.Errorf("kernel spans %d but the padded input has %d (%d + %d + %d)",
			e.EffectiveKernel(), padded, e.Before, in, e.After)
	}
	return span/e.Stride + 1, span % e.Stride, nil
}

// ceilOutputSize is OutputSize rounded up. It leaves out an output whose window would
// begin behind the input: a window starts inside the input or the padding before it
// (PyTorch, MaxPool2d, ceil_mode).
func (e Extent) ceilOutputSize(in int) (out, uncovered int, err error) {
	span := e.Before + in + e.After - e.EffectiveKernel()
	if span <= -e.Stride {
		return e.OutputSize(in)
	}
	steps := (span + e.Stride - 1) / e.Stride
	if steps*e.Stride >= e.Before+in {
		steps--
	}
	return steps + 1, max(0, span-steps*e.Stride), nil
}

// reach is the padding after the input that out outputs see, at least After.
func (e Extent) reach(in, out int) int {
	return max(e.After, (out-1)*e.Stride+e.EffectiveKernel()-e.Before-in)
}

// samePadding is the padding of same, same_upper and same_lower, both sides together. It
// leads to an output of ceil(W/S) (ONNX, Conv, auto_pad).
func (e Extent) samePadding(in int) (total int) {
	out := (in + e.Stride - 1) / e.Stride
	return max(0, (out-1)*e.Stride+e.EffectiveKernel()-in)
}
