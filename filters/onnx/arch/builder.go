package arch

import (
	"filterbank/filters/onnx"
)

// builder makes the graph of a network and lists its tensors. Nodes have the names of PyTorch's
// modules, and a value has the name of its node.
type builder struct {
	graph onnx.Graph
	wants []want
	// stored are the shapes in the checkpoint, for sizes that a network leaves open.
	stored map[string][]int
}

// want is a tensor that a network has.
type want struct {
	name  string
	shape []int
	head  bool // of a fully connected layer
	maps  bool // a node reads it as C×1×1
}

// value is maps, or a vector behind them.
type value struct {
	name     string
	channels int
}

// picture is the input of the graph.
func (b *builder) picture(channels int) value {
	free := onnx.Dimension{Size: -1}
	b.graph.Inputs = []onnx.ValueInfo{{Name: "image", Type: onnx.Float32, Shape: []onnx.Dimension{free, {Size: int64(channels)}, free, free}}}
	return value{"image", channels}
}

// open is a size that a network leaves open: a tensor's side in the checkpoint, or else a usual one.
func (b *builder) open(tensor string, side, usual int) int {
	if shape := b.stored[tensor]; side < len(shape) && shape[side] > 0 {
		return shape[side]
	}
	return usual
}

func (b *builder) node(op, name string, channels int, inputs []string, attributes ...onnx.Attribute) value {
	b.graph.Nodes = append(b.graph.Nodes, onnx.Node{Name: name, Op: op, Inputs: inputs, Outputs: []string{name}, Attributes: attributes})
	return value{name, channels}
}

func ints(name string, values ...int) onnx.Attribute {
	a := onnx.Attribute{Name: name, Type: onnx.IntsAttribute}
	for _, v := range values {
		a.Ints = append(a.Ints, int64(v))
	}
	return a
}

func number(name string, v int) onnx.Attribute {
	return onnx.Attribute{Name: name, Type: onnx.IntAttribute, Int: int64(v)}
}

// window is the geometry of a convolution or a pool. A stride of 0 is 1, and groups of 0 are 1.
type window struct {
	size, stride, padding, groups int
	same                          bool // as TensorFlow pads: the odd pixel at the end
}

func (w window) attributes() []onnx.Attribute {
	stride, p := max(1, w.stride), w.padding
	all := []onnx.Attribute{ints("kernel_shape", w.size, w.size), ints("strides", stride, stride)}
	if w.same {
		return append(all, onnx.Attribute{Name: "auto_pad", Type: onnx.StringAttribute, String: "SAME_UPPER"})
	}
	return append(all, ints("pads", p, p, p, p))
}

// conv is a convolution with a bias.
func (b *builder) conv(in value, name string, filters int, w window) value {
	return b.convolution(in, name, filters, w, name+".weight", name+".bias")
}

// bare is a convolution without a bias.
func (b *builder) bare(in value, name string, filters int, w window) value {
	return b.convolution(in, name, filters, w, name+".weight")
}

// convolution is a convolution whose tensors are the weights and perhaps the bias.
func (b *builder) convolution(in value, name string, filters int, w window, tensors ...string) value {
	groups := max(1, w.groups)
	for k, t := range tensors {
		b.wants = append(b.wants, want{name: t, shape: [][]int{{filters, in.channels / groups, w.size, w.size}, {filters}}[k]})
	}
	return b.node("Conv", name, filters, append([]string{in.name}, tensors...), append(w.attributes(), number("group", groups))...)
}

// norm is a batch normalization.
func (b *builder) norm(in value, name string, eps float32) value {
	inputs := []string{in.name}
	for _, part := range []string{".weight", ".bias", ".running_mean", ".running_var"} {
		b.wants = append(b.wants, want{name: name + part, shape: []int{in.channels}})
		inputs = append(inputs, name+part)
	}
	return b.node("BatchNormalization", name, in.channels, inputs, onnx.Attribute{Name: "epsilon", Type: onnx.FloatAttribute, Float: eps})
}

func (b *builder) relu(in value, name string) value {
	return b.node("Relu", name, in.channels, []string{in.name})
}

func (b *builder) relu6(in value, name string) value {
	float := func(name string, v float32) onnx.Attribute {
		return onnx.Attribute{Name: name, Type: onnx.FloatAttribute, Float: v}
	}
	return b.node("Clip", name, in.channels, []string{in.name}, float("min", 0), float("max", 6))
}

// prelu has a slope for each channel.
func (b *builder) prelu(in value, name string) value {
	b.wants = append(b.wants, want{name: name + ".weight", shape: []int{in.channels}, maps: true})
	return b.node("PRelu", name, in.channels, []string{in.name, name + ".weight"})
}

func (b *builder) maxPool(in value, name string, w window, ceil bool) value {
	attributes := w.attributes()
	if ceil {
		attributes = append(attributes, number("ceil_mode", 1))
	}
	return b.node("MaxPool", name, in.channels, []string{in.name}, attributes...)
}

func (b *builder) add(name string, values ...value) value {
	return b.node("Add", name, values[0].channels, names(values))
}

func (b *builder) concat(name string, values ...value) value {
	channels := 0
	for _, v := range values {
		channels += v.channels
	}
	return b.node("Concat", name, channels, names(values), number("axis", 1))
}

func names(values []value) []string {
	var all []string
	for _, v := range values {
		all = append(all, v.name)
	}
	return all
}

// linear is a fully connected layer.
func (b *builder) linear(in value, name string, inputs, outputs int) value {
	b.wants = append(b.wants, want{name: name + ".weight", shape: []int{outputs, inputs}, head: true}, want{name: name + ".bias", shape: []int{outputs}, head: true})
	return b.node("Gemm", name, outputs, []string{in.name, name + ".weight", name + ".bias"}, number("transB", 1))
}

// classes is a fully connected layer whose number of outputs is the checkpoint's.
func (b *builder) classes(in value, name string, inputs int) {
	b.linear(in, name, inputs, b.open(name+".weight", 0, 1000))
}

// flat are maps as one vector.
func (b *builder) flat(in value) value {
	return b.node("Flatten", "flatten", in.channels, []string{in.name})
}
