package onnx

import "math"

// Model is a model without the values of its tensors.
type Model struct {
	IRVersion int64
	Producer  string // with its version
	Opsets    map[string]int64
	Metadata  map[string]string
	Functions int // of the model's own; nodes of theirs are not expanded
	Graph     Graph
}

// Graph is a model's main graph. Nodes are in the order of the file, which the format wants to
// be an order of computation.
type Graph struct {
	Name         string
	Nodes        []Node
	Initializers []*Tensor
	Sparse       []string // names of initializers that are stored sparsely and not read
	Inputs       []ValueInfo
	Outputs      []ValueInfo
	Values       []ValueInfo // between the nodes, as far as the file tells
}

// Node is an operation. An input that is left out has the name "".
type Node struct {
	Name       string
	Op, Domain string // Domain is "" for ONNX's own operators
	Inputs     []string
	Outputs    []string
	Attributes []Attribute
}

// Attribute returns an attribute by name, or nil.
func (n *Node) Attribute(name string) *Attribute {
	for i := range n.Attributes {
		if n.Attributes[i].Name == name {
			return &n.Attributes[i]
		}
	}
	return nil
}

// AttributeType says which field of an attribute has its value.
type AttributeType int64

// The types that are read. The graphs of control flow and sparse tensors are left out; an
// attribute of these has its type only.
const (
	FloatAttribute   AttributeType = 1
	IntAttribute     AttributeType = 2
	StringAttribute  AttributeType = 3
	TensorAttribute  AttributeType = 4
	GraphAttribute   AttributeType = 5
	FloatsAttribute  AttributeType = 6
	IntsAttribute    AttributeType = 7
	StringsAttribute AttributeType = 8
)

// Attribute is a parameter of a node.
type Attribute struct {
	Name    string
	Type    AttributeType
	Float   float32
	Int     int64
	String  string // at most the first 64 KiB
	Tensor  *Tensor
	Floats  []float32
	Ints    []int64
	Strings []string
}

// ValueInfo is the type of a value in a graph. Shape is nil if it is not known.
type ValueInfo struct {
	Name  string
	Type  ElementType
	Shape []Dimension
}

// Dimension is a size, or a symbol such as N for any size, or neither.
type Dimension struct {
	Size   int64 // −1 if it is not known
	Symbol string
}

// modelReader makes a model of its message.
type modelReader struct {
	*wire
	file *file
}

func (r *modelReader) model(whole part) (*Model, error) {
	m := &Model{Opsets: map[string]int64{}, Metadata: map[string]string{}}
	graphs := 0
	version := ""
	err := r.each(whole, func(f field) (err error) {
		switch f.number {
		case 1:
			return f.number64(&m.IRVersion)
		case 2:
			m.Producer, err = r.text(f)
		case 3:
			version, err = r.text(f)
		case 7:
			graphs++
			return r.item(f, func(f field) error { return r.graph(&m.Graph, f) })
		case 8:
			return r.opset(f, m.Opsets)
		case 14:
			return r.pair(f, m.Metadata)
		case 25:
			m.Functions++
		}
		return err
	})
	if err == nil && graphs != 1 {
		err = errNoModel
	}
	if version != "" {
		m.Producer += " " + version
	}
	return m, err
}

func (r *modelReader) opset(f field, to map[string]int64) error {
	domain, version := "", int64(0)
	err := r.item(f, func(f field) (err error) {
		switch f.number {
		case 1:
			domain, err = r.text(f)
		case 2:
			return f.number64(&version)
		}
		return err
	})
	to[domain] = version
	return err
}

// pair reads a key and a value.
func (r *modelReader) pair(f field, to map[string]string) error {
	var texts [3]string
	err := r.item(f, func(f field) (err error) {
		if f.number <= 2 {
			texts[f.number], err = r.text(f)
		}
		return err
	})
	to[texts[1]] = texts[2]
	return err
}

// graph reads a field of the main graph.
func (r *modelReader) graph(g *Graph, f field) (err error) {
	switch f.number {
	case 1:
		var n Node
		err = r.item(f, func(f field) error { return r.node(&n, f) })
		g.Nodes = append(g.Nodes, n)
	case 2:
		g.Name, err = r.text(f)
	case 5:
		var t *Tensor
		t, err = r.tensor(f)
		g.Initializers = append(g.Initializers, t)
	case 11:
		err = r.valueInfo(&g.Inputs, f)
	case 12:
		err = r.valueInfo(&g.Outputs, f)
	case 13:
		err = r.valueInfo(&g.Values, f)
	case 15:
		err = r.item(f, func(f field) error {
			if f.number != 1 { // its values, which have the name
				return nil
			}
			t, err := r.tensor(f)
			if err == nil {
				g.Sparse = append(g.Sparse, t.Name)
			}
			return err
		})
	}
	return err
}

func (r *modelReader) node(n *Node, f field) (err error) {
	switch f.number {
	case 1:
		err = r.texts(&n.Inputs, f)
	case 2:
		err = r.texts(&n.Outputs, f)
	case 3:
		n.Name, err = r.text(f)
	case 4:
		n.Op, err = r.text(f)
	case 5:
		var a Attribute
		err = r.item(f, func(f field) error { return r.attribute(&a, f) })
		n.Attributes = append(n.Attributes, a)
	case 7:
		if n.Domain, err = r.text(f); n.Domain == "ai.onnx" {
			n.Domain = ""
		}
	}
	return err
}

func (r *modelReader) texts(to *[]string, f field) error {
	s, err := r.text(f)
	*to = append(*to, s)
	return err
}

func (r *modelReader) attribute(a *Attribute, f field) (err error) {
	switch f.number {
	case 1:
		a.Name, err = r.text(f)
	case 2:
		return r.numbers(f, 4, func(bits uint64) error { a.Float = math.Float32frombits(uint32(bits)); return nil })
	case 3:
		return f.number64(&a.Int)
	case 4:
		a.String, err = r.text(f)
	case 5:
		a.Tensor, err = r.tensor(f)
	case 7:
		return r.numbers(f, 4, func(bits uint64) error { a.Floats = append(a.Floats, math.Float32frombits(uint32(bits))); return nil })
	case 8:
		return r.numbers(f, 0, func(bits uint64) error { a.Ints = append(a.Ints, int64(bits)); return nil })
	case 9:
		err = r.texts(&a.Strings, f)
	case 20:
		return f.number64((*int64)(&a.Type))
	}
	return err
}

func (r *modelReader) valueInfo(to *[]ValueInfo, f field) error {
	var v ValueInfo
	err := r.item(f, func(f field) (err error) {
		switch f.number {
		case 1:
			v.Name, err = r.text(f)
		case 2: // TypeProto
			return r.message(f, func(f field) error {
				if f.number != 1 { // sequences, maps and optional values have no shape
					return nil
				}
				return r.message(f, func(f field) error { return r.tensorType(&v, f) })
			})
		}
		return err
	})
	*to = append(*to, v)
	return err
}

func (r *modelReader) tensorType(v *ValueInfo, f field) error {
	switch f.number {
	case 1:
		return f.number64((*int64)(&v.Type))
	case 2:
		v.Shape = []Dimension{}
		return r.message(f, func(f field) error {
			if f.number != 1 {
				return nil
			}
			d := Dimension{Size: -1}
			err := r.message(f, func(f field) (err error) {
				switch f.number {
				case 1:
					return f.number64(&d.Size)
				case 2:
					d.Symbol, err = r.text(f)
				}
				return err
			})
			v.Shape = append(v.Shape, d)
			return err
		})
	}
	return nil
}
