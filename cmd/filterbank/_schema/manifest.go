package main

import (
	"reflect"
	"strings"

	"github.com/invopop/jsonschema"

	"filterbank/pipeline/manifest"
	"filterbank/pipeline/output"
)

// published holds the names of definitions that differ from the names of their types. The
// schemas are published under these names.
var published = map[string]string{"File": "FileInfo", "Layer": "LayerInfo"}

// manifestSchema is the schema of a line of the manifest. Its descriptions are the
// comments of the record's fields.
func manifestSchema() (*jsonschema.Schema, error) {
	comments, err := readComments("../../../pipeline/manifest/record.go")
	if err != nil {
		return nil, err
	}
	comments["Shape."] = "The size of a volume: c channels of h rows and w columns."
	comments["Shape.C"], comments["Shape.H"], comments["Shape.W"] = "Channels.", "Rows.", "Columns."
	for name, was := range published {
		comments[name+"."] = was + strings.TrimPrefix(comments[name+"."], name)
	}
	r := comments.reflector()
	r.Namer = func(t reflect.Type) string { return published[t.Name()] } // empty keeps the type's name
	r.RequiredFromJSONSchemaTags = false                                 // fields without omitempty are required
	s := r.Reflect(&manifest.Record{})
	s.Title = "filterbank manifest line"
	version, _ := s.Properties.Get("version")
	version.Const = manifest.Version
	code, _ := s.Properties.Get("code")
	for _, c := range manifest.Codes() {
		code.OneOf = append(code.OneOf, &jsonschema.Schema{Const: c.Name, Description: c.Meaning})
	}
	format, _ := s.Definitions["FileInfo"].Properties.Get("format")
	for _, f := range output.All() {
		format.Enum = append(format.Enum, f.Name)
	}
	s.AllOf = []*jsonschema.Schema{
		demands(manifest.OK, "output", "sha256", "keys", "stack", "seconds", "width", "height", "orientation", "decoded", "layers", "files", "digest"),
		demands(manifest.Failed, "code", "error"),
	}
	return s, nil
}

// demands requires fields in records of a status, besides the fields of all records.
func demands(status manifest.Status, fields ...string) *jsonschema.Schema {
	is := jsonschema.NewProperties()
	is.Set("status", &jsonschema.Schema{Const: status})
	return &jsonschema.Schema{
		If:   &jsonschema.Schema{Properties: is},
		Then: &jsonschema.Schema{Required: fields},
	}
}
