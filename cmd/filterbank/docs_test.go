package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"filterbank/filters/config"
)

// TestPublishedSchema compares the schema that the samples name with the program's.
func TestPublishedSchema(t *testing.T) {
	published, err := os.ReadFile("../../samples/stack.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(published, config.Schema()) {
		t.Error("samples/stack.schema.json is not what filterbank schema prints: run go generate ./filters/config")
	}
}

// TestEventsInManual finds every event of the JSON log in the manual.
func TestEventsInManual(t *testing.T) {
	manual, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	event := regexp.MustCompile(`"event", "([a-z -]+)"`)
	found := 0
	for _, name := range files {
		code, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range event.FindAllSubmatch(code, -1) {
			found++
			if !bytes.Contains(manual, append(append([]byte("`"), m[1]...), '`')) {
				t.Errorf("%s: the manual does not have the event %q", name, m[1])
			}
		}
	}
	if found < 17 {
		t.Errorf("found %d events, want at least 17", found)
	}
}
