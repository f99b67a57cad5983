package export

import (
	"fmt"

	"filterbank/filters"
	"filterbank/filters/onnx"
)

// layer adds the nodes of a layer. The last one has the layer's name as its output.
func (p *place) layer(layer filters.Layer) error {
	switch l := layer.(type) {
	case *filters.Conv:
		p.conv(l.Spec())
	case *filters.Pool:
		p.pool(l.Spec())
	case *filters.Norm:
		p.norm(l.Spec())
	case *filters.Activate:
		s := l.Spec()
		p.activate(p.inputs[0], function{s.Function, s.NegativeSlope, s.Alpha, s.Slopes})
	case *filters.Scale:
		p.scale(l.Spec())
	case *filters.Join:
		p.join(l.Spec())
	case *filters.Upsample:
		p.upsample(l.Spec())
	default:
		return fmt.Errorf("%s has no operator in the ONNX format", layer.Kind())
	}
	return nil
}

// function is an activation with its parameters.
type function struct {
	filters.Activation
	slope, alpha float32
	slopes       []float32
}

// operator is the operator that an activation without parameters is.
func (f function) operator() (op string, ok bool) {
	op, ok = map[filters.Activation]string{
		filters.None: "Identity", filters.ReLU: "Relu", filters.Abs: "Abs", filters.Sigmoid: "Sigmoid",
		filters.Tanh: "Tanh", filters.HardSwish: "HardSwish",
	}[f.Activation]
	return op, ok
}

// activate adds an activation.
func (p *place) activate(in string, f function) {
	node := func(op string, attributes ...onnx.Attribute) { p.node(op, p.name, []string{in}, attributes...) }
	if op, ok := f.operator(); ok {
		node(op)
		return
	}
	switch f.Activation {
	case filters.LeakyReLU:
		node("LeakyRelu", float("alpha", f.slope))
	case filters.ReLU6:
		p.node("Clip", p.name, []string{in, p.floats("min", []float32{0}), p.floats("max", []float32{6})})
	case filters.Square:
		p.node("Mul", p.name, []string{in, in})
	case filters.SiLU:
		p.node("Mul", p.name, []string{in, p.node("Sigmoid", p.value("sigmoid"), []string{in})})
	case filters.GELU:
		p.need(20)
		node("Gelu", text("approximate", "none"))
	case filters.GELUTanh:
		p.need(20)
		node("Gelu", text("approximate", "tanh"))
	case filters.ELU:
		if f.alpha == 0 {
			f.alpha = 1
		}
		node("Elu", float("alpha", f.alpha))
	case filters.HardSigmoid:
		node("HardSigmoid", float("alpha", 1.0/6), float("beta", 0.5))
	case filters.PReLU:
		p.node("PRelu", p.name, []string{in, p.floats("slope", f.slopes, len(f.slopes), 1, 1)})
	}
}

// norm adds a local response normalization. ONNX's sums over the same channels if the size is
// odd. If it is even, that one has a channel more above and one less below, and runtimes refuse
// it.
func (p *place) norm(s filters.NormSpec) {
	in := p.inputs[0]
	if s.Size%2 == 1 {
		p.node("LRN", p.name, []string{in}, number("size", s.Size),
			float("alpha", float32(s.Alpha)), float("beta", float32(s.Beta)), float("bias", float32(s.K)))
		return
	}
	square := p.node("Mul", p.value("square"), []string{in, in})
	axis := p.ints("axis", 1)
	deep := p.node("Unsqueeze", p.value("deep"), []string{square, axis})
	// The mean counts zeros beyond the first and the last channel.
	mean := p.node("AveragePool", p.value("mean"), []string{deep}, numbers("kernel_shape", s.Size, 1, 1),
		numbers("pads", s.Size/2, 0, 0, s.Size/2-1, 0, 0), number("count_include_pad", 1))
	flat := p.node("Squeeze", p.value("flat"), []string{mean, axis})
	scaled := p.node("Mul", p.value("scaled"), []string{flat, p.floats("alpha", []float32{float32(s.Alpha)})})
	sum := p.node("Add", p.value("sum"), []string{scaled, p.floats("k", []float32{float32(s.K)})})
	power := p.node("Pow", p.value("power"), []string{sum, p.floats("beta", []float32{float32(s.Beta)})})
	p.node("Div", p.name, []string{in, power})
}

// scale multiplies and adds. A shift of 0 is left out.
func (p *place) scale(s filters.ScaleSpec) {
	factor := p.floats("factor", s.Factor, len(s.Factor), 1, 1)
	if zeros(s.Shift) {
		p.node("Mul", p.name, []string{p.inputs[0], factor})
		return
	}
	product := p.main("Mul", p.value("product"), []string{p.inputs[0], factor})
	p.node("Add", p.name, []string{product, p.floats("shift", s.Shift, len(s.Shift), 1, 1)})
}

func zeros(values []float32) bool {
	for _, v := range values {
		if v != 0 {
			return false
		}
	}
	return true
}

func (p *place) join(s filters.JoinSpec) {
	switch {
	case s.Kind == filters.Concat:
		p.node("Concat", p.name, p.inputs, number("axis", 1))
	case len(p.inputs) == 2:
		p.node("Add", p.name, p.inputs)
	default:
		p.node("Sum", p.name, p.inputs)
	}
}

func (p *place) upsample(s filters.UpsampleSpec) {
	scales := p.floats("scales", []float32{1, 1, float32(s.Factor[0]), float32(s.Factor[1])}, 4)
	inputs := []string{p.inputs[0], "", scales}
	if s.Mode == filters.Bilinear {
		p.node("Resize", p.name, inputs, text("mode", "linear"), text("coordinate_transformation_mode", "half_pixel"))
		return
	}
	p.node("Resize", p.name, inputs, text("mode", "nearest"),
		text("coordinate_transformation_mode", "asymmetric"), text("nearest_mode", "floor"))
}
