package stackfile

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"filterbank/filters/onnx"
	"filterbank/filters/tensor"
)

// Options say how much of a model is imported.
type Options struct {
	// Until names nodes or values. The import ends with them. Without names it takes all that
	// can be expressed.
	Until []string
	// InputSize is the picture's height and width. Zeros stand for the size that the model has,
	// if it has one. Sizes are needed by nodes that depend on them only.
	InputSize [2]int
	// Constants are arrays besides the model's own, which the nodes name.
	Constants []tensor.Member
	// Prepared says how the model's pictures are prepared. It is nil if that is not known.
	Prepared *Preparation
}

// Preparation is how pictures are prepared for a network's usual weights.
type Preparation struct {
	By        string     // whose weights these are, and in words what is done
	Mean, Std [3]float32 // of red, green and blue between 0 and 1
	Size      [2]int     // height and width, 0 for any
}

// Network is a part of a model in layers.
type Network struct {
	Input  Input
	Layers []*Layer // in an order of computation
	Stops  []Stop   // in the order of the model, at most MaxStops
	// AllStops counts the nodes that are not taken although all their inputs are.
	AllStops int
	// Operators counts the model's nodes that compute maps, and Taken how many of them the layers
	// have. With Until the model ends with the nodes that are named.
	Operators, Taken int
	// Convolutions counts nodes Conv among the operators, and TakenConvolutions among the taken.
	Convolutions, TakenConvolutions int

	metadata  map[string]string // of the model
	described described
	prepared  *Preparation
	arrays    []array
	until     []string
}

// Input is the model's picture.
type Input struct {
	Name        string
	Type        onnx.ElementType
	Size        [2]int // height and width, 0 if they are not known
	ChannelLast bool   // N×H×W×C
	Channels    int    // of the model's picture
	Read        int    // channels of the stack's input: 3 for a model of one channel, which reads brightness
}

// Stop is a node that is not taken.
type Stop struct {
	Node     string `json:"node"` // its name, or else the name of its first output
	Operator string `json:"operator"`
	Position int    `json:"position"` // among the model's nodes, from 1
	Reason   string `json:"reason"`
	Behind   int    `json:"behind"` // nodes that need this one's values
}

// MaxStops bounds the stops that are listed.
const MaxStops = 20

// maxLayers is the largest number of layers in a stack file.
const maxLayers = 1000

// errNothing is the error of a model whose first nodes cannot be taken.
var errNothing = errors.New("nothing of the model can be expressed as layers")

// Import turns the nodes of a model into layers, from its picture on. The model's file must stay
// open as long as weights are read. It is an error if the model has no picture of three channels
// as its input, if a name of Until is unknown or lies behind a stop, and if no node can be taken.
func Import(m *onnx.Model, o Options) (*Network, error) {
	i, err := newImporter(m, o)
	if err != nil {
		return nil, err
	}
	for at := range i.graph.Nodes {
		if i.needed != nil && !i.needed[at] {
			continue
		}
		if err := i.take(at); err != nil {
			return nil, err
		}
	}
	return i.network(m)
}

// Node is a node of the model.
type Node struct{ Name, Operator string }

// fate says what became of a node.
type fate uint8

const (
	behind   fate = iota // a node before it is not taken
	constant             // it depends on no picture
	within               // part of a pattern, which a later node ends
	taken
	stopped
)

// take imports one node. Its error is of a model that contradicts itself.
func (i *importer) take(at int) error {
	n := &i.graph.Nodes[at]
	if i.fates[at] == within {
		return nil
	}
	kind, err := i.known(at, n)
	switch {
	case err != nil:
		i.stop(at, err)
		return nil
	case kind == constant:
		i.fates[at] = constant
		i.fold(n)
		return nil
	case kind == behind:
		return nil
	}
	v, err := i.maps(at, n)
	if err != nil {
		i.stop(at, err)
		return nil
	}
	if err := i.agrees(n, v); err != nil {
		return fmt.Errorf("node %.100q, %s: %w", nodeName(n), n.Op, err)
	}
	i.fates[at] = taken
	for _, inner := range i.patterns[at].inner {
		i.fates[inner] = taken
		i.note(&v, &i.graph.Nodes[inner])
	}
	i.note(&v, n)
	v.sole = v.sole && i.readers[n.Outputs[0]] == 1
	i.values[n.Outputs[0]] = v
	if v.layer >= 0 && v.pad == nil {
		l := i.layers[v.layer]
		l.Value, l.Shape, l.ChannelLast = n.Outputs[0], v.shape, v.last
	}
	return nil
}

