package store

import (
	"fmt"
	"testing"
)

// BenchmarkBatch stores pictures of 1 and of 16 small files.
func BenchmarkBatch(b *testing.B) {
	data := make([]byte, 4000)
	for _, files := range []int{1, 16} {
		b.Run(fmt.Sprint(files), func(b *testing.B) {
			tr, err := Open(b.TempDir())
			if err != nil {
				b.Fatal(err)
			}
			for i := 0; b.Loop(); i++ {
				batch := tr.Begin(i, fmt.Sprintf("folder%d/picture%d", i%10, i))
				for k := range files {
					batch.Create(fmt.Sprintf("/layer/%03d-map.png", k)).Write(data)
				}
				if _, err := batch.Commit(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkSized stores a file of 25 MB as arrays are written, in bands of each channel.
func BenchmarkSized(b *testing.B) {
	const channels, bands, band = 8, 24, 128 << 10
	tr, err := Open(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	data := counting(band)
	b.SetBytes(channels * bands * band)
	for i := 0; b.Loop(); i++ {
		batch := tr.Begin(i, "picture")
		f := batch.Create(".npy")
		if err := f.Size(channels * bands * band); err != nil {
			b.Fatal(err)
		}
		for at := range bands {
			for k := range channels {
				f.WriteAt(data, int64(k*bands+at)*band)
			}
		}
		if _, err := batch.Commit(); err != nil {
			b.Fatal(err)
		}
	}
}
