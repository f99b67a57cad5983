package export

import (
	"filterbank/filters"
	"filterbank/filters/onnx"
)

// conv adds a convolution and its activation.
func (p *place) conv(s filters.ConvSpec) {
	in, attributes := p.padded(s)
	attributes = append(attributes, numbers("kernel_shape", s.KernelSize[:]...), numbers("strides", s.Stride[:]...),
		numbers("dilations", s.Dilation[:]...), number("group", s.Groups))
	inputs := []string{in, p.floats("weight", s.Weights, len(s.Filters), s.InChannels/s.Groups, s.KernelSize[0], s.KernelSize[1])}
	if !zeros(s.Bias) {
		inputs = append(inputs, p.floats("bias", s.Bias, len(s.Bias)))
	}
	if s.Activation == filters.None {
		p.node("Conv", p.name, inputs, attributes...)
		return
	}
	sum := p.main("Conv", p.value("sum"), inputs, attributes...)
	p.activate(sum, function{s.Activation, s.NegativeSlope, s.Alpha, s.Slopes})
}

// padded returns the value that a convolution reads, and its attributes about padding. Padding
// that the operator cannot add itself is in the value.
func (p *place) padded(s filters.ConvSpec) (in string, attributes []onnx.Attribute) {
	in = p.inputs[0]
	amounts, known := p.amounts(s)
	switch mode := s.Padding.Mode; {
	case known && mode == filters.Zeros:
		return in, []onnx.Attribute{numbers("pads", amounts[:]...)}
	case known && amounts == [4]int{}:
		return in, nil
	case known:
		pads := p.ints("pads", 0, 0, int64(amounts[0]), int64(amounts[1]), 0, 0, int64(amounts[2]), int64(amounts[3]))
		return p.surrounded(in, pads, mode), nil
	case mode == filters.Zeros && automatic(s):
		auto := map[filters.PaddingKind]string{filters.SameUpper: "SAME_UPPER", filters.SameLower: "SAME_LOWER"}
		return in, []onnx.Attribute{text("auto_pad", auto[s.Padding.Kind])}
	default:
		return p.surrounded(in, p.samePads(s), mode), nil
	}
}

// automatic says whether runtimes agree about auto_pad. They refuse it with dilation, and the older
// ones add too little where a kernel is smaller than its stride (onnxruntime 1.17).
func automatic(s filters.ConvSpec) bool {
	return s.Dilation == [2]int{1, 1} && s.KernelSize[0] >= s.Stride[0] && s.KernelSize[1] >= s.Stride[1]
}

// amounts are a convolution's padding above, left, below and right. They are not known if they
// depend on the size of a picture that is not known.
func (p *place) amounts(s filters.ConvSpec) (amounts [4]int, known bool) {
	pad := s.Padding
	switch {
	case p.plan != nil:
		rows, cols := p.plan.Rows, p.plan.Cols
		return [4]int{rows.Before, cols.Before, rows.After, cols.After}, true
	case pad.Kind == filters.Explicit:
		return [4]int{pad.Top, pad.Left, pad.Bottom, pad.Right}, true
	case pad.Kind == filters.Same: // its stride is 1
		for axis := range 2 {
			total := s.Dilation[axis] * (s.KernelSize[axis] - 1)
			amounts[axis], amounts[2+axis] = total/2, total-total/2
		}
		return amounts, true
	}
	return amounts, s.KernelSize == [2]int{1, 1} // which needs no padding
}

// surrounded adds padding to a value. Wrapping came with opset 19.
func (p *place) surrounded(in, pads string, mode filters.PaddingMode) string {
	name := map[filters.PaddingMode]string{filters.Zeros: "constant", filters.Reflect: "reflect", filters.Replicate: "edge", filters.Circular: "wrap"}[mode]
	if mode == filters.Circular {
		p.need(19)
	}
	return p.node("Pad", p.value("padded"), []string{in, pads}, text("mode", name))
}

