package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"

	"filterbank/filters"
)

// arithmetic is the version of the way from pixels to values of maps. It is part of every hash
// and is raised when the same input and settings come to give other values.
const arithmetic = 1

// StackHash returns the hash, in hexadecimal, of everything that the values of maps depend on
// besides the picture's bytes: the stacks, and the preparation of pictures.
func StackHash(stacks []Selected, preparation string) string {
	h := newHash(preparation)
	for _, s := range stacks {
		fmt.Fprintf(h, "stack %q\n", s.Stack.Name())
		for _, l := range s.Stack.Layers() {
			l.Fingerprint(h)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// LayerHash returns the hash, in hexadecimal, of everything that the values of one layer depend
// on besides the picture's bytes.
func LayerHash(stack *filters.Stack, layer int, preparation string) string {
	h := newHash(preparation)
	for _, l := range stack.Layers()[:layer+1] {
		l.Fingerprint(h)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func newHash(preparation string) hash.Hash {
	h := sha256.New()
	fmt.Fprintf(h, "filterbank %d\ndecode %s\n", arithmetic, preparation)
	return h
}
