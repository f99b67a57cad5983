package main

import (
	"encoding/json"
	"strconv"

	"github.com/invopop/jsonschema"

	"filterbank/filters"
)

func anyForm(forms ...*jsonschema.Schema) *jsonschema.Schema {
	return &jsonschema.Schema{OneOf: forms}
}

func integers(least int) *jsonschema.Schema {
	return &jsonschema.Schema{Type: "integer", Minimum: number(least), Maximum: number(filters.MaxSide)}
}

func number(n int) json.Number { return json.Number(strconv.Itoa(n)) }

func numbers() *jsonschema.Schema { return &jsonschema.Schema{Type: "number"} }

// listOf is a list of from least to most items; most 0 sets no bound.
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
