package decode

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"testing"

	"github.com/cespare/xxhash/v2"
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
		channels      int // in the digest; those that the file does not have are all ones
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
	for _, ratio := range []image.YCbCrSubsampleRatio{
		image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420,
		image.YCbCrSubsampleRatio440, image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410,
	} {
		large := image.NewYCbCr(image.Rect(0, 0, 32, 16), ratio)
		img := large.SubImage(image.Rect(0, 0, 21, 13)).(*image.YCbCr)
		px, err := pixelsOf(img)
		if err != nil {
			t.Fatal(err)
		}
		before := px.samples()
		at := large.COffset(20, 12)
		for i := range large.Cb {
			if i%large.CStride > at%large.CStride || i > at {
				large.Cb[i], large.Cr[i] = 1, 2
			}
		}
		large.Y[21], large.Y[13*large.YStride] = 3, 4
		if got := px.samples(); got != before {
			t.Errorf("%v: what lies outside changes it", ratio)
		}
		large.Cr[at]++
		if got := px.samples(); got == before {
			t.Errorf("%v: the last sample does not change it", ratio)
		}
	}
}
