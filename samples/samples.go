// Package samples owns the pictures and stack files that the README and the tests use, and the
// starter stack that filterbank runs if it is given no stack. It never runs a stack.
//
// The program in the folder generate draws the pictures. None was photographed or downloaded.
package samples

import (
	_ "embed"
	"slices"
)

//go:embed starter.yaml
var starter []byte

// Starter returns the text of starter.yaml, the stack of a run without a stack file and
// without a bank. The caller owns the bytes.
func Starter() []byte { return slices.Clone(starter) }
