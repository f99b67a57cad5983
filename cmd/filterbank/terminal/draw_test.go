package terminal

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// noise is a picture that no encoder can compress.
func noise(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	r := rand.New(rand.NewPCG(1, 2))
	for i := range m.Pix {
		m.Pix[i] = byte(r.Uint32())
		if i%4 == 3 {
			m.Pix[i] = 255
		}
	}
	return m
}

func drawn(t *testing.T, p Protocol, m *image.RGBA) string {
	t.Helper()
	var b bytes.Buffer
	if err := Draw(&b, p, Screen{}, m); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func samePNG(t *testing.T, text string, want *image.RGBA) {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	got, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if got.Bounds() != want.Bounds() {
		t.Fatalf("picture of %v, want %v", got.Bounds(), want.Bounds())
	}
	for y := range want.Rect.Dy() {
		for x := range want.Rect.Dx() {
			if c := color.RGBAModel.Convert(got.At(x, y)); c != want.RGBAAt(x, y) {
				t.Fatalf("pixel %d, %d is %v, want %v", x, y, c, want.RGBAAt(x, y))
			}
		}
	}
}

// TestKitty joins the pieces. Only the first has the keys. All except the last say that more
// follow and have a multiple of four letters.
func TestKitty(t *testing.T) {
	for _, size := range []int{1, 30, 32, 100} {
		m := noise(size, size)
		text := drawn(t, Kitty, m)
		rest, ok := strings.CutSuffix(text, "\n")
		if !ok {
			t.Fatal("no newline at the end")
		}
		var data strings.Builder
		pieces := strings.Split(strings.TrimSuffix(rest, "\x1b\\"), "\x1b\\")
		for i, piece := range pieces {
			keys, content, ok := strings.Cut(piece, ";")
			want := "\x1b_G"
			if i == 0 {
				want += "a=T,f=100,q=2,"
			}
			if last := i == len(pieces)-1; last {
				want += "m=0"
			} else {
				want += "m=1"
			}
			if !ok || keys != want || len(content) > 4096 || i < len(pieces)-1 && len(content)%4 != 0 {
				t.Fatalf("piece %d of %d has keys %q and %d bytes, want %q", i, len(pieces), keys, len(content), want)
			}
			data.WriteString(content)
		}
		samePNG(t, data.String(), m)
	}
}

// TestSixelBands checks that an image too large for the terminal becomes several of whole cells.
func TestSixelBands(t *testing.T) {
	m := noise(20, 100)
	for _, tt := range []struct {
		largest image.Point
		want    []string // sizes of the images
	}{
		{image.Point{}, []string{"20;100"}},
		{image.Pt(20, 100), []string{"20;100"}},
		{image.Pt(20, 99), []string{"20;96", "20;4"}},
		{image.Pt(20, 40), []string{"20;32", "20;32", "20;32", "20;4"}},
		{image.Pt(20, 7), []string{"20;100"}}, // less than a cell means that the terminal did not answer
	} {
		var b bytes.Buffer
		if err := Draw(&b, Sixel, Screen{Cell: image.Pt(8, 16), Largest: tt.largest}, m); err != nil {
			t.Fatal(err)
		}
		images := strings.SplitAfter(b.String(), "\x1b\\\n")
		var got []string
		for _, image := range images[:len(images)-1] {
			_, attributes, _ := strings.Cut(image, `"1;1;`)
			size, _, _ := strings.Cut(attributes, "#")
			got = append(got, size)
		}
		if !slices.Equal(got, tt.want) || images[len(images)-1] != "" {
			t.Errorf("with at most %v the images are %v, want %v", tt.largest, got, tt.want)
		}
	}
}

func TestITerm(t *testing.T) {
	m := noise(40, 20)
	keys, text, _ := strings.Cut(strings.TrimSuffix(drawn(t, ITerm, m), "\a\n"), ":")
	samePNG(t, text, m)
	if !strings.HasPrefix(keys, "\x1b]1337;File=inline=1;size=") || !strings.HasSuffix(keys, ";width=40px;height=20px") {
		t.Errorf("keys are %q", keys)
	}
}

// TestIndexedIsTheNearest compares with a search over the whole palette.
func TestIndexedIsTheNearest(t *testing.T) {
	var palette [256][3]int
	levels := []int{0, 95, 135, 175, 215, 255}
	for i := range 216 {
		palette[16+i] = [3]int{levels[i/36], levels[i/6%6], levels[i%6]}
	}
	for i := range 24 {
		palette[232+i] = [3]int{8 + 10*i, 8 + 10*i, 8 + 10*i}
	}
	distance := func(i, r, g, b int) int {
		c := palette[i]
		return (c[0]-r)*(c[0]-r) + (c[1]-g)*(c[1]-g) + (c[2]-b)*(c[2]-b)
	}
	for r := 0; r < 256; r += 3 {
		for g := 0; g < 256; g += 5 {
			for b := 0; b < 256; b += 7 {
				got := indexed(r, g, b)
				for i := 16; i < 256; i++ {
					if distance(i, r, g, b) < distance(got, r, g, b) {
						t.Fatalf("%d, %d, %d is colour %d %v, but %d %v is nearer", r, g, b, got, palette[got], i, palette[i])
					}
				}
			}
		}
	}
}

// TestBlocksSetWhatChanges checks that a colour is set only if it changes, and that a line ends
// with a reset.
func TestBlocksSetWhatChanges(t *testing.T) {
	m := image.NewRGBA(image.Rect(0, 0, 4, 3))
	for i := range m.Pix {
		m.Pix[i] = 255
	}
	m.SetRGBA(2, 1, color.RGBA{1, 2, 3, 255})
	var b bytes.Buffer
	if err := Draw(&b, Blocks, Screen{TrueColor: true}, m); err != nil {
		t.Fatal(err)
	}
	const white = "2;255;255;255m"
	want := "\x1b[38;" + white + "\x1b[48;" + white + "▀▀\x1b[48;2;1;2;3m▀\x1b[48;" + white + "▀\x1b[0m\n" +
		"\x1b[38;" + white + "▀▀▀▀\x1b[0m\n"
	if got := b.String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTextDrawsNothing(t *testing.T) {
	if got := drawn(t, Text, noise(3, 3)); got != "" {
		t.Errorf("got %q", got)
	}
}
