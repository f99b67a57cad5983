package main

import (
	"reflect"

	"github.com/invopop/jsonschema"

	"filterbank/filters"
	"filterbank/filters/config"
)

// stackSchema is the schema of stack files. Its descriptions are the comments of the
// model's fields.
func stackSchema() (*jsonschema.Schema, error) {
	comments, err := readComments("../../../filters/config/model.go", "../../../filters/config/lists.go")
	if err != nil {
		return nil, err
	}
	forms := forms()
	r := comments.reflector()
	r.Mapper = func(t reflect.Type) *jsonschema.Schema {
		if forms[t.Name()] == nil || t.PkgPath() != reflect.TypeFor[config.File]().PkgPath() {
			return nil
		}
		return &jsonschema.Schema{Ref: "#/$defs/" + t.Name()}
	}
	s := r.Reflect(&config.File{})
	for name, form := range forms {
		s.Definitions[name] = form
	}
	section := r.Reflect(&config.Section{}) // only a form refers to it
	section.Version, section.Definitions = "", nil
	s.Definitions["Section"] = section
	s.Title = "filterbank stack file"
	addRules(s)
	return s, nil
}

// addRules adds rules that the types and tags of the structs do not express.
func addRules(s *jsonschema.Schema) {
	exactlyOne(s, "layers", "stacks")
	nonEmpty(s.Definitions["Section"], "layers")
	exactlyOne(s.Definitions["Layer"], "conv", "max_pool", "avg_pool", "local_response_norm", "activation", "scale", "add", "concat", "upsample")
	exactlyOne(s.Definitions["Conv"], "filters", "kernels", "weights")
	onesByDefault(s.Definitions["Conv"], "stride", "dilation")
	onesByDefault(s.Definitions["MaxPool"], "dilation")
	for name, d := range s.Definitions {
		if d.Properties == nil {
			continue
		}
		if p, ok := d.Properties.Get("inputs"); ok { // a join has several
			p.MinItems, p.MaxItems = new(uint64(1)), new(uint64(1))
			if name == "Add" || name == "Concat" {
				p.MinItems, p.MaxItems = new(uint64(2)), new(uint64(config.MaxInputs))
			}
		}
	}
	for _, key := range []string{"alpha", "beta", "k"} {
		if p, ok := s.Definitions["LocalResponseNorm"].Properties.Get(key); ok {
			p.Minimum = "0"
			if key == "beta" {
				p.Maximum = number(filters.MaxBeta)
			}
		}
	}
	// A kernel may be written as its weights alone.
	s.Definitions["Kernel"] = anyForm(s.Definitions["Kernel"], &jsonschema.Schema{Ref: "#/$defs/Taps"})
}

func onesByDefault(s *jsonschema.Schema, keys ...string) {
	for _, key := range keys {
		if p, ok := s.Properties.Get(key); ok {
			p.Default = 1
		}
	}
}

func exactlyOne(s *jsonschema.Schema, keys ...string) {
	for _, key := range keys {
		s.OneOf = append(s.OneOf, &jsonschema.Schema{Required: []string{key}})
		nonEmpty(s, key)
	}
}

// nonEmpty requires at least one item in a list.
func nonEmpty(s *jsonschema.Schema, key string) {
	if p, ok := s.Properties.Get(key); ok && p.Type == "array" {
		p.MinItems = new(uint64(1))
	}
}

// forms are the schemas of types that are not written as structs in stack files.
func forms() map[string]*jsonschema.Schema {
	least1, least0 := integers(1), integers(0)
	positive := &jsonschema.Schema{Type: "number", ExclusiveMinimum: "0"}
	plane := listOf(listOf(numbers(), 1, config.MaxKernel), 1, config.MaxKernel)
	return map[string]*jsonschema.Schema{
		"Pair":      anyForm(least1, listOf(least1, 2, 2)),
		"Margin":    withDefault(0, anyForm(least0, listOf(least0, 2, 2), listOf(least0, 4, 4))),
		"Padding":   withDefault(0, anyForm(least0, listOf(least0, 2, 2), listOf(least0, 4, 4), words("same", "same_upper", "same_lower", "valid"))),
		"Channels":  withDefault("mean", anyForm(words("mean", "luma", "sum", "each"), listOf(numbers(), 1, 0))),
		"PerFilter": anyForm(numbers(), listOf(numbers(), 1, 0), &jsonschema.Schema{Type: "string", MinLength: new(uint64(1))}),
		"Color":     withDefault("#000000", &jsonschema.Schema{Type: "string", Pattern: "^#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$"}),
		"Triple":    withDefault(0, anyForm(numbers(), listOf(numbers(), 3, 3))),
		"Deviation": withDefault(1, anyForm(positive, listOf(positive, 3, 3))),
		"Taps":      anyForm(plane, listOf(plane, 1, 0)),
		"Filter": anyForm(&jsonschema.Schema{Type: "string"}, &jsonschema.Schema{
			Type:          "object",
			MinProperties: new(uint64(1)),
			MaxProperties: new(uint64(1)),
			AdditionalProperties: anyForm(&jsonschema.Schema{Type: "null"},
				&jsonschema.Schema{Type: "object", AdditionalProperties: numbers()}),
		}),
		"Stacks": {
			Type:                 "object",
			MinProperties:        new(uint64(1)),
			AdditionalProperties: &jsonschema.Schema{Ref: "#/$defs/Section"},
		},
	}
}

func withDefault(value any, s *jsonschema.Schema) *jsonschema.Schema {
	s.Default = value
	return s
}
