package main

import (
	"bytes"
	"os"
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
