package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"filterbank/pipeline/manifest"
)

// printedSchema is the compiled output of "filterbank schema manifest".
func printedSchema(t interface{ Check(error) }) *jsonschema.Schema {
	var stdout, stderr bytes.Buffer
	if execute(context.Background(), console{strings.NewReader(""), &stdout, &stderr}, []string{"schema", "manifest"}) != 0 {
		t.Check(errors.New(stderr.String()))
	}
	text, err := jsonschema.UnmarshalJSON(&stdout)
	t.Check(err)
	c := jsonschema.NewCompiler()
	t.Check(c.AddResource("manifest.json", text))
	s, err := c.Compile("manifest.json")
	t.Check(err)
	return s
}

// check is the part of a test that printedSchema needs.
type check struct{ *testing.T }

// Check ends the test on an error.
func (c check) Check(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

// checkManifest is "manifest DIR [STATUS...]". It checks that the lines of the manifest are valid
// by the printed schema, and that they have these statuses, or these codes if they failed.
func checkManifest(ts *testscript.TestScript, _ bool, args []string) {
	schema := printedSchema(ts)
	data, err := os.ReadFile(filepath.Join(ts.MkAbs(args[0]), manifest.Name))
	ts.Check(err)
	var got []string
	for line := range strings.Lines(string(data)) {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
		ts.Check(err)
		if err := schema.Validate(v); err != nil {
			ts.Fatalf("%s%v", line, err)
		}
		fields := v.(map[string]any)
		status := fields["status"].(string)
		if code, ok := fields["code"]; ok {
			status = code.(string)
		}
		got = append(got, status)
	}
	if !slices.Equal(got, args[1:]) {
		ts.Fatalf("%s has %q, want %q", args[0], got, args[1:])
	}
}

// TestReadmeManifest checks the manual's examples by the schema, and its table of codes by the
// program's.
func TestReadmeManifest(t *testing.T) {
	schema := printedSchema(check{t})
	const manual = "pipeline/README.md"
	examples := slices.DeleteFunc(blocksOf(t, manual, "json"), func(b string) bool { return !strings.HasPrefix(b, `{"input"`) })
	if len(examples) != 2 {
		t.Errorf("%s has %d records, want one of a picture that is done and one that failed", manual, len(examples))
	}
	for _, example := range examples {
		example = strings.NewReplacer(`"xxh64": "…"`, `"xxh64": "0123456789abcdef"`, "…", strings.Repeat("0", 64)).Replace(example)
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(example))
		if err == nil {
			err = schema.Validate(v)
		}
		if err != nil {
			t.Errorf("%s\n%v", example, err)
		}
	}
	table := "| code | meaning |\n|---|---|\n"
	for _, c := range manifest.Codes() {
		table += "| `" + c.Name + "` | " + c.Meaning + " |\n"
	}
	if !strings.Contains(readText(t, manual), "\n"+table+"\n") {
		t.Errorf("%s's table of codes is not\n%s", manual, table)
	}
}

// TestSchemaDescribesEverything checks that each field has a description.
func TestSchemaDescribesEverything(t *testing.T) {
	fields := func(name string, v any) {
		object, _ := v.(map[string]any)
		properties, _ := object["properties"].(map[string]any)
		for field, p := range properties {
			if p.(map[string]any)["description"] == nil {
				t.Errorf("%s.%s has no description", name, field)
			}
		}
	}
	var schema map[string]any
	if err := json.Unmarshal(manifest.Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	fields("line", schema)
	for name, def := range schema["$defs"].(map[string]any) {
		fields(name, def)
	}
}

// TestEveryCodeIsListed finds the constants of codes in the sources.
func TestEveryCodeIsListed(t *testing.T) {
	for file, constant := range map[string]string{
		"../../pipeline/decode/errors.go":  `(?m)^\t\w+ +Code = "([a-z-]+)"`,
		"../../pipeline/source/problem.go": `(?m)^\tCode\w+ +Code = "([a-z-]+)"`,
		"../../pipeline/manifest/codes.go": `(?m)^\tCode\w+ += "([a-z-]+)"`,
	} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found := regexp.MustCompile(constant).FindAllSubmatch(source, -1)
		if len(found) < 4 {
			t.Errorf("%s: found %d codes, it has more", file, len(found))
		}
		for _, m := range found {
			if !slices.ContainsFunc(manifest.Codes(), func(c manifest.Code) bool { return c.Name == string(m[1]) }) {
				t.Errorf("%s: code %s is not listed", file, m[1])
			}
		}
	}
}
