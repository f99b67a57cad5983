package onnx

import (
	"bytes"
	"errors"
	"io"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// written writes a model and reads it again.
func written(t *testing.T, m *Model) *Model {
	t.Helper()
	var file bytes.Buffer
	if err := m.Write(&file); err != nil {
		t.Fatal(err)
	}
	again, err := Read(io.NewSectionReader(bytes.NewReader(file.Bytes()), 0, int64(file.Len())), "")
	if err != nil {
		t.Fatal(err)
	}
	return again
}

// bare is a model without its tensors.
func bare(m *Model) Model {
	out := *m
	out.Graph.Initializers = nil
	return out
}

// TestWritesModels writes models and reads the same models, with all kinds of attributes, shapes and arrays.
func TestWritesModels(t *testing.T) {
	values := []float32{1, -2.5, float32(math.Inf(1)), math.SmallestNonzeroFloat32, 0, 7}
	inner := FloatTensor("inner", values, 6)
	m := &Model{
		IRVersion: 8, Producer: "name 1.2 beta", Opsets: map[string]int64{"": 17, "other": 3}, Metadata: map[string]string{"b": "", "a": "text"},
		Graph: Graph{
			Name: "net",
			Nodes: []Node{
				{Name: "n", Op: "Op", Domain: "other", Inputs: []string{"x", "", "w"}, Outputs: []string{"y"}, Attributes: []Attribute{
					{Name: "float", Type: FloatAttribute, Float: 0.1}, {Name: "int", Type: IntAttribute, Int: -3},
					{Name: "string", Type: StringAttribute}, {Name: "floats", Type: FloatsAttribute, Floats: []float32{1, -0.5}},
					{Name: "ints", Type: IntsAttribute, Ints: []int64{-1, 0, math.MaxInt64}}, {Name: "strings", Type: StringsAttribute, Strings: []string{"a", ""}},
				}},
				{Op: "Relu", Inputs: []string{"y"}, Outputs: []string{"z"}},
			},
			Initializers: []*Tensor{FloatTensor("w", values, 1, 3, 2), IntTensor("sizes", -1, 1<<40), FloatTensor("one", values[:1]), FloatTensor("none", nil, 0)},
			Inputs:       []ValueInfo{{"x", Float32, []Dimension{{-1, "N"}, {Size: 3}, {Size: -1}, {Size: 0}}}},
			Outputs:      []ValueInfo{{"z", Float32, nil}, {"y", Int64, []Dimension{}}},
			Values:       []ValueInfo{{"y", Float32, []Dimension{{-1, "k"}}}},
		},
	}
	again := written(t, m)
	if got, want := bare(again), bare(m); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	got, want := again.Graph.Members(), m.Graph.Members()
	if len(got) != 4 || len(want) != 4 {
		t.Fatalf("%d and %d arrays", len(got), len(want))
	}
	for i := range want {
		a, err := got[i].Read(100)
		if err != nil {
			t.Fatal(err)
		}
		b, err := want[i].Read(100)
		if err != nil {
			t.Fatal(err)
		}
		if got[i].Name != want[i].Name || got[i].Type != want[i].Type || !reflect.DeepEqual(a, b) {
			t.Errorf("%s: got %v, want %v", want[i].Name, a, b)
		}
	}
	m.Graph.Nodes[0].Attributes = []Attribute{{Name: "t", Type: TensorAttribute, Tensor: inner}}
	a := written(t, m).Graph.Nodes[0].Attributes[0]
	if member := a.Tensor.Member("inner"); a.Type != TensorAttribute || !slices.Equal(member.Shape, []int{6}) {
		t.Errorf("got %+v", a)
	}
}

// TestWritesArraysOfOtherModels writes the models that the onnx package wrote, of all types.
func TestWritesArraysOfOtherModels(t *testing.T) {
	for _, name := range []string{"raw.onnx", "typed.onnx", "external.onnx", "constants.onnx"} {
		m := open(t, name)
		got, want := written(t, m).Graph.Members(), m.Graph.Members()
		if len(got) != len(want) || len(got) == 0 {
			t.Fatalf("%s: %d arrays, want %d", name, len(got), len(want))
		}
		for i := range want {
			a, errA := got[i].Read(1 << 20)
			b, errB := want[i].Read(1 << 20)
			if (errA == nil) != (errB == nil) || got[i].Name != want[i].Name || got[i].Type != want[i].Type || !slices.Equal(a.Shape, b.Shape) {
				t.Errorf("%s: got %+v, %v, want %+v, %v", name, got[i], errA, want[i], errB)
			}
			for k := range b.Data {
				if math.Float32bits(a.Data[k]) != math.Float32bits(b.Data[k]) {
					t.Errorf("%s: %s: value %d is %v, want %v", name, want[i].Name, k, a.Data[k], b.Data[k])
				}
			}
		}
	}
}

// failing is a writer that fails after so many bytes.
type failing struct{ left int }

var errFull = errors.New("full")

func (w *failing) Write(p []byte) (int, error) {
	if w.left -= len(p); w.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestWriteRefuses(t *testing.T) {
	m := &Model{Graph: Graph{Nodes: []Node{{Name: "n", Op: "If", Attributes: []Attribute{{Name: "then", Type: GraphAttribute}}}}}}
	if err := m.Write(io.Discard); err == nil || !strings.Contains(err.Error(), "node n: attribute then of type 5 cannot be written") {
		t.Errorf("%v", err)
	}
	m = &Model{Graph: Graph{Initializers: []*Tensor{{Name: "s", Type: 8, Shape: []int{1}}}}}
	if err := m.Write(io.Discard); err == nil || !strings.Contains(err.Error(), `tensor "s": type string cannot be written`) {
		t.Errorf("%v", err)
	}
	m = &Model{Graph: Graph{Initializers: []*Tensor{FloatTensor("w", make([]float32, 100), 100)}}}
	for _, room := range []int{0, 30, 100} {
		if err := m.Write(&failing{room}); err != errFull {
			t.Errorf("%d bytes: %v", room, err)
		}
	}
	// 2 GiB of values are announced and never read.
	huge := FloatTensor("huge", nil, 1<<29)
	huge.raw = &part{0, 4 << 29}
	m.Graph.Initializers = []*Tensor{huge}
	if err := m.Write(&failing{0}); err == nil || !strings.Contains(err.Error(), "has at most 2147483647") {
		t.Errorf("%v", err)
	}
}
