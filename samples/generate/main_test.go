package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// Every picture is drawn anew and compared with the file, both decoded, since the bytes of a file
// also depend on the encoders of the Go version.
func TestFilesAreUpToDate(t *testing.T) {
	for _, p := range pictures {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			data, err := p.encode(p.draw())
			if err != nil {
				t.Fatal(err)
			}
			stored, err := os.ReadFile(filepath.Join("..", p.name))
			if err != nil {
				t.Fatal(err)
			}
			if err := alike(p.name, data, stored); err != nil {
				t.Errorf("%v; run go run -C samples/generate .", err)
			}
		})
	}
}

// alike compares two files of a picture, in 8-bit levels. They may differ by one, because package
// math and fused multiply-adds round differently on different processors, and a value may lie on
// a boundary. JPEG rounds coefficients instead. A coefficient on a boundary that is rounded the
// other way changes the pixels of its block by a wave, a quarter of its quantiser high. That is
// 6 levels of luminance at quality 90 (24/4) and 9 levels of blue (1.772·20/4). The limit of 16
// allows two such coefficients in a block. Such blocks are few, so the mean stays small.
func alike(name string, a, b []byte) error {
	decode := png.Decode
	lossy := filepath.Ext(name) == ".jpg"
	if lossy {
		decode = jpeg.Decode
	}
	x, err := decode(bytes.NewReader(a))
	if err != nil {
		return err
	}
	y, err := decode(bytes.NewReader(b))
	if err != nil {
		return err
	}
	if x.Bounds() != y.Bounds() || fmt.Sprintf("%T", x) != fmt.Sprintf("%T", y) {
		return fmt.Errorf("drawn as %T of %v, stored as %T of %v", x, x.Bounds(), y, y.Bounds())
	}
	greatest, mean := difference(x, y)
	if lossy && (greatest > 16 || mean > 0.1) || !lossy && greatest > 1 {
		return fmt.Errorf("differs from what is drawn by up to %.3g levels, %.3g on average", greatest, mean)
	}
	return nil
}

// difference compares the channels of two pictures of one size, in 8-bit levels.
func difference(a, b image.Image) (greatest, mean float64) {
	r := a.Bounds()
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			ar, ag, ab, aa := a.At(x, y).RGBA()
			br, bg, bb, ba := b.At(x, y).RGBA()
			for _, pair := range [4][2]uint32{{ar, br}, {ag, bg}, {ab, bb}, {aa, ba}} {
				d := math.Abs(float64(pair[0])-float64(pair[1])) / 257
				greatest = max(greatest, d)
				mean += d / float64(4*r.Dx()*r.Dy())
			}
		}
	}
	return greatest, mean
}

func TestGenerateWritesWhatSamplesHolds(t *testing.T) {
	stored, err := filepath.Glob("../*.*g") // png and jpg
	if err != nil {
		t.Fatal(err)
	}
	drawn := map[string]bool{}
	for _, p := range pictures {
		drawn[p.name] = true
	}
	for _, path := range stored {
		if !drawn[filepath.Base(path)] {
			t.Errorf("%s is among the samples, and nothing draws it", filepath.Base(path))
		}
	}
	if len(stored) != len(pictures) {
		t.Errorf("%d pictures are stored, %d are drawn", len(stored), len(pictures))
	}
}

// The matrices have whole numbers, so that their bytes are equal everywhere.
func TestMatricesAreUpToDate(t *testing.T) {
	for _, m := range matrices {
		stored, err := os.ReadFile("../" + m.name)
		if err != nil || !bytes.Equal(stored, m.make()) {
			t.Errorf("%s differs from what is made (%v); run go run -C samples/generate .", m.name, err)
		}
	}
}

// 1e-6 is a few units in the last place of the largest weight. Sines and exponentials may differ
// by as much between processors.
func TestWeightsAreUpToDate(t *testing.T) {
	stored, err := os.ReadFile("../" + weightsName)
	if err != nil {
		t.Fatal(err)
	}
	data := npy("32, 3, 11, 11", firstLayer())
	const header = 128
	if len(data) != header+4*32*3*11*11 || len(data) != len(stored) || !bytes.Equal(data[:header], stored[:header]) {
		t.Fatalf("%d bytes with header %q, stored are %d with %q", len(data), data[:header], len(stored), stored[:header])
	}
	for i := header; i < len(data); i += 4 {
		got := math.Float32frombits(binary.LittleEndian.Uint32(data[i:]))
		want := math.Float32frombits(binary.LittleEndian.Uint32(stored[i:]))
		if math.Abs(float64(got)-float64(want)) > 1e-6 {
			t.Fatalf("weight %d is %v, stored is %v", (i-header)/4, got, want)
		}
	}
}

// Each kind of picture that the samples represent.
func TestKindsOfPictures(t *testing.T) {
	for _, test := range []struct {
		name   string
		header string // the bytes after the size, or the first bytes
		at     int
	}{
		{"ramp.png", "\x10\x02", 24},       // 16 bits, RGB
		{"logo.png", "\x08\x06", 24},       // 8 bits, RGBA
		{"zone-plate.png", "\x08\x03", 24}, // 8 bits, palette
		{"scene.jpg", "\xff\xd8\xff\xdb", 0},
		{"balloon.jpg", "\xff\xd8\xff\xe1\x00\x22Exif\x00\x00MM\x00*\x00\x00\x00\x08" +
			"\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00", 0},
	} {
		data, err := os.ReadFile("../" + test.name)
		if err != nil {
			t.Fatal(err)
		}
		if got := data[test.at : test.at+len(test.header)]; string(got) != test.header {
			t.Errorf("%s has %q at byte %d, want %q", test.name, got, test.at, test.header)
		}
	}
}

func TestTurnedPictureIsStoredOnItsSide(t *testing.T) {
	img := fiveByFive().(*image.RGBA).SubImage(image.Rect(0, 0, 5, 3))
	data, err := encodeTurned(img)
	if err != nil {
		t.Fatal(err)
	}
	config, err := jpeg.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if config.Width != 3 || config.Height != 5 {
		t.Errorf("5×3 is stored as %d×%d, want 3×5", config.Width, config.Height)
	}
}
