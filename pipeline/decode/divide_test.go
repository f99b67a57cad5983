package decode

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"image"
	stdjpeg "image/jpeg"
	"slices"
	"testing"

	"filterbank/filters/volume"
)

// TestDivided: a picture is the same for any number of goroutines, turned, resized, of 8
// and of 16 bits, with alpha and without.
func TestDivided(t *testing.T) {
	var photo bytes.Buffer
	img := image.NewRGBA(image.Rect(0, 0, 930, 700))
	for i := range img.Pix {
		img.Pix[i] = byte(i * i >> 8)
	}
	if err := stdjpeg.Encode(&photo, img, nil); err != nil {
		t.Fatal(err)
	}
	spec := pngSpec{w: 170, h: 151, depth: 16, colour: 6, sample: noise(16)}
	for name, data := range map[string][]byte{
		"photo": photo.Bytes(), "turned photo": withAPP1(photo.Bytes(), exifBlock(binary.BigEndian, 3, 6)),
		"png 16": spec.encode(), "turned png": pngSpec{w: 170, h: 151, depth: 8, colour: 6, before: pngChunk("eXIf", exifBlock(binary.BigEndian, 3, 8)), sample: noise(8)}.encode(),
	} {
		for _, o := range []Options{
			{}, {Resize: &Resize{Width: 100, Height: 149, Mode: Stretch}}, {Resize: &Resize{Width: 64, Height: 500, Mode: Stretch, Filter: Linear}},
			{Resize: &Resize{Width: 90, Height: 90, Mode: Fill}, Crop: &Crop{Width: 80, Height: 75}},
		} {
			d := newDecoder(t, o)
			var want *volume.Volume
			for _, goroutines := range []int{0, 1, 2, 3, 8} {
				p, err := d.DecodeWith(context.Background(), data, goroutines)
				if err != nil {
					t.Fatal(err)
				}
				v, err := volume.New(p.Size())
				if err != nil {
					t.Fatal(err)
				}
				if err := p.ReadRows(v.Rows(0, v.H)); err != nil {
					t.Fatal(err)
				}
				if want == nil {
					want = v
				}
				if v.Shape != want.Shape || !slices.Equal(v.Data, want.Data) {
					t.Errorf("%s, %+v: %d goroutines give another picture", name, o, goroutines)
				}
				p.Release()
			}
		}
	}
}

// TestDividedEnds ends the work of several goroutines by the context, and by a panic in each
// of them.
func TestDividedEnds(t *testing.T) {
	d := newDecoder(t, Options{})
	ctx, cancel := context.WithCancel(context.Background())
	s := pngSpec{w: 100, h: 300, depth: 8, sample: noise(8)}
	resized := newDecoder(t, Options{Resize: &Resize{Width: 50, Height: 200, Mode: Stretch}})
	cancel()
	if _, err := resized.DecodeWith(ctx, s.encode(), 3); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
	for at := range 3 {
		cause := func() (cause any) {
			defer func() { cause = recover() }()
			d.divide(3, 90, func(_ *scratch, from, to int) {
				if from == 30*at {
					panic(from)
				}
			})
			return nil
		}()
		if cause != 30*at {
			t.Errorf("the panic of part %d is %v", at, cause)
		}
	}
}

// TestHelpers compares the number of helpers with the sizes that headers have.
func TestHelpers(t *testing.T) {
	small, large := pngSpec{w: 700, h: 700, depth: 8, sample: noise(8)}.encode(), pngSpec{w: 800, h: 700, depth: 8, sample: noise(8)}.encode()
	for i, c := range []struct {
		data   []byte
		resize *Resize
		want   int
	}{{large, nil, 0}, {small, &Resize{Width: 20}, 0}, {large, &Resize{Width: 20}, dividedHelpers}} {
		info, err := newDecoder(t, Options{Resize: c.resize}).ReadInfo(bytes.NewReader(c.data))
		n, each := info.Helpers()
		if err != nil || n != c.want || n > 0 && each < dividedMemory {
			t.Errorf("case %d: %d helpers with %d bytes, want %d; %v", i, n, each, c.want, err)
		}
	}
}
