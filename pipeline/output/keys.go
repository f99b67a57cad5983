package output

import (
	"crypto/sha256"
	"encoding/hex"
	"io"

	"filterbank/pipeline/engine"
)

// Keys identify a picture's files in each format by all that their bytes depend on: equal
// keys, equal files.
type Keys struct {
	Stack string // the engine's StackHash

	hashes map[*Format][]byte // over everything that a format's files depend on besides the picture's bytes
}

// NewKeys returns the keys of the formats of Todo. preparation describes how pictures are
// prepared.
func NewKeys(v *View, preparation string) *Keys {
	k := &Keys{Stack: engine.StackHash(v.Stacks, preparation), hashes: map[*Format][]byte{}}
	for _, f := range v.Todo {
		h := sha256.New()
		io.WriteString(h, k.Stack)
		v.Key(h, f)
		k.hashes[f] = h.Sum(nil)
	}
	return k
}

// Of returns the key of a format's files. decoder is the decoder's fingerprint, and input the
// SHA-256 of the picture's file.
func (k *Keys) Of(f *Format, decoder, input string) string {
	h := sha256.New()
	h.Write(k.hashes[f])
	io.WriteString(h, decoder)
	io.WriteString(h, input)
	return hex.EncodeToString(h.Sum(nil))
}

// All returns the keys of all formats, by name.
func (k *Keys) All(decoder, input string) map[string]string {
	keys := map[string]string{}
	for f := range k.hashes {
		keys[f.Name] = k.Of(f, decoder, input)
	}
	return keys
}
