// Package schema makes JSON Schemas of the structs that files are read into and written
// from, with the structs' comments as descriptions.
package schema

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strings"

	"github.com/invopop/jsonschema"
)

// Comments are those of the types of some Go sources and of their fields.
type Comments map[string]string // "Type." and "Type.Field"

// Read notes the comments of Go sources. A field's is that before it or, where there is
// none, that on its line. A source that is no Go has none.
func Read(sources ...string) Comments {
	c := Comments{}
	for _, src := range sources {
		if file, err := parser.ParseFile(token.NewFileSet(), "", src, parser.ParseComments); err == nil {
			c.read(file)
		}
	}
	return c
}

func (c Comments) read(file *ast.File) {
	for _, decl := range file.Decls {
		types, ok := decl.(*ast.GenDecl)
		if !ok || len(types.Specs) != 1 {
			continue
		}
		spec, ok := types.Specs[0].(*ast.TypeSpec)
		if !ok {
			continue
		}
		c[spec.Name.Name+"."] = text(types.Doc)
		body, ok := spec.Type.(*ast.StructType)
		if !ok {
			continue
		}
		for _, f := range body.Fields.List {
			for _, name := range f.Names {
				c[spec.Name.Name+"."+name.Name] = text(f.Doc)
				if f.Doc == nil {
					c[spec.Name.Name+"."+name.Name] = text(f.Comment)
				}
			}
		}
	}
}

func text(doc *ast.CommentGroup) string {
	return strings.Join(strings.Fields(doc.Text()), " ")
}

// Reflector makes schemas (draft 2020-12) with the comments. Fields are required where
// their jsonschema tags say so, and others than the struct's are not allowed.
func (c Comments) Reflector() *jsonschema.Reflector {
	return &jsonschema.Reflector{
		Anonymous:                  true,
		ExpandedStruct:             true,
		RequiredFromJSONSchemaTags: true,
		LookupComment:              func(t reflect.Type, field string) string { return c[t.Name()+"."+field] },
	}
}

// Print is a schema as text, indented, with a newline at its end.
func Print(s *jsonschema.Schema) []byte {
	out, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return nil // a schema of strings and numbers has nothing that JSON cannot hold
	}
	return append(out, '\n')
}
