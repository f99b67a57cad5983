package decode

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/png"
	"math"
	"os"
	"testing"
)

// readPNG reads the RGB bytes of a PNG without this package.
func readPNG(t testing.TB, name string) (w, h int, rgb []byte) {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	w, h = img.Bounds().Dx(), img.Bounds().Dy()
	for y := range h {
		for x := range w {
			r, g, b, _ := img.At(x, y).RGBA()
			rgb = append(rgb, byte(r>>8), byte(g>>8), byte(b>>8))
		}
	}
	return w, h, rgb
}

// The references come from Pillow (testdata/make.py). At these sizes no pixel centre
// falls between two pixels, where Pillow's nearest takes either, as its sums of floats
// happen to round.
func TestResizeEqualsPillow(t *testing.T) {
	for _, filter := range []Filter{Lanczos, Linear, Nearest} {
		for _, size := range [][2]int{{16, 8}, {60, 70}, {13, 52}} {
			name := fmt.Sprintf("resize-%s-%dx%d.png", filter, size[0], size[1])
			t.Run(name, func(t *testing.T) {
				w, h, want := readPNG(t, name)
				_, v := decodeFile(t, "resize.png", Options{Resize: &Resize{Width: w, Height: h, Mode: Stretch, Filter: filter}})
				got := samples8(t, v)
				for i := range want {
					if got[i] != want[i] {
						t.Fatalf("channel %d of pixel (%d, %d) is %d, want %d", i%3, i/3%w, i/3/w, got[i], want[i])
					}
				}
			})
		}
	}
}

func TestSinPi(t *testing.T) {
	for i := -3000; i <= 3000; i++ {
		x := float64(i) / 1000
		if got, want := sinPi(x), math.Sin(math.Pi*x); math.Abs(got-want) > 2e-15 { // π·x is off by up to 3π·2^-53 = 1.1e-15
			t.Errorf("sin(π·%v) is %v, want %v", x, got, want)
		}
	}
	for i := -4; i <= 4; i++ {
		if got := sinPi(float64(i)); got != 0 {
			t.Errorf("sin(%dπ) is %v, want 0", i, got)
		}
	}
}

// countdown is a context that is done once it has been asked so often.
type countdown struct {
	context.Context
	left int
}

func (c *countdown) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

// TestResizingEnds gives a picture up while it is resized to many rows.
func TestResizingEnds(t *testing.T) {
	s := pngSpec{w: 4, h: 4, depth: 8, sample: noise(8)}
	ctx := &countdown{context.Background(), 100}
	_, err := newDecoder(t, Options{Resize: &Resize{Width: 4, Height: 3000, Mode: Stretch}}).Decode(ctx, s.encode())
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
	if ctx.left < -10 {
		t.Errorf("asked %d times more after the end", -ctx.left)
	}
}
