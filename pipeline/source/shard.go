package source

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

// Shard is part Index of Count, 1 ≤ Index ≤ Count. The zero value is the whole.
//
// A picture belongs to part 1 + h mod Count. h is the first eight bytes, big-endian, of the
// SHA-256 of the picture's Rel, or of the Path of a Problem without a Rel. This rule never
// changes. So parts that run on several machines, in any order, are disjoint and together
// complete, as long as the inputs are the same. The parts of a small set differ much in size,
// and some may be empty: 14 pictures in 8 parts may be 0, 5, 2, 0, 1, 2, 1 and 3.
type Shard struct {
	Index, Count int
}

// ParseShard reads "I/N" with 1 ≤ I ≤ N.
func ParseShard(s string) (Shard, error) {
	i, n, _ := strings.Cut(s, "/")
	index, errI := strconv.ParseUint(i, 10, 31)
	count, errN := strconv.ParseUint(n, 10, 31)
	shard := Shard{Index: int(index), Count: int(count)}
	if errI != nil || errN != nil || shard == (Shard{}) || shard.validate() != nil {
		return Shard{}, fmt.Errorf("shard %q: must be I/N with 1 ≤ I ≤ N, such as 1/8", s)
	}
	return shard, nil
}

// String is I/N, or empty for the whole.
func (s Shard) String() string {
	if s == (Shard{}) {
		return ""
	}
	return fmt.Sprintf("%d/%d", s.Index, s.Count)
}

func (s Shard) validate() error {
	if s != (Shard{}) && (s.Index < 1 || s.Index > s.Count) {
		return fmt.Errorf("shard %v: must be I/N with 1 ≤ I ≤ N", s)
	}
	return nil
}

// take returns the entries of this part. It reuses the slice.
func (s Shard) take(entries []Entry) []Entry {
	if s.Count < 2 {
		return entries
	}
	kept := entries[:0]
	for _, e := range entries {
		key := e.Rel
		if key == "" {
			key = e.Path
		}
		if s.has(key) {
			kept = append(kept, e)
		}
	}
	return kept
}

func (s Shard) has(key string) bool {
	sum := sha256.Sum256([]byte(key))
	return binary.BigEndian.Uint64(sum[:8])%uint64(s.Count) == uint64(s.Index-1)
}
