package stackfile

import (
	"errors"
	"fmt"
	"slices"

	"filterbank/filters/config"
	"filterbank/filters/onnx"
	"filterbank/filters/tensor"
)

// importer makes layers of the nodes of one graph.
type importer struct {
	graph *onnx.Graph
	opset int64
	input Input

	prepared  *Preparation
	described described

	readers   map[string]int  // how many nodes, and outputs of the graph, read a value
	producers map[string]int  // the node that makes a value
	others    map[string]bool // inputs of the graph besides the picture
	turned    map[string]bool // values whose channels a node Transpose puts first
	shapes    map[string][]onnx.Dimension
	patterns  map[int]pattern // by the node that ends it
	needed    []bool          // nodes for the values that are asked for; nil is all
	targets   []target        // that are asked for

	values    map[string]value
	constants map[string]tensor.Member
	read      map[string]reading
	computed  map[string]string // operator of constants that are not known
	layers    []*Layer
	names     uniqueNames
	room      room

	fates   []fate
	stops   []int
	reasons []string
}

// target is a node or a value that is asked for.
type target struct {
	name string
	node int
}

func newImporter(m *onnx.Model, o Options) (*importer, error) {
	g := &m.Graph
	i := &importer{
		graph: g, opset: m.Opsets[""], prepared: o.Prepared, described: describe(m.Metadata), readers: map[string]int{}, producers: map[string]int{}, turned: map[string]bool{}, others: map[string]bool{}, shapes: map[string][]onnx.Dimension{},
		values: map[string]value{}, constants: map[string]tensor.Member{}, read: map[string]reading{}, computed: map[string]string{},
		names: uniqueNames{}, room: newRoom(), fates: make([]fate, len(g.Nodes)),
	}
	if i.opset == 0 {
		i.opset = m.Opsets["ai.onnx"]
	}
	for _, c := range slices.Concat(g.Members(), o.Constants) {
		if _, twice := i.constants[c.Name]; !twice {
			i.constants[c.Name] = c
		}
	}
	i.index()
	if err := i.picture(o.InputSize); err != nil {
		return nil, err
	}
	if err := i.ask(o.Until); err != nil {
		return nil, err
	}
	i.findPatterns()
	return i, nil
}

// index notes who makes and who reads each value, and the shapes that the model has.
func (i *importer) index() {
	g := i.graph
	for at := range g.Nodes {
		n := &g.Nodes[at]
		for _, name := range n.Inputs {
			i.readers[name]++
			i.turned[name] = i.turned[name] || n.Op == "Transpose" && slices.Equal(permutation(n), channelsFirst)
		}
		for _, name := range n.Outputs {
			if _, twice := i.producers[name]; !twice {
				i.producers[name] = at
			}
		}
	}
	for _, out := range g.Outputs {
		i.readers[out.Name]++
	}
	for _, known := range [][]onnx.ValueInfo{g.Outputs, g.Values} {
		for _, v := range known {
			i.shapes[v.Name] = v.Shape
		}
	}
}

// picture finds the input of the graph that is the picture.
func (i *importer) picture(size [2]int) error {
	var others, pictures []string
	colours := false // whether a picture has 3 channels: others are then no pictures
	found := map[string]value{}
	for _, in := range i.graph.Inputs {
		if _, ok := i.constants[in.Name]; ok { // older models list initializers, too
			continue
		}
		others = append(others, shapeText(in))
		i.others[in.Name] = true
		v, ok := i.asPicture(in)
		if !ok || colours && v.shape.C != 3 {
			continue
		}
		if v.shape.C == 3 && !colours {
			colours, pictures = true, nil
		}
		pictures, found[in.Name] = append(pictures, in.Name), v
		i.input = Input{Name: pictures[0], Type: in.Type}
	}
	switch {
	case len(others) == 0:
		return errors.New("the model has no input")
	case len(pictures) == 0:
		return fmt.Errorf("the model has no picture of 3 channels or of 1, N×3×H×W, as its input: its inputs are %s", list(others))
	case len(pictures) > 1:
		return fmt.Errorf("the model reads two pictures, %.100q and %.100q: a stack reads one", pictures[0], pictures[1])
	}
	return i.begin(found[i.input.Name], size)
}

