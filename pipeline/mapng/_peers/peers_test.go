// Package peers measures mapng beside github.com/klauspost/compress. It is a module of its own, so
// that the product does not require that package:
//
//	cd pipeline/mapng/_peers && go test -bench .
package peers

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"

	"filterbank/pipeline/mapng"
	"filterbank/pipeline/mapng/testmaps"

	"github.com/klauspost/compress/zlib"
)

const width, height, band = 1024, 768, 16

// pictures are a photo's channel and maps of the photo, in 8-bit gray.
func pictures() (names []string, pix [][]byte) {
	photo := testmaps.Photo(width, height, 1)
	names, pix = append(names, "photo"), append(pix, photo[1])
	for _, zeros := range []int{0, 46, 72} {
		m := testmaps.Map(photo, width, float64(zeros)/100, 255, 1)
		p := make([]byte, len(m))
		for i, v := range m {
			p[i] = byte(v)
		}
		names, pix = append(names, fmt.Sprintf("map-%d%%-zero", zeros)), append(pix, p)
	}
	return names, pix
}

func BenchmarkPeers(b *testing.B) {
	names, pix := pictures()
	for i, p := range pix {
		for _, peer := range []struct {
			name   string
			encode func(out *bytes.Buffer) error
		}{
			{"mapng", mapngEncoder(p)},
			{"klauspost-HuffmanOnly-Up", klauspostUp(p, zlib.HuffmanOnly)},
			{"klauspost-1-Up", klauspostUp(p, 1)},
		} {
			b.Run(names[i]+"/"+peer.name, func(b *testing.B) {
				var out bytes.Buffer
				for b.Loop() {
					out.Reset()
					if err := peer.encode(&out); err != nil {
						b.Fatal(err)
					}
				}
				b.SetBytes(int64(len(p)))
				b.ReportMetric(100*float64(out.Len())/float64(len(p)), "%raw")
			})
		}
	}
}

func mapngEncoder(pix []byte) func(*bytes.Buffer) error {
	var enc mapng.Encoder
	var ws mapng.Workspace
	return func(out *bytes.Buffer) error {
		if err := enc.Reset(out, mapng.Header{Width: width, Height: height, Depth: 8}); err != nil {
			return err
		}
		for at := 0; at < len(pix); at += band * width {
			if err := enc.WriteRows(&ws, pix[at:at+band*width]); err != nil {
				return err
			}
		}
		return enc.Close()
	}
}

// klauspostUp compresses pix after PNG's filter Up. It makes no chunks and no CRC, to the peer's
// advantage.
func klauspostUp(pix []byte, level int) func(*bytes.Buffer) error {
	var zw *zlib.Writer
	filtered := make([]byte, band*(1+width))
	above := make([]byte, width)
	return func(out *bytes.Buffer) (err error) {
		if zw == nil {
			if zw, err = zlib.NewWriterLevel(out, level); err != nil {
				return err
			}
		} else {
			zw.Reset(out)
		}
		prev := above
		for y := 0; y < height; y += band {
			for i := range band {
				cur := pix[(y+i)*width : (y+i+1)*width]
				row := filtered[i*(1+width) : (i+1)*(1+width)]
				row[0] = 2
				subtract(row[1:], cur, prev)
				prev = cur
			}
			if _, err := zw.Write(filtered); err != nil {
				return err
			}
		}
		return zw.Close()
	}
}

// subtract sets dst to a − b, eight bytes at a time, so that the filter costs the peer little. All
// have width bytes, a multiple of 8.
func subtract(dst, a, b []byte) {
	const high = 0x8080808080808080
	for i := 0; i <= width-8; i += 8 {
		x, y := binary.LittleEndian.Uint64(a[i:i+8]), binary.LittleEndian.Uint64(b[i:i+8])
		binary.LittleEndian.PutUint64(dst[i:i+8], ((x|high)-(y&^high))^((x^^y)&high))
	}
}
