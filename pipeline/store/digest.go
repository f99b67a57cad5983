package store

import (
	"encoding/hex"
	"io"

	"github.com/zeebo/blake3"
)

// Digest returns the BLAKE3 digest of all that in gives, in hexadecimal. Errors are in's.
func Digest(in io.Reader) (string, error) {
	return digest(in, make([]byte, digestBytes))
}

// digestBytes is how much of a file is read at a time for its digest.
const digestBytes = 64 << 10

// digest reads through a buffer.
func digest(in io.Reader, buffer []byte) (string, error) {
	sum := blake3.New()
	if _, err := io.CopyBuffer(sum, in, buffer); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// DigestOf returns the BLAKE3 digest of bytes, in hexadecimal.
func DigestOf(data []byte) string {
	sum := blake3.Sum256(data)
	return hex.EncodeToString(sum[:])
}