// begin begins with the picture. A size stands for the model's own. A model of one channel reads
// the brightness of pictures, unless it is an export whose inputs are matrices.
func (i *importer) begin(v value, size [2]int) error {
	name := i.input.Name
	delete(i.others, name)
	if size != [2]int{} && size != [2]int{v.shape.H, v.shape.W} {
		i.shapes = nil // they are for another size
		v.shape.H, v.shape.W = size[0], size[1]
	}
	i.input.Size, i.input.ChannelLast = [2]int{v.shape.H, v.shape.W}, v.last
	i.input.Channels, i.input.Read = v.shape.C, v.shape.C
	if v.shape.C == 1 && i.described.channels != 1 {
		i.input.Read = 3
		l := &Layer{Kind: "conv", function: &activation{name: "none"}, Value: name, Shape: v.shape, ChannelLast: v.last}
		l.set("kernels", "[{name: gray, weights: [[1]]}]", "")
		l.set("channels", "luma", "")
		layer, err := i.emit(l, "gray", v)
		if err != nil {
			return err
		}
		v.layer = layer
	}
	v.sole = i.readers[name] == 1
	i.values[name] = v
	return nil
}

// asPicture is a graph's input as maps of 3 channels, or of 1, or of as many as the stack had that
// was exported.
func (i *importer) asPicture(in onnx.ValueInfo) (value, bool) {
	v := value{layer: -1, shape: Shape{C: 3}, jump: [2]int{1, 1}, signed: true}
	if len(in.Shape) != 4 {
		return v, false
	}
	size := func(axis int) int {
		if d := in.Shape[axis].Size; d > 0 && d <= maxSide {
			return int(d)
		}
		return 0
	}
	first, last := size(1), size(3)
	channels := func(n int) bool { return n == 3 || n == 1 || n > 0 && n == i.described.channels }
	switch {
	case channels(first) && !(channels(last) && i.turned[in.Name]):
		v.shape = Shape{first, size(2), last}
	case channels(last):
		v.shape, v.last = Shape{last, first, size(2)}, true
	case first == 0 && last == 0 && i.turned[in.Name]:
		v.shape.H, v.shape.W, v.last = first, size(2), true
	case first == 0:
		v.shape.H, v.shape.W = size(2), last
	default:
		return v, false
	}
	return v, true
}

// maxSide bounds the sides of pictures.
const maxSide = 1 << 20

// ask finds the nodes that names mean, and all nodes that these need.
func (i *importer) ask(names []string) error {
	if len(names) == 0 {
		return nil
	}
	i.needed = make([]bool, len(i.graph.Nodes))
	var open []int
	for _, name := range names {
		at, err := i.find(name)
		if err != nil {
			return err
		}
		i.targets = append(i.targets, target{name, at})
		for _, out := range i.graph.Nodes[at].Outputs {
			i.readers[out]++
		}
		open = append(open, at)
	}
	for len(open) > 0 {
		at := open[len(open)-1]
		open = open[:len(open)-1]
		if i.needed[at] {
			continue
		}
		i.needed[at] = true
		for _, name := range i.graph.Nodes[at].Inputs {
			if from, ok := i.producers[name]; ok {
				open = append(open, from)
			}
		}
	}
	return nil
}

// find is the node with a name, or the node that makes a value with it.
func (i *importer) find(name string) (int, error) {
	found := -1
	for at := range i.graph.Nodes {
		if n := &i.graph.Nodes[at]; n.Name == name && name != "" {
			if found >= 0 {
				return 0, fmt.Errorf("%d nodes have the name %.100q: name the value that one makes, %.100q or %.100q",
					2, name, outputName(&i.graph.Nodes[found]), outputName(n))
			}
			found = at
		}
	}
	if at, ok := i.producers[name]; found < 0 && ok {
		found = at
	}
	if found >= 0 {
		return found, nil
	}
	var names []string
	for at := range i.graph.Nodes[:min(len(i.graph.Nodes), 10_000)] {
		for _, known := range append(slices.Clip(i.graph.Nodes[at].Outputs), i.graph.Nodes[at].Name) {
			if len(known) < 2*len(name) { // the distance takes time
				names = append(names, known)
			}
		}
	}
	if near, ok := config.Nearest(name, names); ok {
		return 0, fmt.Errorf("no node and no value has the name %.100q, did you mean %.100q?", name, near)
	}
	return 0, fmt.Errorf("no node and no value has the name %.100q", name)
}

func outputName(n *onnx.Node) string {
	if len(n.Outputs) == 0 {
		return ""
	}
	return n.Outputs[0]
}
