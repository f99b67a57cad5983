package stackfile

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"filterbank/filters"
	"filterbank/filters/config"
	"filterbank/filters/tensor"
	"filterbank/filters/volume"
)

// maxFilters bounds the channels of maps, as stack files do.
const maxFilters = 65536

// conv is a convolution layer without an activation.
func (c *call) conv() (value, error) {
	v, err := c.first(0)
	if err != nil {
		return v, err
	}
	w, bias, err := c.kernels()
	if err != nil {
		return v, err
	}
	groups, err := c.groups(v, w.Shape)
	if err != nil {
		return v, err
	}
	rows, cols, sides, err := c.window([2]int{w.Shape[2], w.Shape[3]})
	if err != nil {
		return v, err
	}
	auto, err := c.auto()
	if err != nil {
		return v, err
	}
	if v.pad != nil && (auto != "" || v.pad.mode != "zeros" && sides != [4]int{}) {
		if v, err = c.input(0); err != nil {
			return v, err
		}
	}
	out := v.moved(len(c.layers), w.Shape[0], rows, cols)
	out.signed = true
	if out.shape.H, out.shape.W, err = sizes(v.shape, rows, cols, auto); err != nil {
		return v, err
	}
	if err := c.room.kernels(w.Shape); err != nil {
		return v, err
	}
	l := &Layer{Kind: "conv", weights: w, bias: bias, function: &activation{name: "none"}}
	l.set("stride", pairText([2]int{rows.Stride, cols.Stride}), "1")
	l.setPadding(auto, sides, v.pad)
	l.set("dilation", pairText([2]int{rows.Dilation, cols.Dilation}), "1")
	l.set("groups", strconv.Itoa(groups), "1")
	_, err = c.emit(l, nameFor(c.Node), v)
	return out, err
}

// setPadding sets a convolution's padding with the one that waits before it.
func (l *Layer) setPadding(auto string, sides [4]int, before *padding) {
	mode := "zeros"
	if before != nil {
		mode = before.mode
		for side, n := range before.sides {
			sides[side] += n
		}
		l.Nodes = slices.Clone(before.nodes)
	}
	if auto != "" {
		l.set("padding", auto, "")
	}
	l.set("padding", sidesText(sides), "0")
	l.set("padding_mode", mode, "zeros")
}

// groups is the number of a convolution's groups.
func (c *call) groups(v value, weights []int) (int, error) {
	groups := c.int("group", 1)
	switch {
	case groups < 1 || groups > maxFilters || int64(weights[1])*groups != int64(v.shape.C):
		return 0, fmt.Errorf("its weights of %s and %d groups read %d channels, and its input has %d", list(words(weights)), groups, int64(weights[1])*groups, v.shape.C)
	case int64(weights[0])%groups != 0:
		return 0, fmt.Errorf("its %d filters are not divided by its %d groups", weights[0], groups)
	}
	return int(groups), nil
}

// kernels are the weights and the bias of a convolution.
func (c *call) kernels() (weights, bias *tensor.Member, err error) {
	if len(c.Inputs) < 2 {
		return nil, nil, errors.New("it has no weights")
	}
	if weights, err = c.array(1, "weights"); err != nil {
		return nil, nil, err
	}
	s := weights.Shape
	n, ok := volume.Product(s...)
	switch {
	case len(s) != 4:
		return nil, nil, fmt.Errorf("its weights have %d dimensions, and a layer's have 4", len(s))
	case s[0] == 0:
		return nil, nil, fmt.Errorf("its weights have the shape %s: there are no filters", list(words(s)))
	case !ok || n < 1 || s[0] > maxFilters || s[2] > config.MaxKernel || s[3] > config.MaxKernel:
		return nil, nil, fmt.Errorf("its weights have the shape %s: a layer has at most %d filters of %d×%d", list(words(s)), maxFilters, config.MaxKernel, config.MaxKernel)
	}
	if a := c.Attribute("kernel_shape"); a != nil && (len(a.Ints) != 2 || a.Ints[0] != int64(s[2]) || a.Ints[1] != int64(s[3])) {
		return nil, nil, fmt.Errorf("its kernel_shape is %s, and its weights have the shape %s", list(words(a.Ints)), list(words(s)))
	}
	if len(c.Inputs) < 3 || c.Inputs[2] == "" {
		return weights, nil, nil
	}
	if bias, err = c.array(2, "bias"); err == nil && (len(bias.Shape) != 1 || bias.Shape[0] != s[0]) {
		err = fmt.Errorf("its bias has the shape %s, and its %d filters want as many", list(words(bias.Shape)), s[0])
	}
	return weights, bias, err
}

// array is a stored constant of floats, which is not read yet.
func (c *call) array(k int, what string) (*tensor.Member, error) {
	name := c.Inputs[k]
	m, ok := c.constants[name]
	if ok {
		return &m, nil
	}
	if op, ok := c.computed[name]; ok {
		return nil, fmt.Errorf("its %s %.100q are computed by %s, and only arrays that are stored are taken", what, name, op)
	}
	return nil, fmt.Errorf("its %s %.100q are no constant", what, name)
}

// window is the geometry of a kernel without automatic padding.
func (c *call) window(size [2]int) (rows, cols filters.Extent, sides [4]int, err error) {
	stride, err := c.pair("strides")
	if err != nil {
		return rows, cols, sides, err
	}
	dilation, err := c.pair("dilations")
	if err != nil {
		return rows, cols, sides, err
	}
	pads, err := c.sides("pads", 4, 0, 0)
	if err != nil {
		return rows, cols, sides, err
	}
	sides = [4]int(pads)
	rows = filters.Extent{Kernel: size[0], Stride: stride[0], Dilation: dilation[0], Before: sides[0], After: sides[2]}
	cols = filters.Extent{Kernel: size[1], Stride: stride[1], Dilation: dilation[1], Before: sides[1], After: sides[3]}
	for _, e := range []filters.Extent{rows, cols} {
		if e.Dilation*(e.Kernel-1) >= maxSide {
			return rows, cols, sides, fmt.Errorf("its kernel spans %d pixels, and a layer's at most %d", e.EffectiveKernel(), maxSide)
		}
	}
	return rows, cols, sides, nil
}

// auto is automatic padding in a stack file's words. It is empty without.
func (c *call) auto() (string, error) {
	switch mode := c.string("auto_pad", "NOTSET"); mode {
	case "NOTSET", "":
		return "", nil
	case "VALID":
		if a := c.Attribute("pads"); a != nil {
			return "", errors.New("it has pads and auto_pad VALID")
		}
		return "", nil
	case "SAME_UPPER":
		return "same_upper", nil
	case "SAME_LOWER":
		return "same_lower", nil
	default:
		return "", fmt.Errorf("its auto_pad is %.30q", mode)
	}
}

// sizes are the rows and columns of the output, 0 if the input's are not known.
func sizes(in Shape, rows, cols filters.Extent, auto string) (h, w int, err error) {
	if !in.sized() {
		return 0, 0, nil
	}
	if auto != "" {
		return (in.H-1)/rows.Stride + 1, (in.W-1)/cols.Stride + 1, nil
	}
	if h, _, err = rows.OutputSize(in.H); err != nil {
		return 0, 0, fmt.Errorf("height: %w", err)
	}
	if w, _, err = cols.OutputSize(in.W); err != nil {
		return 0, 0, fmt.Errorf("width: %w", err)
	}
	return h, w, nil
}
