package config

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filterbank/filters"
	"filterbank/filters/tensor"
)

// writeNPY writes an array to a folder: the values, or 0, 1, 2, … if there are none.
func writeNPY(t *testing.T, path string, shape []int, values ...float32) {
	t.Helper()
	n := 1
	for _, d := range shape {
		n *= d
	}
	for i := len(values); i < n; i++ {
		values = append(values, float32(i))
	}
	data := tensor.NPYHeader(shape...)
	for _, v := range values {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
}

// arrays is a folder of weights that the tests' stack files name.
func arrays(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	writeNPY(t, filepath.Join(dir, "w.npy"), []int{2, 3, 1, 2})
	writeNPY(t, filepath.Join(dir, "depthwise.npy"), []int{3, 1, 1, 1})
	writeNPY(t, filepath.Join(dir, "b.npy"), []int{2})
	writeNPY(t, filepath.Join(dir, "flat.npy"), []int{6})
	writeNPY(t, filepath.Join(dir, "none.npy"), []int{0, 3, 1, 1})
	writeNPY(t, filepath.Join(dir, "wide.npy"), []int{1, 3, 1, 1025})
	writeNPY(t, filepath.Join(dir, "nan.npy"), []int{2, 3, 1, 2}, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, float32(math.NaN()), 11)
	writeNPY(t, filepath.Join(dir, "inf.npy"), []int{2}, 0, float32(math.Inf(1)))
	return dir
}

// conv is a stack file of one layer with the given keys, in flow style.
func conv(keys string) string { return "version: 1\nlayers:\n  - conv: {" + keys + "}\n" }

// layer is a stack file of one layer, written out.
func layer(text string) string { return "version: 1\nlayers:\n  - {" + text + "}\n" }

const one = "kernels: [[[1]]]" // the plainest weights

func TestBuildLayer(t *testing.T) {
	dir := arrays(t)
	third := float32(1) / 3
	for _, c := range []struct {
		keys string
		want filters.ConvSpec // what differs from a layer of one filter f0 with weights 1/3
	}{
		{one, filters.ConvSpec{}},
		{one + ", name: edges", filters.ConvSpec{Name: "edges"}},
		{one + ", stride: 2", filters.ConvSpec{Stride: [2]int{2, 2}}},
		{one + ", stride: [2, 3]", filters.ConvSpec{Stride: [2]int{2, 3}}},
		{one + ", dilation: 4", filters.ConvSpec{Dilation: [2]int{4, 4}}},
		{one + ", dilation: [1, 2]", filters.ConvSpec{Dilation: [2]int{1, 2}}},
		{one + ", padding: 1", filters.ConvSpec{Padding: filters.Padding{Top: 1, Left: 1, Bottom: 1, Right: 1}}},
		{one + ", padding: [1, 2]", filters.ConvSpec{Padding: filters.Padding{Top: 1, Left: 2, Bottom: 1, Right: 2}}},
		{one + ", padding: [1, 2, 3, 0]", filters.ConvSpec{Padding: filters.Padding{Top: 1, Left: 2, Bottom: 3}}},
		{one + ", padding: valid", filters.ConvSpec{}},
		{one + ", padding: same", filters.ConvSpec{Padding: filters.Padding{Kind: filters.Same}}},
		{one + ", padding: same_upper, stride: 2", filters.ConvSpec{Stride: [2]int{2, 2}, Padding: filters.Padding{Kind: filters.SameUpper}}},
		{one + ", padding: same_lower", filters.ConvSpec{Padding: filters.Padding{Kind: filters.SameLower}}},
		{one + ", padding_mode: zeros", filters.ConvSpec{}},
		{one + ", padding_mode: reflect", filters.ConvSpec{Padding: filters.Padding{Mode: filters.Reflect}}},
		{one + ", padding_mode: replicate", filters.ConvSpec{Padding: filters.Padding{Mode: filters.Replicate}}},
		{one + ", padding_mode: circular, padding: same", filters.ConvSpec{Padding: filters.Padding{Kind: filters.Same, Mode: filters.Circular}}},
		{one + ", activation: relu", filters.ConvSpec{}},
		{one + ", activation: none", filters.ConvSpec{Activation: filters.None}},
		{one + ", activation: leaky_relu", filters.ConvSpec{Activation: filters.LeakyReLU, NegativeSlope: 0.01}},
		{one + ", activation: leaky_relu, negative_slope: 2e-1", filters.ConvSpec{Activation: filters.LeakyReLU, NegativeSlope: 0.2}},
		{one + ", activation: relu6", filters.ConvSpec{Activation: filters.ReLU6}},
		{one + ", activation: abs", filters.ConvSpec{Activation: filters.Abs}},
		{one + ", activation: square", filters.ConvSpec{Activation: filters.Square}},
		// weights and biases times 6/√4; 3 is subtracted from the biases before and 0.5 added after
		{"kernels: [[[1]], [[6]]], bias: [3, 5], batch_norm: {weight: 6, bias: 0.5, running_mean: 3, running_var: [4, 4], eps: 0}",
			filters.ConvSpec{Filters: []string{"f0", "f1"}, Weights: []float32{3 * third, 3 * third, 3 * third, 6, 6, 6}, Bias: []float32{0.5, 6.5}}},
		{one + ", batch_norm: {running_mean: 0, running_var: 1}", filters.ConvSpec{Weights: slices.Repeat([]float32{float32(float64(third) / math.Sqrt(1+1e-5))}, 3)}},
		{one + ", strict_size: true", filters.ConvSpec{StrictSize: true}},
		{one + ", bias: -1.5", filters.ConvSpec{Bias: []float32{-1.5}}},
		{one + ", bias: [2]", filters.ConvSpec{Bias: []float32{2}}},
		{"kernels: [[[1]], [[6]]], bias: 1", filters.ConvSpec{Filters: []string{"f0", "f1"}, Weights: []float32{third, third, third, 2, 2, 2}, Bias: []float32{1, 1}}},
		{"kernels: [[[1]], [[6]]], bias: [1, 2]", filters.ConvSpec{Filters: []string{"f0", "f1"}, Weights: []float32{third, third, third, 2, 2, 2}, Bias: []float32{1, 2}}},
		{"kernels: [[[1]], [[6]]], bias: b.npy", filters.ConvSpec{Filters: []string{"f0", "f1"}, Weights: []float32{third, third, third, 2, 2, 2}, Bias: []float32{0, 1}}},
		{"kernels: [{name: blob, bias: 1e-1, weights: [[3, 6]]}]", filters.ConvSpec{Filters: []string{"blob"}, KernelSize: [2]int{1, 2}, Weights: []float32{1, 2, 1, 2, 1, 2}, Bias: []float32{0.1}}},
		{"kernels: [[[[1]], [[2]], [[3]]]]", filters.ConvSpec{Weights: []float32{1, 2, 3}}},
		{"kernels: [{weights: [[[1], [2]], [[3], [4]], [[5], [6]]]}]", filters.ConvSpec{KernelSize: [2]int{2, 1}, Weights: []float32{1, 2, 3, 4, 5, 6}}},
		{"kernels: [{name: a, weights: [[3]]}, {name: a, weights: [[3]]}, {name: a-2, weights: [[3]]}, {name: a, weights: [[3]]}]",
			filters.ConvSpec{Filters: []string{"a", "a-2", "a-2-2", "a-3"}, Weights: slices.Repeat([]float32{1}, 12), Bias: make([]float32, 4)}},
		// 1×1 in the middle of 3×4: row 1, column (4−1)/2 = 1; 2×2 at (3−2)/2 = 0, (4−2)/2 = 1.
		{"channels: [1, 0, 0], kernels: [[[1]], [[1, 2], [3, 4]], [[9, 9, 9, 9], [9, 9, 9, 9], [9, 9, 9, 9]]]", filters.ConvSpec{
			Filters: []string{"f0", "f1", "f2"}, KernelSize: [2]int{3, 4}, Bias: make([]float32, 3),
			Weights: slices.Concat(
				[]float32{0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}, make([]float32, 24),
				[]float32{0, 1, 2, 0, 0, 3, 4, 0, 0, 0, 0, 0}, make([]float32, 24),
				slices.Repeat([]float32{9}, 12), make([]float32, 24))}},
		{one + ", channels: mean", filters.ConvSpec{}},
		{one + ", channels: sum", filters.ConvSpec{Weights: []float32{1, 1, 1}}},
		{one + ", channels: luma", filters.ConvSpec{Weights: []float32{0.299, 0.587, 0.114}}},
		{one + ", channels: [0.5, -1, 2]", filters.ConvSpec{Weights: []float32{0.5, -1, 2}}},
		{one + ", channels: each", filters.ConvSpec{Filters: []string{"f0-r", "f0-g", "f0-b"}, Groups: 3, Weights: []float32{1, 1, 1}, Bias: make([]float32, 3)}},
		{"kernels: [{name: a, bias: 5, weights: [[1]]}, {name: b, bias: 6, weights: [[2]]}], channels: each", filters.ConvSpec{
			Filters: []string{"a-r", "b-r", "a-g", "b-g", "a-b", "b-b"}, Groups: 3,
			Weights: []float32{1, 2, 1, 2, 1, 2}, Bias: []float32{5, 6, 5, 6, 5, 6}}},
		{"kernels: [[[1]], [[2]], [[3]]], groups: 3", filters.ConvSpec{Filters: []string{"f0", "f1", "f2"}, Groups: 3, Weights: []float32{1, 2, 3}, Bias: make([]float32, 3)}},
		{"weights: w.npy", filters.ConvSpec{Filters: []string{"f0", "f1"}, KernelSize: [2]int{1, 2}, Weights: []float32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, Bias: nil}},
		{"weights: w.npy, bias: b.npy, kernel_size: [1, 2]", filters.ConvSpec{Filters: []string{"f0", "f1"}, KernelSize: [2]int{1, 2}, Weights: []float32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, Bias: []float32{0, 1}}},
		{"weights: depthwise.npy, groups: 3", filters.ConvSpec{Filters: []string{"f0", "f1", "f2"}, Groups: 3, Weights: []float32{0, 1, 2}}},
		{one + ", kernel_size: 1", filters.ConvSpec{}},
		{"filters: [identity]", filters.ConvSpec{Filters: []string{"identity"}}},
		{"filters: [sobel-x], channels: sum", filters.ConvSpec{Filters: []string{"sobel-x"}, KernelSize: [2]int{3, 3},
			Weights: slices.Repeat([]float32{-1, 0, 1, -2, 0, 2, -1, 0, 1}, 3)}},
		{"filters: [{identity: {}}, {identity: }, identity]", filters.ConvSpec{Filters: []string{"identity", "identity-2", "identity-3"},
			Weights: slices.Repeat([]float32{third}, 9), Bias: make([]float32, 3)}},
	} {
		t.Run(c.keys, func(t *testing.T) {
			f, err := Parse(filepath.Join(dir, "case.yaml"), []byte(conv(c.keys)))
			if err != nil {
				t.Fatal(err)
			}
			m, err := f.Build()
			if err != nil {
				t.Fatal(err)
			}
			got, want := convSpec(m, 0), withDefaults(c.want)
			if fmt.Sprintf("%#v", got) != fmt.Sprintf("%#v", want) {
				t.Errorf("\ngot  %+v\nwant %+v", got, want)
			}
		})
	}
}

// convSpec describes a layer of a model's first stack.
func convSpec(m *Model, layer int) filters.ConvSpec {
	return m.Stacks[0].Layers()[layer].(*filters.Conv).Spec()
}

func withDefaults(s filters.ConvSpec) filters.ConvSpec {
	s.InChannels = 3
	if s.Name == "" {
		s.Name = "conv0"
	}
	if s.Filters == nil {
		s.Filters = []string{"f0"}
	}
	if s.KernelSize == [2]int{} {
		s.KernelSize = [2]int{1, 1}
	}
	if s.Weights == nil {
		third := float32(1) / 3
		s.Weights = []float32{third, third, third}
	}
	if s.Bias == nil {
		s.Bias = make([]float32, len(s.Filters))
	}
	for _, v := range []*[2]int{&s.Stride, &s.Dilation} {
		if *v == [2]int{} {
			*v = [2]int{1, 1}
		}
	}
	s.Groups = max(s.Groups, 1)
	return s
}

// stack is a summary of a model: names, channels and strict_size.
func summary(m *Model) string {
	var b strings.Builder
	for _, s := range m.Stacks {
		fmt.Fprintf(&b, "%q:", s.Name())
		for _, layer := range s.Layers() {
			switch l := layer.(type) {
			case *filters.Conv:
				s := l.Spec()
				fmt.Fprintf(&b, " %s %d→%d %v", s.Name, s.InChannels, len(s.Filters), s.StrictSize)
			case *filters.Pool:
				fmt.Fprintf(&b, " %+v", l.Spec())
			case *filters.Norm:
				fmt.Fprintf(&b, " %+v", l.Spec())
			case *filters.Activate:
				fmt.Fprintf(&b, " %+v", l.Spec())
			case *filters.Join:
				fmt.Fprintf(&b, " %+v", l.Spec())
			case *filters.Scale:
				fmt.Fprintf(&b, " %+v", l.Spec())
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestBuildStacks(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"channels follow the filters", "version: 1\nlayers:\n- conv: {filters: [sobel-x, sobel-y]}\n- conv: {kernels: [[[1]]], name: mix}\n- conv: {filters: [box]}\n",
			"\"\": conv0 3→2 false mix 2→1 false conv2 1→1 false\n"},
		{"stacks in the file's order", "version: 1\nstacks:\n  z: {layers: [conv: {filters: [box]}]}\n  a.b: {layers: [conv: {filters: [box]}]}\n  m: {layers: [conv: {filters: [box]}]}\n",
			"\"z\": conv0 3→1 false\n\"a.b\": conv0 3→1 false\n\"m\": conv0 3→1 false\n"},
		{"strict_size of the file", "version: 1\nstrict_size: true\nlayers:\n- conv: {filters: [box]}\n- conv: {filters: [box], strict_size: false}\n",
			"\"\": conv0 3→1 true conv1 1→1 false\n"},
		{"strict_size of a stack", "version: 1\nstrict_size: true\nstacks:\n  a: {strict_size: false, layers: [conv: {filters: [box]}, conv: {filters: [box], strict_size: true}]}\n  b: {layers: [conv: {filters: [box]}]}\n",
			"\"a\": conv0 3→1 false conv1 1→1 true\n\"b\": conv0 3→1 true\n"},
		{"anchors and merge keys", "version: 1\nlayers:\n- conv: &a {filters: [box], strict_size: true}\n- conv: {<<: *a, strict_size: false}\n- conv: *a\n",
			"\"\": conv0 3→1 true conv1 1→1 false conv2 1→1 true\n"},
		{"json", "{\"version\": 1,\n\t\"layers\": [\n\t\t{\"conv\": {\"name\": \"k\\u00e4se\", \"filters\": [\"box\", {\"gabor\": {\"orientations\": 3}}]}}\n\t]\n}\n",
			"\"\": käse 3→4 false\n"},
		{"windows", "\ufeffversion: 1\r\nlayers:\r\n- conv:\r\n    filters: [box]\r\n", "\"\": conv0 3→1 false\n"},
		{"document markers", "%YAML 1.2\n---\nversion: 1\nlayers: [conv: {filters: [box]}]\n...\n", "\"\": conv0 3→1 false\n"},
		{"pools", "version: 1\nstrict_size: true\nlayers:\n- max_pool: {kernel_size: 3, stride: 2, padding: 1, ceil_mode: true, strict_size: false}\n- conv: {filters: [box], channels: each}\n- avg_pool: {name: p, kernel_size: [2, 3], count_include_pad: false}\n",
			"\"\": {Name:pool0 Inputs:[] Kind:max_pool KernelSize:[3 3] Stride:[2 2] Padding:[1 1 1 1] Dilation:[1 1] CeilMode:true ExcludePadding:false StrictSize:false}" +
				" conv1 3→3 true" +
				" {Name:p Inputs:[] Kind:avg_pool KernelSize:[2 3] Stride:[2 3] Padding:[0 0 0 0] Dilation:[1 1] CeilMode:false ExcludePadding:true StrictSize:true}\n"},
		{"norms", "version: 1\nlayers:\n- local_response_norm: {size: 5}\n- local_response_norm: {name: n, size: 2, alpha: 0, beta: 1, k: 2}\n",
			"\"\": {Name:norm0 Inputs:[] Size:5 Alpha:0.0001 Beta:0.75 K:1} {Name:n Inputs:[] Size:2 Alpha:0 Beta:1 K:2}\n"},
		{"activations", "version: 1\nlayers:\n- activation: {function: silu}\n- activation: {name: a, function: leaky_relu}\n- activation: {function: elu}\n- activation: {function: prelu, negative_slope: 0.5}\n",
			"\"\": {Name:activation0 Inputs:[] Function:silu NegativeSlope:0 Alpha:0 Slopes:[]} {Name:a Inputs:[] Function:leaky_relu NegativeSlope:0.01 Alpha:0 Slopes:[]}" +
				" {Name:activation2 Inputs:[] Function:elu NegativeSlope:0 Alpha:1 Slopes:[]} {Name:activation3 Inputs:[] Function:prelu NegativeSlope:0 Alpha:0 Slopes:[0.5 0.5 0.5]}\n"},
		{"scales", "version: 1\nlayers:\n- scale: {factor: [1, 2, 3]}\n- scale: {name: s, shift: 1}\n- scale: {batch_norm: {running_mean: 1, running_var: 4, eps: 0, bias: 2}}\n- conv: {filters: [box], channels: each}\n",
			"\"\": {Name:scale0 Inputs:[] Factor:[1 2 3] Shift:[0 0 0]} {Name:s Inputs:[] Factor:[1 1 1] Shift:[1 1 1]} {Name:scale2 Inputs:[] Factor:[0.5 0.5 0.5] Shift:[1.5 1.5 1.5]} conv3 3→3 false\n"},
		{"pools padded on four sides", "version: 1\nlayers:\n- max_pool: {kernel_size: 3, padding: [0, 1, 1, 0]}\n",
			"\"\": {Name:pool0 Inputs:[] Kind:max_pool KernelSize:[3 3] Stride:[3 3] Padding:[0 1 1 0] Dilation:[1 1] CeilMode:false ExcludePadding:false StrictSize:false}\n"},
		{"graphs", "version: 1\nlayers:\n- conv: {name: a, filters: [box, identity]}\n- conv: {name: b, inputs: [input], filters: [sobel]}\n- add: {inputs: [b, a]}\n- concat: {inputs: [a, input, add2]}\n- conv: {filters: [box], channels: each}\n- conv: {filters: [box], inputs: [a]}\n",
			"\"\": a 3→2 false b 3→2 false {Name:add2 Inputs:[b a] Kind:add} {Name:concat3 Inputs:[a input add2] Kind:concat} conv4 7→7 false conv5 2→1 false\n"},
		{"each, deeper", "version: 1\nlayers:\n- conv: {filters: [box, box, box]}\n- conv: {filters: [sobel-x], channels: each}\n", "\"\": conv0 3→3 false conv1 3→3 false\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := Parse("case.yaml", []byte(c.text))
			if err != nil {
				t.Fatal(err)
			}
			m, err := f.Build()
			if err != nil {
				t.Fatal(err)
			}
			if got := summary(m); got != c.want {
				t.Errorf("\ngot  %swant %s", got, c.want)
			}
		})
	}
}

func TestChannelNames(t *testing.T) {
	for _, c := range []struct {
		rgb         bool
		channels, c int
		want        string
	}{
		{true, 3, 0, "r"}, {true, 3, 2, "b"}, {false, 3, 0, "c00"}, {false, 100, 99, "c99"}, {false, 101, 7, "c007"},
	} {
		b := layerBuilder{surroundings: surroundings{channels: c.channels, rgb: c.rgb}}
		if got := b.channelName(c.c); got != c.want {
			t.Errorf("channel %d of %d: %q, want %q", c.c, c.channels, got, c.want)
		}
	}
}

func TestBuildInput(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "<nil> <nil> #000000 [0 0 0] [1 1 1]"},
		{"input:\n", "<nil> <nil> #000000 [0 0 0] [1 1 1]"},
		{"input: {background: '#fA0'}\n", "<nil> <nil> #ffaa00 [0 0 0] [1 1 1]"},
		{"input: {background: '#0a1B2c', mean: 0.5, std: 2}\n", "<nil> <nil> #0a1b2c [0.5 0.5 0.5] [2 2 2]"},
		{"input: {mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]}\n", "<nil> <nil> #000000 [0.485 0.456 0.406] [0.229 0.224 0.225]"},
		{"input: {resize: {width: 3, height: 4}, crop: {width: 1, height: 2}}\n", "&{3 4 fit lanczos} &{1 2 center} #000000 [0 0 0] [1 1 1]"},
		{"input: {resize: {width: 3, height: 4, mode: fill, filter: nearest}, crop: {width: 1, height: 2, anchor: top-left}}\n",
			"&{3 4 fill nearest} &{1 2 top-left} #000000 [0 0 0] [1 1 1]"},
	} {
		f, err := Parse("case.yaml", []byte(c.text+conv(one)))
		if err != nil {
			t.Error(err)
			continue
		}
		m, err := f.Build()
		if err != nil {
			t.Error(err)
			continue
		}
		in := m.Input
		resize, crop := "<nil>", "<nil>"
		if r := in.Resize; r != nil {
			resize = fmt.Sprintf("&{%d %d %s %s}", r.Width, r.Height, r.Mode, r.Filter)
		}
		if r := in.Crop; r != nil {
			crop = fmt.Sprintf("&{%d %d %s}", r.Width, r.Height, r.Anchor)
		}
		if got := fmt.Sprint(resize, " ", crop, " ", in.Background, " ", in.Mean, " ", in.Std); got != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", c.text, got, c.want)
		}
	}
}
