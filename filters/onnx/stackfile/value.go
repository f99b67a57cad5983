package stackfile

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"filterbank/filters"
	"filterbank/filters/onnx"
	"filterbank/filters/tensor"
	"filterbank/filters/volume"
)

// Shape is the channels, rows and columns of maps. H and W are 0 if they are not known.
type Shape struct{ C, H, W int }

// sized says whether rows and columns are known.
func (s Shape) sized() bool { return s.H > 0 && s.W > 0 }

// String is C×H×W, with a question mark for a side that is not known.
func (s Shape) String() string {
	side := func(n int) string {
		if n == 0 {
			return "?"
		}
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d×%s×%s", s.C, side(s.H), side(s.W))
}

// value is maps that a layer makes.
type value struct {
	layer  int // −1 is the picture
	shape  Shape
	jump   [2]int   // distance of neighbouring values on the picture
	last   bool     // the model has the channels last
	sole   bool     // one node reads it, and no one asks for it
	signed bool     // values may be below 0
	pad    *padding // that is to be laid around it; shape has it
	nodes  []Node   // between the picture and a value that is the picture
}

// axes are the places of rows, columns and channels among the four axes of the model's value.
func (v value) axes() (rows, columns, channels int) {
	if v.last {
		return 1, 2, 3
	}
	return 2, 3, 1
}

// padding is a node Pad whose values no layer has yet.
type padding struct {
	sides [4]int // top, left, bottom, right
	mode  string // of a stack file
	nodes []Node
}

// isConstant says whether a value depends on no picture.
func (i *importer) isConstant(name string) bool {
	_, known := i.constants[name]
	_, unknown := i.computed[name]
	return known || unknown
}

// fold computes a node whose inputs are constants, if that changes no number or is arithmetic on few
// of them. Outputs of other nodes are constants that are not known.
func (i *importer) fold(n *onnx.Node) {
	for _, out := range n.Outputs {
		if _, ok := i.constants[out]; !ok && out != "" {
			i.computed[out] = n.Op
		}
	}
	if len(n.Inputs) == 0 || len(n.Outputs) != 1 || n.Domain != "" {
		return
	}
	m, ok := i.constants[n.Inputs[0]]
	_, made := i.constants[n.Outputs[0]]
	if !ok || made {
		return
	}
	if unary()[n.Op] != nil || binary()[n.Op] != nil {
		if m, err := i.reckon(n); err == nil {
			i.constants[m.Name] = m
		}
		return
	}
	shape, err := i.reshaped(n, m.Shape)
	if err == nil {
		m.Name, m.Shape = n.Outputs[0], shape
		i.constants[m.Name] = m
	}
}

// reshaped is the shape of a constant behind a node that keeps its numbers.
func (i *importer) reshaped(n *onnx.Node, shape []int) ([]int, error) {
	switch n.Op {
	case "Identity", "Cast", "Dropout":
		return shape, nil
	case "Reshape":
		sizes, err := i.ints(n, 1, "shape", maxAxes)
		if err != nil {
			return nil, err
		}
		return reshape(shape, sizes)
	case "Unsqueeze", "Squeeze":
		axes, err := i.ints(n, 1, "axes", maxAxes)
		if err != nil || axes == nil && n.Op == "Unsqueeze" {
			return nil, errors.Join(err, errors.New("no axes"))
		}
		if n.Op == "Squeeze" {
			return squeeze(shape, axes)
		}
		return unsqueeze(shape, axes)
	}
	return nil, errors.New("it changes numbers")
}

// maxAxes bounds the axes of arrays.
const maxAxes = 8

// reshape is the shape of Reshape: 0 keeps a size, and −1 stands for the rest.
func reshape(shape []int, sizes []int) ([]int, error) {
	total, ok := volume.Product(shape...)
	known, rest := 1, -1
	out := make([]int, len(sizes))
	for k, n := range sizes {
		switch {
		case n == 0 && k < len(shape):
			n = shape[k]
		case n == -1 && rest < 0:
			rest, n = k, 1
		case n < 1:
			return nil, fmt.Errorf("size %d", n)
		}
		if out[k] = n; n < 1 || known > total/n {
			return nil, fmt.Errorf("shape %v becomes %v", shape, sizes)
		}
		known *= n
	}
	if rest >= 0 {
		out[rest] = total / known
		known *= out[rest]
	}
	if !ok || known != total {
		return nil, fmt.Errorf("shape %v becomes %v", shape, sizes)
	}
	return out, nil
}

// squeeze removes sides of 1: all of them without axes.
func squeeze(shape []int, axes []int) ([]int, error) {
	out := []int{}
	for k, n := range shape {
		named := slices.Contains(axes, k) || slices.Contains(axes, k-len(shape))
		if named && n != 1 {
			return nil, fmt.Errorf("side %d of %v is not 1", k, shape)
		}
		if !named && (axes != nil || n != 1) {
			out = append(out, n)
		}
	}
	return out, nil
}

// unsqueeze adds sides of 1 at places of the new shape.
func unsqueeze(shape []int, axes []int) ([]int, error) {
	rank := len(shape) + len(axes)
	if rank > maxAxes {
		return nil, errors.New("too many sides")
	}
	out, next := make([]int, rank), 0
	for _, a := range axes {
		if a < 0 {
			a += rank
		}
		if a < 0 || a >= rank || out[a] != 0 {
			return nil, fmt.Errorf("axes %v of %d", axes, rank)
		}
		out[a] = 1
	}
	for k := range out {
		if out[k] == 0 {
			out[k] = shape[next]
			next++
		}
	}
	return out, nil
}

// numbers reads a constant of at most limit values. Nobody may write to them: a constant is read
// once.
func (i *importer) numbers(name string, limit int) (*tensor.Array, error) {
	m, ok := i.constants[name]
	if !ok {
		if op, ok := i.computed[name]; ok {
			return nil, fmt.Errorf("its input %.100q is computed by %s, and only numbers that are stored are read", name, op)
		}
		return nil, fmt.Errorf("its input %.100q is no constant", name)
	}
	if n, ok := volume.Product(m.Shape...); !ok || n > limit {
		return nil, fmt.Errorf("its input %.100q has the shape %v, and at most %d numbers are expected", name, m.Shape, limit)
	}
	known, ok := i.read[name]
	if !ok {
		if known.err = i.room.numbers(m.Shape); known.err == nil {
			known.array, known.err = m.Read(int64(limit))
		}
		i.read[name] = known
	}
	if known.err != nil {
		return nil, fmt.Errorf("its input %.100q: %w", name, known.err)
	}
	return known.array, nil
}

// reading is what came of reading a constant.
type reading struct {
	array *tensor.Array
	err   error
}

// ints reads whole numbers from an input, or, in older models, from an attribute. It is nil if
// there are none.
func (i *importer) ints(n *onnx.Node, input int, attribute string, limit int) ([]int, error) {
	var all []int
	if a := n.Attribute(attribute); a != nil && attribute != "" {
		for _, v := range a.Ints[:min(len(a.Ints), limit)] {
			all = append(all, int(max(-maxSide, min(v, maxSide))))
		}
		return all, nil
	}
	if input >= len(n.Inputs) || n.Inputs[input] == "" {
		return nil, nil
	}
	a, err := i.numbers(n.Inputs[input], limit)
	if err != nil {
		return nil, err
	}
	for _, v := range a.Data {
		all = append(all, int(max(-maxSide, min(v, maxSide))))
	}
	return all, nil
}

// agrees compares the shape of a value with the model's own.
func (i *importer) agrees(n *onnx.Node, v value) error {
	dims := i.shapes[n.Outputs[0]]
	if dims == nil {
		return nil
	}
	if len(dims) != 4 {
		return fmt.Errorf("its value %.100q has %d dimensions in the model, and maps of %v are computed", n.Outputs[0], len(dims), v.shape)
	}
	want := [3]int{v.shape.C, v.shape.H, v.shape.W}
	if v.last {
		want = [3]int{v.shape.H, v.shape.W, v.shape.C}
	}
	for axis, d := range dims[1:] {
		if d.Size > 0 && want[axis] > 0 && d.Size != int64(want[axis]) {
			return fmt.Errorf("its value %.100q is of %s in the model, and maps of %v are computed", n.Outputs[0], dimsText(dims), v.shape)
		}
	}
	return nil
}

func dimsText(dims []onnx.Dimension) string {
	var words []string
	for _, d := range dims {
		switch {
		case d.Size >= 0:
			words = append(words, fmt.Sprint(d.Size))
		case d.Symbol != "":
			words = append(words, fmt.Sprintf("%.30s", d.Symbol))
		default:
			words = append(words, "?")
		}
	}
	return strings.Join(words, "×")
}

func shapeText(in onnx.ValueInfo) string {
	if in.Shape == nil {
		return fmt.Sprintf("%.100q of an unknown shape", in.Name)
	}
	return fmt.Sprintf("%.100q of %s", in.Name, dimsText(in.Shape))
}

// list joins at most a few words.
func list(words []string) string {
	const most = 8
	if len(words) > most {
		return strings.Join(words[:most], ", ") + fmt.Sprintf(" and %d more", len(words)-most)
	}
	return strings.Join(words, ", ")
}

// moved is the value of a layer with a window, from its input.
func (v value) moved(layer, channels int, rows, cols filters.Extent) value {
	out := value{layer: layer, shape: Shape{C: channels}, sole: true, signed: v.signed, last: v.last}
	for axis, e := range []filters.Extent{rows, cols} {
		out.jump[axis] = min(v.jump[axis]*e.Stride, maxSide)
	}
	return out
}
