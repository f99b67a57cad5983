package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// firstLine is the first line of the error of Parse or Build, without the folder.
func firstLine(t *testing.T, dir, text string, sets ...string) string {
	t.Helper()
	f, err := Parse(filepath.Join(dir, "edges.yaml"), []byte(text), sets...)
	if err == nil {
		_, err = f.Build()
	}
	if err == nil {
		return "no error"
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	return strings.ReplaceAll(line, dir+string(filepath.Separator), "")
}

func TestErrorsOfFiles(t *testing.T) {
	dir := arrays(t)
	layer := "layers: [conv: {filters: [box]}]\n"
	for _, c := range []struct{ text, want string }{
		// The text itself.
		{"", "edges.yaml: the stack file is empty: it wants `version: 1` and layers"},
		{"# nothing\n", "edges.yaml: the stack file is empty: it wants `version: 1` and layers"},
		{"version: \xff\n", "edges.yaml:1:10: not UTF-8 text: save the file as UTF-8"},
		{"\xff\xfev\x00", "edges.yaml:1:1: not UTF-8 text: save the file as UTF-8"},
		{"version: 1\nlayers: [", "edges.yaml:2:9: [ is not closed: ] is missing"},
		{"version: 1\nlayers:\n\t- conv:\n", "edges.yaml:3:1: a tab stands here: YAML is indented by spaces"},
		{"version: 1\nlayers:\n- conv:\n\t filters: [box]\n", "edges.yaml:4:1: a tab stands here: YAML is indented by spaces"},
		{"version: 1\nlayers:\n  - conv:\n  filters: [box]\n", "edges.yaml:4:3: the indentation fits no line above: indent the line like its neighbours, or further than the key that it belongs to"},
		{"version: 1\nlayers:\n- conv:\n    filters:[box]\n    padding: 1\n", "edges.yaml:4:5: a space is missing behind the colon: write filters: [box]"},
		{"version: 1\nlayers:\n- conv:\n    filters: [box]\n    stride:2\n", "edges.yaml:5:5: a space is missing behind the colon: write stride: 2"},
		{"version:1\nlayers: []\n", "edges.yaml:1:1: a space is missing behind the colon: write version: 1"},
		{"version: 1\nlayers: [conv: {filters: [box}]\n", "edges.yaml:2:30: a comma or ] is missing here"},
		{"version: 1\nlayers: [conv: {filters: [box] padding: 1}]\n", "edges.yaml:2:32: a comma or } is missing here"},
		{"version: 1\nlayers:\n- conv: {filters: [box]\n", "edges.yaml:3:9: { is not closed: } is missing"},
		{"version: 1\nlayers:\n- conv: {name: \"a, filters: [box]}\n", "edges.yaml:3:16: the quote \" is not closed"},
		{"version: 1\nlayers:\n- conv: filters: [box]\n", "edges.yaml:3:9: a second key with a colon on one line: write it on a line of its own, or both in braces, {key: value}"},
		{"version: 1\nlayers:\n-conv:\n    filters: [box]\n", "edges.yaml:2:1: layers wants a list, got nothing: its entries stand below it, each after a dash and a space, as in - conv: {…}"},
		{"version: 1\nlayers:\n- max_pool {kernel_size: 2}\n", `edges.yaml:3:3: unknown key "max_pool {kernel_size": write a colon behind max_pool, max_pool: {…}`},
		{"version: 1\nversion: 1\nlayers: [conv: {filters: [box]}]\n", "edges.yaml:2:1: key \"version\" is there twice, first in line 1"},
		{`{"version": 1, "version": 1, "layers": [{"conv": {"filters": ["box"]}}]}`, "edges.yaml:1:16: key \"version\" is there twice, first in line 1"},
		{"version: 1\n---\nversion: 1\n", "edges.yaml:3:8: a second document: a stack file has one"},
		{"version: 1\nlayers: *a\n", "edges.yaml:2:9: alias *a has no anchor &a before it"},
		{"version: 1\nlayers: &a [*a]\n", "edges.yaml:2:13: alias *a has no anchor &a before it"},
		{"version: !!int 1\n", "edges.yaml:1:10: tags such as !!int are not used in stack files"},
		{"? version\n: 1\n", "edges.yaml:1:1: keys with a question mark are not used in stack files: write key: value"},
		{"version: 1\nlayers: [conv: {<<: 3}]\n", "edges.yaml:2:21: << wants a mapping or a list of mappings, got 3"},

		// The top level.
		{"version: 2\n" + layer, "edges.yaml:1:10: version must be 1, got 2"},
		{"version: '1'\n" + layer, `edges.yaml:1:10: version must be 1, got "1"`},
		{"version: 1.0\n" + layer, "edges.yaml:1:10: version must be 1, got 1.0"},
		{"[1]", "edges.yaml:1:1: a stack file wants a mapping, got a list"},
		{"hello", "edges.yaml:1:1: a stack file wants a mapping, got a string"},
		{"version: 1\n", "edges.yaml:1:1: layers is missing: a stack file has layers, or stacks with layers"},
		{"version: 1\nlayers:\n", "edges.yaml:2:1: layers wants a list, got nothing: its entries stand below it, each after a dash and a space, as in - conv: {…}"},
		{"version: 1\nlayers: []\n", "edges.yaml:2:9: a stack needs at least one layer"},
		{"version: 1\nlayer: []\n", `edges.yaml:2:1: unknown key "layer", did you mean "layers"?`},
		{"version: 1\nfoo: 1\n", `edges.yaml:2:1: unknown key "foo", the keys here are version, input, strict_size, layers, stacks`},
		{"version: 1\n" + layer + "stacks: {a: {" + strings.TrimSpace(layer) + "}}\n", "edges.yaml:3:9: a stack file has layers or stacks, not both"},
		{"version: 1\nstacks: {}\n", "edges.yaml:2:9: stacks wants a mapping of names to stacks, {NAME: {layers: […]}}, got a mapping"},
		{"version: 1\nstacks: {a: {}}\n", "edges.yaml:2:13: a stack needs at least one layer"},
		{"version: 1\nstacks: {nul: {" + strings.TrimSpace(layer) + "}}\n", `edges.yaml:2:10: stack name "nul" cannot be a file name: it names a device on Windows`},
		{"version: 1\nstacks:\n  a: {" + strings.TrimSpace(layer) + "}\n  A: {" + strings.TrimSpace(layer) + "}\n", `edges.yaml:4:3: stack names "a" and "A" differ only in case, which some file systems ignore`},
		{"version: 1\nlayers: [{}]\n", "edges.yaml:2:10: a layer is written conv: {…}, or with another of the keys max_pool, avg_pool, local_response_norm, activation, scale, add, concat or upsample"},
		{"version: 1\nlayers: [pool: {}]\n", `edges.yaml:2:10: unknown key "pool", did you mean "max_pool"?`},
		{"version: 1\nlayers: [cnov: {}]\n", `edges.yaml:2:10: unknown key "cnov", did you mean "conv"?`},
		{"version: 1\nlayers: [Conv: {}]\n", `edges.yaml:2:10: unknown key "Conv", did you mean "conv"?`},
		{"version: 1\nlayers: [conv]\n", "edges.yaml:2:10: layers[0] wants a mapping, got a string: write a colon behind it, conv: {…}"},
		{"version: 1\nlayers: [xyzzy: {}]\n", `edges.yaml:2:10: unknown key "xyzzy", the keys here are conv, max_pool, avg_pool, local_response_norm, activation, scale, add, concat, upsample`},
		{"version: 1\nlayers: [relu: {}]\n", `edges.yaml:2:10: unknown key "relu", it is an activation: write activation: relu in a conv, or a layer activation: {function: relu}`},
		{"version: 1\nlayers: [filters: [box]]\n", `edges.yaml:2:10: unknown key "filters", it belongs to conv: write conv: {filters: …}`},
		{"version: 1\nlayers:\n  conv: {filters: [box]}\n", "edges.yaml:3:3: layers wants a list, got a mapping: begin every layer with a dash, as in - conv: {…}"},
		{"version: 1\nconv: {filters: [box]}\n", `edges.yaml:2:1: unknown key "conv", it is a layer: write it in the list layers, as - conv: {…}`},
		{"version: 1\nresize: {width: 2, height: 2}\n" + layer, `edges.yaml:2:1: unknown key "resize", it belongs to input: write input: {resize: …}`},
		{"version: 1\nlayers:\n- conv:\n  filters: [box]\n", "edges.yaml:4:3: conv is empty, and filters stands beside it: indent it under conv, by spaces"},
		{"version: 1\nlayers:\n- conv:\n  filters: [box]\n  pad: 1\n", "edges.yaml:4:3: conv is empty, and filters, pad stand beside it: indent them under conv, by spaces"},
		{"version: 1\nlayers:\n- max_pool:\n  kernel: 2\n", "edges.yaml:4:3: max_pool is empty, and kernel stands beside it: indent it under max_pool, by spaces"},
		{"version: 1\ninput:\nmean: 0.5\n" + layer, "edges.yaml:3:1: input is empty, and mean stands beside it: indent it under input, by spaces"},
		{"version: 1\nstrict_size: yes\n" + layer, "edges.yaml:2:14: strict_size wants true or false, got a string: write true"},

		// input
		{"version: 1\ninput: 3\n" + layer, "edges.yaml:2:8: input wants a mapping, got 3"},
		{"version: 1\ninput: {resize: 256}\n" + layer, "edges.yaml:2:17: resize wants a mapping, got 256: write {width: 256, height: 256}"},
		{"version: 1\ninput: {resize: {width: 256}}\n" + layer, "edges.yaml:2:17: resize needs width and height"},
		{"version: 1\ninput: {crop: {width: 2, height: 0}}\n" + layer, "edges.yaml:2:34: height must be at least 1, got 0"},
		{"version: 1\ninput: {crop: {width: 2, height: 65537}}\n" + layer, "edges.yaml:2:34: height must be at most 65536, got 65537"},
		{"version: 1\ninput: {resize: {width: 2, height: 2, mode: cover}}\n" + layer, `edges.yaml:2:45: mode must be fit, fill or stretch, got "cover", did you mean "fill"?`},
		{"version: 1\ninput: {resize: {width: 2, height: 2, filter: 3}}\n" + layer, "edges.yaml:2:47: filter wants lanczos, linear or nearest, got 3"},
		{"version: 1\ninput: {background: red}\n" + layer, `edges.yaml:2:21: background wants a colour such as "#rrggbb" or "#rgb", got "red"`},
		{"version: 1\ninput: {background: '#12345g'}\n" + layer, `edges.yaml:2:21: background wants a colour such as "#rrggbb" or "#rgb", got "#12345g"`},
		{"version: 1\ninput:\n  background: #fff\n" + layer, `edges.yaml:3:3: background wants a colour such as "#rrggbb" in quotes (a bare # starts a comment), got nothing`},
		{"version: 1\ninput: {mean: [1, 2]}\n" + layer, "edges.yaml:2:15: mean wants three numbers, or one for all channels, got a list of 2"},
		{"version: 1\ninput: {mean: half}\n" + layer, "edges.yaml:2:15: mean wants three numbers, or one for all channels, got a string"},
		{"version: 1\ninput: {std: [1, 0, 1]}\n" + layer, "edges.yaml:2:18: std must be above 0, got 0"},
		{"version: 1\ninput: {std: -1}\n" + layer, "edges.yaml:2:14: std must be above 0, got -1"},
		{"version: 1\ninput: {std: .nan}\n" + layer, "edges.yaml:2:14: std must be a finite number within ±3.4e38, got .nan"},
	} {
		t.Run(c.text, func(t *testing.T) {
			if got := firstLine(t, dir, c.text); got != c.want {
				t.Errorf("\ngot  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestErrorsOfOtherLayers(t *testing.T) {
	for _, c := range []struct{ text, want string }{ // the text begins at column 6 of line 3
		{"max_pool: {}", "3:16: max_pool needs kernel_size"},
		{"max_pool: ", "3:6: max_pool needs kernel_size"},
		{"avg_pool: {name: p}", "3:16: avg_pool needs kernel_size"},
		{"max_pool: 2", "3:16: max_pool wants a mapping, got 2"},
		{"max_pol: {kernel_size: 2}", `3:6: unknown key "max_pol", did you mean "max_pool"?`},
		{"max_pool: {kernel: 2}", `3:17: unknown key "kernel", did you mean "kernel_size"?`},
		{"max_pool: {kernel_size: 2}, conv: {filters: [box]}", "3:16: a layer has one part, this one has conv and max_pool: write them as layers of their own"},
		{"max_pool: {kernel_size: 0}", "3:30: kernel_size must be at least 1, got 0"},
		{"max_pool: {kernel_size: 1025}", "3:30: kernels of 1025×1025, at most 1024×1024 is possible"},
		{"max_pool: {kernel_size: 2, stride: 0}", "3:41: stride must be at least 1, got 0"},
		{"max_pool: {kernel_size: 3, padding: 2}", "3:42: padding must be at most half of kernel_size, 1, got 2"},
		{"max_pool: {kernel_size: [3, 1], padding: 1}", "3:47: padding must be at most half of kernel_size, 0, got 1"},
		{"max_pool: {kernel_size: 3, padding: same}", "3:42: padding wants a whole number, [h, w] or [top, left, bottom, right], got a string"},
		{"max_pool: {kernel_size: 3, padding: [1, 1, 1]}", "3:42: padding wants a whole number, [h, w] or [top, left, bottom, right], got a list of 3"},
		{"max_pool: {kernel_size: 3, dilation: 1048576}", "3:43: dilation 1048576 makes the kernel span 2097153 pixels, at most 1048576 are possible"},
		{"max_pool: {kernel_size: 3, ceil_mode: 1}", "3:44: ceil_mode wants true or false, got 1: write true"},
		{"max_pool: {kernel_size: 3, count_include_pad: true}", `3:33: unknown key "count_include_pad", the keys here are name, inputs, kernel_size, stride, padding, dilation, ceil_mode, strict_size`},
		{"avg_pool: {kernel_size: 3, dilation: 2}", `3:33: unknown key "dilation", the keys here are name, inputs, kernel_size, stride, padding, ceil_mode, count_include_pad, strict_size`},
		{"max_pool: {kernel_size: 2, name: a/b}", `3:39: layer name "a/b" cannot be a file name: it contains '/'`},
		{"local_response_norm: {}", "3:27: local_response_norm needs size"},
		{"local_response_norm: {size: 0}", "3:34: size must be at least 1, got 0"},
		{"local_response_norm: {size: 5, alpha: -1}", "3:44: alpha must not be negative, got -1"},
		{"local_response_norm: {size: 5, beta: 65}", "3:43: beta must be from 0 to 64, got 65"},
		{"local_response_norm: {size: 5, beta: high}", "3:43: beta wants a number, got a string"},
		{"local_response_norm: {size: 5, k: -0.5}", "3:40: k must not be negative, got -0.5"},
		{"local_response_norm: {size: 5, kernel_size: 3}", `3:37: unknown key "kernel_size", the keys here are name, inputs, size, alpha, beta, k`},
		{"activation: {}", "3:18: activation needs function, such as function: silu"},
		{"activation: {function: swish}", `3:29: function must be relu, none, leaky_relu, relu6, abs, square, sigmoid, tanh, silu, gelu, gelu_tanh, elu, hardsigmoid, hardswish or prelu, got "swish", did you mean "silu"?`},
		{"activation: {function: prelu}", "3:29: prelu needs negative_slope: a number, a list with one for each channel, or an array in a file"},
		{"activation: {function: prelu, negative_slope: [1, 2]}", "3:52: negative_slope has shape [2], want [3], one value for each channel"},
		{"activation: {function: leaky_relu, negative_slope: [1]}", "3:57: negative_slope of leaky_relu wants one number: prelu takes one for each channel"},
		{"activation: {function: silu, negative_slope: 1}", "3:51: negative_slope is for function leaky_relu and prelu, the function is silu"},
		{"activation: {function: silu, alpha: 1}", "3:42: alpha is for function elu, the function is silu"},
		{"activation: {function: elu, alpha: 0}", "3:41: alpha must not be 0: write relu for function"},
		{"add: {}", "3:11: add needs inputs: names of at least two earlier layers, such as inputs: [conv1, conv2]"},
		{"add: {inputs: [input]}", "3:20: add needs inputs: names of at least two earlier layers, such as inputs: [conv1, conv2]"},
		{"add: {inputs: [input, later]}", `3:28: inputs names "later", but no layer is before this one: it reads the picture, whose name is input`},
		{"concat: {inputs: [input, inptu]}", `3:31: inputs names "inptu", but no layer before this one has that name, did you mean "input"?`},
		{"concat: {inputs: input}", "3:23: inputs wants a list, got a string: write inputs: [input]"},
		{"scale: {factor: 2, inputs: [input, input]}", "3:33: inputs names 2 layers, but this layer reads one: add or concat joins several"},
		{"scale: {factor: 2, inputs: []}", "3:33: inputs is empty: leave it out for the layer before, or name a layer"},
		{"upsample: {}", "3:16: upsample needs scale_factor"},
		{"upsample: {scale_factor: 1}", "3:31: scale_factor must be above 1 for rows or columns, got [1, 1]"},
		{"upsample: {scale_factor: 2, mode: linear}", `3:40: mode must be nearest or bilinear, got "linear", did you mean "bilinear"?`},
		{"scale: {}", "3:13: scale needs factor, shift or batch_norm"},
		{"scale: {factor: [1, 2]}", "3:22: factor has shape [2], want [3], one value for each channel"},
		{"scale: {shift: x.npy}", "3:21: read weights: stat x.npy: no such file or directory"},
		{"scale: {factor: 1, batch_norm: {running_mean: 0, running_var: 1}}", "3:37: batch_norm stands for factor and shift: write it in a scale of its own"},
		{"scale: {batch_norm: {running_mean: 0}}", "3:26: batch_norm needs running_mean and running_var"},
		{"scale: {batch_norm: {running_mean: 0, running_var: -1}}", "3:57: batch_norm.running_var of filter 0 is -1: with eps, 1e-05, it must be above 0"},
	} {
		if got, want := firstLine(t, t.TempDir(), layer(c.text)), "edges.yaml:"+c.want; got != want {
			t.Errorf("%s\ngot  %s\nwant %s", c.text, got, want)
		}
	}
}

// TestErrorsOfGraphs has layers that do not fit those that they read.
func TestErrorsOfGraphs(t *testing.T) {
	const two = "conv: {name: a, filters: [box]}, conv: {name: b, filters: [sobel]}, "
	doubled := "concat: {name: c0, inputs: [input, input]}"
	for i := range 20 {
		doubled += fmt.Sprintf(", concat: {name: c%d, inputs: [c%d, c%d]}", i+1, i, i)
	}
	many := doubled[:strings.Index(doubled, ", concat: {name: c14")]
	for i := range 20 {
		many += fmt.Sprintf(", concat: {name: d%d, inputs: [c12, c12]}", i)
	}
	for _, c := range []struct{ layers, want string }{
		{two + "add: {inputs: [a, b]}", "layer 2 (add2) adds a of 1 channels and b of 2: they must be equal, and a convolution by 1×1 makes them so"},
		{two + "conv: {inputs: [a], weights: w.npy}", "weights w.npy have shape [2, 3, 1, 2], want [K, 1, kH, kW] for 1 input channels with groups 1"},
		{two + "activation: {function: prelu, inputs: [b], negative_slope: [1, 2, 3]}", "negative_slope has shape [3], want [2], one value for each channel"},
		{doubled, "concat has 98304 channels, at most 65536 are possible"},
		{many, "concat has 49152 channels, but the file's weights and the concatenations before it leave room for 16390: leave out layers, or write them to a file of their own"},
	} {
		f, err := Parse(filepath.Join(arrays(t), "edges.yaml"), []byte("version: 1\nlayers: ["+c.layers+"]\n"))
		if err == nil {
			_, err = f.Build()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\ngot  %v\nwant %s", c.layers, err, c.want)
		}
	}
}

func TestErrorsOfLayers(t *testing.T) {
	dir := arrays(t)
	for _, c := range []struct{ keys, want string }{ // the keys begin at column 12 of line 3
		{"", "3:11: conv has no weights: it needs one of filters, kernels and weights"},
		{"filters: [box], weights: w.npy", "3:37: conv has filters and weights: it takes only one of filters, kernels and weights"},
		{"filters: []", "3:21: filters is empty: a layer needs at least one filter"},
		{"kernels: []", "3:21: kernels is empty: a layer needs at least one filter"},
		{"weights: ''", "3:21: weights wants a file of an array, such as w.npy or net.pth#conv1.weight, got an empty string"},
		{"strid: 1", `3:12: unknown key "strid", did you mean "stride"?`},
		{"padding-mode: zeros", `3:12: unknown key "padding-mode", did you mean "padding_mode"?`},
		{"xyzzy: 1", `3:12: unknown key "xyzzy", the keys here are name, inputs, filters, kernels, weights, filter_names, bias, channels, kernel_size, stride, padding, padding_mode, dilation, groups, batch_norm, separable, activation, negative_slope, alpha, strict_size`},

		{one + ", stride: 0", "3:38: stride must be at least 1, got 0"},
		{one + ", stride: -1", "3:38: stride must be at least 1, got -1"},
		{one + ", stride: two", "3:38: stride wants a whole number or [h, w], got a string"},
		{one + ", stride: 1.5", "3:38: stride wants a whole number or [h, w], got 1.5"},
		{one + ", stride: [1, 2, 3]", "3:38: stride wants a whole number or [h, w], got a list of 3"},
		{one + ", stride: [1]", "3:38: stride wants a whole number or [h, w], got a list of 1"},
		{one + ", stride: [1, 0]", "3:42: stride must be at least 1, got 0"},
		{one + ", stride: 1048577", "3:38: stride must be at most 1048576, got 1048577"},
		{one + ", stride: 99999999999999999999", "3:38: stride wants a whole number or [h, w], got 99999999999999999999"},
		{one + ", stride: ", "3:30: stride wants a whole number or [h, w], got nothing"},
		{one + ", dilation: {h: 1}", "3:40: dilation wants a whole number or [h, w], got a mapping"},
		{"kernels: [[[1, 1]]], dilation: 1048576", "3:43: dilation 1048576 makes the kernel span 1048577 pixels, at most 1048576 are possible"},
		{one + ", padding: -1", "3:39: padding must be at least 0, got -1"},
		{one + ", padding: full", `3:39: padding wants a whole number, [h, w], [top, left, bottom, right], same, same_upper, same_lower or valid, got "full"`},
		{one + ", padding: [1, 2, 3]", "3:39: padding wants a whole number, [h, w], [top, left, bottom, right], same, same_upper, same_lower or valid, got a list of 3"},
		{one + ", padding: same, stride: 2", "3:39: padding same needs stride 1, got [2, 2]: write same_upper or same_lower, or the amounts"},
		{one + ", padding: same, stride: [1, 2]", "3:39: padding same needs stride 1, got [1, 2]: write same_upper or same_lower, or the amounts"},
		{one + ", padding_mode: mirror", `3:44: padding_mode must be zeros, reflect, replicate or circular, got "mirror", did you mean "reflect"?`},
		{one + ", pad: 1", `3:30: unknown key "pad", did you mean "padding"?`},
		{one + ", kernel: 3", `3:30: unknown key "kernel": the size of the kernels follows from filters, kernels or weights, leave it out`},
		{"kernel: [[[1]]]", `3:12: unknown key "kernel", did you mean "kernels"?`},
		{one + ", relu: true", `3:30: unknown key "relu", it is an activation: write activation: relu in a conv`},
		{one + ", running_mean: 0", `3:30: unknown key "running_mean", it belongs to batch_norm: write batch_norm: {running_mean: …}`},
		{"kernel_size: 3", "3:25: conv has no weights, and kernel_size only checks the size of weights: it needs one of filters, kernels and weights, such as filters: [sobel]"},
		{one + ", activation: ReLU", `3:42: activation must be relu, none, leaky_relu, relu6, abs, square, sigmoid, tanh, silu, gelu, gelu_tanh, elu, hardsigmoid, hardswish or prelu, got "ReLU": write relu`},
		{one + ", activation: LeakyReLU", `3:42: activation must be relu, none, leaky_relu, relu6, abs, square, sigmoid, tanh, silu, gelu, gelu_tanh, elu, hardsigmoid, hardswish or prelu, got "LeakyReLU": write leaky_relu`},
		{one + ", activation: linear", `3:42: activation must be relu, none, leaky_relu, relu6, abs, square, sigmoid, tanh, silu, gelu, gelu_tanh, elu, hardsigmoid, hardswish or prelu, got "linear", did you mean "none"?`},
		{one + ", padding: Same", `3:39: padding wants a whole number, [h, w], [top, left, bottom, right], same, same_upper, same_lower or valid, got "Same": write same`},
		{one + ", padding: '1'", `3:39: padding wants a whole number, [h, w], [top, left, bottom, right], same, same_upper, same_lower or valid, got "1": leave out the quotes`},
		{one + ", stride: '2'", `3:38: stride wants a whole number or [h, w], got "2": leave out the quotes`},
		{one + ", channels: grey", `3:40: channels must be mean, luma, sum, each or one number for each channel, got "grey", did you mean "luma"?`},
		{"kernels: {name: a, weights: [[1]]}", "3:21: kernels wants a list, got a mapping: begin every entry with a dash, as in - name"},
		{one + ", groups: 2", "3:38: groups must divide the number of input channels, 3, got 2"},
		{one + ", groups: 3", "3:38: groups must divide the number of filters, 1, got 3"},
		{one + ", groups: 0", "3:38: groups must be at least 1, got 0"},
		{one + ", groups: 3, channels: each", "3:38: channels: each makes a group of every input channel: leave groups out"},
		{one + ", activation: softmax", `3:42: activation must be relu, none, leaky_relu, relu6, abs, square, sigmoid, tanh, silu, gelu, gelu_tanh, elu, hardsigmoid, hardswish or prelu, got "softmax"`},
		{one + ", negative_slope: 0.1", "3:46: negative_slope is for activation leaky_relu and prelu, the activation is relu"},
		{one + ", activation: leaky_relu, negative_slope: .inf", "3:70: negative_slope must be a finite number within ±3.4e38, got .inf"},
		{one + ", kernel_size: 3", "3:43: kernel_size is [3, 3], but the kernels are 1×1: it only checks their size, leave it out"},
		{one + ", strict_size: 1", "3:43: strict_size wants true or false, got 1: write true"},

		{one + ", channels: rgb", `3:40: channels must be mean, luma, sum, each or one number for each channel, got "rgb"`},
		{one + ", channels: 1", "3:40: channels wants mean, luma, sum, each or one number for each channel, got 1"},
		{one + ", channels: [1, 2]", "3:40: channels has 2 numbers, want 3 for 3 input channels with groups 1"},
		{"kernels: [[[1]], [[1]], [[1]]], groups: 3, channels: luma", "3:65: channels: luma is for 3 channels, the layer has 3 with groups 3"},
		{"weights: w.npy, channels: mean", "3:38: channels spreads 2-D kernels, but a weights file has its channels already"},

		{one + ", bias: x.npy", "3:36: read weights: stat x.npy: no such file or directory"},
		{one + ", bias: [1, 2]", "3:36: bias has shape [2], want [1], one value for each filter"},
		{one + ", bias: true", "3:36: bias wants a number, a list of numbers or a file of an array, got true"},
		{one + ", bias: [1, a]", "3:40: bias wants numbers, got a string"},
		{"weights: w.npy, bias: flat.npy", "3:34: bias flat.npy has shape [6], want [2], one value for each filter"},
		{"weights: w.npy, bias: w.npy", "3:34: bias w.npy has shape [2, 3, 1, 2], want [2], one value for each filter"},
		{"weights: w.npy, bias: inf.npy", "3:34: bias inf.npy: filter 1 has +Inf, it must be finite"},
		{"kernels: [{bias: 1, weights: [[1]]}], bias: 1", "3:29: the layer has a bias already: write it there or with the kernels"},

		{one + ", batch_norm: 1", "3:42: batch_norm wants a mapping, got 1"},
		{one + ", batch_norm: {running_mean: 0}", "3:42: batch_norm needs running_mean and running_var"},
		{one + ", batch_norm: {runing_mean: 0}", `3:43: unknown key "runing_mean", did you mean "running_mean"?`},
		{one + ", batch_norm: {running_mean: [0, 1], running_var: 1}", "3:57: running_mean has shape [2], want [1], one value for each filter"},
		{one + ", batch_norm: {running_mean: 0, running_var: x.npy}", "3:73: read weights: stat x.npy: no such file or directory"},
		{one + ", batch_norm: {running_mean: 0, running_var: -1}", "3:73: batch_norm.running_var of filter 0 is -1: with eps, 1e-05, it must be above 0"},
		{one + ", batch_norm: {running_mean: 0, running_var: 1, eps: -1}", "3:81: eps must not be negative, got -1"},
		{one + ", batch_norm: {running_mean: 0, running_var: 0, eps: 1e-40, weight: 3e38}", "3:42: batch_norm: filter 0: weight 0.33333334 times 3e+58 is beyond float32"},

		{"weights: w.npy, batch_norm: {running_mean: inf.npy, running_var: 1}", "3:55: batch_norm.running_mean inf.npy: filter 1 has +Inf, it must be finite"},

		{"filters: box", "3:21: filters wants a list, got a string: write filters: [box]"},
		{"filters: [3]", "3:22: filters[0] wants the name of a filter, or {name: {parameter: number}}, got 3"},
		{"filters: [sobel], filter_names: [a, b]", "3:44: filter_names names the filters of weights: filters and kernels have their names already"},
		{"weights: w.npy, filter_names: [a, A]", `3:42: filter_names has "A" twice, or in another case`},
		{"weights: w.npy, filter_names: [a/b]", `3:42: filter name "a/b" cannot be a file name: it contains '/'`},
		{"filters: [{a: {}, b: {}}]", "3:22: filters[0] wants the name of a filter, or {name: {parameter: number}}, got 2 names"},
		{"filters: [box, sobl]", `3:27: unknown filter or bank "sobl": did you mean "sobel"?`},
		{"filters: ['sobel, box']", `3:22: "sobel, box" is one entry: write [sobel, box], or an entry for each`},
		{"filters: [{gabor: 3}]", "3:30: gabor wants a mapping of its parameters, got 3"},
		{"filters: [{gabor: {wavelength: long}}]", "3:43: wavelength wants a number, got a string"},
		{"filters: [{gabor: {wavelenth: 3}}]", `3:42: gabor: unknown parameter "wavelenth": did you mean "wavelength"?`},

		{"kernels: 3", "3:21: kernels wants a list, got 3"},
		{"kernels: [3]", "3:22: kernels[0] wants a list of rows, or {name, bias, weights}, got 3"},
		{"kernels: [{name: a}]", "3:22: kernels[0] needs weights: a list of rows"},
		{"kernels: [[1]]", "3:22: weights wants a list of rows, or a list of such kernels, one a channel, got a list without rows"},
		{"kernels: [[[]]]", "3:22: weights wants a list of rows, or a list of such kernels, one a channel, got a list without rows"},
		{"kernels: [[[1, 2], [3]]]", "3:31: row has 1 weights, the first one has 2"},
		{"kernels: [[[1], 2]]", "3:28: a kernel's row wants a list of numbers, got 2"},
		{"kernels: [[[1], [x]]]", "3:29: weight wants numbers, got a string"},
		{"kernels: [[[1], [.nan]]]", "3:29: weight must be a finite number within ±3.4e38, got .nan"},
		{"kernels: [[[1], [1e39]]]", "3:29: weight must be a finite number within ±3.4e38, got 1e39"},
		{"kernels: [[[[1], [2]], [[3]], [[4]]]]", "3:35: kernel has 1 rows, the first one has 2"},
		{"kernels: [[[[1]], [[2]]]]", "3:22: kernel is 2×1×1, want 3×kH×kW for 3 input channels with groups 1, or kH×kW"},
		{"kernels: [{name: a/b, weights: [[1]]}]", `3:29: filter name "a/b" cannot be a file name: it contains '/'`},
		{"kernels: [[[3e38]]], channels: [2, 1, 1]", "3:22: weight 3e+38 times 2 for channel 0 is beyond float32"},

		{"weights: x.npy", "3:21: read weights: stat x.npy: no such file or directory"},
		{"weights: edges.txt", "3:21: read weights edges.txt: its content is of no format that weights are read from: .npy, .npz, .safetensors, .pt and .pth of torch.save, and .onnx"},
		{"weights: flat.npy", "3:21: weights flat.npy have shape [6], want [K, 3, kH, kW] for 3 input channels with groups 1"},
		{"weights: depthwise.npy", "3:21: weights depthwise.npy have shape [3, 1, 1, 1], want [K, 3, kH, kW] for 3 input channels with groups 1"},
		{"weights: none.npy", "3:21: weights none.npy have shape [0, 3, 1, 1], want [K, 3, kH, kW] for 3 input channels with groups 1"},
		{"weights: wide.npy", "3:21: kernels of 1×1025, at most 1024×1024 is possible"},
		{"weights: nan.npy", "3:21: weights nan.npy: filter 1 has NaN at channel 2, row 0, column 0"},
		{"weights: w.npy, kernel_size: 3", "3:41: kernel_size is [3, 3], but the kernels are 1×2: it only checks their size, leave it out"},
		{"weights: w.npy, groups: 3", "3:21: weights w.npy have shape [2, 3, 1, 2], want [K, 1, kH, kW] for 3 input channels with groups 3"},

		{one + ", name: ''", `3:36: layer name "" cannot be a file name: it is empty`},
		{one + ", name: 'a '", `3:36: layer name "a " cannot be a file name: it ends in ' '`},
		{one + ", name: 3", `3:36: name wants a string, got 3: write "3" with the quotes`},
		{one + ", name: x.NPY", `3:36: layer name "x.NPY" must not end in .npy`},
		{one + ", name: __metadata__", `3:36: layer name __metadata__ belongs to the metadata of safetensors files`},
		{one + ", name: x.png", `3:36: layer name "x.png" must not end in .png`},
	} {
		t.Run(c.keys, func(t *testing.T) {
			if err := os.WriteFile(filepath.Join(dir, "edges.txt"), []byte("no array"), 0o666); err != nil {
				t.Fatal(err)
			}
			if got, want := firstLine(t, dir, conv(c.keys)), "edges.yaml:"+c.want; got != want {
				t.Errorf("\ngot  %s\nwant %s", got, want)
			}
		})
	}
}

func TestErrorsBetweenLayers(t *testing.T) {
	const a, b = "version: 1\nlayers:\n- conv: {filters: [box]", "}\n- conv: {filters: [box]"
	for _, c := range []struct{ text, want string }{
		{a + ", name: conv1" + b + "}\n", `4:9: layer name "conv1" is there twice`},
		{a + ", name: x" + b + ", name: x}\n", `4:32: layer name "x" is there twice`},
		{a + ", name: x" + b + ", name: X}\n", `4:32: layer names "x" and "X" differ only in case, which some file systems ignore`},
		{a + b + ", channels: luma}\n", "4:36: channels: luma is for 3 channels, the layer has 1 with groups 1"},
		{a + b + ", groups: 3}\n", "4:34: groups must divide the number of input channels, 1, got 3"},
	} {
		if got, want := firstLine(t, t.TempDir(), c.text), "edges.yaml:"+c.want; got != want {
			t.Errorf("%s\ngot  %s\nwant %s", c.text, got, want)
		}
	}
}

func TestFileNames(t *testing.T) {
	for _, name := range []string{"a", "sobel-x", "3×3", "käse", "a.b", ".a", "con1", "common", "com", "a b", strings.Repeat("x", 100)} {
		if err := fileName(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range []string{"", ".", "..", "a/b", `a\b`, "a<", "a>", "a:", `a"`, "a|", "a?", "a*", "a\n", "a\x00", "a\x7f", "a.", "a ",
		"con", "CON", "Con.txt", "con .txt", "nul", "aux", "prn", "com1", "LPT9", "com¹", "conin$", "\xff", strings.Repeat("x", 101)} {
		if fileName(name) == nil {
			t.Errorf("%q is accepted", name)
		}
	}
}

func TestErrorExcerpt(t *testing.T) {
	long := `{"version": 1, "layers": [{"conv": {"filters": ["box"], "name": "` + strings.Repeat("n", 90) + `", "stride": 0, "padding": "valid", "activation": "none", "dilation": 1}}]}`
	for _, c := range []struct{ name, text, want string }{
		{"edges.yaml", "version: 1\ninput:\n  mean: 1\nlayers:\n  # é\n  - conv:\n      stride: 0\n      padding: 1\n",
			"edges.yaml:7:15: stride must be at least 1, got 0\n" +
				"   4 | layers:\n" +
				"   5 |   # é\n" +
				"   6 |   - conv:\n" +
				">  7 |       stride: 0\n" +
				"                     ^\n" +
				"   8 |       padding: 1"},
		{"tab.json", "{\"version\": 1,\n\t\"layers\": 3}",
			"tab.json:2:12: layers wants a list, got 3\n" +
				"   1 | {\"version\": 1,\n" +
				">  2 |  \"layers\": 3}\n" +
				"                  ^"},
		{"long.json", long,
			"long.json:1:169: stride must be at least 1, got 0\n" +
				">  1 | nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn\", \"stride\": 0, \"padding\": \"valid\", \"activation\": \"none\", \"dila…\n" +
				"                                                         ^"},
	} {
		_, err := Parse(c.name, []byte(c.text))
		if err == nil || err.Error() != c.want {
			t.Errorf("\ngot\n%v\nwant\n%s", err, c.want)
		}
	}
}

// All mistakes of a file are told in the order of the text. A mistake that only follows from
// another one is not.
func TestSeveralErrors(t *testing.T) {
	many := "version: 1\nlayers:\n"
	for range 12 {
		many += "- conv: {filters: [box], strid: 1}\n"
	}
	for _, c := range []struct {
		text string
		want []string
	}{
		{"layers:\n- conv: {filters: [sobl], strid: 2}\n- conv: {padding: Same}\n- max_pool: {}\n- conv: {filters: [sobl], padding: same, stride: 2}\n", []string{
			`edges.yaml:2:20: unknown filter or bank "sobl": did you mean "sobel"?`,
			`edges.yaml:2:27: unknown key "strid", did you mean "stride"?`,
			`edges.yaml:3:19: padding wants a whole number, [h, w], [top, left, bottom, right], same, same_upper, same_lower or valid, got "Same": write same`,
			"edges.yaml:4:13: max_pool needs kernel_size",
			`edges.yaml:5:20: unknown filter or bank "sobl": did you mean "sobel"?`,
			"edges.yaml:5:36: padding same needs stride 1, got [2, 2]: write same_upper or same_lower, or the amounts"}},
		{"version: 1.5\nstacks: {a: {layer: []}, b: {layers: [conv: {}]}, B: {layers: [conv: {filters: [box]}]}}\n", []string{
			"edges.yaml:1:10: version must be 1, got 1.5",
			`edges.yaml:2:14: unknown key "layer", did you mean "layers"?`,
			"edges.yaml:2:45: conv has no weights: it needs one of filters, kernels and weights",
			`edges.yaml:2:51: stack names "b" and "B" differ only in case, which some file systems ignore`}},
		{"version: 1\nlayers: [conv: {weights: a.npy}, max_pool: {kernel_size: 2}, conv: {weights: b.npy, bias: c.npy}]\n", []string{
			"edges.yaml:2:26: read weights: stat a.npy: no such file or directory",
			"edges.yaml:2:78: read weights: stat b.npy: no such file or directory",
			"edges.yaml:2:91: read weights: stat c.npy: no such file or directory"}},
		{"version: 1\nversion: 2\nlayers:\n- conv: {filters: [sobel], filters: [box], strid: 2}\n", []string{
			`edges.yaml:2:1: key "version" is there twice, first in line 1`,
			`edges.yaml:4:28: key "filters" is there twice, first in line 4`,
			`edges.yaml:4:44: unknown key "strid", did you mean "stride"?`}},
		{"version: 2\nlayer: []\nconvs: 3\n", []string{"edges.yaml:1:10: version must be 1, got 2"}}, // whose keys may be others
	} {
		dir := t.TempDir()
		f, err := Parse(filepath.Join(dir, "edges.yaml"), []byte(c.text))
		if err == nil {
			_, err = f.Build()
		}
		var got []string
		for line := range strings.Lines(fmt.Sprint(err)) {
			if line = strings.ReplaceAll(strings.TrimSpace(line), dir+string(filepath.Separator), ""); strings.HasPrefix(line, "edges.yaml") {
				got = append(got, line)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s\ngot\n%s\nwant\n%s", c.text, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
	}
	_, err := Parse("edges.yaml", []byte(many))
	several, ok := errors.AsType[*Errors](err)
	if !ok || len(several.First) != 10 || !several.More {
		t.Fatalf("%v", err)
	}
	const want = "edges.yaml:3:26: unknown key \"strid\", did you mean \"stride\"?\n" +
		"   2 | layers:\n" +
		">  3 | - conv: {filters: [box], strid: 1}\n" +
		"                                ^\n" +
		"   4 | - conv: {filters: [box], strid: 1}"
	if text := several.First[0].Error(); text != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
	if !strings.HasSuffix(err.Error(), "\n… and more: these are the first 10") {
		t.Errorf("got\n%v", err)
	}
}

// A missing version is a warning.
func TestMissingVersion(t *testing.T) {
	f, err := Parse("edges.yaml", []byte("layers: [conv: {filters: [box]}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	const want = "edges.yaml:1:1: version is missing: write `version: 1` as the first line, so that later versions read the file alike\n"
	if w := f.Warnings(); len(w) != 1 || !strings.HasPrefix(w[0].Error(), want) {
		t.Errorf("got %v, want %s", w, want)
	}
	if f.Resolved().Version != 1 {
		t.Error("the resolved file has another version")
	}
}

// Kernels of different sizes in a layer cost multiply-adds with zeros: 9 and 25 of 2·25.
func TestMixedSizes(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"version: 1\nstacks: {a: {layers: [conv: {name: c, filters: [box, {box: {size: 5}}]}]}}\n",
			"[layer a/c: 1 of 2 kernels are smaller than 5×5, from 3×3 on, and are padded to that size: 32% of the multiply-adds are with zeros; kernels of one size in a layer or stack of their own cost less]"},
		{"version: 1\nlayers: [conv: {filters: [sobel, box]}]\n", "[]"},
	} {
		f, err := Parse("edges.yaml", []byte(c.text))
		if err != nil {
			t.Fatal(err)
		}
		m, err := f.Build()
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(m.Notes); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

// A program gets the place without reading the message.
func TestErrorType(t *testing.T) {
	_, err := Parse("edges.yaml", []byte("version: 1\nlayers: 3\n"))
	e, ok := errors.AsType[*Error](err)
	if !ok || e.File != "edges.yaml" || e.Line != 2 || e.Column != 9 || e.Err.Error() != "layers wants a list, got 3" {
		t.Errorf("got %#v", err)
	}
	f, err := Parse("edges.yaml", []byte(conv("weights: none-such.npy")))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Build(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Build without its weights: %v", err)
	}
	if _, err := Load("none-such.yaml"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Load without its file: %v", err)
	}
}

// Each of these would take gigabytes or hours if it were read in full.
func TestLimits(t *testing.T) {
	many := func(n int, s string) string { return strings.Repeat(s, n) }
	aliases := "version: 1\na0: &a0 [1, 1]\n"
	for i := range 40 {
		aliases += fmt.Sprintf("a%d: &a%d [*a%d, *a%d]\n", i+1, i+1, i, i)
	}
	keys := "version: 1\n"
	for i := range 3000 {
		keys += fmt.Sprintf("k%d: 1\n", i)
	}
	for _, c := range []struct{ name, text, want string }{
		{"bytes", many(maxBytes+1, " "), "edges.yaml: a stack file has at most 16 MiB, got 16777217 bytes"},
		{"values", "version: 1\nlayers: [" + many(600_000, "1,") + "1]", "edges.yaml: more than 524288 values: keep large weights in a file of their own, such as a .npy file"},
		{"empty lines", "version: |\n" + many(200_000, "\n"), "edges.yaml: more than 32 empty lines in a row"},
		{"less", many(200_000, "<"), "edges.yaml: more than 32 signs < in a row"},
		{"alias bomb", aliases, "edges.yaml:20:11: more than 1048576 values once aliases are expanded"},
		{"brackets", many(100_000, "["), "edges.yaml:1:65: nested more than 64 deep"},
		{"braces", many(100_000, "{a: "), "edges.yaml:1:257: nested more than 64 deep"},
		{"dashes", many(100_000, "- "), "edges.yaml:1:129: nested more than 64 deep"},
		{"anchors", "a: " + many(100_000, "&a "), "edges.yaml:1:7: unexpected scalar value type"},
		{"keys", keys, "edges.yaml:2049:6: more than 2048 keys in one mapping"},
		{"long keys", many(100_000, "k") + ":\n - [" + many(10_000, "1, ") + "1]", "edges.yaml:2:4025: too many values below long keys"},
		{"layers", "version: 1\nlayers: [" + many(1001, "conv: {filters: [box]},") + "]", "edges.yaml:2:9: more than 1000 layers in a file"},
		{"filters", "version: 1\nlayers: [conv: {filters: [" + many(65537, "box,") + "]}]", "edges.yaml:2:262171: more than 65536 filters in a layer"},
		{"kernel", "version: 1\nlayers: [conv: {kernels: [[[" + many(1025, "1,") + "]]]}]", "edges.yaml:2:27: kernel of 1×1025, at most 1024×1024 is possible"},
		{"weights", "version: 1\nlayers: [conv: {kernels: [[[" + many(1024, "1,") + "]], [" + many(1024, "[1],") + "]," + many(1000, "[[1]],") + "]}]",
			"edges.yaml:2:16: 1002×3×1024×1024 weights are too many: all layers together have at most 268435456"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := firstLine(t, t.TempDir(), c.text); got != c.want {
				t.Errorf("\ngot  %.200s\nwant %s", got, c.want)
			}
		})
	}
}
