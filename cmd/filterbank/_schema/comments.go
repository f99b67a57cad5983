package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strings"

	"github.com/invopop/jsonschema"
)

// comments holds the comments of types and fields in Go sources.
type comments map[string]string // by "Type." and "Type.Field"

// readComments reads the comments of Go sources. The comment of a field is the one before it,
// or else the one on its line.
func readComments(sources ...string) (comments, error) {
	c := comments{}
	for _, src := range sources {
		file, err := parser.ParseFile(token.NewFileSet(), src, nil, parser.ParseComments)
		if err != nil {
			return nil, fmt.Errorf("read comments: %w", err)
		}
		c.read(file)
	}
	return c, nil
}

func (c comments) read(file *ast.File) {
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

// reflector makes schemas (draft 2020-12) with the comments as descriptions. A field is
// required if its jsonschema tag says so. Only fields of the struct are allowed.
func (c comments) reflector() *jsonschema.Reflector {
	return &jsonschema.Reflector{
		Anonymous:                  true,
		ExpandedStruct:             true,
		RequiredFromJSONSchemaTags: true,
		LookupComment:              func(t reflect.Type, field string) string { return c[t.Name()+"."+field] },
	}
}
