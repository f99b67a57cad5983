package png

import (
	"bytes"
	"context"
	"image"
	"image/color"
	stdpng "image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filterbank/filters/simd"
	"filterbank/pipeline/decode/png/pngcases"
)

// pixels are the rows of a picture as R, G, B and alpha, with the largest value.
func pixels(m *Image) (px []uint16, full uint16) {
	if m.Depth == 16 {
		px = make([]uint16, 4*m.Width*m.Height)
		for y := range m.Height {
			m.RGBA16(px[4*m.Width*y:], y)
		}
		return px, 65535
	}
	row := make([]uint8, 4*m.Width)
	for y := range m.Height {
		m.RGBA8(row, y)
		for _, v := range row {
			px = append(px, uint16(v))
		}
	}
	return px, 255
}

func TestKinds(t *testing.T) {
	for _, s := range pngcases.All() {
		data := s.Encode()
		for _, set := range simd.Sets() {
			m, err := Decode(context.Background(), data, Options{SIMD: set})
			if err != nil {
				t.Fatal(s.Name, err)
			}
			if len(m.Warnings) > 0 || m.Width != s.Width || m.Height != s.Height || m.Depth != s.Depth || int(m.Colour) != s.Colour {
				t.Fatalf("%s: header is %+v", s.Name, m.Header)
			}
			px, full := pixels(m)
			for i := range s.Width * s.Height {
				want, of := s.Pixel(i%s.Width, i/s.Width)
				for c, v := range want {
					if got := px[4*i+c]; got != v*(full/of) {
						t.Fatalf("%s, %v: channel %d of pixel (%d, %d) is %d, want %d", s.Name, set, c, i%s.Width, i/s.Width, got, v*(full/of))
					}
				}
			}
		}
		sameAsLibrary(t, s.Name, data)
	}
}

// sameAsLibrary compares with image/png, which takes no palette index out of range.
func sameAsLibrary(t *testing.T, name string, data []byte) {
	t.Helper()
	m, err := Decode(context.Background(), data, Options{})
	if err != nil {
		t.Fatal(name, err)
	}
	img, err := stdpng.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("%s: image/png refuses it: %v", name, err)
	}
	if p, ok := img.(*image.Paletted); ok {
		for len(p.Palette) < 256 {
			p.Palette = append(p.Palette, color.NRGBA{A: 0xff})
		}
	}
	px, full := pixels(m)
	for i := 0; i < len(px); i += 4 {
		x, y := i/4%m.Width, i/4/m.Width
		want := color.NRGBA64Model.Convert(img.At(x, y)).(color.NRGBA64)
		got := [4]uint16{px[i] * (65535 / full), px[i+1] * (65535 / full), px[i+2] * (65535 / full), px[i+3] * (65535 / full)}
		if want.A == 0 { // premultiplied on the way, so that colours are lost
			got[0], got[1], got[2] = 0, 0, 0
		}
		if w := [4]uint16{want.R, want.G, want.B, want.A}; w[3] != got[3] || want.A == 0xffff && w != got {
			t.Fatalf("%s: pixel (%d, %d) is %v, image/png has %v", name, x, y, got, w)
		}
	}
}

func TestCases(t *testing.T) {
	wants := map[string]string{
		"anc_badcrc_text":       "the tEXt chunk at byte 33 fails its checksum and is ignored",
		"cgbi":                  "error: Apple's CgBI",
		"exif6_rawprofile":      "",
		"idat_extra_pixels":     "the compressed pixels are too many by",
		"iend_badcrc":           "fails its checksum",
		"no_iend":               "error: after its last pixel and before its IEND chunk",
		"pal4_too_many":         "colours, of which 16 are used",
		"pal8_trns_before_plte": "comes before the palette and is ignored",
		"plte_twice":            "comes after another one and is ignored",
		"trns_in_rgba":          "stands in a picture with alpha and is ignored",
	}
	names, err := filepath.Glob("testdata/*.png")
	if err != nil || len(names) < len(wants) {
		t.Fatal(len(names), err)
	}
	for name, want := range wants {
		data, err := os.ReadFile("testdata/" + name + ".png")
		if err != nil {
			t.Fatal(err)
		}
		m, err := Decode(context.Background(), data, Options{})
		fails := strings.HasPrefix(want, "error: ")
		want = strings.TrimPrefix(want, "error: ")
		switch {
		case fails && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: got %v, want …%s…", name, err, want)
		case fails:
		case err != nil:
			t.Errorf("%s: %v", name, err)
		case want == "" && len(m.Warnings) > 0, want != "" && (len(m.Warnings) != 1 || !strings.Contains(m.Warnings[0], want)):
			t.Errorf("%s: warnings %q, want …%s…", name, m.Warnings, want)
		}
	}
}
