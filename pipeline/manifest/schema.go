package manifest

//go:generate go -C ../../cmd/filterbank/_schema run . -of manifest ../../../pipeline/manifest/manifest.schema.json

import (
	_ "embed"
	"slices"
)

//go:embed manifest.schema.json
var manifestSchema []byte

// Schema is the JSON Schema (draft 2020-12) of a line of the manifest, indented.
func Schema() []byte { return slices.Clone(manifestSchema) }
