package verify

import (
	"bytes"
	"errors"
	"fmt"
	"hash"
	"image"
	"image/png"

	"filterbank/filters/tensor"
	"filterbank/pipeline/mapng"
)

// pngSizes are widths and heights: the smallest, odd ones, and one whose picture takes
// several blocks.
var pngSizes = [][2]int{{1, 1}, {1, 40}, {40, 1}, {7, 5}, {64, 33}, {301, 257}}

// fills make the bytes of a test picture: noise, zeros, runs of zeros as in maps after ReLU,
// and slopes.
var fills = []func(s *sequence, i int) byte{
	func(s *sequence, _ int) byte { return byte(s.next() >> 56) },
	func(*sequence, int) byte { return 0 },
	func(s *sequence, i int) byte {
		if i/50%3 > 0 {
			return 0
		}
		return byte(s.next() >> 58)
	},
	func(_ *sequence, i int) byte { return byte(i / 3) },
}

// checkPNG writes pictures of 8 bits, of 16 bits and with a palette. It reads them with
// image/png, an independent decoder.
func checkPNG(bits hash.Hash) Check {
	check := Check{What: "PNG written and read"}
	values := sequence(seed)
	palette := make([][3]uint8, 256)
	for i := range palette {
		palette[i] = [3]uint8{uint8(i), uint8(255 - i), uint8(7 * i)}
	}
	for _, size := range pngSizes {
		for _, h := range []mapng.Header{{Depth: 8}, {Depth: 16}, {Depth: 8, Palette: palette}} {
			h.Width, h.Height = size[0], size[1]
			h.Text = []mapng.Text{{Keyword: "filterbank:scale", Value: "0 1"}}
			for f, fill := range fills {
				pix := make([]byte, h.Width*h.Height*h.Depth/8)
				for i := range pix {
					pix[i] = fill(&values, i)
				}
				err := roundTrip(h, pix, bits)
				if err != nil {
					err = fmt.Errorf("%d×%d of %d bits, %d colours, fill %d: %w", h.Width, h.Height, h.Depth, len(h.Palette), f, err)
				}
				check.count(err)
			}
		}
	}
	return check
}

func roundTrip(h mapng.Header, pix []byte, bits hash.Hash) error {
	var file bytes.Buffer
	var enc mapng.Encoder
	var ws mapng.Workspace
	err := errors.Join(enc.Reset(&file, h), enc.WriteRows(&ws, pix), enc.Close())
	if err != nil {
		return err
	}
	bits.Write(file.Bytes())
	m, err := png.Decode(&file)
	if err != nil {
		return fmt.Errorf("image/png refuses it: %w", err)
	}
	if size := m.Bounds().Size(); size != (image.Point{X: h.Width, Y: h.Height}) {
		return fmt.Errorf("it reads back as %d×%d", size.X, size.Y)
	}
	return samePixels(m, h, pix)
}

func samePixels(m image.Image, h mapng.Header, pix []byte) error {
	var got []byte
	switch m := m.(type) {
	case *image.Gray:
		got = m.Pix
	case *image.Gray16:
		got = m.Pix
	case *image.Paletted:
		got = m.Pix
		for i, want := range h.Palette {
			r, g, b, _ := m.Palette[i].RGBA()
			if [3]uint8{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8)} != want {
				return fmt.Errorf("colour %d reads back as %v", i, m.Palette[i])
			}
		}
	}
	if !bytes.Equal(got, pix) {
		return fmt.Errorf("its pixels read back differently, as %T", m)
	}
	return nil
}

// checkNPY writes and reads arrays of one to four dimensions. Some values are NaN, whose bits
// must be kept.
func checkNPY(bits hash.Hash) Check {
	check := Check{What: ".npy written and read"}
	values := sequence(seed)
	for _, shape := range [][]int{{1}, {1000}, {1, 1}, {3, 17, 5}, {64, 3, 7, 7}, {2, 100, 100}} {
		n := 1
		for _, d := range shape {
			n *= d
		}
		data := values.sprinkled(n, 5, len(special))
		err := roundTripNPY(shape, data, bits)
		if err != nil {
			err = fmt.Errorf("shape %v: %w", shape, err)
		}
		check.count(err)
	}
	return check
}

func roundTripNPY(shape []int, data []float32, bits hash.Hash) error {
	file := tensor.AppendFloats(tensor.NPYHeader(shape...), data)
	bits.Write(file)
	back, err := tensor.ReadNPY(bytes.NewReader(file), 0)
	if err != nil {
		return err
	}
	if fmt.Sprint(back.Shape) != fmt.Sprint(shape) {
		return fmt.Errorf("the shape reads back as %v", back.Shape)
	}
	return sameBits(back.Data, data)
}
