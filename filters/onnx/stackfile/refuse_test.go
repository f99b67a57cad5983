package stackfile

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestStops has nodes that no layer computes: each is told with its place and its reason, and the
// layers before it stay.
func TestStops(t *testing.T) {
	pool := func(attributes ...string) string {
		return node("MaxPool a -> b", append(attributes, attribute("kernel_shape", []int{3, 3}))...)
	}
	strided := node("Conv x w -> c", attribute("strides", []int{2, 2}))
	for _, c := range []struct {
		graph []string
		want  string
	}{
		{[]string{node("GlobalAveragePool a -> b"), node("Flatten b -> c"), node("Gemm c w -> d")}, `node 2, GlobalAveragePool "Nb": it needs the whole picture before its first row`},
		{[]string{node("Reshape a s -> b"), ints("s", 1, -1)}, "its values are no maps of rows and columns"},
		{[]string{node("ConvTranspose a w -> b")}, "which weights an output has depends on its place, and a layer has the same ones everywhere"},
		{[]string{node("Relu later -> b"), node("Tanh x -> later")}, `node 2, Relu "Nb": no node before it makes its input "later"`},
		{[]string{info(11, "k", 1), node("Add a k -> b")}, `its input "k" is an input of the model besides the picture`},
		{[]string{ints("s5", 1, 2, 3, 10, 14), ints("s4", 1, 6, 10, 14), node("Reshape a s5 -> p"), node("Transpose p -> q", attribute("perm", []int{0, 2, 1, 3, 4})), node("Reshape q s4 -> r")},
			"it makes 1, 6, 10, 14 of 4×10×14 by 1, 2, 3, 10, 14: layers shuffle channels, in groups of one size"},
		{[]string{ints("s5", 1, 2, 2, 14, 10), ints("s4", 1, 4, 10, 14), node("Reshape a s5 -> p"), node("Transpose p -> q", attribute("perm", []int{0, 2, 1, 3, 4})), node("Reshape q s4 -> r")},
			"its size is fixed, and the size of its input is another or not known"},
		{[]string{node("Nonsense a -> b")}, "no layer of a stack computes it"},
		{[]string{node("Relu a -> b", message(7, "com.microsoft"))}, "it is of the domain com.microsoft"},
		{[]string{node("Relu a -> b", attribute("slope", 1))}, `it has an attribute "slope", which ONNX does not describe`},
		{[]string{node("Relu a -> x")}, `another node makes a value of the same name, "x"`},
		{[]string{node("Conv a w -> b")}, "its weights of 4, 3, 3, 3 and 1 groups read 3 channels, and its input has 4"},
		{[]string{node("Conv x w -> b", attribute("group", 3))}, "read 9 channels, and its input has 3"},
		{[]string{node("Conv x w4 -> b", attribute("group", 3)), floats("w4", []int{4, 1, 1, 1}, 1)}, "its 4 filters are not divided by its 3 groups"},
		{[]string{node("Conv x w1 -> b"), floats("w1", []int{4, 3, 3}, 1)}, "its weights have 3 dimensions, and a layer's have 4"},
		{[]string{node("Conv x a -> b")}, `its weights "a" are no constant`},
		{[]string{node("DequantizeLinear w -> q"), node("Conv x q -> b")}, `its weights "q" are computed by DequantizeLinear, and only arrays that are stored are taken`},
		{[]string{node("Conv x w b4 -> b"), floats("b4", []int{3}, 1)}, "its bias has the shape 3, and its 4 filters want as many"},
		{[]string{node("Conv x w -> b", attribute("kernel_shape", []int{3, 5}))}, "its kernel_shape is 3, 5, and its weights have the shape 4, 3, 3, 3"},
		{[]string{node("Conv x w -> b", attribute("pads", []int{1, 1}))}, "its pads has 2 numbers, and that of maps has 4"},
		{[]string{node("Conv x w -> b", attribute("pads", []int{-1, 0, 0, 0}))}, "its pads are -1, 0, 0, 0, and a layer's are from 0 to 1048576"},
		{[]string{node("Conv x w -> b", attribute("strides", []int{0, 1}))}, "its strides are 0, 1, and a layer's are from 1 to 1048576"},
		{[]string{node("Conv x w -> b", attribute("dilations", []int{9, 9}))}, "height: kernel spans 19 but the padded input has 12 (0 + 12 + 0)"},
		{[]string{node("Conv x w -> b", attribute("auto_pad", "SAME"))}, `its auto_pad is "SAME"`},
		{[]string{pool(attribute("pads", []int{2, 0, 0, 0}))}, "padding must be at most half of kernel_size, 1, got 2"},
		{[]string{node("MaxPool a -> b i", attribute("kernel_shape", []int{2, 2})), node("MaxUnpool b i -> c")}, `its second output "i" is read`},
		{[]string{node("MaxPool a -> b")}, "it has no kernel_shape"},
		{[]string{node("MaxPool a -> b", attribute("kernel_shape", []int{19, 2}))}, `MaxPool "Nb": height: kernel spans 19 but the padded input has 10 (0 + 10 + 0)`},
		{[]string{node("LRN a -> b", attribute("size", 4))}, "its size is 4: sums over an odd number"},
		{[]string{node("BatchNormalization a v4 v4 v4 n4 -> b"), floats("v4", []int{4}, 1), floats("n4", []int{4}, 1, -1)}, "the variance of channel 1 is -1: with epsilon, 1e-05, it must be above 0"},
		{[]string{node("BatchNormalization a v3 v3 v3 v3 -> b"), floats("v3", []int{3}, 1)}, `its input "v3" has the shape 3, and its maps have 4 channels`},
		{[]string{node("BatchNormalization a v4 v4 v4 v4 -> b", attribute("training_mode", 1)), floats("v4", []int{4}, 1)}, "it is in training mode"},
		{[]string{node("Clip a - three -> b"), floats("three", []int{}, 3)}, "to 3: relu is from 0 on, and relu6 from 0 to 6"},
		{[]string{node("Add a p -> b"), floats("p", []int{12, 16}, 1)}, "has the shape 12, 16: a layer has one number for each of the 4 channels"},
		{[]string{node("Add a p -> b"), floats("p", []int{3, 1, 1}, 1)}, "has the shape 3, 1, 1: a layer has one number for each of the 4 channels"},
		{[]string{node("Div a p -> b"), floats("p", []int{4, 1, 1}, 1, 0)}, "channel 1 is multiplied by +Inf"},
		{[]string{node("Mul a x -> b")}, "it multiplies maps by maps"},
		{[]string{node("Div a a -> b")}, "it divides by maps"},
		{[]string{node("Sub a a -> b")}, "it subtracts maps from maps"},
		{[]string{node("Pow a p -> b"), floats("p", []int{}, 3)}, "its exponent is 3, and layers have squares"},
		{[]string{node("Add a x -> b")}, "it joins maps of 4×10×14 and 3×12×16"},
		{[]string{node("Concat a x -> b", attribute("axis", 1))}, "it joins maps of 4×10×14 and 3×12×16"},
		{[]string{node("Concat a a -> b", attribute("axis", 2))}, "it joins along axis 2, and layers join channels, axis 1"},
		{[]string{node("Transpose a -> b", attribute("perm", []int{0, 1, 3, 2}))}, "it permutes axes by 0, 1, 3, 2"},
		{[]string{node("Cast a -> b", attribute("to", 7))}, "it makes int64, and layers compute in float32"},
		{[]string{node("Pad a p -> b"), ints("p", 0, 0, -1, 0, 0, 0, 0, 0)}, "it cuts rows or columns off"},
		{[]string{node("Pad a p -> b"), ints("p", 0, 1, 0, 0, 0, 0, 0, 0)}, "it pads channels"},
		{[]string{node("Pad a p one -> b"), ints("p", 0, 0, 1, 0, 0, 0, 0, 0), floats("one", []int{}, 1)}, "it pads with 1, and layers pad with 0"},
		{[]string{node("Pad a p -> b", attribute("mode", "reflect")), ints("p", 0, 0, 10, 0, 0, 0, 0, 0)}, "it pads 10 of 10 rows or columns in mode reflect"},
		{[]string{strided, node("Resize c - s -> d"), floats("s", []int{4}, 1, 1, 1.5, 2)}, "it enlarges rows by 1.5 times, and a layer by whole factors"},
		{[]string{strided, node("Resize c - s -> d", attribute("coordinate_transformation_mode", "align_corners")), floats("s", []int{4}, 1, 1, 2, 2)}, "its nearest values are not the ones that a layer repeats"},
		{[]string{strided, node("Resize c - s -> d", attribute("mode", "linear"), attribute("coordinate_transformation_mode", "asymmetric")), floats("s", []int{4}, 1, 1, 2, 2)}, `its values lie at "asymmetric"`},
		{[]string{strided, node("Resize c - s -> d", attribute("mode", "cubic")), floats("s", []int{4}, 1, 1, 2, 2)}, `its mode is "cubic"`},
		{[]string{strided, node("Resize c - s -> d"), floats("s", []int{4}, 1, 1, 4, 2)}, "their values would lie between the pixels"},
	} {
		graph := append([]string{picture(), kernels, node("Conv x w -> a"), info(12, "a")}, c.graph...)
		n, err := imported(t, model(graph...), Options{})
		if err != nil {
			t.Errorf("%s: %v", c.want, err)
			continue
		}
		if len(n.Stops) == 0 || !strings.Contains(n.Stops[0].String(), c.want) {
			t.Errorf("got  %v\nwant %s", n.Stops, c.want)
		}
		if layersOf(n)[0] != "conv: {name: Na, weights: Na.weight, activation: none}" {
			t.Errorf("%s: layers %q", c.want, layersOf(n))
		}
		built(t, n)
	}
}

