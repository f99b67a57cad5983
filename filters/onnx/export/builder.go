package export

import (
	"errors"
	"fmt"
	"strings"

	"filterbank/filters"
	"filterbank/filters/onnx"
)

// builder makes a graph.
type builder struct {
	graph   onnx.Graph
	opset   int64           // that the nodes need
	size    [2]int          // of pictures, if it is known
	picture string          // the value that stacks read
	taken   map[string]bool // names of values and tensors
	layers  []Layer
}

// leastOpset has the operators of most layers, and readers of 2022.
const leastOpset = 17

func newBuilder(o Options) *builder {
	return &builder{
		graph: onnx.Graph{Name: "filterbank"}, opset: leastOpset, size: o.Size,
		picture: InputName, taken: map[string]bool{InputName: true},
	}
}

// read adds the input, which all stacks read.
func (b *builder) read(stacks []Chosen) error {
	h, w := onnx.Dimension{Size: -1, Symbol: "H"}, onnx.Dimension{Size: -1, Symbol: "W"}
	if b.size != [2]int{} {
		h, w = onnx.Dimension{Size: int64(b.size[0])}, onnx.Dimension{Size: int64(b.size[1])}
	}
	channels := stacks[0].Stack.InChannels()
	for _, c := range stacks {
		if n := c.Stack.InChannels(); n != channels {
			return fmt.Errorf("stacks read %d and %d channels: a model has one input", channels, n)
		}
	}
	b.graph.Inputs = []onnx.ValueInfo{{Name: InputName, Type: onnx.Float32, Shape: []onnx.Dimension{batch(), {Size: int64(channels)}, h, w}}}
	return nil
}

// reserve takes the names of all layers, before names are made for other values.
func (b *builder) reserve(stacks []Chosen) error {
	outputs := 0
	for _, c := range stacks {
		for l, there := range needed(c) {
			if c.Outputs[l] {
				outputs++
			}
			name := valueName(c.Stack.Name(), c.Stack.Layers()[l].Name())
			switch {
			case !there:
			case name == InputName:
				return fmt.Errorf("layer %s: the model's input has this name: give the layer another one", name)
			case b.taken[name]:
				return fmt.Errorf("layer %s: another layer has this name, and the model needs both: give one another name", name)
			default:
				b.taken[name] = true
			}
		}
	}
	if outputs == 0 {
		return errors.New("a model needs a layer as its output, and none is chosen")
	}
	return nil
}

// prepare subtracts the mean and divides by the deviation, as the picture's reader does.
func (b *builder) prepare(o Options) {
	p := place{builder: b, name: InputName}
	each := 1
	if b.graph.Inputs[0].Shape[1].Size == 3 {
		each = 3
	}
	if o.Mean != [3]float32{} {
		mean := p.floats("mean", o.Mean[:each], each, 1, 1)
		b.picture = p.node("Sub", p.value("centered"), []string{b.picture, mean})
	}
	if o.Std != [3]float32{1, 1, 1} {
		std := p.floats("std", o.Std[:each], each, 1, 1)
		b.picture = p.node("Div", p.value("prepared"), []string{b.picture, std})
	}
}

// place is where a layer is added.
type place struct {
	*builder
	name   string             // of the layer's maps
	inputs []string           // values that it reads
	plan   *filters.LayerPlan // nil if the size of pictures is not known
	named  bool               // a node has the layer's name
}

// fresh is a name that nothing has, the given one if possible.
func (b *builder) fresh(name string) string {
	for b.taken[name] {
		name += "_"
	}
	b.taken[name] = true
	return name
}

// value is the name of a value between a layer's nodes.
func (p *place) value(part string) string { return p.fresh(p.name + ":" + part) }

// node adds an operation and returns its output, whose name the node has.
func (p *place) node(op, out string, inputs []string, attributes ...onnx.Attribute) string {
	name := out
	if out == p.name && p.named {
		name = p.value(strings.ToLower(op))
	}
	return p.add(name, op, out, inputs, attributes)
}

// main adds the operation that a layer is named for. Others may follow it. The node has the
// layer's name, which programs that show and read models go by.
func (p *place) main(op, out string, inputs []string, attributes ...onnx.Attribute) string {
	p.named = true
	return p.add(p.name, op, out, inputs, attributes)
}

func (p *place) add(name, op, out string, inputs []string, attributes []onnx.Attribute) string {
	p.graph.Nodes = append(p.graph.Nodes, onnx.Node{Name: name, Op: op, Inputs: inputs, Outputs: []string{out}, Attributes: attributes})
	return out
}

// floats adds an array and returns its name.
func (p *place) floats(part string, values []float32, shape ...int) string {
	name := p.fresh(p.name + "." + part)
	p.graph.Initializers = append(p.graph.Initializers, onnx.FloatTensor(name, values, shape...))
	return name
}

// ints adds a list of whole numbers and returns its name.
func (p *place) ints(part string, values ...int64) string {
	name := p.fresh(p.name + "." + part)
	p.graph.Initializers = append(p.graph.Initializers, onnx.IntTensor(name, values...))
	return name
}

// need raises the opset to the one that an operator came with.
func (b *builder) need(opset int64) { b.opset = max(b.opset, opset) }

// The attributes of nodes.

func number(name string, v int) onnx.Attribute {
	return onnx.Attribute{Name: name, Type: onnx.IntAttribute, Int: int64(v)}
}

func float(name string, v float32) onnx.Attribute {
	return onnx.Attribute{Name: name, Type: onnx.FloatAttribute, Float: v}
}

func text(name, v string) onnx.Attribute {
	return onnx.Attribute{Name: name, Type: onnx.StringAttribute, String: v}
}

func numbers(name string, values ...int) onnx.Attribute {
	a := onnx.Attribute{Name: name, Type: onnx.IntsAttribute}
	for _, v := range values {
		a.Ints = append(a.Ints, int64(v))
	}
	return a
}
