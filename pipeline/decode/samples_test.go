package decode

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/cespare/xxhash/v2"

	"filterbank/pipeline/decode/jpeg"
)

func samplesIn(t *testing.T, data []byte) Samples {
	t.Helper()
	p, err := newDecoder(t, Options{}).Decode(context.Background(), data)
	if err != nil {
		t.Fatal(err)
	}
	return p.Samples
}

// TestSamples computes the digests of PNGs of every kind from the samples that were
// written.
func TestSamples(t *testing.T) {
	const w, h = 7, 5
	for _, c := range []struct {
		colour, depth int
		kind          string
		channels      int // in the digest; channels that the file does not have are all ones
	}{
		{0, 8, "gray8", 1}, {0, 16, "gray16", 1}, {2, 8, "rgba8", 4}, {2, 16, "rgba16", 4}, {6, 8, "rgba8", 4}, {6, 16, "rgba16", 4},
	} {
		s := pngSpec{w: w, h: h, colour: c.colour, depth: c.depth, sample: noise(c.depth)}
		var raw bytes.Buffer
		for y := range h {
			for x := range w {
				for k := range c.channels {
					v := uint16(1<<c.depth - 1)
					if k < 3 || c.colour == 6 {
						v = s.sample(x, y, k)
					}
					if c.depth == 16 {
						raw.WriteByte(byte(v >> 8))
					}
					raw.WriteByte(byte(v))
				}
			}
		}
		want := Samples{c.kind, w, h, fmt.Sprintf("%016x", xxhash.Sum64(raw.Bytes()))}
		if got := samplesIn(t, s.encode()); got != want {
			t.Errorf("colour %d of %d bits: got %+v, want %+v", c.colour, c.depth, got, want)
		}
		s.interlaced = true
		s.before = pngChunk("gAMA", []byte{0, 0, 1, 0})
		if got := samplesIn(t, s.encode()); got != want {
			t.Errorf("colour %d of %d bits, interlaced: got %+v, want %+v", c.colour, c.depth, got, want)
		}
	}
}

// TestSamplesTellColoursApart has the same indexes with two palettes.
func TestSamplesTellColoursApart(t *testing.T) {
	s := pngSpec{w: 5, h: 4, colour: 3, depth: 4, palette: make([]byte, 30), sample: noise(3)}
	first := samplesIn(t, s.encode())
	s.palette[7]++
	if second := samplesIn(t, s.encode()); first.Kind != "palette" || first == second {
		t.Errorf("two palettes: %+v and %+v", first, second)
	}
}

// TestSamplesOfJPEG: the samples are the same however they are coded and turned, and what
// blocks have beyond the picture does not count.
func TestSamplesOfJPEG(t *testing.T) {
	data := readFile(t, "420.jpg")
	want := samplesIn(t, data)
	if want.Kind != "ycbcr420" || want.Width != 37 || want.Height != 29 {
		t.Errorf("got %+v", want)
	}
	for name, same := range map[string][]byte{
		"progressive": readFile(t, "progressive.jpg"),
		"restart":     readFile(t, "restart.jpg"),
		"turned":      withAPP1(data, exifBlock(binary.BigEndian, 3, 6)),
	} {
		if got := samplesIn(t, same); got != want {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
	for _, chroma := range []jpeg.Factors{{H: 1, V: 1}, {H: 1, V: 2}, {H: 2, V: 1}, {H: 2, V: 2}} {
		m := jpegImage(21, 13, jpeg.Factors{H: 2, V: 2}, chroma)
		px := jpegPixels(m)
		before := px.samples()
		for i := range m.Planes {
			p := &m.Planes[i]
			p.Pix[p.Width]++
			p.Pix[p.Height*p.Stride]++
		}
		if got := px.samples(); got != before {
			t.Errorf("%v: what lies outside changes it", chroma)
		}
		last := &m.Planes[2]
		last.Pix[(last.Height-1)*last.Stride+last.Width-1]++
		if got := px.samples(); got == before {
			t.Errorf("%v: the last sample does not change it", chroma)
		}
	}
}

// jpegImage is a picture of YCbCr as package jpeg returns it.
func jpegImage(w, h int, luma, chroma jpeg.Factors) *jpeg.Image {
	m := &jpeg.Image{Header: jpeg.Header{Width: w, Height: h, Colour: jpeg.YCbCr}}
	for _, f := range []jpeg.Factors{luma, chroma, chroma} {
		p := jpeg.Plane{Factors: f, Width: (w*f.H + luma.H - 1) / luma.H, Height: (h*f.V + luma.V - 1) / luma.V}
		p.Stride = p.Width/8*8 + 8
		p.Pix = make([]uint8, p.Stride*(p.Height+8))
		m.Factors, m.Planes = append(m.Factors, f), append(m.Planes, p)
	}
	return m
}
