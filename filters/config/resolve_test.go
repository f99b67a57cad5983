package config

import (
	"encoding/json"
	"math"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// everything uses every key and every form.
const everything = `
version: 1
strict_size: true
input:
  resize: {width: 256, height: 128, mode: fill, filter: linear}
  crop: {width: 224, height: 112, anchor: bottom-right}
  background: "#fa0"
  mean: [0.485, 0.456, 0.406]
  std: 0.25
stacks:
  one:
    layers:
      - conv:
          name: edges
          filters: [sobel-x, {gabor: {wavelength: 8, orientations: 4}}, sobel-x]
          channels: luma
          padding: same
          padding_mode: reflect
      - conv:
          kernels:
            - {name: blob, bias: -0.1, weights: [[0, 1, 0], [1, -4, 1], [0, 1, 0]]}
            - [[0.1, 1e-3]]
          channels: [0.1, 1, 1, 1, 1, 1]
          stride: [1, 2]
          padding: [0, 1, 2, 3]
          dilation: 2
          activation: leaky_relu
          negative_slope: 0.2
      - max_pool: {name: largest, kernel_size: 3, stride: 2, padding: 1, dilation: [1, 2], ceil_mode: true}
      - local_response_norm: {name: quiet, size: 5, alpha: 1e-3, beta: 0.5, k: 2}
      - activation: {function: prelu, negative_slope: 0.25}
      - activation: {name: smooth, function: elu}
      - scale: {factor: 2, shift: 1}
      - add: {inputs: [smooth, quiet]}
      - upsample: {scale_factor: [2, 1], inputs: [smooth]}
      - concat: {name: both, inputs: [smooth, quiet]}
      - scale: {inputs: [quiet], factor: [1, 2]}
      - scale: {name: normal, batch_norm: {running_mean: 1, running_var: 2}}
      - max_pool: {kernel_size: 3, stride: 1, padding: [0, 1, 1, 0]}
      - conv: {kernels: [[[[1]], [[2]]]], bias: [3], groups: 1, padding: same_upper, batch_norm: {running_mean: [1], running_var: 2, weight: 0.5, bias: -1, eps: 1e-3}}
  two:
    strict_size: false
    layers:
      - conv: {weights: w.npy, bias: b.npy, kernel_size: [1, 2], activation: none}
      - conv: {filters: [box], channels: each, bias: 0.5, strict_size: true, padding: valid}
      - avg_pool: {kernel_size: [2, 3], padding: [1, 0], count_include_pad: false, strict_size: true}
`

func TestResolved(t *testing.T) {
	text := "version: 1\nstrict_size: true\nlayers:\n- conv: {kernels: [[[1, 2]], {name: a, weights: [[[1]], [[2]], [[0.1]]]}], activation: leaky_relu}\n- conv: {weights: w.npy}\n" +
		"- max_pool: {kernel_size: 2}\n- avg_pool: {kernel_size: [3, 1], padding: [1, 0]}\n- local_response_norm: {size: 5}\n- conv: {weights: w.npy, batch_norm: {running_mean: 0, running_var: v.npy}}\n"
	f, err := Parse("edges.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(f.Resolved())
	if err != nil {
		t.Fatal(err)
	}
	want := `{"version":1,"input":{"background":"#000000","mean":[0,0,0],"std":[1,1,1]},"layers":[` +
		`{"conv":{"name":"conv0","kernels":[{"name":"f0","weights":[[1,2]]},{"name":"a","weights":[[[1]],[[2]],[[0.1]]]}],` +
		`"channels":"mean","stride":[1,1],"padding":[0,0,0,0],"padding_mode":"zeros","dilation":[1,1],"groups":1,` +
		`"activation":"leaky_relu","negative_slope":0.01,"strict_size":true}},` +
		`{"conv":{"name":"conv1","weights":"w.npy","stride":[1,1],"padding":[0,0,0,0],"padding_mode":"zeros","dilation":[1,1],"groups":1,` +
		`"activation":"relu","strict_size":true}},` +
		`{"max_pool":{"name":"pool2","kernel_size":[2,2],"stride":[2,2],"padding":[0,0],"dilation":[1,1],"ceil_mode":false,"strict_size":true}},` +
		`{"avg_pool":{"name":"pool3","kernel_size":[3,1],"stride":[3,1],"padding":[1,0],"ceil_mode":false,"count_include_pad":true,"strict_size":true}},` +
		`{"local_response_norm":{"name":"norm4","size":5,"alpha":0.0001,"beta":0.75,"k":1}},` +
		`{"conv":{"name":"conv5","weights":"w.npy","stride":[1,1],"padding":[0,0,0,0],"padding_mode":"zeros","dilation":[1,1],"groups":1,` +
		`"batch_norm":{"running_mean":0,"running_var":"v.npy","eps":0.00001},"activation":"relu","strict_size":true}}]}`
	if string(got) != want {
		t.Errorf("\ngot  %s\nwant %s", got, want)
	}
}

// The resolved JSON is a stack file: it builds the same layers and resolves to itself.
func TestResolvedIsAStackFile(t *testing.T) {
	dir := arrays(t)
	f, err := Parse(filepath.Join(dir, "edges.yaml"), []byte(everything))
	if err != nil {
		t.Fatal(err)
	}
	first, err := json.Marshal(f.Resolved())
	if err != nil {
		t.Fatal(err)
	}
	g, err := Parse(filepath.Join(dir, "edges.json"), first)
	if err != nil {
		t.Fatal(err)
	}
	second, err := json.Marshal(g.Resolved())
	if err != nil {
		t.Fatal(err)
	}
	if string(first) != string(second) {
		t.Errorf("resolved\n%s\nand again\n%s", first, second)
	}
	a, err := f.Build()
	if err != nil {
		t.Fatal(err)
	}
	for _, again := range []*File{g, f.Resolved()} {
		b, err := again.Build()
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(b.Stacks, a.Stacks) {
			t.Errorf("resolved to other layers: %s", summary(b))
		}
	}
}

// A program may make a file without a text.
func TestFileInGo(t *testing.T) {
	f := &File{Layers: []Layer{{Conv: &Conv{Filters: []Filter{{Name: "sobel-x"}}, Channels: Channels{Mode: "luma"}, Stride: Pair{2, 2}}}}}
	m, err := f.Build()
	if err != nil {
		t.Fatal(err)
	}
	if l := convSpec(m, 0); l.Name != "conv0" || l.Stride != [2]int{2, 2} || len(l.Weights) != 27 || m.Input.Std != (Deviation{1, 1, 1}) {
		t.Errorf("got %+v %+v", m.Input, l)
	}
	for _, c := range []struct {
		conv Conv
		want string
	}{
		{Conv{}, "conv has no weights: it needs one of filters, kernels and weights"},
		{Conv{Filters: []Filter{{Name: "box"}}, Weights: "w.npy"}, "conv has filters and weights: it takes only one of filters, kernels and weights"},
		{Conv{Filters: []Filter{{Name: "box"}}, PaddingMode: "mirror"}, `padding_mode must be zeros, reflect, replicate or circular, got "mirror"`},
		{Conv{Filters: []Filter{{Name: "box"}}, Padding: &Padding{Top: -1}}, "padding must be at least 0, got -1"},
		{Conv{Kernels: []Kernel{{Weights: Taps{H: 2, W: 2, Data: []float32{1}}}}}, "kernel of 2×2 has 1 weights"},
		{Conv{Kernels: []Kernel{{Weights: Taps{H: 1, W: 1, Data: []float32{float32(math.NaN())}}}}}, "NaN"},
	} {
		f := &File{Layers: []Layer{{Conv: &c.conv}}}
		if _, err := f.Build(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v\ngot  %v\nwant %s", c.conv, err, c.want)
		}
	}
	if _, err := (&File{}).Build(); err == nil {
		t.Error("a file without layers builds")
	}
}
