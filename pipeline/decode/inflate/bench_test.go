package inflate

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"testing"

	"filterbank/filters/simd"
)

// photos are the zlib streams of the PNGs in the folder that PNG_PHOTOS names, else a
// sample as image/png writes it.
func photos(b *testing.B) (streams [][]byte, sizes []int) {
	var files [][]byte
	if folder := os.Getenv("PNG_PHOTOS"); folder != "" {
		names, _ := filepath.Glob(folder + "/*.png")
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				b.Fatal(err)
			}
			files = append(files, data)
		}
	} else {
		data, err := os.ReadFile("../../../samples/scene.jpg")
		if err != nil {
			b.Fatal(err)
		}
		img, err := jpeg.Decode(bytes.NewReader(data))
		if err != nil {
			b.Fatal(err)
		}
		var out bytes.Buffer
		png.Encode(&out, img)
		files = append(files, out.Bytes())
	}
	for _, data := range files {
		var stream []byte
		for at := 8; at < len(data); {
			n := int(binary.BigEndian.Uint32(data[at:]))
			if string(data[at+4:at+8]) == "IDAT" {
				stream = append(stream, data[at+8:at+8+n]...)
			}
			at += 12 + n
		}
		streams = append(streams, stream)
		z, err := zlib.NewReader(bytes.NewReader(stream))
		if err != nil {
			b.Fatal(err)
		}
		n, err := io.Copy(io.Discard, z)
		if err != nil {
			b.Fatal(err)
		}
		sizes = append(sizes, int(n))
	}
	return streams, sizes
}

func BenchmarkPhotos(b *testing.B) {
	streams, sizes := photos(b)
	total := 0
	for _, n := range sizes {
		total += n
	}
	run := func(name string, inflate func(stream []byte, n int)) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(total))
			b.ReportAllocs()
			for b.Loop() {
				for i, s := range streams {
					inflate(s, sizes[i])
				}
			}
		})
	}
	dst := make([]byte, 64<<20)
	for _, set := range simd.Sets() {
		d := new(Decoder)
		run(set.String(), func(s []byte, n int) {
			d.Reset(set)
			d.Feed(s)
			if _, err := d.Inflate(dst[:n], 0, n); err != nil || !d.Done() {
				b.Fatal(err)
			}
		})
	}
	z, err := zlib.NewReader(bytes.NewReader(streams[0]))
	if err != nil {
		b.Fatal(err)
	}
	run("compress/zlib", func(s []byte, n int) {
		z.(zlib.Resetter).Reset(bytes.NewReader(s), nil)
		if _, err := io.ReadFull(z, dst[:n]); err != nil {
			b.Fatal(err)
		}
	})
}
