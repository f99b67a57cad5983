package config

//go:generate go -C ../../cmd/filterbank/_schema run . -of stack ../../../filters/config/stack.schema.json ../../../samples/stack.schema.json

import (
	_ "embed"
	"slices"
)

//go:embed stack.schema.json
var stackSchema []byte

// Schema is the JSON Schema (draft 2020-12) of stack files, indented.
func Schema() []byte { return slices.Clone(stackSchema) }