// note adds a node to the layer that has it. Padding, and nodes that keep the picture as it is, go
// into the layer behind them.
func (i *importer) note(v *value, n *onnx.Node) {
	switch {
	case v.pad != nil:
		v.pad.nodes = append(slices.Clip(v.pad.nodes), noted(n))
	case v.layer >= 0:
		i.layers[v.layer].Nodes = append(i.layers[v.layer].Nodes, noted(n))
	default:
		v.nodes = append(slices.Clip(v.nodes), noted(n))
	}
}

func noted(n *onnx.Node) Node { return Node{nodeName(n), n.Op} }

// known says what a node's inputs are: constants, maps that are there, or values behind a stop.
// Other inputs are an error.
func (i *importer) known(at int, n *onnx.Node) (fate, error) {
	kind := constant
	for _, name := range i.inputsOf(at, n) {
		if name == "" {
			continue
		}
		if _, ok := i.values[name]; ok {
			kind = max(kind, taken)
			continue
		}
		if i.isConstant(name) {
			continue
		}
		switch from, ok := i.producers[name]; {
		case ok && from < at:
			return behind, nil
		case i.others[name]:
			return 0, fmt.Errorf("its input %.100q is an input of the model besides the picture", name)
		}
		return 0, fmt.Errorf("no node before it makes its input %.100q", name)
	}
	return kind, nil
}

// inputsOf are the inputs of a node, or of the pattern that it ends.
func (i *importer) inputsOf(at int, n *onnx.Node) []string {
	if p, ok := i.patterns[at]; ok {
		return []string{p.input}
	}
	return n.Inputs
}

// maps computes the value of a node that reads maps.
func (i *importer) maps(at int, n *onnx.Node) (value, error) {
	if len(n.Outputs) == 0 || n.Outputs[0] == "" {
		return value{}, errors.New("it has no output")
	}
	if _, twice := i.values[n.Outputs[0]]; twice || i.isConstant(n.Outputs[0]) {
		return value{}, fmt.Errorf("another node makes a value of the same name, %.100q", n.Outputs[0])
	}
	if p, ok := i.patterns[at]; ok {
		return i.matched(p, n)
	}
	op, ok := operators()[n.Op]
	switch {
	case n.Domain != "":
		return value{}, fmt.Errorf("it is of the domain %.100s, and ONNX's own operators are taken", n.Domain)
	case !ok:
		return value{}, errors.New(cmp.Or(refused()[n.Op], "no layer of a stack computes it"))
	}
	for _, out := range n.Outputs[1:] {
		if i.readers[out] > 0 {
			return value{}, fmt.Errorf("its second output %.100q is read, and layers have one", out)
		}
	}
	c := &call{importer: i, Node: n}
	if err := c.attributes(op.attributes); err != nil {
		return value{}, err
	}
	return op.take(c)
}

// matched computes the value of a pattern, which the node n ends.
func (i *importer) matched(p pattern, n *onnx.Node) (value, error) {
	if p.shuffle {
		return i.shuffle(p, n)
	}
	v, err := i.laid(p.input)
	if err != nil {
		return v, err
	}
	switch {
	case p.norm == nil:
		return i.activate(v, activation{name: p.function}, n)
	case v.last:
		return v, errChannelLast
	}
	return i.normalize(v, *p.norm, n)
}

// stop notes a node that is not taken.
func (i *importer) stop(at int, err error) {
	i.fates[at] = stopped
	i.stops = append(i.stops, at)
	if len(i.reasons) < MaxStops {
		i.reasons = append(i.reasons, err.Error())
	}
}

// numbered are names that programs make up for nodes: n12, node_12, Conv_12.
var numbered = regexp.MustCompile(`^(n|node_?|[A-Z][A-Za-z]*_)[0-9]+$`)

// nameFor is a name for the layer of a node: the node's, unless it is made up and its output has
// a better one.
func nameFor(n *onnx.Node) string {
	out := outputName(n)
	if n.Name == "" || numbered.MatchString(n.Name) && strings.Trim(out, "0123456789") != "" {
		return out
	}
	return n.Name
}

// nodeName is a node's name, or else the name of its first output.
func nodeName(n *onnx.Node) string {
	if n.Name == "" && len(n.Outputs) > 0 {
		return n.Outputs[0]
	}
	return n.Name
}