// samePads computes the padding of same_upper and same_lower in the model:
//
//	total = max(0, (⌈size/stride⌉ − 1)·stride + K_eff − size)
//
// for rows and columns at once.
func (p *place) samePads(s filters.ConvSpec) string {
	pair := func(part string, v [2]int) string { return p.ints(part, int64(v[0]), int64(v[1])) }
	var reach [2]int // K_eff − stride
	for axis := range reach {
		reach[axis] = s.Dilation[axis]*(s.KernelSize[axis]-1) + 1 - s.Stride[axis]
	}
	size := p.node("Shape", p.value("size"), []string{p.inputs[0]}, number("start", 2))
	stride := pair("stride", s.Stride)
	outputs := p.roundedUp(size, stride, s.Stride)
	covered := p.node("Mul", p.value("covered"), []string{outputs, stride})
	span := p.node("Add", p.value("span"), []string{covered, pair("reach", reach)})
	over := p.node("Sub", p.value("over"), []string{span, size})
	none := pair("none", [2]int{})
	total := p.node("Max", p.value("total"), []string{over, none})
	less := p.node("Div", p.value("less"), []string{total, p.ints("two", 2)})
	more := p.node("Sub", p.value("more"), []string{total, less})
	if s.Padding.Kind == filters.SameLower {
		less, more = more, less
	}
	return p.node("Concat", p.value("pads"), []string{none, less, none, more}, number("axis", 0))
}

// roundedUp divides sizes by strides and rounds up.
func (p *place) roundedUp(size, stride string, strides [2]int) string {
	more := p.node("Add", p.value("more"), []string{size, p.ints("up", int64(strides[0]-1), int64(strides[1]-1))})
	return p.node("Div", p.value("outputs"), []string{more, stride})
}

// pool adds a pool. With ceil_mode, runtimes differ in whether a window that begins in the padding
// after the input has an output, and in whether an average counts values beyond the padding. The
// nodes leave neither open: such a window has none, and such values do not count.
func (p *place) pool(s filters.PoolSpec) {
	s, late := p.rounded(s)
	in, pads := p.inputs[0], s.Padding
	include := !s.ExcludePadding
	if s.Kind == filters.AvgPool && s.CeilMode && include {
		if pads != [4]int{} { // zeros that are added before are values of the input
			in = p.surrounded(in, p.ints("pads", 0, 0, int64(pads[0]), int64(pads[1]), 0, 0, int64(pads[2]), int64(pads[3])), filters.Zeros)
			pads = [4]int{}
		}
		include = false
	}
	attributes := []onnx.Attribute{numbers("kernel_shape", s.KernelSize[:]...), numbers("strides", s.Stride[:]...), numbers("pads", pads[:]...)}
	if s.CeilMode {
		attributes = append(attributes, number("ceil_mode", 1))
	}
	op := "AveragePool"
	switch {
	case s.Kind == filters.MaxPool:
		op, attributes = "MaxPool", append(attributes, numbers("dilations", s.Dilation[:]...))
	case include:
		attributes = append(attributes, number("count_include_pad", 1))
	}
	if !late {
		p.node(op, p.name, []string{in}, attributes...)
		return
	}
	p.cut(s, p.main(op, p.value("all"), []string{in}, attributes...))
}

// rounded returns the pool without ceil_mode if it is known that this adds no window, and
// whether ceil_mode may add one that begins in the padding after the input.
func (p *place) rounded(s filters.PoolSpec) (rounded filters.PoolSpec, late bool) {
	adds := false
	for axis := range 2 {
		e := filters.Extent{
			Kernel: s.KernelSize[axis], Stride: s.Stride[axis], Dilation: s.Dilation[axis],
			Before: s.Padding[axis], After: s.Padding[2+axis],
		}
		if p.plan == nil { // windows reach less than a stride beyond the padding
			adds, late = true, late || e.EffectiveKernel()-e.After < e.Stride
			continue
		}
		in, out := p.plan.In.H, p.plan.Out.H
		if axis == 1 {
			in, out = p.plan.In.W, p.plan.Out.W
		}
		whole, rest, err := e.OutputSize(in)
		more := err != nil || out > whole
		adds, late = adds || more, late || rest > 0 && !more
	}
	s.CeilMode = s.CeilMode && adds
	return s, s.CeilMode && late
}

// cut leaves out windows that begin in the padding after the input: ⌈(before + size)/stride⌉
// outputs stay, or all if there are fewer.
func (p *place) cut(s filters.PoolSpec, all string) {
	size := p.node("Shape", p.value("size"), []string{p.inputs[0]}, number("start", 2))
	begun := p.node("Add", p.value("begun"), []string{size, p.ints("before", int64(s.Padding[0]), int64(s.Padding[1]))})
	ends := p.roundedUp(begun, p.ints("stride", int64(s.Stride[0]), int64(s.Stride[1])), s.Stride)
	p.node("Slice", p.name, []string{all, p.ints("starts", 0, 0), ends, p.ints("axes", 2, 3)})
}
