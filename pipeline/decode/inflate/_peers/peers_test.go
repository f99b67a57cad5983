// Package peers measures inflate beside compress/zlib and github.com/klauspost/compress, in a
// module of its own so that the product does not require it:
//
//	cd pipeline/decode/inflate/_peers && PNG_PHOTOS=FOLDER go test -bench .
//
// The streams come from the PNGs in the folder.
package peers

import (
	"bytes"
	stdzlib "compress/zlib"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"filterbank/filters/simd"
	"filterbank/pipeline/decode/inflate"

	"github.com/klauspost/compress/zlib"
)

// stream is the content of a PNG's IDAT chunks.
func stream(data []byte) (all []byte) {
	for at := 8; at < len(data); {
		n := int(binary.BigEndian.Uint32(data[at:]))
		if string(data[at+4:at+8]) == "IDAT" {
			all = append(all, data[at+8:at+8+n]...)
		}
		at += 12 + n
	}
	return all
}

// BenchmarkStreams takes the best of several times for each stream, in turn, and reports
// their sum over the number of streams.
func BenchmarkStreams(b *testing.B) {
	names, _ := filepath.Glob(os.Getenv("PNG_PHOTOS") + "/*.png")
	if len(names) == 0 {
		b.Fatal("PNG_PHOTOS must name a folder of PNGs")
	}
	dst := make([]byte, 256<<20)
	d := new(inflate.Decoder)
	reader := func(z io.Reader, err error) func([]byte) int {
		if err != nil {
			b.Fatal(err)
		}
		return func(s []byte) int {
			z.(stdzlib.Resetter).Reset(bytes.NewReader(s), nil)
			n, _ := io.ReadFull(z, dst)
			return n
		}
	}
	empty := "\x78\x9c\x03\x00\x00\x00\x00\x01"
	ways := []struct {
		name string
		read func(s []byte) int
	}{
		{"inflate", func(s []byte) int {
			d.Reset(simd.Fastest)
			d.Feed(s)
			n, _ := d.Inflate(dst, 0, len(dst))
			return n
		}},
		{"compress/zlib", reader(stdzlib.NewReader(bytes.NewReader([]byte(empty))))},
		{"klauspost", reader(zlib.NewReader(bytes.NewReader([]byte(empty))))},
	}
	sums := make([]time.Duration, len(ways))
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		s := stream(data)
		best := make([]time.Duration, len(ways))
		size := 0
		for range 9 {
			for i, way := range ways {
				start := time.Now()
				n := way.read(s)
				if took := time.Since(start); best[i] == 0 || took < best[i] {
					best[i] = took
				}
				if size == 0 {
					size = n
				} else if n != size {
					b.Fatalf("%s: %s gives %d bytes, another %d", name, way.name, n, size)
				}
			}
		}
		for i := range ways {
			sums[i] += best[i]
		}
	}
	for b.Loop() {
		continue // what counts is measured above
	}
	for i, way := range ways {
		b.ReportMetric(1000*sums[i].Seconds()/float64(len(names)), way.name+"-ms/stream")
	}
}
