package config

import (
	_ "embed"

	"github.com/invopop/jsonschema"

	"filterbank/filters/config/schema"
)

// The schema's descriptions are the comments of these files.
var (
	//go:embed model.go
	modelSource string
	//go:embed lists.go
	listsSource string
)

// Schema is the JSON Schema (draft 2020-12) of stack files, indented.
func Schema() []byte {
	r := schema.Read(modelSource, listsSource).Reflector()
	s := r.Reflect(&File{})
	section := r.Reflect(&Section{}) // which Stacks hides from the reflector
	section.Version, section.Definitions = "", nil
	s.Definitions["Section"] = section
	s.Title = "filterbank stack file"
	return schema.Print(s)
}

// JSONSchemaExtend says that a file has layers or stacks.
func (File) JSONSchemaExtend(s *jsonschema.Schema) { exactlyOne(s, "layers", "stacks") }

// JSONSchemaExtend says that a layer has one part.
func (Layer) JSONSchemaExtend(s *jsonschema.Schema) {
	exactlyOne(s, "conv", "max_pool", "avg_pool", "local_response_norm")
}

// JSONSchemaExtend says that the weights have one source.
func (Conv) JSONSchemaExtend(s *jsonschema.Schema) {
	exactlyOne(s, "filters", "kernels", "weights")
	onesByDefault(s, "stride", "dilation")
}

// JSONSchemaExtend notes a default that a type cannot.
func (MaxPool) JSONSchemaExtend(s *jsonschema.Schema) { onesByDefault(s, "dilation") }

// JSONSchemaExtend bounds the numbers.
func (LocalResponseNorm) JSONSchemaExtend(s *jsonschema.Schema) {
	for _, key := range []string{"alpha", "beta", "k"} {
		if p, ok := s.Properties.Get(key); ok {
			p.Minimum = "0"
		}
	}
	if p, ok := s.Properties.Get("beta"); ok {
		p.Maximum = "64"
	}
}

func onesByDefault(s *jsonschema.Schema, keys ...string) {
	for _, key := range keys {
		if p, ok := s.Properties.Get(key); ok {
			p.Default = 1
		}
	}
}

// JSONSchemaExtend says that a stack has a layer.
func (Section) JSONSchemaExtend(s *jsonschema.Schema) { nonEmpty(s, "layers") }

func exactlyOne(s *jsonschema.Schema, keys ...string) {
	for _, key := range keys {
		s.OneOf = append(s.OneOf, &jsonschema.Schema{Required: []string{key}})
		nonEmpty(s, key)
	}
}

// nonEmpty asks a list for an entry.
func nonEmpty(s *jsonschema.Schema, key string) {
	if p, ok := s.Properties.Get(key); ok && p.Type == "array" {
		p.MinItems = new(uint64(1))
	}
}

// JSONSchema is a number or [h, w].
func (Pair) JSONSchema() *jsonschema.Schema {
	n := integers(1)
	return anyForm(n, listOf(n, 2, 2))
}

// JSONSchema is a number, a list of two or four, or a word.
func (Padding) JSONSchema() *jsonschema.Schema {
	n := integers(0)
	s := anyForm(n, listOf(n, 2, 2), listOf(n, 4, 4), words("same", "same_upper", "same_lower", "valid"))
	s.Default = 0
	return s
}

// JSONSchema is a word or a list of numbers.
func (Channels) JSONSchema() *jsonschema.Schema {
	s := anyForm(words("mean", "luma", "sum", "each"), listOf(numbers(), 1, 0))
	s.Default = "mean"
	return s
}

// JSONSchema is a number or [h, w].
func (Margin) JSONSchema() *jsonschema.Schema {
	n := integers(0)
	s := anyForm(n, listOf(n, 2, 2))
	s.Default = 0
	return s
}

// JSONSchema is a number, a list of numbers or a file.
func (PerFilter) JSONSchema() *jsonschema.Schema {
	return anyForm(numbers(), listOf(numbers(), 1, 0), &jsonschema.Schema{Type: "string", MinLength: new(uint64(1))})
}

// JSONSchema is #rrggbb or #rgb.
func (Color) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Pattern: "^#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$", Default: "#000000"}
}

// JSONSchema is three numbers or one.
func (Triple) JSONSchema() *jsonschema.Schema {
	s := anyForm(numbers(), listOf(numbers(), 3, 3))
	s.Default = 0
	return s
}

// JSONSchema is three numbers above 0, or one.
func (Deviation) JSONSchema() *jsonschema.Schema {
	n := &jsonschema.Schema{Type: "number", ExclusiveMinimum: "0"}
	s := anyForm(n, listOf(n, 3, 3))
	s.Default = 1
	return s
}

// JSONSchema is a name, or one name with its parameters.
func (Filter) JSONSchema() *jsonschema.Schema {
	return anyForm(&jsonschema.Schema{Type: "string"}, &jsonschema.Schema{
		Type:          "object",
		MinProperties: new(uint64(1)),
		MaxProperties: new(uint64(1)),
		AdditionalProperties: anyForm(&jsonschema.Schema{Type: "null"},
			&jsonschema.Schema{Type: "object", AdditionalProperties: numbers()}),
	})
}

// JSONSchemaExtend allows the weights alone in place of the object.
func (Kernel) JSONSchemaExtend(s *jsonschema.Schema) {
	object := *s
	*s = *anyForm(&object, &jsonschema.Schema{Ref: "#/$defs/Taps"})
}

// JSONSchema is a list of rows, or a list of those.
func (Taps) JSONSchema() *jsonschema.Schema {
	plane := listOf(listOf(numbers(), 1, maxKernel), 1, maxKernel)
	return anyForm(plane, listOf(plane, 1, 0))
}

// JSONSchema is an object of stacks.
func (Stacks) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{
		Type:                 "object",
		MinProperties:        new(uint64(1)),
		AdditionalProperties: &jsonschema.Schema{Ref: "#/$defs/Section"},
	}
}

func anyForm(forms ...*jsonschema.Schema) *jsonschema.Schema {
	return &jsonschema.Schema{OneOf: forms}
}

func integers(least int) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "integer", Maximum: "1048576", Minimum: "0"}
	if least > 0 {
		s.Minimum = "1"
	}
	return s
}

func numbers() *jsonschema.Schema { return &jsonschema.Schema{Type: "number"} }

// listOf has from least to most entries; most 0 is no bound.
func listOf(items *jsonschema.Schema, least, most uint64) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "array", Items: items, MinItems: &least}
	if most > 0 {
		s.MaxItems = &most
	}
	return s
}

func words(values ...string) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "string"}
	for _, v := range values {
		s.Enum = append(s.Enum, v)
	}
	return s
}
