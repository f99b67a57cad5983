// Command schema owns the generation of the JSON Schemas that `filterbank schema` prints;
// it is never part of the program, which embeds the files.
//
//	go run . -of stack stack.schema.json
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"

	"github.com/invopop/jsonschema"
)

func main() {
	of := flag.String("of", "stack", "the schema: stack or manifest")
	flag.Parse()
	if err := generate(*of, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "schema:", err)
		os.Exit(1)
	}
}

// generate writes a schema to each of the files.
func generate(of string, files []string) error {
	schemas := map[string]func() (*jsonschema.Schema, error){"stack": stackSchema, "manifest": manifestSchema}
	schema, ok := schemas[of]
	if !ok {
		return fmt.Errorf("-of %s: it must be stack or manifest", of)
	}
	s, err := schema()
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	for _, file := range files {
		if err := os.WriteFile(file, append(text, '\n'), 0o666); err != nil {
			return err
		}
	}
	return nil
}
