package store

import (
	"encoding/hex"
	"io"

	"lukechampine.com/blake3/guts"
)

// Hasher takes the BLAKE3 digest of what is written to it. Its zero value is ready.
type Hasher struct {
	tree  hashTree
	bytes int64
}

// Write adds bytes. It never fails.
func (h *Hasher) Write(p []byte) (int, error) {
	h.bytes += int64(len(p))
	return h.tree.Write(p)
}

// Sum returns the digest in hexadecimal, and the number of bytes. It ends the writing.
func (h *Hasher) Sum() (digest string, bytes int64) {
	digest, err := h.tree.sum(h.bytes)
	if err != nil {
		panic(err) // every byte was written once
	}
	return digest, h.bytes
}

// Digest returns the BLAKE3 digest of all that in gives, in hexadecimal. Errors are in's.
func Digest(in io.Reader) (string, error) {
	var t hashTree
	n, err := io.CopyBuffer(&t, in, make([]byte, digestBytes))
	if err != nil {
		return "", err
	}
	return t.sum(n)
}

// digestBytes is how much of a file is read at a time for its digest.
const digestBytes = 64 << 10

// DigestOf returns the BLAKE3 digest of bytes, in hexadecimal.
func DigestOf(data []byte) string {
	if len(data) <= guts.ChunkSize {
		return rootDigest(guts.CompressChunk(data, &guts.IV, 0, 0))
	}
	var t hashTree
	t.Write(data)
	sum, err := t.sum(int64(len(data)))
	if err != nil {
		panic(err) // every byte was written once
	}
	return sum
}

// rootDigest returns the digest of a file, in hexadecimal, from the root of its tree.
func rootDigest(root guts.Node) string {
	root.Flags |= guts.FlagRoot
	sum := guts.WordsToBytes(guts.CompressNode(root))
	return hex.EncodeToString(sum[:32])
}
