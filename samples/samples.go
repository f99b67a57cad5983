// Package samples holds the pictures, matrices and stack files that README and the tests use, and
// the stack that filterbank runs if none is given. It never reads a file.
//
// The pictures are drawn by the program in generate. Nothing here was photographed or
// downloaded.
package samples

import (
	"bytes"
	"embed"
	"strings"
)

// files are the stack files, and the arrays that they name.
//
//go:embed *.yaml *.npy *.csv *.safetensors
var files embed.FS

// Starter returns the starter stack as YAML, the text of starter.yaml. A run without a stack
// file and without a bank uses it. The caller owns the bytes.
func Starter() []byte { return File("starter.yaml") }

// Names are the names of the sample stacks, sorted: starter for starter.yaml.
func Names() []string {
	var names []string
	for _, file := range list() {
		if name, ok := strings.CutSuffix(file, ".yaml"); ok {
			names = append(names, name)
		}
	}
	return names
}

// Arrays are the names of the .npy, .csv and .safetensors files that a sample stack names: arrays that it needs
// beside it, and its input. It is nil for an unknown name.
func Arrays(name string) []string {
	var arrays []string
	text := File(name + ".yaml")
	for _, file := range list() {
		if !strings.HasSuffix(file, ".yaml") && bytes.Contains(text, []byte(file)) {
			arrays = append(arrays, file)
		}
	}
	return arrays
}

// File returns a stack file or an array by its file name, or nil. The caller owns the bytes.
func File(name string) []byte {
	data, err := files.ReadFile(name)
	if err != nil {
		return nil
	}
	return data
}

func list() []string {
	entries, err := files.ReadDir(".")
	if err != nil {
		return nil // the folder is part of the program
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
