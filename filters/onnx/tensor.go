package onnx

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strconv"

	"filterbank/filters/tensor"
	"filterbank/filters/volume"
)

// ElementType is a type of numbers, TensorProto.DataType in the format.
type ElementType int64

// The types that graphs of images meet.
const (
	Float32 ElementType = 1
	Uint8   ElementType = 2
	Int32   ElementType = 6
	Int64   ElementType = 7
)

// elementType describes a type: its name, and the field of its values where they are not raw,
// with the size of a number there, 0 for one of variable length.
type elementType struct {
	name  string
	field int
	size  int
}

func elementTypes() map[ElementType]elementType {
	return map[ElementType]elementType{
		1: {"float32", 4, 4}, 2: {"uint8", 5, 0}, 3: {"int8", 5, 0}, 4: {"uint16", 5, 0}, 5: {"int16", 5, 0},
		6: {"int32", 5, 0}, 7: {"int64", 7, 0}, 9: {"bool", 5, 0}, 10: {"float16", 5, 0}, 11: {"float64", 10, 8},
		12: {"uint32", 11, 0}, 13: {"uint64", 11, 0}, 16: {"bfloat16", 5, 0},
		8: {name: "string"}, 14: {name: "complex64"}, 15: {name: "complex128"}, 17: {name: "float8e4m3fn"},
		18: {name: "float8e4m3fnuz"}, 19: {name: "float8e5m2"}, 20: {name: "float8e5m2fnuz"}, 21: {name: "uint4"}, 22: {name: "int4"},
	}
}

// String is the name of a type, as NumPy and PyTorch call it.
func (t ElementType) String() string {
	if known, ok := elementTypes()[t]; ok {
		return known.name
	}
	return "type " + strconv.FormatInt(int64(t), 10)
}

// Tensor is an array of a model. Its values stay in the file.
type Tensor struct {
	Name  string
	Type  ElementType
	Shape []int

	raw      *part             // of the file
	message  part              // with the values in another form
	external map[string]string // location, offset, length
	file     *file
}

// maxDimensions bounds the dimensions of a tensor.
const maxDimensions = 64

func (r *modelReader) tensor(f field) (*Tensor, error) {
	t := &Tensor{Shape: []int{}, message: f.part, file: r.file}
	location := int64(0)
	external := map[string]string{}
	err := r.item(f, func(f field) (err error) {
		switch f.number {
		case 1:
			return r.numbers(f, 0, t.dimension)
		case 2:
			return f.number64((*int64)(&t.Type))
		case 8:
			t.Name, err = r.text(f)
		case 9:
			t.raw = &f.part
		case 13:
			return r.pair(f, external)
		case 14:
			return f.number64(&location)
		}
		return err
	})
	if location == 1 {
		t.external = external
	}
	return t, err
}

func (t *Tensor) dimension(bits uint64) error {
	if n := int64(bits); n < 0 || int64(int(n)) != n {
		return fmt.Errorf("dimension %d: it must be from 0 on, and this machine must be able to address it", n)
	}
	if len(t.Shape) == maxDimensions {
		return fmt.Errorf("more than %d dimensions", maxDimensions)
	}
	t.Shape = append(t.Shape, int(bits))
	return nil
}

// Member describes the tensor under a name. A tensor that cannot be read has the reason as the
// error of its Scan.
func (t *Tensor) Member(name string) tensor.Member {
	m, err := t.member(name)
	if err != nil {
		return tensor.Unread(name, t.Type.String(), t.Shape, err)
	}
	return m
}

func (t *Tensor) member(name string) (tensor.Member, error) {
	values, err := t.values()
	if err != nil {
		return tensor.Member{}, err
	}
	return values.Member(name)
}

// values says where the values are.
func (t *Tensor) values() (tensor.Raw, error) {
	kind := elementTypes()[t.Type]
	n, ok := volume.Product(t.Shape...)
	values := tensor.Raw{Type: t.Type.String(), Shape: t.Shape, Values: int64(n)}
	size := int64(tensor.RawSize(values.Type))
	switch {
	case !ok || size > 0 && int64(n) > math.MaxInt64/size:
		return values, fmt.Errorf("shape %v: larger than any file", t.Shape)
	case size == 0: // Raw says which types are read
	case t.external != nil:
		return values, t.externalValues(&values, size)
	case t.raw != nil:
		if t.raw.size() != int64(n)*size {
			return values, fmt.Errorf("shape %v of %s takes %d bytes, and its raw data has %d", t.Shape, values.Type, int64(n)*size, t.raw.size())
		}
		values.Open = t.openRaw
	default:
		values.Open = func() (io.ReadCloser, error) { return t.openTyped(kind, int(size), n) }
	}
	return values, nil
}

// Ints reads the whole numbers of a tensor, at most limit of them: a shape, axes, pads.
func (t *Tensor) Ints(limit int) ([]int64, error) {
	all, err := t.ints(limit)
	if err != nil {
		return nil, fmt.Errorf("tensor %.60q: %w", t.Name, err)
	}
	return all, nil
}

func (t *Tensor) ints(limit int) ([]int64, error) {
	if t.Type != Int32 && t.Type != Int64 {
		return nil, fmt.Errorf("it is of %v, and whole numbers are expected", t.Type)
	}
	values, err := t.values()
	if err != nil {
		return nil, err
	}
	if values.Values > int64(limit) {
		return nil, fmt.Errorf("shape %v, and at most %d numbers are expected", t.Shape, limit)
	}
	in, err := values.Open()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	b := make([]byte, 8)[:tensor.RawSize(values.Type)]
	all := make([]int64, values.Values)
	for i := range all {
		if _, err := io.ReadFull(in, b); err != nil {
			return nil, cut(err)
		}
		if all[i] = int64(binary.LittleEndian.Uint64(append(b[:len(b):len(b)], 0, 0, 0, 0, 0, 0, 0, 0))); t.Type == Int32 {
			all[i] = int64(int32(all[i]))
		}
	}
	return all, nil
}
