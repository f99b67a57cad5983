// Command write fills a folder with pictures of all kinds that mapng writes. Each is NAME.png
// beside NAME.raw, which holds the samples. check.py reads both.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"filterbank/pipeline/mapng"
	"filterbank/pipeline/mapng/testmaps"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: write FOLDER")
	}
	if err := write(os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func write(folder string) error {
	var enc mapng.Encoder
	var ws mapng.Workspace
	palette := make([][3]uint8, 256)
	for i := range palette {
		palette[i] = [3]uint8{uint8(i), uint8(255 - i), uint8(i * 7)}
	}
	kinds := []struct {
		name   string
		header mapng.Header
	}{
		{"gray", mapng.Header{Depth: 8}},
		{"gray16", mapng.Header{Depth: 16}},
		{"palette", mapng.Header{Depth: 8, Palette: palette}},
		{"rgb", mapng.Header{Depth: 8, RGB: true}},
	}
	sizes := [][2]int{{1, 1}, {1, 50}, {50, 1}, {17, 31}, {64, 64}, {333, 257}, {1024, 768}, {70000, 3}, {3, 70000}}
	for _, kind := range kinds {
		for _, size := range sizes {
			for _, content := range contents {
				h := kind.header
				h.Width, h.Height = size[0], size[1]
				h.Text = []mapng.Text{{Keyword: "filterbank:scale", Value: "0 0.25"}, {Keyword: "Title", Value: "é ± 1"}}
				pix := make([]byte, h.Height*rowBytes(h))
				content.fill(pix, rowBytes(h))
				data, err := encode(&enc, &ws, h, pix)
				if err != nil {
					return err
				}
				name := filepath.Join(folder, fmt.Sprintf("%s-%dx%d-%s", kind.name, h.Width, h.Height, content.name))
				if err := errors.Join(os.WriteFile(name+".png", data, 0o666), os.WriteFile(name+".raw", pix, 0o666)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func rowBytes(h mapng.Header) int {
	n := h.Width * h.Depth / 8
	if h.RGB {
		n *= 3
	}
	return n
}

func encode(enc *mapng.Encoder, ws *mapng.Workspace, h mapng.Header, pix []byte) ([]byte, error) {
	var out bytes.Buffer
	if err := enc.Reset(&out, h); err != nil {
		return nil, err
	}
	for row := range slices.Chunk(pix, rowBytes(h)) {
		if err := enc.WriteRows(ws, row); err != nil {
			return nil, err
		}
	}
	if err := enc.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

var contents = []struct {
	name string
	fill func(pix []byte, rowBytes int)
}{
	{"black", func([]byte, int) {}},
	{"noise", func(pix []byte, _ int) {
		rng := rand.New(rand.NewPCG(1, 2))
		for i := range pix {
			pix[i] = byte(rng.Uint32())
		}
	}},
	{"ramp", func(pix []byte, rowBytes int) {
		for i := range pix {
			pix[i] = byte(i%rowBytes + i/rowBytes)
		}
	}},
	{"sparse", func(pix []byte, _ int) {
		rng := rand.New(rand.NewPCG(3, 4))
		for i := range pix {
			if rng.IntN(30) == 0 {
				pix[i] = byte(rng.IntN(6))
			}
		}
	}},
	{"map", func(pix []byte, _ int) {
		const width = 256
		photo := testmaps.Photo(width, width, 1)
		m := testmaps.Map(photo, width, 0.5, 255, 1)
		for i := range pix {
			pix[i] = byte(m[i%len(m)])
		}
	}},
}
