package jpeg

import (
	"bytes"
	"context"
	stdjpeg "image/jpeg"
	"os"
	"path/filepath"
	"testing"

	"filterbank/filters/simd"
)

// photos are the files of the folder that FILTERBANK_PHOTOS names, the baseline or the
// progressive ones.
func photos(b *testing.B, progressive bool) (files [][]byte) {
	names, _ := filepath.Glob(filepath.Join(os.Getenv("FILTERBANK_PHOTOS"), "*.jpg"))
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		h, err := ReadHeader(data)
		if err != nil {
			b.Fatal(err)
		}
		if h.Progressive == progressive {
			files = append(files, data)
		}
	}
	if len(files) == 0 {
		b.Skip("FILTERBANK_PHOTOS names no folder with such JPEGs")
	}
	return files
}

// BenchmarkPlanes decodes photos to planes, with every set of instructions and with
// image/jpeg. An operation is one photo, of all in turn.
func BenchmarkPlanes(b *testing.B) {
	for _, progressive := range []bool{false, true} {
		kind := "baseline"
		if progressive {
			kind = "progressive"
		}
		for _, set := range simd.Sets() {
			b.Run(kind+"/"+set.String(), func(b *testing.B) {
				files := photos(b, progressive)
				d := New(Options{SIMD: set})
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					m, err := d.Decode(context.Background(), files[i%len(files)])
					if err != nil {
						b.Fatal(err)
					}
					m.Release()
				}
			})
		}
		b.Run(kind+"/image-jpeg", func(b *testing.B) {
			files := photos(b, progressive)
			for i := 0; b.Loop(); i++ {
				if _, err := stdjpeg.Decode(bytes.NewReader(files[i%len(files)])); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
