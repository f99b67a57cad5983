package config

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// value is a node as encoding/json would decode it.
func (n *node) value() any {
	switch n.kind {
	case boolean:
		return n.text == "true"
	case number:
		return n.float()
	case text:
		return n.text
	case list:
		items := make([]any, len(n.items))
		for i, item := range n.items {
			items[i] = item.value()
		}
		return items
	case mapping:
		m := map[string]any{}
		for i, key := range n.keys {
			m[key.text] = n.items[i].value()
		}
		return m
	}
	return nil
}

// compiled is a part of the schema, by its JSON Pointer, ready to validate.
func compiled(t *testing.T, part string) *jsonschema.Schema {
	t.Helper()
	text, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("stack.json", text); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("stack.json#" + part)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The schema accepts what Parse accepts without a warning, and refuses every mistake that a schema can see.
func TestSchemaAgreesWithParse(t *testing.T) {
	s := compiled(t, "")
	for _, c := range []struct {
		text  string
		valid bool
	}{
		{everything, true},
		{twoStacks, true},
		{conv(one), true},
		{conv(one + ", bias: b.npy"), true},
		{conv(one + ", bias: [1, 2]"), true},
		{conv("kernels: [[[[1]], [[2]], [[3]]]]"), true},
		{conv("filters: [{gabor: }, {sobel: {}}]"), true},
		{"version: 1\ninput: {background: '#abc', mean: 0.5}\n" + conv(one)[len("version: 1\n"):], true},

		{conv(one + ", batch_norm: {running_mean: 0, running_var: [1], weight: w.npy, bias: -1, eps: 1e-3}"), true},
		{layer("max_pool: {kernel_size: 3, stride: [2, 1], padding: 1, dilation: 2, ceil_mode: true}"), true},
		{layer("avg_pool: {kernel_size: [2, 3], padding: [1, 0], ceil_mode: false, count_include_pad: false, strict_size: true}"), true},
		{layer("local_response_norm: {size: 5, alpha: 1e-3, beta: 0.5, k: 2, name: lrn}"), true},
		{layer("conv: {filters: [box]}, max_pool: {kernel_size: 2}"), false},
		{layer("max_pool: {}"), false},
		{layer("max_pool: {kernel_size: 0}"), false},
		{layer("max_pool: {kernel_size: 2, padding: same}"), false},
		{layer("max_pool: {kernel_size: 2, count_include_pad: true}"), false},
		{layer("avg_pool: {kernel_size: 2, dilation: 2}"), false},
		{layer("local_response_norm: {alpha: 1}"), false},
		{layer("activation: {function: prelu, negative_slope: [1, 2, 3]}"), true},
		{layer("activation: {function: elu, alpha: 0.5, name: a}"), true},
		{layer("activation: {}"), false},
		{layer("activation: {function: swish}"), false},
		{layer("add: {inputs: [input, input]}"), true},
		{layer("add: {inputs: [input]}"), false},
		{layer("concat: {inputs: [input, input], name: c}"), true},
		{layer("concat: {}"), false},
		{layer("upsample: {scale_factor: [1, 2], mode: bilinear, inputs: [input]}"), true},
		{layer("upsample: {scale_factor: 2, inputs: [input, input]}"), false},
		{layer("upsample: {mode: nearest}"), false},
		{layer("scale: {factor: 2, shift: [1, 2, 3]}"), true},
		{layer("scale: {batch_norm: {running_mean: 0, running_var: 1}}"), true},
		{layer("max_pool: {kernel_size: 3, padding: [0, 0, 1, 1]}"), true},
		{layer("max_pool: {kernel_size: 3, padding: [0, 0, 1]}"), false},
		{layer("local_response_norm: {size: 3, beta: -1}"), false},
		{layer("local_response_norm: {size: 3, beta: 65}"), false},
		{conv(one + ", batch_norm: {running_mean: 0}"), false},

		{"layers: [conv: {filters: [box]}]", false},
		{"version: 2\nlayers: [conv: {filters: [box]}]", false},
		{"version: 1", false},
		{"version: 1\nlayers: []", false},
		{"version: 1\nstacks: {}", false},
		{"version: 1\nstacks: {a: {}}", false},
		{"version: 1\nlayers: [{}]", false},
		{"version: 1\nlayers: [conv: {filters: [box]}]\nstacks: {a: {layers: [conv: {filters: [box]}]}}", false},
		{"version: 1\ninput: {resize: {width: 3}}\nlayers: [conv: {filters: [box]}]", false},
		{"version: 1\ninput: {background: red}\nlayers: [conv: {filters: [box]}]", false},
		{"version: 1\ninput: {std: 0}\nlayers: [conv: {filters: [box]}]", false},
		{"version: 1\ninput: {mean: [1, 2]}\nlayers: [conv: {filters: [box]}]", false},
		{conv(""), false},
		{conv("filters: []"), false},
		{conv("filters: [box], weights: w.npy"), false},
		{conv("filters: [3]"), false},
		{conv("filters: [{gabor: {wavelength: long}}]"), false},
		{conv(one + ", strid: 1"), false},
		{conv(one + ", stride: 0"), false},
		{conv(one + ", stride: 1.5"), false},
		{conv(one + ", stride: [1, 2, 3]"), false},
		{conv(one + ", padding: full"), false},
		{conv(one + ", padding: [1, 2, 3]"), false},
		{conv(one + ", padding_mode: mirror"), false},
		{conv(one + ", activation: softmax"), false},
		{conv(one + ", groups: 0"), false},
		{conv(one + ", channels: rgb"), false},
		{conv(one + ", strict_size: 1"), false},
		{conv(one + ", name: 3"), false},
		{conv("kernels: [3]"), false},
		{conv("kernels: [{name: a}]"), false},
	} {
		f, err := Parse("edges.yaml", []byte(c.text))
		if (err == nil && len(f.Warnings()) == 0) != c.valid {
			t.Errorf("Parse of %s\n%v", c.text, err)
		}
		root, err := parseYAML(&source{text: []byte(c.text)})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(root.value()); (err == nil) != c.valid {
			t.Errorf("the schema says %v to %s", err, c.text)
		}
	}
}

// Every key that is decoded is in the schema, with a description.
func TestSchemaHasEveryKey(t *testing.T) {
	for _, part := range []any{File{}, Input{}, Resize{}, Crop{}, Section{}, Layer{}, Conv{}, Kernel{}, BatchNorm{}, MaxPool{}, AvgPool{}, LocalResponseNorm{}} {
		typ := reflect.TypeOf(part)
		at := "/$defs/" + typ.Name()
		switch typ.Name() {
		case "File":
			at = ""
		case "Kernel":
			at += "/oneOf/0"
		}
		s := compiled(t, at)
		for _, f := range fieldsOf(typ) {
			if p := s.Properties[f.key]; p == nil || p.Description == "" {
				t.Errorf("%s.%s: %+v", typ.Name(), f.key, p)
			}
		}
		if s.AdditionalProperties != false {
			t.Errorf("%s allows other keys", typ.Name())
		}
	}
}
