package decode

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/jpeg"
	"image/png"
	"testing"

	"filterbank/filters/volume"
)

// photo is a smooth picture of 2 megapixels with some noise, as JPEG 4:2:0.
func photo(b *testing.B) []byte {
	img := image.NewYCbCr(image.Rect(0, 0, 1600, 1200), image.YCbCrSubsampleRatio420)
	grain := noise(4)
	for i := range img.Y {
		img.Y[i] = uint8(i/img.YStride/8+i%img.YStride/16) + uint8(grain(i, 0, 0))
	}
	for i := range img.Cb {
		img.Cb[i], img.Cr[i] = uint8(i/img.CStride/4), uint8(i%img.CStride/4)
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, nil); err != nil {
		b.Fatal(err)
	}
	return out.Bytes()
}

func wall(b *testing.B, colour, depth int) []byte {
	s := pngSpec{w: 1600, h: 1200, colour: colour, depth: depth, sample: noise(depth)}
	return s.encode()
}

func BenchmarkReadRows(b *testing.B) {
	for _, c := range []struct {
		name string
		data []byte
	}{
		{"jpeg420", photo(b)},
		{"gray8", wall(b, 0, 8)},
		{"rgb8", wall(b, 2, 8)},
		{"rgba8", wall(b, 6, 8)},
		{"rgb16", wall(b, 2, 16)},
	} {
		b.Run(c.name, func(b *testing.B) {
			p, err := newDecoder(b, Options{}).Decode(c.data)
			if err != nil {
				b.Fatal(err)
			}
			band, err := volume.New(shape(16, p.Width))
			if err != nil {
				b.Fatal(err)
			}
			rows := band.Rows(0, 16)
			b.SetBytes(int64(p.Width) * 16)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				rows.Y = i * 16 % p.Height
				if err := p.ReadRows(rows); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	data, large := photo(b), wall(b, 2, 16)
	turned := withAPP1(data, exifBlock(binary.BigEndian, 3, 6))
	for _, c := range []struct {
		name string
		data []byte
		opts Options
	}{
		{"jpeg", data, Options{}},
		{"jpeg-turned", turned, Options{}},
		{"jpeg-256", data, Options{Resize: &Resize{Width: 256, Height: 256}}},
		{"png16-256", large, Options{Resize: &Resize{Width: 256, Height: 256}}},
	} {
		b.Run(c.name, func(b *testing.B) {
			d := newDecoder(b, c.opts)
			b.SetBytes(1600 * 1200)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := d.Decode(c.data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("image/jpeg", func(b *testing.B) {
		b.SetBytes(1600 * 1200)
		for b.Loop() {
			if _, err := jpeg.Decode(bytes.NewReader(data)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("image/png", func(b *testing.B) {
		b.SetBytes(1600 * 1200)
		for b.Loop() {
			if _, err := png.Decode(bytes.NewReader(large)); err != nil {
				b.Fatal(err)
			}
		}
	})
}
