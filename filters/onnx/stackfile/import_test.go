package stackfile

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// Weights of small networks. Their values are multiples of 1/8.
var (
	kernels = floats("w", []int{4, 3, 3, 3}, -0.5, 0.25, 1)
	two     = floats("two", []int{}, 2)
	six     = floats("six", []int{1}, 6)
	three   = floats("three", []int{}, 3)
	zero    = floats("zero", []int{}, 0)
	four    = floats("c4", []int{4, 1, 1}, 0.5, 1, 2, 4)
	vector  = floats("v4", []int{4}, 0.5, 1, 2, 4)
	conv    = node("Conv x w -> a", attribute("pads", []int{1, 1, 1, 1}))
	scales  = floats("scales", []int{4}, 1, 1, 2, 2)
	four0   = floats("four", []int{}, 4)
	beta0   = floats("beta", []int{}, 0.5)
	half0   = floats("half", []int{}, 0.5)
	one0    = floats("one", []int{}, 1)
	root0   = floats("root", []int{}, math.Sqrt2)
)

// TestOperators imports each operator alone or behind a convolution. The stack files are built
// and planned.
func TestOperators(t *testing.T) {
	const convLine = "conv: {name: Na, weights: Na.weight, padding: 1, activation: none}"
	strided := node("Conv x w -> a", attribute("pads", []int{1, 1, 1, 1}), attribute("strides", []int{2, 2}))
	const stridedLine = "conv: {name: Na, weights: Na.weight, stride: 2, padding: 1, activation: none}"
	norm := node("BatchNormalization a v4 v4 v4 v4 -> b", attribute("epsilon", 0.5))
	const folded = "batch_norm: {weight: Na.batch_norm.weight, bias: Na.batch_norm.bias, running_mean: Na.batch_norm.running_mean, running_var: Na.batch_norm.running_var, eps: 0.5}"
	for _, c := range []struct {
		name  string
		graph []string
		want  []string
	}{
		{"conv", []string{kernels, floats("b", []int{4}, 1, 2), node("Conv x w b -> a", attribute("kernel_shape", []int{3, 3}), attribute("strides", []int{2, 1}), attribute("pads", []int{0, 1, 2, 3}))},
			[]string{"conv: {name: Na, weights: Na.weight, bias: Na.bias, stride: [2, 1], padding: [0, 1, 2, 3], activation: none}"}},
		{"groups and dilation", []string{floats("w", []int{6, 1, 1, 2}, 1, 2), node("Conv x w -> a", attribute("group", 3), attribute("dilations", []int{1, 3}))},
			[]string{"conv: {name: Na, weights: Na.weight, dilation: [1, 3], groups: 3, activation: none}"}},
		{"auto_pad", []string{kernels, node("Conv x w -> a", attribute("auto_pad", "SAME_UPPER"), attribute("strides", []int{2, 2})), node("Relu a -> r")},
			[]string{"conv: {name: Na, weights: Na.weight, stride: 2, padding: same_upper, activation: relu}"}},
		{"auto_pad below", []string{kernels, node("Conv x w -> a", attribute("auto_pad", "SAME_LOWER"))},
			[]string{"conv: {name: Na, weights: Na.weight, padding: same_lower, activation: none}"}},
		{"no padding", []string{kernels, node("Conv x w -> a", attribute("auto_pad", "VALID"))}, []string{"conv: {name: Na, weights: Na.weight, activation: none}"}},
		{"batch norm", []string{kernels, vector, conv, norm, node("Relu b -> r")},
			[]string{"conv: {name: Na, weights: Na.weight, padding: 1, " + folded + ", activation: relu}"}},
		{"batch norm of a value that is read twice", []string{kernels, vector, conv, norm, node("Add a b -> s")},
			[]string{convLine, "scale: {name: Nb, " + strings.ReplaceAll(folded, "Na.", "Nb.") + "}", "add: {name: Ns, inputs: [Na, Nb]}"}},
		{"batch norm before", []string{floats("v3", []int{3}, 1, 2, 4), node("BatchNormalization x v3 v3 v3 v3 -> b"), node("Mul b two -> m"), two},
			[]string{"scale: {name: Nb, batch_norm: {weight: Nb.batch_norm.weight, bias: Nb.batch_norm.bias, running_mean: Nb.batch_norm.running_mean, running_var: Nb.batch_norm.running_var, eps: 1e-05}}"}},
		{"relu of a value that is asked for", []string{kernels, conv, node("Relu a -> r"), info(12, "a"), info(12, "r")}, []string{convLine, "activation: {name: Nr, function: relu}"}},
		{"activations", []string{node("Sigmoid x -> a"), node("Tanh a -> b"), node("Abs b -> c"), node("HardSwish c -> d"), node("Elu d -> e", attribute("alpha", 0.5)),
			node("LeakyRelu e -> f"), node("Gelu f -> g"), node("Gelu g -> h", attribute("approximate", "tanh")), node("Mul h h -> i"), node("Swish i -> j"), node("Elu j -> k", attribute("alpha", 0.))},
			[]string{"activation: {name: Na, function: sigmoid}", "activation: {name: Nb, function: tanh}", "activation: {name: Nc, function: abs}", "activation: {name: Nd, function: hardswish}",
				"activation: {name: Ne, function: elu, alpha: 0.5}", "activation: {name: Nf, function: leaky_relu, negative_slope: 0.01}", "activation: {name: Ng, function: gelu}",
				"activation: {name: Nh, function: gelu_tanh}", "activation: {name: Ni, function: square}", "activation: {name: Nj, function: silu}", "activation: {name: Nk, function: relu}"}},
		{"prelu", []string{kernels, four, conv, node("PRelu a c4 -> p")}, []string{"conv: {name: Na, weights: Na.weight, padding: 1, activation: prelu, negative_slope: Na.negative_slope}"}},
		{"prelu of one slope", []string{two, node("PRelu x two -> p")}, []string{"activation: {name: Np, function: prelu, negative_slope: 2}"}},
		{"clip", []string{kernels, zero, six, conv, node("Clip a zero six -> p"), node("Clip p zero -> q"), node("Clip q -> r")},
			[]string{"conv: {name: Na, weights: Na.weight, padding: 1, activation: relu6}", "activation: {name: Nq, function: relu}"}},
		{"hardsigmoid", []string{kernels, conv, node("HardSigmoid a -> h"), node("HardSigmoid h -> i", attribute("alpha", 1.0/6))},
			[]string{"conv: {name: Na, weights: Na.weight, padding: 1, batch_norm: {weight: 1.2, bias: 0, running_mean: 0, running_var: 1, eps: 0}, activation: hardsigmoid}", "activation: {name: Ni, function: hardsigmoid}"}},
		{"silu", []string{kernels, conv, node("Sigmoid a -> s"), node("Mul s a -> m")}, []string{"conv: {name: Na, weights: Na.weight, padding: 1, activation: none}", "activation: {name: Nm, function: silu}"}},
		{"silu with a sigmoid that is read", []string{node("Sigmoid x -> s"), node("Mul x s -> m"), node("Add s m -> z")},
			[]string{"activation: {name: Ns, function: sigmoid}", "activation: {name: Nm, inputs: [input], function: silu}", "add: {name: Nz, inputs: [Ns, Nm]}"}},
		{"hardswish, divided last", []string{three, zero, six, node("Add x three -> p"), node("Clip p zero six -> q"), node("Mul x q -> r"), node("Div r six -> s")}, []string{"activation: {name: Ns, function: hardswish}"}},
		{"hardswish, divided first", []string{three, floats("sixth", []int{}, 1.0/6), node("Add three x -> p"), node("Clip p -> q", attribute("min", 0.), attribute("max", 6.)), node("Mul q sixth -> r"), node("Mul r x -> s")}, []string{"activation: {name: Ns, function: hardswish}"}},
		{"hardswish of hardsigmoid", []string{node("HardSigmoid x -> p", attribute("alpha", 1.0/6), attribute("beta", 0.5)), node("Mul x p -> s")}, []string{"activation: {name: Ns, function: hardswish}"}},
		{"constants", []string{kernels, two, four, node("Sub x two -> s"), node("Div s two -> d"), node("Conv d w -> a"), node("Add c4 a -> b"), node("Mul b c4 -> m"), node("Sub two m -> n"), node("Neg n -> o")},
			[]string{"scale: {name: Ns, factor: 0.5, shift: -1}", "conv: {name: Na, weights: Na.weight, batch_norm: {weight: Na.batch_norm.weight, bias: Na.batch_norm.bias, running_mean: 0, running_var: 1, eps: 0}, activation: none}"}},
		{"an added bias", []string{kernels, four, conv, node("Add a c4 -> b"), node("Relu b -> r")}, []string{"conv: {name: Na, weights: Na.weight, padding: 1, bias: Na.bias, activation: relu}"}},
		{"pools", []string{node("MaxPool x -> a", attribute("kernel_shape", []int{3, 2}), attribute("strides", []int{2, 2}), attribute("pads", []int{1, 0, 0, 1})),
			node("MaxPool a -> b", attribute("kernel_shape", []int{3, 3}), attribute("strides", []int{2, 2}), attribute("ceil_mode", 1)),
			node("AveragePool b -> c", attribute("kernel_shape", []int{3, 3}), attribute("strides", []int{1, 1}), attribute("pads", []int{1, 1, 1, 1})),
			node("AveragePool c -> d", attribute("kernel_shape", []int{2, 2}), attribute("count_include_pad", 1), attribute("pads", []int{1, 1, 1, 1})),
			node("MaxPool d -> e", attribute("kernel_shape", []int{2, 2}), attribute("dilations", []int{2, 1}))},
			[]string{"max_pool: {name: Na, kernel_size: [3, 2], stride: 2, padding: [1, 0, 0, 1]}", "max_pool: {name: Nb, kernel_size: 3, stride: 2, ceil_mode: true}",
				"avg_pool: {name: Nc, kernel_size: 3, stride: 1, padding: 1, count_include_pad: false}", "avg_pool: {name: Nd, kernel_size: 2, stride: 1, padding: 1}", "max_pool: {name: Ne, kernel_size: 2, stride: 1, dilation: [2, 1]}"}},
		{"a pool with auto_pad", []string{node("MaxPool x -> a", attribute("kernel_shape", []int{3, 3}), attribute("strides", []int{2, 2}), attribute("auto_pad", "SAME_UPPER")),
			node("AveragePool a -> b", attribute("kernel_shape", []int{2, 2}), attribute("auto_pad", "SAME_LOWER"))},
			[]string{"max_pool: {name: Na, kernel_size: 3, stride: 2, padding: [0, 0, 1, 1]}", "avg_pool: {name: Nb, kernel_size: 2, stride: 1, padding: [1, 1, 0, 0], count_include_pad: false}"}},
		{"norm", []string{node("LRN x -> a", attribute("size", 5), attribute("alpha", 0.0005), attribute("bias", 2.))}, []string{"local_response_norm: {name: Na, size: 5, alpha: 0.0005, k: 2}"}},
		{"norm of an even size", []string{ints("one", 1), two, four0, beta0, node("Mul x x -> s"), node("Unsqueeze s one -> u"),
			node("AveragePool u -> m", attribute("kernel_shape", []int{4, 1, 1}), attribute("pads", []int{2, 0, 0, 1, 0, 0}), attribute("count_include_pad", 1)),
			node("Squeeze m one -> q"), node("Mul q two -> t"), node("Add t four -> a"), node("Pow a beta -> p"), node("Div x p -> y")},
			[]string{"local_response_norm: {name: Ny, size: 4, alpha: 2, beta: 0.5, k: 4}"}},
		{"norm of PyTorch", []string{ints("one", 1), ints("pads", 0, 0, 2, 0, 0, 0, 0, 2, 0, 0), two, four0, beta0, node("Mul x x -> s"), node("Unsqueeze s one -> u"), node("Pad u pads zero -> v", attribute("mode", "constant")), zero,
			node("AveragePool v -> m", attribute("kernel_shape", []int{5, 1, 1}), attribute("strides", []int{1, 1, 1})),
			node("Squeeze m one -> q"), node("Mul two q -> t"), node("Add four t -> a"), node("Pow a beta -> p"), node("Div x p -> y")},
			[]string{"local_response_norm: {name: Ny, size: 5, alpha: 2, beta: 0.5, k: 4}"}},
		{"gelu by erf", []string{kernels, conv, half0, one0, root0, node("Div a root -> d"), node("Erf d -> e"), node("Add e one -> f"), node("Mul a f -> g"), node("Mul g half -> h")},
			[]string{convLine, "activation: {name: Nh, function: gelu}"}},
		{"gelu by erf, in other orders", []string{half0, one0, two, root0, node("Mul x half -> g"), node("Div x root -> d"), node("Erf d -> e"), node("Add one e -> f"), node("Mul g f -> h"),
			node("Div h root -> d1"), node("Erf d1 -> e1"), node("Add e1 one -> f1"), node("Div f1 two -> g1"), node("Mul g1 h -> h1")},
			[]string{"activation: {name: Nh, function: gelu}", "activation: {name: Nh1, function: gelu}"}},
		{"a batch normalization in constants", []string{kernels, conv, four, floats("eps", []int{}, 0.25), floats("var", []int{4, 1, 1}, 0.75, 3.75, 8.75, 15.75), floats("mean", []int{1, 4, 1, 1}, 1, 2),
			node("Add var eps -> v"), node("Sqrt v -> d"), node("Reciprocal d -> r"), node("Mul r c4 -> f"), node("Mul mean f -> g"), node("Neg g -> s"), node("Mul a f -> m"), node("Add m s -> b")},
			[]string{"conv: {name: Na, weights: Na.weight, padding: 1, batch_norm: {weight: Na.batch_norm.weight, bias: Na.batch_norm.bias, running_mean: 0, running_var: 1, eps: 0}, activation: none}"}},
		{"padding before a convolution", []string{kernels, ints("p", 0, 0, 1, 2, 0, 0, 3, 4), node("Pad x p -> q"), node("Conv q w -> a", attribute("pads", []int{1, 1, 1, 1}))},
			[]string{"conv: {name: Na, weights: Na.weight, padding: [2, 3, 4, 5], activation: none}"}},
		{"reflection", []string{kernels, ints("p", 0, 0, 1, 1, 0, 0, 1, 1), node("Pad x p -> q", attribute("mode", "reflect")), node("Conv q w -> a"), node("Conv q w -> b", attribute("pads", []int{1, 1, 1, 1}))},
			[]string{"conv: {name: Na, weights: Na.weight, padding: 1, padding_mode: reflect, activation: none}", "conv: {name: Nq, inputs: [input], kernels: [{name: identity, weights: [[1]]}], channels: each, padding: 1, padding_mode: reflect, activation: none}",
				"conv: {name: Nb, weights: Nb.weight, padding: 1, activation: none}"}},
		{"edges", []string{ints("p", 0, 0, 1, 1, 0, 0, 1, 1), node("Pad x p -> q", attribute("mode", "edge")), node("Relu q -> r")},
			[]string{"conv: {name: Nq, kernels: [{name: identity, weights: [[1]]}], channels: each, padding: 1, padding_mode: replicate, activation: relu}"}},
		{"padding before pools", []string{ints("p", 0, 0, 1, 1, 0, 0, 1, 1), node("Relu x -> r"), node("Pad r p -> q"), node("MaxPool q -> a", attribute("kernel_shape", []int{3, 3})),
			node("AveragePool q -> b", attribute("kernel_shape", []int{3, 3})), node("Pad x p -> s"), node("MaxPool s -> c", attribute("kernel_shape", []int{3, 3}))},
			[]string{"activation: {name: Nr, function: relu}", "max_pool: {name: Na, kernel_size: 3, stride: 1, padding: 1}", "avg_pool: {name: Nb, inputs: [Nr], kernel_size: 3, stride: 1, padding: 1}",
				"conv: {name: Ns, inputs: [input], kernels: [{name: identity, weights: [[1]]}], channels: each, padding: 1, activation: none}", "max_pool: {name: Nc, kernel_size: 3, stride: 1}"}},
		{"joins", []string{kernels, conv, node("Conv x w -> b", attribute("pads", []int{1, 1, 1, 1})), node("Add a b -> c"), node("Sum a b c -> d"), node("Concat x d -> e", attribute("axis", 1)), node("Concat e d -> f", attribute("axis", -3)), node("Concat f -> g", attribute("axis", 1)), node("Sum g -> h")},
			[]string{convLine, "conv: {name: Nb, inputs: [input], weights: Nb.weight, padding: 1, activation: none}", "add: {name: Nc, inputs: [Na, Nb]}", "add: {name: Nd, inputs: [Na, Nb, Nc]}", "concat: {name: Ne, inputs: [input, Nd]}", "concat: {name: Nf, inputs: [Ne, Nd]}"}},
		{"nothing", []string{kernels, node("Identity x -> i"), node("Dropout i -> j mask"), node("Cast j -> k", attribute("to", 1)), node("Conv k w -> a", attribute("pads", []int{1, 1, 1, 1}))}, []string{convLine}},
		{"channel shuffle", []string{kernels, conv, ints("s5", 1, 2, 2, 12, 16), ints("s4", -1, 4, 0, 0), node("Reshape a s5 -> p"), node("Transpose p -> q", attribute("perm", []int{0, 2, 1, 3, 4})), node("Reshape q s4 -> r")},
			[]string{convLine, "conv: {name: Nr, weights: Nr.weight, activation: none}"}},
		{"nearest", []string{kernels, scales, strided, node("Resize a - scales -> r", attribute("coordinate_transformation_mode", "asymmetric"), attribute("nearest_mode", "floor"))},
			[]string{stridedLine, "upsample: {name: Nr, scale_factor: 2}"}},
		{"bilinear", []string{kernels, scales, strided, node("Resize a - scales -> r", attribute("mode", "linear"))}, []string{stridedLine, "upsample: {name: Nr, scale_factor: 2, mode: bilinear}"}},
		{"sizes", []string{kernels, ints("n", 1, 4, 12, 16), strided, node("Resize a - - n -> r")}, []string{stridedLine, "upsample: {name: Nr, scale_factor: 2}"}},
		{"constants in other shapes", []string{node("Constant -> k", message(5, message(1, "value"), whole(20, 4), message(5, array32("", []int{2, 2}, 1)))), floats("f", []int{4, 27}, 1, 2), ints("s", 4, 3, 3, -1), ints("u", 0), node("Reshape f s -> g"), node("Conv x g -> a", attribute("pads", []int{1, 1, 1, 1})),
			vector, node("Unsqueeze v4 axes -> v5"), ints("axes", 1, 2), node("Add a v5 -> b")},
			[]string{"conv: {name: Na, weights: Na.weight, padding: 1, bias: Na.bias, activation: none}"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			n, err := imported(t, model(append([]string{picture()}, c.graph...)...), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := layersOf(n); !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
			if len(n.Stops) > 0 || n.Taken != n.Operators {
				t.Errorf("stops %v, %d of %d", n.Stops, n.Taken, n.Operators)
			}
			built(t, n)
		})
	}
}

// TestConstants has the numbers of constants that nodes compute.
func TestConstants(t *testing.T) {
	n, err := imported(t, model(picture(), kernels, conv, floats("p", []int{4, 1, 1}, 4, 16, 64, 256), floats("q", []int{1, 1}, 2), node("Sqrt p -> d"), node("Div q d -> f"), node("Sub f p -> g"), node("Mul a g -> m")), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := n.Layers[0].affine.weight, []float32{1 - 4, 0.5 - 16, 0.25 - 64, 0.125 - 256}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestGray imports models of one channel, which read the brightness of pictures.
func TestGray(t *testing.T) {
	weights := floats("w", []int{4, 1, 3, 3}, -0.5, 0.25, 1)
	const gray = "conv: {name: gray, kernels: [{name: gray, weights: [[1]]}], channels: luma, activation: none}"
	for _, c := range []struct {
		graph []string
		want  []string
	}{
		{[]string{info(11, "x", 1, 1, 12, 16), weights, node("Conv x w -> a"), node("Relu a -> r")}, []string{gray, "conv: {name: Na, weights: Na.weight, activation: relu}"}},
		{[]string{info(11, "x", 1, 12, 16, 1), weights, node("Transpose x -> t", attribute("perm", []int{0, 3, 1, 2})), node("Conv t w -> a")},
			[]string{gray, "conv: {name: Na, weights: Na.weight, activation: none}"}},
		{[]string{info(11, "m", 1, 1, 12, 16), picture(), kernels, node("Conv x w -> a")}, []string{"conv: {name: Na, weights: Na.weight, activation: none}"}},
	} {
		n, err := imported(t, model(c.graph...), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := layersOf(n); !slices.Equal(got, c.want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
		built(t, n)
	}
}

// TestDescribed takes the names of filters and the input from what an export says, unless no stack
// file could have them.
func TestDescribed(t *testing.T) {
	for _, c := range []struct {
		text, names, input string
	}{
		{`{"version":1,"input":{"channels":3,"mean":0.5,"background":"#ff0000"},"layers":[{"value":"a","filters":["up","Über","c","d"]}]}`,
			`filter_names: [up, "Über", c, d], `, "input: {\"background\":\"#ff0000\",\"channels\":3}\n"},
		{`{"version":1,"layers":[{"value":"a","filters":["f0","f1","f2","f3"]}]}`, "", ""},
		{`{"version":1,"layers":[{"value":"a","filters":["a","b"]}]}`, "", ""},
		{`{"version":1,"layers":[{"value":"a","filters":["a","b","c","../d"]}]}`, "", ""},
		{`{"version":1,"input":{"layers":[]},"layers":[]}`, "", ""},
		{`{"version":2,"input":{"channels":3}}`, "", ""},
		{`{"version":1,"input":{"channels":3}`, "", ""},
		{"x", "", ""},
	} {
		text := message(14, message(1, "filterbank"), message(2, c.text))
		n, err := imported(t, model(picture(), kernels, node("Conv x w -> a"))+text, Options{})
		if err != nil {
			t.Fatal(err)
		}
		yaml := string(n.YAML("m.onnx", "w.safetensors"))
		if !strings.Contains(yaml, "weights: w.safetensors#Na.weight, "+c.names+"activation") || strings.Contains(yaml, "\ninput:") != (c.input != "") || !strings.Contains(yaml, c.input) {
			t.Errorf("%s becomes\n%s", c.text, yaml)
		}
		built(t, n)
	}
}

// TestShuffling has the weights of a channel shuffle.
func TestShuffling(t *testing.T) {
	m := shuffling([]int{6, 6, 1, 1}, 3)
	a, err := m.Read(36)
	if err != nil {
		t.Fatal(err)
	}
	// Groups 0 1, 2 3 and 4 5 give their first channels, and then their second ones.
	for k, from := range []int{0, 2, 4, 1, 3, 5} {
		for c, v := range a.Data[6*k : 6*k+6] {
			if want := map[bool]float32{true: 1}[c == from]; v != want {
				t.Errorf("channel %d takes %v of channel %d", k, v, c)
			}
		}
	}
}
