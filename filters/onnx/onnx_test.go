package onnx

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"filterbank/filters/tensor"
)

// wanted is an array as the onnx package has it; see testdata/make.py.
type wanted struct {
	Name, Type string
	Shape      []int
	Bits       string // of the values as float32, in hexadecimal digits
}

// open reads a model of testdata.
func open(t *testing.T, name string) *Model {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	m, err := Read(io.NewSectionReader(f, 0, info.Size()), "testdata")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestReadsArrays compares all arrays that the onnx package wrote, bit for bit.
func TestReadsArrays(t *testing.T) {
	text, err := os.ReadFile("testdata/want.json")
	if err != nil {
		t.Fatal(err)
	}
	var want map[string][]wanted
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	if len(want) != 5 {
		t.Errorf("%d files", len(want))
	}
	for file, all := range want {
		t.Run(file, func(t *testing.T) {
			got := slices.DeleteFunc(open(t, file).Graph.Members(), func(m tensor.Member) bool { return m.Name == "sevens" })
			if len(got) != len(all) {
				t.Fatalf("%d arrays, want %d", len(got), len(all))
			}
			for i, w := range all {
				same(t, &got[i], w)
			}
		})
	}
}

// same compares an array with the one of the onnx package. All NaNs are equal.
func same(t *testing.T, got *tensor.Member, want wanted) {
	t.Helper()
	a, err := got.Read(1000)
	if err != nil {
		t.Errorf("%s: %v", want.Name, err)
		return
	}
	if got.Name != want.Name || got.Type != want.Type || !slices.Equal(a.Shape, want.Shape) {
		t.Errorf("%s: %s %v, want %s: %s %v", got.Name, got.Type, a.Shape, want.Name, want.Type, want.Shape)
	}
	bits, err := hex.DecodeString(want.Bits)
	if err != nil || len(bits) != 4*len(a.Data) {
		t.Fatalf("%s: %d values, want %d bytes, %v", want.Name, len(a.Data), len(bits), err)
	}
	for i, v := range a.Data {
		w := math.Float32frombits(binary.BigEndian.Uint32(bits[4*i:]))
		if math.Float32bits(v) != math.Float32bits(w) && (v == v || w == w) {
			t.Errorf("%s: value %d is %g, want %g", want.Name, i, v, w)
		}
	}
}

// TestFilled reads a ConstantOfShape of more values than are passed at a time.
func TestFilled(t *testing.T) {
	for _, m := range open(t, "constants.onnx").Graph.Members() {
		if m.Name != "sevens" {
			continue
		}
		a, err := m.Read(1 << 20)
		if err != nil || !slices.Equal(a.Data, slices.Repeat([]float32{7}, 20000)) || !slices.Equal(a.Shape, []int{20000, 1}) || m.Type != "int32" {
			t.Errorf("%v, %d values, %v", m, len(a.Data), err)
		}
		return
	}
	t.Error("there is no sevens")
}

// TestGraph reads the nodes of a model.
func TestGraph(t *testing.T) {
	m := open(t, "net.onnx")
	w := m.Graph.Initializers[0]
	if m.Producer != "make 1" || m.IRVersion < 7 || !reflect.DeepEqual(m.Opsets, map[string]int64{"": 17, "ai.onnx.ml": 3}) ||
		!reflect.DeepEqual(m.Metadata, map[string]string{"mean": "0.5"}) || m.Functions != 0 || m.Graph.Name != "net" {
		t.Errorf("%+v", m)
	}
	if len(m.Graph.Initializers) != 1 || w.Name != "w" || w.Type != Float32 || !slices.Equal(w.Shape, []int{4, 3, 3, 3}) {
		t.Errorf("%+v", m.Graph.Initializers)
	}
	sized := func(n int64) Dimension { return Dimension{Size: n} }
	for _, c := range []struct{ got, want []ValueInfo }{
		{m.Graph.Inputs, []ValueInfo{{"x", Float32, []Dimension{{-1, "N"}, sized(3), sized(8), sized(-1)}}}},
		{m.Graph.Outputs, []ValueInfo{{"out", Float32, nil}}},
		{m.Graph.Values, []ValueInfo{{"y", 10, []Dimension{sized(1), sized(4), sized(4), sized(4)}}}},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("got %+v, want %+v", c.got, c.want)
		}
	}
	want := []Node{
		{"conv1", "Conv", "", []string{"x", "w", ""}, []string{"y"}, []Attribute{
			{Name: "auto_pad", Type: StringAttribute, String: "NOTSET"}, {Name: "kernel_shape", Type: IntsAttribute, Ints: []int64{3, 3}},
			{Name: "pads", Type: IntsAttribute, Ints: []int64{1, 1, 1, 1}}, {Name: "strides", Type: IntsAttribute, Ints: []int64{2, 2}},
		}},
		{"act", "LeakyRelu", "", []string{"y"}, []string{"z"}, []Attribute{{Name: "alpha", Type: FloatAttribute, Float: 0.25}}},
		{"", "Scaled", "ai.onnx.ml", []string{"z"}, []string{"s"}, []Attribute{
			{Name: "names", Type: StringsAttribute, Strings: []string{"a", "b"}}, {Name: "scales", Type: FloatsAttribute, Floats: []float32{0.5, 2}},
		}},
		{"", "If", "", []string{"z"}, []string{"out"}, []Attribute{{Name: "then_branch", Type: GraphAttribute}}},
	}
	for i := range m.Graph.Nodes {
		slices.SortFunc(m.Graph.Nodes[i].Attributes, func(a, b Attribute) int {
			if a.Name < b.Name {
				return -1
			}
			return 1
		})
	}
	if !reflect.DeepEqual(m.Graph.Nodes, want) {
		t.Errorf("got  %+v\nwant %+v", m.Graph.Nodes, want)
	}
	if a := want[0].Attribute("pads"); a == nil || len(a.Ints) != 4 || want[0].Attribute("none") != nil {
		t.Errorf("pads are %+v", a)
	}
}

// TestInts reads whole numbers that float32 does not hold.
func TestInts(t *testing.T) {
	for _, file := range []string{"raw.onnx", "typed.onnx", "external.onnx"} {
		for _, x := range open(t, file).Graph.Initializers {
			var want []int64
			switch x.Name {
			case "i64":
				want = []int64{math.MinInt64, 0, 16777217, math.MaxInt64}
			case "i32":
				want = []int64{math.MinInt32, 16777217}
			default:
				if _, err := x.Ints(100); err == nil {
					t.Errorf("%s has whole numbers", x.Name)
				}
				continue
			}
			if got, err := x.Ints(4); err != nil || !slices.Equal(got, want) {
				t.Errorf("%s: %s: %v, %v", file, x.Name, got, err)
			}
			if _, err := x.Ints(1); err == nil {
				t.Errorf("%s: more numbers than expected are read", x.Name)
			}
		}
	}
}
