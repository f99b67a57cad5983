package export_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"

	"filterbank/filters"
	"filterbank/filters/config"
	"filterbank/filters/onnx"
	"filterbank/filters/onnx/export"
)

// plain are options for any size and pictures as they are.
func plain() export.Options {
	return export.Options{Std: [3]float32{1, 1, 1}, Producer: "filterbank test"}
}

// parsed builds a stack file of these layers in YAML's flow form.
func parsed(t *testing.T, text string) *config.Model {
	t.Helper()
	file, err := config.Parse("stack.yaml", []byte("version: 1\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	model, err := file.Build()
	if err != nil {
		t.Fatal(err)
	}
	return model
}

// chosen are stacks with all layers as outputs, or the last one.
func chosen(model *config.Model, all bool) []export.Chosen {
	var stacks []export.Chosen
	for _, s := range model.Stacks {
		outputs := slices.Repeat([]bool{all}, len(s.Layers()))
		outputs[len(outputs)-1] = true
		stacks = append(stacks, export.Chosen{Stack: s, Outputs: outputs})
	}
	return stacks
}

// exported makes a model of a file's last layers and reads it as a file.
func exported(t *testing.T, text string, o export.Options) *onnx.Model {
	t.Helper()
	m, err := export.Model(chosen(parsed(t, text), false), o)
	if err != nil {
		t.Fatal(err)
	}
	return reread(t, m)
}

func reread(t *testing.T, m *onnx.Model) *onnx.Model {
	t.Helper()
	var file bytes.Buffer
	if err := m.Write(&file); err != nil {
		t.Fatal(err)
	}
	again, err := onnx.Read(io.NewSectionReader(bytes.NewReader(file.Bytes()), 0, int64(file.Len())), "")
	if err != nil {
		t.Fatal(err)
	}
	return again
}

// graphText writes the nodes: output = Op(inputs){attributes}, a line each.
func graphText(m *onnx.Model) string {
	var lines []string
	for i := range m.Graph.Nodes {
		n := &m.Graph.Nodes[i]
		var attributes []string
		for _, a := range n.Attributes {
			var v any = a.String
			switch a.Type {
			case onnx.FloatAttribute:
				v = a.Float
			case onnx.IntAttribute:
				v = a.Int
			case onnx.IntsAttribute:
				v = a.Ints
			}
			attributes = append(attributes, fmt.Sprintf("%s=%v", a.Name, v))
		}
		lines = append(lines, fmt.Sprintf("%s = %s(%s){%s}", n.Outputs[0], n.Op, strings.Join(n.Inputs, ", "), strings.Join(attributes, " ")))
	}
	return strings.Join(lines, "\n")
}

// TestNodes compares the nodes of layers of every kind.
func TestNodes(t *testing.T) {
	conv := func(rest string) string {
		return "layers: [conv: {name: c, kernels: [[[1, 2], [3, 4]]], " + rest + "}]"
	}
	window := " kernel_shape=[2 2] strides=[1 1] dilations=[1 1] group=1}"
	sized := plain()
	sized.Size = [2]int{9, 6}
	for _, c := range []struct {
		name, stack string
		opset       int64
		options     export.Options
		want        string
	}{
		{"conv", conv(""), 17, plain(), "c:sum = Conv(image, c.weight){pads=[0 0 0 0]" + window + "\nc = Relu(c:sum){}"},
		{"bias", conv("bias: 3, activation: none, padding: [1, 2, 3, 4]"), 17, plain(), "c = Conv(image, c.weight, c.bias){pads=[1 2 3 4]" + window},
		{"same", conv("padding: same, activation: none, dilation: [1, 4]"), 17, plain(),
			"c = Conv(image, c.weight){pads=[0 2 1 2] kernel_shape=[2 2] strides=[1 1] dilations=[1 4] group=1}"},
		{"groups", "layers: [conv: {name: c, filters: [box], channels: each, activation: none, stride: [2, 3]}]", 17, plain(),
			"c = Conv(image, c.weight){pads=[0 0 0 0] kernel_shape=[3 3] strides=[2 3] dilations=[1 1] group=3}"},
		{"same_upper", conv("padding: same_upper, activation: none, stride: 2"), 17, plain(),
			"c = Conv(image, c.weight){auto_pad=SAME_UPPER kernel_shape=[2 2] strides=[2 2] dilations=[1 1] group=1}"},
		{"same_upper that adds nothing", "layers: [conv: {name: c, kernels: [[[2]]], padding: same_upper, padding_mode: reflect, activation: none, stride: 2}]", 17, plain(),
			"c = Conv(image, c.weight){kernel_shape=[1 1] strides=[2 2] dilations=[1 1] group=1}"},
		{"same_lower of a size", conv("padding: same_lower, activation: none, stride: 2"), 17, sized,
			"c = Conv(image, c.weight){pads=[1 0 0 0] kernel_shape=[2 2] strides=[2 2] dilations=[1 1] group=1}"},
		{"reflect", conv("padding: 1, padding_mode: reflect, activation: none"), 17, plain(),
			"c:padded = Pad(image, c.pads){mode=reflect}\nc = Conv(c:padded, c.weight){" + window[1:]},
		{"nothing to reflect", conv("padding_mode: reflect, activation: none"), 17, plain(), "c = Conv(image, c.weight){" + window[1:]},
		{"circular", conv("padding: 1, padding_mode: circular, activation: none"), 19, plain(),
			"c:padded = Pad(image, c.pads){mode=wrap}\nc = Conv(c:padded, c.weight){" + window[1:]},
		{"same_lower of any size", conv("padding: same_lower, padding_mode: replicate, activation: none"), 17, plain(), strings.Join([]string{
			"c:size = Shape(image){start=2}", "c:more = Add(c:size, c.up){}", "c:outputs = Div(c:more, c.stride){}",
			"c:covered = Mul(c:outputs, c.stride){}", "c:span = Add(c:covered, c.reach){}", "c:over = Sub(c:span, c:size){}",
			"c:total = Max(c:over, c.none){}", "c:less = Div(c:total, c.two){}", "c:more_ = Sub(c:total, c:less){}",
			"c:pads = Concat(c.none, c:more_, c.none, c:less){axis=0}", "c:padded = Pad(image, c:pads){mode=edge}",
			"c = Conv(c:padded, c.weight){" + window[1:]}, "\n")},
		{"max_pool", "layers: [max_pool: {kernel_size: 3, stride: 2, padding: 1, dilation: 2, ceil_mode: true}]", 17, plain(),
			"pool0 = MaxPool(image){kernel_shape=[3 3] strides=[2 2] pads=[1 1 1 1] ceil_mode=1 dilations=[2 2]}"},
		{"max_pool that is cut", "layers: [max_pool: {kernel_size: 2, stride: 3, padding: [0, 0, 1, 0], ceil_mode: true}]", 17, plain(), strings.Join([]string{
			"pool0:all = MaxPool(image){kernel_shape=[2 2] strides=[3 3] pads=[0 0 1 0] ceil_mode=1 dilations=[1 1]}",
			"pool0:size = Shape(image){start=2}", "pool0:begun = Add(pool0:size, pool0.before){}", "pool0:more = Add(pool0:begun, pool0.up){}",
			"pool0:outputs = Div(pool0:more, pool0.stride){}", "pool0 = Slice(pool0:all, pool0.starts, pool0:outputs, pool0.axes){}"}, "\n")},
		{"ceil_mode of a size", "layers: [max_pool: {kernel_size: 2, stride: [3, 2], padding: [0, 0, 1, 0], ceil_mode: true}, avg_pool: {kernel_size: [2, 3], padding: [0, 1, 0, 1], ceil_mode: true}]", 17, sized,
			"pool0 = MaxPool(image){kernel_shape=[2 2] strides=[3 2] pads=[0 0 1 0] dilations=[1 1]}\n" +
				"pool1:padded = Pad(pool0, pool1.pads){mode=constant}\npool1 = AveragePool(pool1:padded){kernel_shape=[2 3] strides=[2 3] pads=[0 0 0 0] ceil_mode=1}"},
		{"avg_pool", "layers: [avg_pool: {kernel_size: [2, 3], padding: [1, 0, 0, 1]}]", 17, plain(),
			"pool0 = AveragePool(image){kernel_shape=[2 3] strides=[2 3] pads=[1 0 0 1] count_include_pad=1}"},
		{"avg_pool without padding", "layers: [avg_pool: {kernel_size: 2, padding: 1, count_include_pad: false, ceil_mode: true}]", 17, plain(), strings.Join([]string{
			"pool0:all = AveragePool(image){kernel_shape=[2 2] strides=[2 2] pads=[1 1 1 1] ceil_mode=1}",
			"pool0:size = Shape(image){start=2}", "pool0:begun = Add(pool0:size, pool0.before){}", "pool0:more = Add(pool0:begun, pool0.up){}",
			"pool0:outputs = Div(pool0:more, pool0.stride){}", "pool0 = Slice(pool0:all, pool0.starts, pool0:outputs, pool0.axes){}"}, "\n")},
		{"avg_pool rounded up", "layers: [avg_pool: {kernel_size: 3, stride: 2, padding: 1, ceil_mode: true}]", 17, plain(),
			"pool0:padded = Pad(image, pool0.pads){mode=constant}\npool0 = AveragePool(pool0:padded){kernel_shape=[3 3] strides=[2 2] pads=[0 0 0 0] ceil_mode=1}"},
		{"norm", "layers: [local_response_norm: {size: 5, alpha: 0.5, beta: 0.75, k: 2}]", 17, plain(), "norm0 = LRN(image){size=5 alpha=0.5 beta=0.75 bias=2}"},
		{"norm of an even size", "layers: [local_response_norm: {size: 4}]", 17, plain(), strings.Join([]string{
			"norm0:square = Mul(image, image){}", "norm0:deep = Unsqueeze(norm0:square, norm0.axis){}",
			"norm0:mean = AveragePool(norm0:deep){kernel_shape=[4 1 1] pads=[2 0 0 1 0 0] count_include_pad=1}", "norm0:flat = Squeeze(norm0:mean, norm0.axis){}",
			"norm0:scaled = Mul(norm0:flat, norm0.alpha){}", "norm0:sum = Add(norm0:scaled, norm0.k){}", "norm0:power = Pow(norm0:sum, norm0.beta){}",
			"norm0 = Div(image, norm0:power){}"}, "\n")},
		{"scale", "layers: [scale: {factor: 2}, scale: {factor: [1, 2, 3], shift: -1}]", 17, plain(),
			"scale0 = Mul(image, scale0.factor){}\nscale1:product = Mul(scale0, scale1.factor){}\nscale1 = Add(scale1:product, scale1.shift){}"},
		{"joins", "layers: [add: {inputs: [input, input]}, add: {inputs: [add0, input, add0]}, concat: {inputs: [add1, input]}]", 17, plain(),
			"add0 = Add(image, image){}\nadd1 = Sum(add0, image, add0){}\nconcat2 = Concat(add1, image){axis=1}"},
		{"upsample", "layers: [max_pool: {name: p, kernel_size: 6}, upsample: {scale_factor: [2, 3]}, upsample: {scale_factor: [3, 2], mode: bilinear}]", 17, plain(),
			"p = MaxPool(image){kernel_shape=[6 6] strides=[6 6] pads=[0 0 0 0] dilations=[1 1]}\n" +
				"upsample1 = Resize(p, , upsample1.scales){mode=nearest coordinate_transformation_mode=asymmetric nearest_mode=floor}\n" +
				"upsample2 = Resize(upsample1, , upsample2.scales){mode=linear coordinate_transformation_mode=half_pixel}"},
		{"layers that are not needed", "layers: [max_pool: {kernel_size: 2}, activation: {function: abs, inputs: [input]}]", 17, plain(), "activation1 = Abs(image){}"},
		{"mean and std", "layers: [activation: {function: none}]", 17, export.Options{Mean: [3]float32{1, 2, 3}, Std: [3]float32{2, 2, 2}},
			"image:centered = Sub(image, image.mean){}\nimage:prepared = Div(image:centered, image.std){}\nactivation0 = Identity(image:prepared){}"},
		{"names that are taken", "layers: [activation: {name: c.weight, function: abs}, conv: {name: c, kernels: [[[1]]], activation: none}]", 17, plain(),
			"c.weight = Abs(image){}\nc = Conv(c.weight, c.weight_){pads=[0 0 0 0] kernel_shape=[1 1] strides=[1 1] dilations=[1 1] group=1}"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := exported(t, c.stack, c.options)
			if got := graphText(m); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
			if ir := map[int64]int64{17: 8, 19: 9, 20: 9}[c.opset]; m.Opsets[""] != c.opset || m.IRVersion != ir {
				t.Errorf("opset %d, IR version %d", m.Opsets[""], m.IRVersion)
			}
		})
	}
}

// TestActivations compares the nodes of all activations, after a convolution and as a layer.
func TestActivations(t *testing.T) {
	want := map[string]string{
		"relu": "a = Relu(x){}", "none": "a = Identity(x){}", "leaky_relu": "a = LeakyRelu(x){alpha=0.01}", "relu6": "a = Clip(x, a.min, a.max){}",
		"abs": "a = Abs(x){}", "square": "a = Mul(x, x){}", "sigmoid": "a = Sigmoid(x){}", "tanh": "a = Tanh(x){}",
		"silu": "a:sigmoid = Sigmoid(x){}\na = Mul(x, a:sigmoid){}", "gelu": "a = Gelu(x){approximate=none}", "gelu_tanh": "a = Gelu(x){approximate=tanh}",
		"elu": "a = Elu(x){alpha=1}", "hardsigmoid": "a = HardSigmoid(x){alpha=0.16666667 beta=0.5}", "hardswish": "a = HardSwish(x){}", "prelu": "a = PRelu(x, a.slope){}",
	}
	for _, f := range filters.Activations() {
		slope := map[bool]string{true: ", negative_slope: 0.5"}[f == filters.PReLU]
		m := exported(t, fmt.Sprintf("layers: [activation: {name: a, function: %v%s}]", f, slope), plain())
		if got := strings.ReplaceAll(graphText(m), "image", "x"); got != want[f.String()] {
			t.Errorf("%v: got %s, want %s", f, got, want[f.String()])
		}
		if later := f == filters.GELU || f == filters.GELUTanh; later != (m.Opsets[""] == 20) {
			t.Errorf("%v: opset %d", f, m.Opsets[""])
		}
		if f == filters.None {
			continue
		}
		m = exported(t, fmt.Sprintf("layers: [conv: {name: a, filters: [box], activation: %v%s}]", f, slope), plain())
		_, got, _ := strings.Cut(strings.ReplaceAll(graphText(m), "a:sum", "x"), "\n")
		if got != want[f.String()] {
			t.Errorf("after a convolution: got %s, want %s", got, want[f.String()])
		}
	}
}

// TestKeepsWeightsAndNames compares arrays, inputs, outputs and the description with the stacks.
func TestKeepsWeightsAndNames(t *testing.T) {
	model := parsed(t, `stacks:
  one: {layers: [
    conv: {name: c, filters: [sobel], channels: luma, bias: [1, 2], activation: prelu, negative_slope: [3, 4],
      batch_norm: {running_mean: 0.5, running_var: 2}}, scale: {name: s, factor: [5, 6], shift: 7}, max_pool: {name: p, kernel_size: 2}]}
  two: {layers: [conv: {name: c, filters: [box], channels: each, stride: 2}]}`)
	for _, size := range [][2]int{{}, {9, 7}} {
		o := plain()
		o.Size, o.Input = size, json.RawMessage(`{"mean":[0,0,0]}`)
		made, err := export.Model(chosen(model, true), o)
		if err != nil {
			t.Fatal(err)
		}
		m := reread(t, made)
		spec := model.Stacks[0].Layers()[0].(*filters.Conv).Spec()
		other := model.Stacks[1].Layers()[0].(*filters.Conv).Spec()
		want := []struct {
			name   string
			shape  []int
			values []float32
		}{
			{"one/c.weight", []int{2, 3, 3, 3}, spec.Weights}, {"one/c.bias", []int{2}, spec.Bias}, {"one/c.slope", []int{2, 1, 1}, []float32{3, 4}},
			{"one/s.factor", []int{2, 1, 1}, []float32{5, 6}}, {"one/s.shift", []int{2, 1, 1}, []float32{7, 7}}, {"two/c.weight", []int{3, 1, 3, 3}, other.Weights},
		}
		members := m.Graph.Members()
		if len(members) != len(want) {
			t.Fatalf("%d arrays", len(members))
		}
		for i, w := range want {
			a, err := members[i].Read(1000)
			if err != nil || members[i].Name != w.name || members[i].Type != "float32" || !slices.Equal(a.Shape, w.shape) || !slices.Equal(a.Data, w.values) {
				t.Errorf("got %s %+v, %v, want %+v", members[i].Name, a, err, w)
			}
		}
		checkDescription(t, m, size)
	}
}

// TestNodesHaveLayersNames looks for the node that a layer is named for.
func TestNodesHaveLayersNames(t *testing.T) {
	m := exported(t, `layers: [conv: {name: c, filters: [box]}, scale: {name: s, factor: 1, shift: 1}, activation: {name: a, function: silu},
		max_pool: {name: p, kernel_size: 1, stride: 2, ceil_mode: true}]`, plain())
	var names []string
	for _, n := range m.Graph.Nodes {
		names = append(names, n.Op+" "+n.Name)
	}
	want := "Conv c, Relu c:relu, Mul s, Add s:add, Sigmoid a:sigmoid, Mul a, MaxPool p, Shape p:size, Add p:begun, Add p:more, Div p:outputs, Slice p:slice"
	if got := strings.Join(names, ", "); got != want {
		t.Errorf("got %s", got)
	}
}

func checkDescription(t *testing.T, m *onnx.Model, size [2]int) {
	t.Helper()
	dims := func(channels int64, of string, h, w int64) []onnx.Dimension {
		if size == [2]int{} {
			return []onnx.Dimension{{Size: -1, Symbol: "N"}, {Size: channels}, {Size: -1, Symbol: of + "H"}, {Size: -1, Symbol: of + "W"}}
		}
		return []onnx.Dimension{{Size: -1, Symbol: "N"}, {Size: channels}, {Size: h}, {Size: w}}
	}
	value := func(name string, shape []onnx.Dimension) onnx.ValueInfo {
		return onnx.ValueInfo{Name: name, Type: onnx.Float32, Shape: shape}
	}
	if want := []onnx.ValueInfo{value("image", dims(3, "", 9, 7))}; !reflect.DeepEqual(m.Graph.Inputs, want) {
		t.Errorf("inputs %+v", m.Graph.Inputs)
	}
	want := []onnx.ValueInfo{
		value("one/c", dims(2, "one/c_", 7, 5)), value("one/s", dims(2, "one/s_", 7, 5)),
		value("one/p", dims(2, "one/p_", 3, 2)), value("two/c", dims(3, "two/c_", 4, 3)),
	}
	if !reflect.DeepEqual(m.Graph.Outputs, want) {
		t.Errorf("outputs %+v, want %+v", m.Graph.Outputs, want)
	}
	const description = `{"version":1,"input":{"mean":[0,0,0]},"layers":[` +
		`{"value":"one/c","stack":"one","name":"c","kind":"conv","filters":["sobel-x","sobel-y"]},` +
		`{"value":"one/s","stack":"one","name":"s","kind":"scale","filters":["sobel-x","sobel-y"]},` +
		`{"value":"one/p","stack":"one","name":"p","kind":"max_pool","filters":["sobel-x","sobel-y"]},` +
		`{"value":"two/c","stack":"two","name":"c","kind":"conv","filters":["box-r","box-g","box-b"]}]}`
	if got := m.Metadata[export.MetadataKey]; got != description || m.Producer != "filterbank test" {
		t.Errorf("%s, %s", m.Producer, got)
	}
}

// TestOtherChannels makes a model of volumes of two channels.
func TestOtherChannels(t *testing.T) {
	two := func(channels int) *filters.Stack {
		abs, err := filters.NewActivation(filters.ActivationSpec{Name: "a", Function: filters.Abs})
		if err != nil {
			t.Fatal(err)
		}
		s, err := filters.NewStack(fmt.Sprint("of", channels), channels, abs)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	all := []export.Chosen{{Stack: two(2), Outputs: []bool{true}}}
	m, err := export.Model(all, export.Options{Mean: [3]float32{4, 4, 4}, Std: [3]float32{2, 2, 2}, Size: [2]int{5, 6}})
	if err != nil {
		t.Fatal(err)
	}
	m = reread(t, m)
	if in, out := m.Graph.Inputs[0].Shape[1].Size, m.Graph.Outputs[0].Shape[1].Size; in != 2 || out != 2 {
		t.Errorf("%d and %d channels", in, out)
	}
	for i, a := range m.Graph.Members() {
		values, err := a.Read(10)
		if want := []float32{4, 2}[i]; err != nil || !slices.Equal(values.Shape, []int{1, 1, 1}) || values.Data[0] != want {
			t.Errorf("%s: %+v, %v", a.Name, values, err)
		}
	}
	all = append(all, export.Chosen{Stack: two(3), Outputs: []bool{true}})
	if _, err := export.Model(all, plain()); err == nil || err.Error() != "stacks read 2 and 3 channels: a model has one input" {
		t.Errorf("%v", err)
	}
}

func TestRefuses(t *testing.T) {
	large := plain()
	large.Size = [2]int{2, 2}
	twice, err := filters.NewActivation(filters.ActivationSpec{Name: "a"})
	if err != nil {
		t.Fatal(err)
	}
	stack, err := filters.NewStack("", 3, twice, twice)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		stacks  []export.Chosen
		options export.Options
		want    string
	}{
		{chosen(parsed(t, "layers: [activation: {name: image, function: abs}]"), false), plain(), "layer image: the model's input has this name: give the layer another one"},
		{[]export.Chosen{{Stack: stack, Outputs: []bool{false, true}}}, plain(), "layer a: another layer has this name, and the model needs both: give one another name"},
		{[]export.Chosen{{Stack: stack, Outputs: []bool{false, false}}}, plain(), "a model needs a layer as its output, and none is chosen"},
		{chosen(parsed(t, "layers: [conv: {name: c, filters: [box]}]"), false), large,
			"layer c: height: kernel spans 3 but the padded input has 2 (0 + 2 + 0); use a larger picture, more padding or a smaller kernel"},
	} {
		if _, err := export.Model(c.stacks, c.options); err == nil || err.Error() != c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
	if _, err := export.Model(chosen(parsed(t, "stacks: {s: {layers: [activation: {name: image, function: abs}]}}"), false), plain()); err != nil {
		t.Error(err)
	}
}
