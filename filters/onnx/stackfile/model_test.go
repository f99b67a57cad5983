package stackfile

import (
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"filterbank/filters/config"
	"filterbank/filters/onnx"
	"filterbank/filters/volume"
)

// message writes a field with a message or a string.
func message(field protowire.Number, content ...string) string {
	return string(protowire.AppendString(protowire.AppendTag(nil, field, protowire.BytesType), strings.Join(content, "")))
}

func whole(field protowire.Number, v int) string {
	return string(protowire.AppendVarint(protowire.AppendTag(nil, field, protowire.VarintType), uint64(int64(v))))
}

func single(field protowire.Number, v float32) string {
	return string(protowire.AppendFixed32(protowire.AppendTag(nil, field, protowire.Fixed32Type), math.Float32bits(v)))
}

// node is a node "OP a b -> c d" with attributes. Its name is its first output with a capital N
// before it.
func node(text string, attributes ...string) string {
	left, right, _ := strings.Cut(text, " -> ")
	words := strings.Split(left, " ")
	outputs := strings.Split(right, " ")
	out := message(3, "N"+outputs[0]) + message(4, words[0])
	for _, in := range words[1:] {
		out += message(1, strings.Trim(in, "-")) // - is an input that is left out
	}
	for _, name := range outputs {
		out += message(2, name)
	}
	return message(1, out+strings.Join(attributes, ""))
}

// attribute has a value of Go's int, []int, float, []float32 or string.
func attribute(name string, value any) string {
	out := message(1, name)
	switch v := value.(type) {
	case int:
		out += whole(20, 2) + whole(3, v)
	case []int:
		out += whole(20, 7)
		for _, n := range v {
			out += whole(8, n)
		}
	case float64:
		out += whole(20, 1) + single(2, float32(v))
	case []float32:
		out += whole(20, 6)
		for _, n := range v {
			out += single(7, n)
		}
	case string:
		out += whole(20, 3) + message(4, v)
	default:
		panic(fmt.Sprintf("attribute of %T", value))
	}
	return message(5, out)
}

// floats is an initializer. Its values are the ones that are given, over and over.
func floats(name string, shape []int, values ...float32) string {
	return message(5, array32(name, shape, values...))
}

func array32(name string, shape []int, values ...float32) string {
	out := whole(2, 1) + message(8, name)
	for _, n := range shape {
		out += whole(1, n)
	}
	count, _ := volume.Product(shape...)
	for k := range count {
		out += single(4, values[k%len(values)])
	}
	return out
}

// ints is an initializer of whole numbers.
func ints(name string, values ...int) string {
	out := whole(2, 7) + message(8, name) + whole(1, len(values))
	for _, v := range values {
		out += whole(7, v)
	}
	return message(5, out)
}

// info is an input (11), an output (12) or another value (13) of a graph. A side of 0 is not
// known. Without sides the shape is not known.
func info(field protowire.Number, name string, shape ...int) string {
	dims := ""
	for _, n := range shape {
		if n == 0 {
			dims += message(1, message(2, "N"))
		} else {
			dims += message(1, whole(1, n))
		}
	}
	if dims == "" {
		return message(field, message(1, name))
	}
	return message(field, message(1, name), message(2, message(1, whole(1, 1), message(2, dims))))
}

// model is a model of the operator set 13.
func model(graph ...string) string { return modelOf(13, graph...) }

func modelOf(opset int, graph ...string) string {
	return whole(1, 8) + message(8, message(1, ""), whole(2, opset)) + message(7, graph...)
}

// picture is the input x of 12×16 pixels.
func picture() string { return info(11, "x", 1, 3, 12, 16) }

func read(data string) (*onnx.Model, error) {
	return onnx.Read(io.NewSectionReader(strings.NewReader(data), 0, int64(len(data))), "")
}

func imported(t *testing.T, data string, o Options) (*Network, error) {
	t.Helper()
	m, err := read(data)
	if err != nil {
		t.Fatal(err)
	}
	return Import(m, o)
}

// built builds a network's stack file with its weights, and plans it if the picture's size is known.
func built(t testing.TB, n *Network) *config.Model {
	t.Helper()
	dir := t.TempDir()
	var weights strings.Builder
	if err := n.WriteWeights(&weights); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "w.safetensors"), []byte(weights.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	text := n.YAML("model.onnx", "w.safetensors")
	file, err := config.Parse(filepath.Join(dir, "stack.yaml"), text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	stack, err := file.Build()
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if n.Input.Size[0] == 0 || n.Input.Size[1] == 0 {
		return stack
	}
	plan, err := stack.Stacks[0].Plan(volume.Shape{C: 3, H: n.Input.Size[0], W: n.Input.Size[1]})
	if err != nil && strings.Contains(err.Error(), "are shifted against each other") {
		return stack // padding of a strange model, which only a plan of the whole stack finds
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for k, l := range n.Layers {
		if got := plan.Layers[k].Out; l.Value != "" && l.Shape != (Shape{got.C, got.H, got.W}) {
			t.Errorf("layer %s is planned with %v, the import says %v\n%s", l.Name, got, l.Shape, text)
		}
	}
	return stack
}

// layersOf are the lines of layers in a stack file, without the weights file's name.
func layersOf(n *Network) []string {
	var lines []string
	for line := range strings.Lines(string(n.YAML("model.onnx", "w"))) {
		if text, ok := strings.CutPrefix(line, "  - "); ok {
			lines = append(lines, strings.ReplaceAll(strings.TrimSpace(text), "w#", ""))
		}
	}
	return lines
}
