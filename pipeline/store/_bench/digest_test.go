// Package bench compares hash functions for files of the sizes that a run writes. It is a
// module of its own, so that the program depends only on the chosen one.
package bench

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"math/rand/v2"
	"syscall"
	"testing"

	zeebo "github.com/zeebo/blake3"
	champine "lukechampine.com/blake3"
	"lukechampine.com/blake3/guts"
)

// piece is the size in bytes of the writes, as the store makes them: its buffer.
const piece = 256 << 10

// BenchmarkDigest hashes a file in pieces. It reports the megabytes a second of processor
// time of all threads: one of the packages starts goroutines, and a run's workers keep the
// processors busy already.
func BenchmarkDigest(b *testing.B) {
	hashes := []struct {
		name string
		make func() io.Writer
	}{
		{"sha256", func() io.Writer { return sha256.New() }},
		{"zeebo", func() io.Writer { return zeebo.New() }},
		{"champine", func() io.Writer { return champine.New(32, nil) }},
		{"guts", func() io.Writer { return new(leaves) }},
	}
	data := make([]byte, 25e6)
	rand.NewChaCha8([32]byte{}).Read(data)
	for _, size := range []int{4e3, 30e3, 100e3, 1e6, 25e6} {
		for _, h := range hashes {
			b.Run(fmt.Sprintf("%dkB/%s", size/1000, h.name), func(b *testing.B) {
				b.ReportAllocs()
				before := processor(b)
				for b.Loop() {
					sum := h.make()
					for at := 0; at < size; at += piece {
						sum.Write(data[at:min(at+piece, size)])
					}
					if sum, ok := sum.(hash.Hash); ok {
						sum.Sum(nil)
					}
				}
				b.ReportMetric(float64(size)*float64(b.N)/1e6/(processor(b)-before), "MB/cpu-s")
			})
		}
	}
}

// leaves is the part of the store's own tree that takes nearly all of its time.
type leaves struct{ cv [8]uint32 }

func (l *leaves) Write(p []byte) (int, error) {
	const size = guts.MaxSIMD * guts.ChunkSize
	for at := 0; at < len(p); at += size {
		n := min(size, len(p)-at)
		if n < size {
			var last [size]byte
			copy(last[:], p[at:])
			l.cv = guts.ChainingValue(guts.CompressBuffer(&last, n, &guts.IV, 0, 0))
			break
		}
		l.cv = guts.ChainingValue(guts.CompressBuffer((*[size]byte)(p[at:]), size, &guts.IV, 0, 0))
	}
	return len(p), nil
}

// processor returns the seconds of processor time of this process so far.
func processor(b *testing.B) float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}
