// Package samples holds the pictures and stack files that README and the tests
// use, and the stack that filterbank runs when it is given none.
//
// The pictures are drawn by the program in generate; nothing here was
// photographed or downloaded.
package samples

import (
	_ "embed"
	"slices"
)

//go:embed starter.yaml
var starter []byte

// Starter returns the starter stack as YAML, the text of starter.yaml: the stack
// of a run without a stack file and without a bank. The caller owns the bytes.
func Starter() []byte { return slices.Clone(starter) }
