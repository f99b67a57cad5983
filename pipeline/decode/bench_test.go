package decode

import (
	"bytes"
	"context"
	"encoding/binary"
	"image"
	stdjpeg "image/jpeg"
	stdpng "image/png"
	"testing"

	"filterbank/filters/volume"
	"filterbank/pipeline/decode/jpeg"
	"filterbank/pipeline/decode/png"
)

// photo is a smooth picture of 2 megapixels with some noise.
func photo(ratio image.YCbCrSubsampleRatio) *image.YCbCr {
	img := image.NewYCbCr(image.Rect(0, 0, 1600, 1200), ratio)
	grain := noise(4)
	for i := range img.Y {
		img.Y[i] = uint8(i/img.YStride/8+i%img.YStride/16) + uint8(grain(i, 0, 0))
	}
	for i := range img.Cb {
		img.Cb[i], img.Cr[i] = uint8(i/img.CStride/4), uint8(i%img.CStride/4)
	}
	return img
}

func photoJPEG(b *testing.B) []byte {
	var out bytes.Buffer
	if err := stdjpeg.Encode(&out, photo(image.YCbCrSubsampleRatio420), nil); err != nil {
		b.Fatal(err)
	}
	return out.Bytes()
}

func wall(b *testing.B, colour, depth int) []byte {
	s := pngSpec{w: 1600, h: 1200, colour: colour, depth: depth, sample: noise(depth)}
	return s.encode()
}

// BenchmarkReadRows reads bands of 16 rows of decoded pictures.
func BenchmarkReadRows(b *testing.B) {
	var plain Options
	imagenet := Options{Mean: [3]float32{0.485, 0.456, 0.406}, Std: [3]float32{0.229, 0.224, 0.225}}
	one := jpeg.Factors{H: 1, V: 1}
	photo420 := jpegPixels(jpegImage(1600, 1200, jpeg.Factors{H: 2, V: 2}, one))
	for _, c := range []struct {
		name string
		px   *pixels
		opts Options
	}{
		{"jpeg420", photo420, plain},
		{"jpeg420-normal", photo420, imagenet},
		{"jpeg422", jpegPixels(jpegImage(1600, 1200, jpeg.Factors{H: 2, V: 1}, one)), plain},
		{"jpeg444", jpegPixels(jpegImage(1600, 1200, one, one)), plain},
		{"gray8", pngPixels(b, wall(b, 0, 8)), plain},
		{"rgb8", pngPixels(b, wall(b, 2, 8)), plain},
		{"rgb8-normal", pngPixels(b, wall(b, 2, 8)), imagenet},
		{"rgba8", pngPixels(b, wall(b, 6, 8)), plain},
		{"gray16", pngPixels(b, wall(b, 0, 16)), plain},
		{"rgb16", pngPixels(b, wall(b, 2, 16)), plain},
		{"rgba16", pngPixels(b, wall(b, 6, 16)), plain},
	} {
		b.Run(c.name, func(b *testing.B) {
			p := opened(b, newDecoder(b, c.opts), c.px)
			band, err := volume.New(shape(16, p.Width))
			if err != nil {
				b.Fatal(err)
			}
			rows := band.Rows(0, 16)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				rows.Y = i * 16 % p.Height
				if err := p.ReadRows(rows); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*16*p.Width), "ns/pixel")
		})
	}
}

func pngPixels(b testing.TB, data []byte) *pixels {
	m, err := png.Decode(context.Background(), data, png.Options{})
	if err != nil {
		b.Fatal(err)
	}
	return pixelsOfPNG(m)
}

// opened is the picture of decoded pixels.
func opened(b testing.TB, d *Decoder, px *pixels) *Picture {
	h := &header{Info: Info{Orientation: 1}, stored: px.size}
	if err := d.measure(h); err != nil {
		b.Fatal(err)
	}
	p := &Picture{Info: h.Info, decoder: d}
	if err := p.open(newFile(context.Background(), d.opts.SIMD, nil), px, h); err != nil {
		b.Fatal(err)
	}
	return p
}

func BenchmarkDecode(b *testing.B) {
	data, large := photoJPEG(b), wall(b, 2, 16)
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
				if _, err := d.Decode(context.Background(), c.data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("image/jpeg", func(b *testing.B) {
		b.SetBytes(1600 * 1200)
		for b.Loop() {
			if _, err := stdjpeg.Decode(bytes.NewReader(data)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("image/png", func(b *testing.B) {
		b.SetBytes(1600 * 1200)
		for b.Loop() {
			if _, err := stdpng.Decode(bytes.NewReader(large)); err != nil {
				b.Fatal(err)
			}
		}
	})
}