// TestBehind counts the nodes behind a stop.
func TestBehind(t *testing.T) {
	n, err := imported(t, model(picture(), kernels, node("Conv x w -> a"), node("GlobalMaxPool a -> g"), node("Sigmoid g -> s"), node("Mul a s -> m"), node("Relu a -> r"),
		node("Shape w -> k"), node("Tanh r -> t")), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(n.Stops) != 1 || n.Stops[0].Position != 2 || n.Stops[0].Behind != 2 {
		t.Errorf("stops %+v", n.Stops)
	}
	if n.Operators != 6 || n.Taken != 3 || n.Convolutions != 1 || n.TakenConvolutions != 1 {
		t.Errorf("%+v", n)
	}
	text := string(n.YAML("m", "w"))
	for _, want := range []string{
		"# 3 of 6 operators are in 3 layers, 1 of 1 convolution among them\n",
		"# it stops at node 2, GlobalMaxPool \"Ng\": it needs the whole picture before its first row; 2 more behind it\n",
		"#   resize: {width: 16, height: 12, mode: fill}\n",
		"# The model's picture is \"x\": 3×12×16 of float32.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s\nhas no %s", text, want)
		}
	}
}

// TestRefuses has models of which nothing is imported.
func TestRefuses(t *testing.T) {
	conv := node("Conv x w -> a")
	for _, c := range []struct {
		graph []string
		until string
		want  string
	}{
		{[]string{kernels, conv}, "", "the model has no input"},
		{[]string{info(11, "x", 1, 2, 28, 28), conv}, "", `no picture of 3 channels or of 1, N×3×H×W, as its input: its inputs are "x" of 1×2×28×28`},
		{[]string{info(11, "x", 1, 1, 28, 28), info(11, "y", 1, 1, 28, 28), conv}, "", `the model reads two pictures, "x" and "y"`},
		{[]string{info(11, "x"), info(11, "y", 1, 77)}, "", `its inputs are "x" of an unknown shape, "y" of 1×77`},
		{[]string{picture(), info(11, "y", 1, 3, 8, 8)}, "", `the model reads two pictures, "x" and "y"`},
		{[]string{picture()}, "", `nothing of the model can be expressed as layers: no node reads its picture "x"`},
		{[]string{picture(), node("Softmax x -> y")}, "", `nothing of the model can be expressed as layers: it stops at node 1, Softmax "Ny"`},
		{[]string{picture(), kernels, conv, node("Softmax a -> y"), node("Relu y -> z")}, "z", `"z" cannot be reached: it stops at node 2, Softmax "Ny"`},
		{[]string{picture(), info(11, "k", 1), kernels, conv, node("Add a k -> y")}, "y", `"y" cannot be reached: it stops at node 2, Add "Ny": its input "k" is an input of the model besides the picture`},
		{[]string{picture(), kernels, conv, node("Shape w -> y")}, "y", `"y" depends on no picture`},
		{[]string{picture(), kernels, conv}, "b", `no node and no value has the name "b"`},
		{[]string{picture(), kernels, node("Conv x w -> conv1")}, "conv2", `no node and no value has the name "conv2", did you mean "conv1"?`},
		{[]string{picture(), kernels, conv, info(13, "a", 1, 4, 9, 14)}, "", `node "Na", Conv: its value "a" is of 1×4×9×14 in the model, and maps of 4×10×14 are computed`},
		{[]string{picture(), kernels, conv, info(13, "a", 1, 4)}, "", `its value "a" has 2 dimensions in the model`},
	} {
		o := Options{}
		if c.until != "" {
			o.Until = []string{c.until}
		}
		_, err := imported(t, model(c.graph...), o)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got  %v\nwant %s", err, c.want)
		}
	}
}

