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
	groups := c.int("group", 1)
	size := [2]int{w.Shape[2], w.Shape[3]}
	l := &Layer{Kind: "conv", weights: w, bias: bias, function: &activation{name: "none"}}
	rows, cols, sides, err := c.window(size)
	if err != nil {
		return v, err
	}
	auto, err := c.auto()
	switch {
	case err != nil:
		return v, err
	case groups < 1 || groups > maxFilters || int64(w.Shape[1])*groups != int64(v.shape.C):
		return v, fmt.Errorf("its weights of %s and %d groups read %d channels, and its input has %d", list(words(w.Shape)), groups, int64(w.Shape[1])*groups, v.shape.C)
	case int64(w.Shape[0])%groups != 0:
		return v, fmt.Errorf("its %d filters are not divided by its %d groups", w.Shape[0], groups)
	}
	mode := "zeros"
	if v.pad != nil {
		if auto != "" || v.pad.mode != "zeros" && sides != [4]int{} {
			if v, err = c.input(0); err != nil {
				return v, err
			}
		} else {
			mode = v.pad.mode
		}
	}
	out := v.moved(len(c.layers), w.Shape[0], rows, cols, [2]int{1, 1})
	out.signed = true
	if out.shape.H, out.shape.W, err = sizes(v.shape, rows, cols, auto); err != nil {
		return v, err
	}
	if v.pad != nil {
		for side := range sides {
			sides[side] += v.pad.sides[side]
		}
		l.Nodes = slices.Clone(v.pad.nodes)
	}
	l.set("stride", pairText([2]int{rows.Stride, cols.Stride}), "1")
	if auto != "" {
		l.set("padding", auto, "")
	}
	l.set("padding", sidesText(sides), "0")
	l.set("padding_mode", mode, "zeros")
	l.set("dilation", pairText([2]int{rows.Dilation, cols.Dilation}), "1")
	l.set("groups", strconv.FormatInt(groups, 10), "1")
	if n, _ := volume.Product(w.Shape...); n > c.room.weights {
		return v, errWeights
	} else {
		c.room.weights -= n
	}
	_, err = c.emit(l, nameFor(c.Node), v)
	return out, err
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

// padded is a value with padding that waits for the layer behind it.
func (c *call) padded() (value, error) {
	v, err := c.input(0)
	if err != nil {
		return v, err
	}
	if err := c.padValue(); err != nil {
		return v, err
	}
	modes := map[string]string{"constant": "zeros", "reflect": "reflect", "edge": "replicate", "wrap": "circular"}
	mode, ok := modes[c.string("mode", "constant")]
	if !ok {
		return v, fmt.Errorf("its mode is %.30q", c.string("mode", ""))
	}
	attribute := "pads"
	if c.Attribute("paddings") != nil { // version 1
		attribute = "paddings"
	}
	pads, err := c.ints(c.Node, 1, attribute, 2*maxAxes)
	if err != nil {
		return v, err
	}
	if pads, err = c.allAxes(pads); err != nil {
		return v, err
	}
	h, w, ch := 2, 3, 1
	if v.last {
		h, w, ch = 1, 2, 3
	}
	sides := [4]int{pads[h], pads[w], pads[4+h], pads[4+w]}
	if pads[0] != 0 || pads[4] != 0 || pads[ch] != 0 || pads[4+ch] != 0 {
		return v, errors.New("it pads channels, and layers pad rows and columns")
	}
	for axis, n := range sides {
		side := [2]int{v.shape.H, v.shape.W}[axis%2]
		switch {
		case n < 0:
			return v, errors.New("it cuts rows or columns off")
		case mode == "reflect" && side > 0 && n >= side, mode == "circular" && side > 0 && n > side:
			return v, fmt.Errorf("it pads %d of %d rows or columns in mode %s", n, side, mode)
		}
	}
	if sides == [4]int{} {
		return v, nil
	}
	v.pad = &padding{sides: sides, mode: mode}
	if v.shape.sized() {
		v.shape.H += sides[0] + sides[2]
		v.shape.W += sides[1] + sides[3]
	}
	return v, nil
}

// allAxes are pads of four axes, where a node may name those that it pads.
func (c *call) allAxes(pads []int) ([]int, error) {
	axes, err := c.ints(c.Node, 3, "", maxAxes)
	switch {
	case err != nil:
		return nil, err
	case axes == nil && len(pads) == 8:
		return pads, nil
	case axes == nil || len(pads) != 2*len(axes):
		return nil, fmt.Errorf("it has %d pads, and those of maps are 8", len(pads))
	}
	all := make([]int, 8)
	for k, a := range axes {
		if a < 0 {
			a += 4
		}
		if a < 0 || a > 3 {
			return nil, fmt.Errorf("its axes are %s", list(words(axes)))
		}
		all[a], all[4+a] = pads[k], pads[len(axes)+k]
	}
	return all, nil
}

// padValue refuses padding with another number than 0.
func (c *call) padValue() error {
	number := c.float("value", 0)
	if len(c.Inputs) > 2 && c.Inputs[2] != "" {
		a, err := c.numbers(c.Inputs[2], 1)
		if err != nil {
			return err
		}
		if len(a.Data) == 1 {
			number = a.Data[0]
		}
	}
	if number != 0 && c.string("mode", "constant") == "constant" {
		return fmt.Errorf("it pads with %v, and layers pad with 0", number)
	}
	return nil
}

// laid is a value with its padding in a layer: a kernel of a 1 for each channel.
func (i *importer) laid(name string) (value, error) {
	v := i.values[name]
	p := v.pad
	if p == nil {
		return v, nil
	}
	l := &Layer{Kind: "conv", function: &activation{name: "none"}, Nodes: slices.Clone(p.nodes), Value: name, Shape: v.shape, ChannelLast: v.last}
	l.set("kernels", "[{name: identity, weights: [[1]]}]", "")
	l.set("channels", "each", "")
	l.set("padding", sidesText(p.sides), "0")
	l.set("padding_mode", p.mode, "zeros")
	layer, err := i.emit(l, p.nodes[len(p.nodes)-1].Name, v)
	if err == nil {
		v.layer, v.pad, v.nodes = layer, nil, nil
		i.values[name] = v
	}
	return v, err
}

// batchNorm goes into the convolution before it if no other node reads that.
func (c *call) batchNorm() (value, error) {
	v, err := c.input(0)
	if err != nil {
		return v, err
	}
	switch {
	case v.last:
		return v, errChannelLast
	case c.int("training_mode", 0) != 0:
		return v, errors.New("it is in training mode")
	case c.int("spatial", 1) != 1:
		return v, errors.New("it normalizes every place apart")
	case len(c.Inputs) != 5:
		return v, fmt.Errorf("it has %d inputs, and 5 are expected", len(c.Inputs))
	}
	a := &affine{eps: c.float("epsilon", 1e-5)}
	for k, to := range []*[]float32{&a.weight, &a.bias, &a.mean, &a.variance} {
		m, err := c.numbers(c.Inputs[1+k], maxFilters)
		if err != nil {
			return v, err
		}
		if len(m.Shape) != 1 || len(m.Data) != v.shape.C {
			return v, fmt.Errorf("its input %.100q has the shape %s, and its maps have %d channels", c.Inputs[1+k], list(words(m.Shape)), v.shape.C)
		}
		*to = m.Data
	}
	for ch, variance := range a.variance {
		if !(variance+a.eps > 0) {
			return v, fmt.Errorf("the variance of channel %d is %v: with epsilon, %v, it must be above 0", ch, variance, a.eps)
		}
	}
	return c.shifted(v, a, c.Node)
}
