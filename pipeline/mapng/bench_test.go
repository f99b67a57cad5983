package mapng_test

import (
	"encoding/binary"
	"fmt"
	"image"
	"image/png"
	"testing"

	"filterbank/pipeline/mapng"
	"filterbank/pipeline/mapng/testmaps"
)

const benchWidth, benchHeight = 1024, 768

// counter counts the bytes written to it.
type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// benchmarkPictures calls run for each kind of picture with its samples.
func benchmarkPictures(b *testing.B, run func(b *testing.B, depth int, pix []byte)) {
	photo := testmaps.Photo(benchWidth, benchHeight, 1)
	b.Run("photo", func(b *testing.B) { run(b, 8, photo[1]) })
	for _, zeros := range []int{0, 46, 72} {
		m := testmaps.Map(photo, benchWidth, float64(zeros)/100, 255, 1)
		pix := make([]byte, len(m))
		for i, v := range m {
			pix[i] = byte(v)
		}
		b.Run(fmt.Sprintf("map-%d%%-zero", zeros), func(b *testing.B) { run(b, 8, pix) })
	}
	b.Run("black", func(b *testing.B) { run(b, 8, make([]byte, benchWidth*benchHeight)) })
	var pix []byte
	for _, v := range testmaps.Map(photo, benchWidth, 0.46, 65535, 1) {
		pix = binary.BigEndian.AppendUint16(pix, v)
	}
	b.Run("map-46%-zero-16-bit", func(b *testing.B) { run(b, 16, pix) })
}

func report(b *testing.B, size counter, pix []byte) {
	b.SetBytes(int64(len(pix)))
	b.ReportMetric(100*float64(size)/float64(len(pix)), "%raw")
}

// BenchmarkEncoder feeds bands of 16 rows, as the pipeline does.
func BenchmarkEncoder(b *testing.B) {
	benchmarkPictures(b, func(b *testing.B, depth int, pix []byte) {
		var enc mapng.Encoder
		var ws mapng.Workspace
		var size counter
		band := 16 * benchWidth * depth / 8
		for b.Loop() {
			size = 0
			if err := enc.Reset(&size, mapng.Header{Width: benchWidth, Height: benchHeight, Depth: depth}); err != nil {
				b.Fatal(err)
			}
			for at := 0; at < len(pix); at += band {
				if err := enc.WriteRows(&ws, pix[at:at+band]); err != nil {
					b.Fatal(err)
				}
			}
			if err := enc.Close(); err != nil {
				b.Fatal(err)
			}
		}
		report(b, size, pix)
	})
}

func BenchmarkImagePNG(b *testing.B) {
	benchmarkPictures(b, func(b *testing.B, depth int, pix []byte) {
		bounds := image.Rect(0, 0, benchWidth, benchHeight)
		var img image.Image = &image.Gray{Pix: pix, Stride: benchWidth, Rect: bounds}
		if depth == 16 {
			img = &image.Gray16{Pix: pix, Stride: 2 * benchWidth, Rect: bounds}
		}
		enc := png.Encoder{CompressionLevel: png.BestSpeed}
		var size counter
		for b.Loop() {
			size = 0
			if err := enc.Encode(&size, img); err != nil {
				b.Fatal(err)
			}
		}
		report(b, size, pix)
	})
}
