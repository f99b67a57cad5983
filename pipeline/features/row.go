package features

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/cespare/xxhash/v2"
)

// The parts of a journal: its beginning, and rows of a head, values and a sum.
const (
	magic     = "filterbank features 1\n"
	keyBytes  = 32
	headBytes = keyBytes + 4
	sumBytes  = 8
	// MaxValues bounds the values of a row. Parquet has at most 65,535 columns.
	MaxValues = 65_000
)

// rowBytes is the size of a row.
func rowBytes(values int) int64 { return headBytes + 4*int64(values) + sumBytes }

// next reads a row of at most left bytes into a buffer. It returns nil if there is no whole
// row.
func next(in *bufio.Reader, buffer []byte, left int64) ([]byte, error) {
	head, err := in.Peek(headBytes)
	if errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	values := binary.LittleEndian.Uint32(head[keyBytes:])
	if values > MaxValues || rowBytes(int(values)) > left {
		return nil, nil
	}
	n := int(rowBytes(int(values)))
	if cap(buffer) < n {
		buffer = make([]byte, n)
	}
	if _, err := io.ReadFull(in, buffer[:n]); err != nil {
		return nil, err
	}
	if !whole(buffer[:n]) {
		return nil, nil
	}
	return buffer[:n], nil
}

// whole says whether the sum of a row is right.
func whole(row []byte) bool {
	at := len(row) - sumBytes
	return binary.LittleEndian.Uint64(row[at:]) == xxhash.Sum64(row[:at])
}

// parseKey reads a key in hexadecimal.
func parseKey(key string) (k [keyBytes]byte, err error) {
	if len(key) != 2*keyBytes {
		return k, fmt.Errorf("features: a key has %d digits, got %q", 2*keyBytes, key)
	}
	_, err = hex.Decode(k[:], []byte(key))
	return k, err
}