// TestUntil imports a part of a graph, for another size than the model's.
func TestUntil(t *testing.T) {
	graph := model(picture(), kernels, info(13, "a", 1, 4, 10, 14), node("Conv x w -> a"), node("Relu a -> r"), node("Softmax x -> s"), node("MaxPool r -> p", attribute("kernel_shape", []int{2, 2})), node("Tanh x -> t"))
	n, err := imported(t, graph, Options{Until: []string{"Nr", "t"}, InputSize: [2]int{30, 40}})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"conv: {name: Na, weights: Na.weight, activation: relu}", "activation: {name: Nt, inputs: [input], function: tanh}"}
	if got := layersOf(n); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%q", got)
	}
	if n.Layers[0].Shape != (Shape{4, 28, 38}) || len(n.Stops) != 0 || n.Operators != 3 {
		t.Errorf("%+v", n)
	}
	built(t, n)
	n, err = imported(t, graph, Options{Until: []string{"a"}})
	if err != nil || layersOf(n)[0] != "conv: {name: Na, weights: Na.weight, activation: none}" {
		t.Errorf("%v", err)
	}
	padded := model(picture(), ints("p", 0, 0, 1, 1, 0, 0, 1, 1), node("Pad x p -> q"))
	n, err = imported(t, padded, Options{Until: []string{"q"}})
	if err != nil || len(n.Layers) != 1 || n.Layers[0].Value != "q" {
		t.Errorf("%v", err)
	}
}

