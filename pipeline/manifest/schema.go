package manifest

import (
	_ "embed"

	"github.com/invopop/jsonschema"

	"filterbank/filters/config/schema"
)

// The schema's descriptions are the comments of this file.
//
//go:embed record.go
var recordSource string

// Schema is the JSON Schema (draft 2020-12) of a line of the manifest, indented.
func Schema() []byte {
	comments := schema.Read(recordSource)
	comments["Shape."] = "The size of a volume: c channels of h rows and w columns."
	comments["Shape.C"], comments["Shape.H"], comments["Shape.W"] = "Channels.", "Rows.", "Columns."
	r := comments.Reflector()
	r.RequiredFromJSONSchemaTags = false // what may be empty is left out
	s := r.Reflect(&Record{})
	s.Title = "filterbank manifest line"
	code, _ := s.Properties.Get("code")
	for _, c := range Codes() {
		code.OneOf = append(code.OneOf, &jsonschema.Schema{Const: c.Name, Description: c.Meaning})
	}
	s.AllOf = []*jsonschema.Schema{
		demands(OK, "output", "sha256", "keys", "stack", "seconds", "width", "height", "orientation", "decoded", "layers", "files", "digest"),
		demands(Failed, "code", "error"),
	}
	return schema.Print(s)
}

// demands says which fields a record of a status has besides those that all have.
func demands(status Status, fields ...string) *jsonschema.Schema {
	is := jsonschema.NewProperties()
	is.Set("status", &jsonschema.Schema{Const: status})
	return &jsonschema.Schema{
		If:   &jsonschema.Schema{Properties: is},
		Then: &jsonschema.Schema{Required: fields},
	}
}
