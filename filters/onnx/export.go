package onnx

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"filterbank/filters/tensor"
)

// FloatTensor is a tensor of values in memory. Nothing may write to the values while the tensor
// is used. Without a shape it is one number.
func FloatTensor(name string, values []float32, shape ...int) *Tensor {
	data, ok := tensor.FloatBytes(values)
	if !ok {
		data = tensor.AppendFloats(nil, values)
	}
	return inMemory(name, Float32, data, shape)
}

// IntTensor is a list of whole numbers.
func IntTensor(name string, values ...int64) *Tensor {
	var data []byte
	for _, v := range values {
		data = binary.LittleEndian.AppendUint64(data, uint64(v))
	}
	return inMemory(name, Int64, data, []int{len(values)})
}

func inMemory(name string, kind ElementType, data []byte, shape []int) *Tensor {
	whole := part{0, int64(len(data))}
	in := &file{io.NewSectionReader(bytes.NewReader(data), 0, whole.size()), ""}
	return &Tensor{Name: name, Type: kind, Shape: append([]int{}, shape...), raw: &whole, file: in}
}

// Write writes the model. It copies the values of one tensor after the other, so that memory is
// in proportion to the nodes and names and not to the weights. It is an error if the model is
// larger than a protocol buffer can be, 2 GiB, or if a tensor cannot be read.
func (m *Model) Write(w io.Writer) error {
	whole, err := m.encode()
	if err != nil {
		return err
	}
	if n := whole.size(); n > math.MaxInt32 {
		return fmt.Errorf("the model takes %d bytes: a file in the ONNX format has at most %d", n, math.MaxInt32)
	}
	for _, p := range whole.pieces {
		if _, err := w.Write(p.bytes); err != nil {
			return err
		}
		if p.tensor == nil {
			continue
		}
		in, err := p.tensor.Open()
		if err != nil {
			return err
		}
		_, err = io.Copy(w, in)
		in.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// encoded is a message to be written. The values of tensors are not in memory.
type encoded struct{ pieces []piece }

// piece is bytes, and then the values of a tensor if there is one.
type piece struct {
	bytes  []byte
	tensor *tensor.Raw
}

func (p *piece) size() int64 {
	n := int64(len(p.bytes))
	if t := p.tensor; t != nil {
		n += t.Values * int64(tensor.RawSize(t.Type))
	}
	return n
}

func (w *encoded) size() (n int64) {
	for i := range w.pieces {
		n += w.pieces[i].size()
	}
	return n
}

// end is where bytes are appended.
func (w *encoded) end() *[]byte {
	if n := len(w.pieces); n == 0 || w.pieces[n-1].tensor != nil {
		w.pieces = append(w.pieces, piece{})
	}
	return &w.pieces[len(w.pieces)-1].bytes
}

func (w *encoded) number(field protowire.Number, v int64) {
	b := w.end()
	*b = protowire.AppendVarint(protowire.AppendTag(*b, field, protowire.VarintType), uint64(v))
}

func (w *encoded) float(field protowire.Number, v float32) {
	b := w.end()
	*b = protowire.AppendFixed32(protowire.AppendTag(*b, field, protowire.Fixed32Type), math.Float32bits(v))
}

// text writes a string, unless it is empty.
func (w *encoded) text(field protowire.Number, s string) {
	if s != "" {
		w.item(field, s)
	}
}

// item writes a string of a list, which may be empty.
func (w *encoded) item(field protowire.Number, s string) {
	b := w.end()
	*b = protowire.AppendString(protowire.AppendTag(*b, field, protowire.BytesType), s)
}

// message writes a message in a field.
func (w *encoded) message(field protowire.Number, inner encoded) {
	b := w.end()
	*b = protowire.AppendVarint(protowire.AppendTag(*b, field, protowire.BytesType), uint64(inner.size()))
	for _, p := range inner.pieces {
		b = w.end()
		*b = append(*b, p.bytes...)
		w.pieces[len(w.pieces)-1].tensor = p.tensor
	}
}

func (m *Model) encode() (w encoded, err error) {
	producer, version, _ := strings.Cut(m.Producer, " ")
	w.number(1, m.IRVersion)
	w.text(2, producer)
	w.text(3, version)
	graph, err := m.Graph.encode()
	if err != nil {
		return w, err
	}
	w.message(7, graph)
	for _, domain := range slices.Sorted(maps.Keys(m.Opsets)) {
		var set encoded
		set.text(1, domain)
		set.number(2, m.Opsets[domain])
		w.message(8, set)
	}
	for _, key := range slices.Sorted(maps.Keys(m.Metadata)) {
		var pair encoded
		pair.item(1, key)
		pair.item(2, m.Metadata[key])
		w.message(14, pair)
	}
	return w, nil
}

func (g *Graph) encode() (w encoded, err error) {
	for i := range g.Nodes {
		node, err := g.Nodes[i].encode()
		if err != nil {
			return w, err
		}
		w.message(1, node)
	}
	w.text(2, g.Name)
	for _, t := range g.Initializers {
		values, err := t.encode()
		if err != nil {
			return w, err
		}
		w.message(5, values)
	}
	for _, list := range []struct {
		field  protowire.Number
		values []ValueInfo
	}{{11, g.Inputs}, {12, g.Outputs}, {13, g.Values}} {
		for _, v := range list.values {
			w.message(list.field, v.encode())
		}
	}
	return w, nil
}

func (n *Node) encode() (w encoded, err error) {
	for _, name := range n.Inputs {
		w.item(1, name)
	}
	for _, name := range n.Outputs {
		w.item(2, name)
	}
	w.text(3, n.Name)
	w.text(4, n.Op)
	for i := range n.Attributes {
		a, err := n.Attributes[i].encode()
		if err != nil {
			return w, fmt.Errorf("node %s: %w", n.Name, err)
		}
		w.message(5, a)
	}
	w.text(7, n.Domain)
	return w, nil
}

func (a *Attribute) encode() (w encoded, err error) {
	w.text(1, a.Name)
	switch a.Type {
	case FloatAttribute:
		w.float(2, a.Float)
	case IntAttribute:
		w.number(3, a.Int)
	case StringAttribute:
		w.item(4, a.String)
	case TensorAttribute:
		values, err := a.Tensor.encode()
		if err != nil {
			return w, err
		}
		w.message(5, values)
	case FloatsAttribute:
		for _, v := range a.Floats {
			w.float(7, v)
		}
	case IntsAttribute:
		for _, v := range a.Ints {
			w.number(8, v)
		}
	case StringsAttribute:
		for _, s := range a.Strings {
			w.item(9, s)
		}
	default:
		return w, fmt.Errorf("attribute %s of type %d cannot be written", a.Name, a.Type)
	}
	w.number(20, int64(a.Type))
	return w, nil
}

func (v *ValueInfo) encode() (w encoded) {
	w.text(1, v.Name)
	var of, shaped encoded
	of.number(1, int64(v.Type))
	if v.Shape != nil {
		var shape encoded
		for _, d := range v.Shape {
			var size encoded
			if d.Symbol != "" {
				size.text(2, d.Symbol)
			} else if d.Size >= 0 {
				size.number(1, d.Size)
			}
			shape.message(1, size)
		}
		of.message(2, shape)
	}
	shaped.message(1, of)
	w.message(2, shaped)
	return w
}

// encode writes the values raw, whatever form they have in a file.
func (t *Tensor) encode() (w encoded, err error) {
	values, err := t.values()
	if err == nil && values.Open == nil {
		err = fmt.Errorf("type %v cannot be written", t.Type)
	}
	if err != nil {
		return w, fmt.Errorf("tensor %.60q: %w", t.Name, err)
	}
	for _, n := range t.Shape {
		w.number(1, int64(n))
	}
	w.number(2, int64(t.Type))
	w.text(8, t.Name)
	b := w.end()
	n := values.Values * int64(tensor.RawSize(values.Type))
	*b = protowire.AppendVarint(protowire.AppendTag(*b, 9, protowire.BytesType), uint64(n))
	w.pieces[len(w.pieces)-1].tensor = &values
	return w, nil
}
