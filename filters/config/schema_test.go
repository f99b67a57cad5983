package config

import (
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// jsonSchema is the part of a JSON Schema that ours uses.
type jsonSchema struct {
	Defs          map[string]*jsonSchema `json:"$defs"`
	Ref           string                 `json:"$ref"`
	OneOf         []*jsonSchema
	Type          string
	Enum          []any
	Properties    map[string]*jsonSchema
	Additional    json.RawMessage `json:"additionalProperties"`
	Required      []string
	Items         *jsonSchema
	MinItems      *int
	MaxItems      *int
	MinProperties *int
	MaxProperties *int
	MinLength     *int
	Minimum       *float64
	Maximum       *float64
	Above         *float64 `json:"exclusiveMinimum"`
	Pattern       string
	Description   string
}

// valid is JSON Schema's validation of the keywords above.
func (s *jsonSchema) valid(root *jsonSchema, v any) bool {
	if s.Ref != "" {
		def := root.Defs[strings.TrimPrefix(s.Ref, "#/$defs/")]
		if def == nil || !def.valid(root, v) {
			return false
		}
	}
	if len(s.OneOf) > 0 {
		n := 0
		for _, form := range s.OneOf {
			if form.valid(root, v) {
				n++
			}
		}
		if n != 1 {
			return false
		}
	}
	if s.Enum != nil && !slices.Contains(s.Enum, v) {
		return false
	}
	switch v := v.(type) {
	case map[string]any:
		return (s.Type == "" || s.Type == "object") && s.validObject(root, v)
	case []any:
		return (s.Type == "" || s.Type == "array") && within(len(v), s.MinItems, s.MaxItems) &&
			(s.Items == nil || !slices.ContainsFunc(v, func(item any) bool { return !s.Items.valid(root, item) }))
	case string:
		return (s.Type == "" || s.Type == "string") && within(len(v), s.MinLength, nil) && regexp.MustCompile(s.Pattern).MatchString(v)
	case float64:
		whole := v == float64(int(v))
		return (s.Type == "" || s.Type == "number" || s.Type == "integer" && whole) && (s.Minimum == nil || v >= *s.Minimum) &&
			(s.Maximum == nil || v <= *s.Maximum) && (s.Above == nil || v > *s.Above)
	case bool:
		return s.Type == "" || s.Type == "boolean"
	case nil:
		return s.Type == "" || s.Type == "null"
	}
	return false
}

func (s *jsonSchema) validObject(root *jsonSchema, v map[string]any) bool {
	for _, key := range s.Required {
		if _, ok := v[key]; !ok {
			return false
		}
	}
	for key, value := range v {
		if p := s.Properties[key]; p != nil {
			if !p.valid(root, value) {
				return false
			}
			continue
		}
		switch string(s.Additional) {
		case "", "true":
		case "false":
			return false
		default:
			var more jsonSchema
			if json.Unmarshal(s.Additional, &more) != nil || !more.valid(root, value) {
				return false
			}
		}
	}
	return within(len(v), s.MinProperties, s.MaxProperties)
}

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

func within(n int, least, most *int) bool {
	return (least == nil || n >= *least) && (most == nil || n <= *most)
}

func loadSchema(t *testing.T) *jsonSchema {
	t.Helper()
	s := new(jsonSchema)
	if err := json.Unmarshal(Schema(), s); err != nil {
		t.Fatal(err)
	}
	return s
}

// The schema takes what Parse takes, and refuses what it can see to be wrong.
func TestSchemaAgreesWithParse(t *testing.T) {
	s := loadSchema(t)
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
		{conv(one + ", activation: tanh"), false},
		{conv(one + ", groups: 0"), false},
		{conv(one + ", channels: rgb"), false},
		{conv(one + ", strict_size: 1"), false},
		{conv(one + ", name: 3"), false},
		{conv("kernels: [3]"), false},
		{conv("kernels: [{name: a}]"), false},
	} {
		if _, err := Parse("edges.yaml", []byte(c.text)); (err == nil) != c.valid {
			t.Errorf("Parse of %s\n%v", c.text, err)
		}
		root, err := parseYAML(&source{text: []byte(c.text)})
		if err != nil {
			t.Fatal(err)
		}
		if got := s.valid(s, root.value()); got != c.valid {
			t.Errorf("the schema says %v to %s", got, c.text)
		}
	}
}

// Every key that is decoded is in the schema, with a description.
func TestSchemaHasEveryKey(t *testing.T) {
	root := loadSchema(t)
	for _, part := range []any{File{}, Input{}, Resize{}, Crop{}, Section{}, Layer{}, Conv{}, Kernel{}, BatchNorm{}, MaxPool{}, AvgPool{}, LocalResponseNorm{}} {
		typ := reflect.TypeOf(part)
		s := root.Defs[typ.Name()]
		switch typ.Name() {
		case "File":
			s = root
		case "Kernel":
			s = s.OneOf[0]
		}
		if s == nil {
			t.Errorf("%s is not in the schema", typ.Name())
			continue
		}
		for _, f := range fieldsOf(typ) {
			if p := s.Properties[f.key]; p == nil || p.Description == "" {
				t.Errorf("%s.%s: %+v", typ.Name(), f.key, p)
			}
		}
		if string(s.Additional) != "false" {
			t.Errorf("%s allows other keys", typ.Name())
		}
	}
}

func TestSchemaReferences(t *testing.T) {
	root := loadSchema(t)
	for _, m := range regexp.MustCompile(`"#/\$defs/(\w+)"`).FindAllSubmatch(Schema(), -1) {
		if root.Defs[string(m[1])] == nil {
			t.Errorf("%s is not defined", m[1])
		}
	}
}
