package source

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"strconv"
)

// Sum is a hash over pictures and other inputs in their order: their paths, their places and
// their labels. Two lists with the same sum are the same.
type Sum struct {
	hash hash.Hash
	n    int
}

// NewSum is the sum of nothing.
func NewSum() *Sum { return &Sum{hash: sha256.New()} }

// Add adds an input.
func (s *Sum) Add(input, place, label string) {
	for _, text := range []string{input, place, label} {
		s.hash.Write(strconv.AppendInt(nil, int64(len(text)), 10))
		s.hash.Write([]byte{':'})
		s.hash.Write([]byte(text))
	}
	s.n++
}

// Inputs describes what has been added.
func (s *Sum) Inputs() Inputs { return Inputs{s.n, hex.EncodeToString(s.hash.Sum(nil))} }

// Inputs is a list of inputs, by its length and its sum.
type Inputs struct {
	Count  int    `json:"count"`
	SHA256 string `json:"sha256"`
}

// SumOf describes entries.
func SumOf(entries []Entry) Inputs {
	s := NewSum()
	for i := range entries {
		s.Add(entries[i].Path, entries[i].Place(), entries[i].Label)
	}
	return s.Inputs()
}
