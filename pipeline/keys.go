package pipeline

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"slices"

	"filterbank/pipeline/output"
)

// arithmetic is the version of what turns pixels into values of maps. It is part of every
// key: raise it when the same input and settings come to give other values.
const arithmetic = 1

// StackHash is the hash, in hexadecimal, of all that the values of maps depend on besides
// the picture's bytes. Records have it as their Stack.
func (j *Job) StackHash() string {
	h := j.newHash()
	for _, s := range j.Stacks {
		fmt.Fprintf(h, "stack %q\n", s.Stack.Name())
		for _, l := range s.Stack.Layers() {
			l.Fingerprint(h)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// LayerHash is the hash, in hexadecimal, of all that the values of one layer depend on
// besides the picture's bytes.
func (j *Job) LayerHash(stack, layer int) string {
	h := j.newHash()
	for _, l := range j.Stacks[stack].Stack.Layers()[:layer+1] {
		l.Fingerprint(h)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (j *Job) newHash() hash.Hash {
	h := sha256.New()
	fmt.Fprintf(h, "filterbank %d\ndecode %s\n", arithmetic, j.Decoder.Preparation())
	return h
}

// keys tell what a picture's files in each format are made of: equal keys, equal files.
type keys struct {
	stack   string
	formats []*output.Format
	hashes  [][]byte // by format: of all that its files depend on besides the picture's bytes
}

func (j *Job) keys() *keys {
	k := &keys{stack: j.StackHash(), formats: j.Output.Formats}
	v := j.view(j.Output.Formats)
	for _, f := range k.formats {
		h := sha256.New()
		io.WriteString(h, k.stack)
		v.Key(h, f)
		k.hashes = append(k.hashes, h.Sum(nil))
	}
	return k
}

// of is the key of a format's files of a picture with that SHA-256, decoded by a decoder
// with that fingerprint.
func (k *keys) of(f *output.Format, decoder, input string) string {
	h := sha256.New()
	h.Write(k.hashes[slices.Index(k.formats, f)])
	io.WriteString(h, decoder)
	io.WriteString(h, input)
	return hex.EncodeToString(h.Sum(nil))
}