// TestPaddingAtEnds has padding that no later layer takes.
func TestPaddingAtEnds(t *testing.T) {
	pads := ints("p", 0, 0, 1, 2, 0, 0, 0, 1)
	const conv1 = "conv: {name: Na, weights: Na.weight, padding: 1, activation: none}"
	laid := func(name string) string {
		return "conv: {name: " + name + ", kernels: [{name: identity, weights: [[1]]}], channels: each, padding: [1, 2, 0, 1], activation: none}"
	}
	for _, c := range []struct {
		name  string
		graph []string
		want  []string
		stops int
	}{
		{"output", []string{node("Pad a p -> q"), info(12, "q", 1, 4, 13, 19)}, []string{conv1, laid("Nq")}, 0},
		{"output behind a node that keeps it", []string{node("Pad a p -> q"), node("Identity q -> y"), info(12, "y")}, []string{conv1, laid("Ny")}, 0},
		{"value that nobody reads", []string{node("Pad a p -> q")}, []string{conv1, laid("Nq")}, 0},
		{"before a stop", []string{node("Pad a p -> q"), node("Softmax q -> y"), info(12, "y")}, []string{conv1, laid("Nq")}, 1},
		{"before a node behind a stop", []string{node("Pad a p -> q"), node("Softmax a -> s"), node("Add q s -> y"), info(12, "y")}, []string{conv1, laid("Nq")}, 1},
		{"within a layer", []string{floats("w1", []int{1, 4, 1, 1}, 1), node("Pad a p -> q"), node("Conv q w1 -> y"), info(12, "y")},
			[]string{conv1, "conv: {name: Ny, weights: Ny.weight, padding: [1, 2, 0, 1], activation: none}"}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			n, err := imported(t, model(append([]string{picture(), kernels, pads, conv}, c.graph...)...), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := layersOf(n); !slices.Equal(got, c.want) || len(n.Stops) != c.stops {
				t.Errorf("%d stops, got\n%s\nwant\n%s", len(n.Stops), strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
			built(t, n)
		})
	}
}

// TestPaddingWithoutRoom has padding at the end as a stop if the stack file is full.
func TestPaddingWithoutRoom(t *testing.T) {
	graph := []string{picture(), ints("p", 0, 0, 1, 1, 0, 0, 1, 1), many(maxLayers, "Tanh x -> v"), node("Pad x p -> q"), node("Identity q -> y"), info(12, "y")}
	n, err := imported(t, model(graph...), Options{})
	if err != nil || len(n.Layers) != maxLayers || n.Taken != maxLayers || len(n.Stops) != 1 {
		t.Fatalf("%v, %v", err, n.Stops)
	}
	if s := n.Stops[0]; s.Node != "Nq" || s.Reason != errLayers.Error() || s.Behind != 1 {
		t.Errorf("%+v", s)
	}
}

// TestChannelsLast imports a model of TensorFlow's layout.
func TestChannelsLast(t *testing.T) {
	n, err := imported(t, model(info(11, "x", 0, 12, 16, 3), kernels, floats("mean", []int{3}, 0.5, 0.25, 1), floats("c4", []int{4}, 1, 2),
		node("Sub x mean -> s"), node("Transpose s -> t", attribute("perm", []int{0, 3, 1, 2})), node("Conv t w -> a"),
		node("Transpose a -> u", attribute("perm", []int{0, 2, 3, 1})), node("Mul u c4 -> m"), node("Concat m m -> k", attribute("axis", 3)), node("MaxPool k -> p")), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !n.Input.ChannelLast || n.Input.Size != [2]int{12, 16} || !n.Layers[len(n.Layers)-1].ChannelLast {
		t.Errorf("%+v", n.Input)
	}
	if kinds := kindsOf(n); kinds != "scale conv concat" || n.Stops[0].Reason != "it has no kernel_shape" {
		t.Errorf("%s, %v", kinds, n.Stops)
	}
	built(t, n)
	n, err = imported(t, model(info(11, "x", 0, 0, 0, 0), kernels, node("Transpose x -> t", attribute("perm", []int{0, 3, 1, 2})), node("Conv t w -> a")), Options{})
	if err != nil || !n.Input.ChannelLast || len(n.Layers[0].Nodes) != 2 {
		t.Errorf("%v", err)
	}
}

func kindsOf(n *Network) string {
	var kinds []string
	for _, l := range n.Layers {
		kinds = append(kinds, l.Kind)
	}
	return strings.Join(kinds, " ")
}

// TestOldModels has operators as the first versions of the operator set have them.
func TestOldModels(t *testing.T) {
	n, err := imported(t, modelOf(6, picture(), info(11, "w", 4, 3, 3, 3), kernels, vector, node("Conv x w -> a"), node("Mul a v4 -> m", attribute("broadcast", 1), attribute("axis", 1)),
		node("Clip m -> c", attribute("min", 0.), attribute("max", 6.)), node("PRelu c v4 -> p"),
		node("Pad p -> q", attribute("pads", []int{0, 0, 1, 1, 0, 0, 1, 1})), node("MaxPool q -> k", attribute("kernel_shape", []int{2, 2}), attribute("strides", []int{2, 2})),
		node("Upsample k -> u", attribute("scales", []float32{1, 1, 2, 2}))), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if kinds := kindsOf(n); kinds != "conv activation max_pool upsample" || len(n.Stops) > 0 {
		t.Errorf("%s, %v", kinds, n.Stops)
	}
	built(t, n)
}

// TestNames has names that are no names of files.
func TestNames(t *testing.T) {
	names := uniqueNames{}
	for _, c := range [][2]string{
		{"/layer1/layer1.0/conv1/Conv", "layer1.layer1.0.conv1.Conv"}, {"LAYER1/layer1.0/conv1/Conv", "LAYER1.layer1.0.conv1.Conv_2"}, {"", "kind"}, {"..", "kind_2"},
		{"a:b é", "a_b__"}, {"con.1", "n_con.1"}, {"com7", "n_com7"}, {"com77", "com77"}, {"all", "n_all"}, {"Input", "n_Input"}, {"x.npy", "x.npy_"}, {"-x", "x"},
		{"x_2", "x_2"}, {"x", "x_3"}, {"X", "X_4"}, {strings.Repeat("a", 70) + "end", strings.Repeat("a", 57) + "end"},
	} {
		if got := names.layer(c[0], "kind"); got != c[1] {
			t.Errorf("%q becomes %q, want %q", c[0], got, c[1])
		}
	}
}

// TestBounds has models that would be larger than a stack file may be.
func TestBounds(t *testing.T) {
	var long []string
	last := "x"
	for k := range maxLayers + 5 {
		out := fmt.Sprintf("v%d", k)
		long = append(long, node("Tanh "+last+" -> "+out))
		last = out
	}
	n, err := imported(t, model(append(long, picture())...), Options{})
	if err != nil || len(n.Layers) != maxLayers || n.Stops[0].Position != maxLayers+1 || n.Stops[0].Reason != errLayers.Error() {
		t.Errorf("%v, %v", err, n.Stops)
	}
	filled := func(name string, sizes ...int) string {
		return ints(name+"s", sizes...) + node("ConstantOfShape "+name+"s -> "+name)
	}
	for _, c := range []struct{ graph, want string }{
		{filled("w", 65536, 3, 12, 12) + many(10, "Conv x w -> a"), errWeights.Error()},
		{filled("v", 65536) + filled("w", 65536, 3, 1, 1) + node("Conv x w -> y") + node("Unsqueeze v one -> u") + ints("one", 1, 2) + many(300, "Mul y u -> c"), errNumbers.Error()},
		{filled("w", 70000, 3, 1, 1) + node("Conv x w -> a"), "a layer has at most 65536 filters"},
		{filled("w", 1, 3, 2000, 1) + node("Conv x w -> a"), "a layer has at most 65536 filters of 1024×1024"},
		{filled("w", 0, 3, 1, 1) + node("Conv x w -> a"), "its weights have the shape 0, 3, 1, 1: there are no filters"},
		{node("Concat x x x x x x x x -> a", attribute("axis", 1)) + strings.Join(doubled("a", 14), ""), "channels are too many"},
	} {
		n, err := imported(t, model(picture(), c.graph, node("Tanh x -> tanh")), Options{})
		if err != nil || len(n.Stops) == 0 || !strings.Contains(n.Stops[0].Reason, c.want) {
			t.Errorf("want %s\ngot  %v", c.want, err)
		}
	}
}

// many are nodes that differ in the number behind their output.
func many(n int, text string) string {
	var nodes strings.Builder
	for k := range n {
		nodes.WriteString(node(fmt.Sprintf("%s%d", text, k)))
	}
	return nodes.String()
}

// doubled concatenates a value with itself, again and again.
func doubled(name string, times int) []string {
	var nodes []string
	for k := range times {
		next := fmt.Sprintf("%s%d", name, k)
		nodes = append(nodes, node("Concat "+name+" "+name+" -> "+next, attribute("axis", 1)))
		name = next
	}
	return nodes
}
