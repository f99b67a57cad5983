package decode

import (
	"bytes"
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
