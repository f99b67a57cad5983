package onnx

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"filterbank/filters/tensor"
	"filterbank/filters/volume"
)

var errNoModel = errors.New("it is no ONNX model: that has one graph")

// Read reads a model. External data of its tensors must lie in folder, or below it; without a
// folder there is none. The file must stay open as long as values are read.
func Read(in *io.SectionReader, folder string) (*Model, error) {
	r := modelReader{wire: newWire(in), file: &file{in, folder}}
	return r.model(part{0, in.Size()})
}

// Members lists the arrays of a graph that do not depend on its inputs: initializers, and the
// outputs of Constant and ConstantOfShape.
func (g *Graph) Members() []tensor.Member {
	var all []tensor.Member
	shapes := map[string]*Tensor{}
	for _, t := range g.Initializers {
		all = append(all, t.Member(t.Name))
		shapes[t.Name] = t
	}
	for _, name := range g.Sparse {
		all = append(all, tensor.Unread(name, "sparse", nil, errors.New("sparse tensors are not read: save it densely")))
	}
	for i := range g.Nodes {
		n := &g.Nodes[i]
		if n.Domain != "" || len(n.Outputs) != 1 {
			continue
		}
		switch n.Op {
		case "Constant":
			if a := n.Attribute("value"); a != nil && a.Tensor != nil {
				shapes[n.Outputs[0]] = a.Tensor
			}
			if m, ok := n.constant(); ok {
				all = append(all, m)
			}
		case "ConstantOfShape":
			if len(n.Inputs) == 1 && shapes[n.Inputs[0]] != nil {
				all = append(all, n.filled(shapes[n.Inputs[0]]))
			}
		}
	}
	return all
}

// constant is the array of a node Constant. It is not ok for strings and sparse tensors.
func (n *Node) constant() (m tensor.Member, ok bool) {
	name := n.Outputs[0]
	for _, a := range n.Attributes {
		switch a.Name {
		case "value":
			if a.Tensor != nil {
				return a.Tensor.Member(name), true
			}
		case "value_float":
			return listed(name, "float32", []int{}, []float32{a.Float}), true
		case "value_floats":
			return listed(name, "float32", []int{len(a.Floats)}, a.Floats), true
		case "value_int":
			return listed(name, "int64", []int{}, []float32{float32(a.Int)}), true
		case "value_ints":
			values := make([]float32, len(a.Ints))
			for i, v := range a.Ints {
				values[i] = float32(v)
			}
			return listed(name, "int64", []int{len(values)}, values), true
		}
	}
	return m, false
}

// listed is an array of values in memory.
func listed(name, kind string, shape []int, values []float32) tensor.Member {
	return tensor.Member{Name: name, Type: kind, Shape: shape, Scan: func(take func(int, []float32) error) error {
		if len(values) == 0 {
			return nil
		}
		return take(0, append([]float32{}, values...))
	}}
}

// filled is the array of a node ConstantOfShape: one value, by default 0, in every place.
func (n *Node) filled(of *Tensor) tensor.Member {
	name, kind := n.Outputs[0], "float32"
	sizes, err := of.Ints(maxDimensions)
	if err != nil {
		return tensor.Unread(name, kind, nil, err)
	}
	shape := make([]int, len(sizes))
	for i, size := range sizes {
		shape[i] = int(size)
	}
	count, ok := volume.Product(shape...)
	if !ok || count > tensor.DefaultLimit {
		return tensor.Unread(name, kind, shape, fmt.Errorf("shape %v: at most %d values are read", shape, tensor.DefaultLimit))
	}
	value := func() (float32, error) { return 0, nil }
	if a := n.Attribute("value"); a != nil && a.Tensor != nil {
		kind, value = a.Tensor.Type.String(), a.Tensor.single
	}
	return tensor.Member{Name: name, Type: kind, Shape: shape, Scan: func(take func(int, []float32) error) error {
		v, err := value()
		if err != nil {
			return err
		}
		chunk := slices.Repeat([]float32{v}, min(count, 16<<10))
		for at := 0; at < count; at += len(chunk) {
			chunk = chunk[:min(len(chunk), count-at)]
			if err := take(at, slices.Clone(chunk)); err != nil {
				return err
			}
		}
		return nil
	}}
}

// single is the value of a tensor that has one.
func (t *Tensor) single() (float32, error) {
	m := t.Member(t.Name)
	a, err := m.Read(1)
	if err == nil && len(a.Data) != 1 {
		err = fmt.Errorf("shape %v of its value, which must be one number", t.Shape)
	}
	if err != nil {
		return 0, err
	}
	return a.Data[0], nil
}
