package decode

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filterbank/filters/simd"
	"filterbank/filters/volume"
	"filterbank/pipeline/decode/jpeg"
)

// decodeFile decodes a file of testdata and returns the whole volume.
func decodeFile(t testing.TB, name string, opts Options) (*Picture, *volume.Volume) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return decodeBytes(t, data, opts)
}

func decodeBytes(t testing.TB, data []byte, opts Options) (*Picture, *volume.Volume) {
	t.Helper()
	d, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	p, err := d.Decode(context.Background(), data)
	if err != nil {
		t.Fatal(err)
	}
	return p, readAll(t, p)
}

func readAll(t testing.TB, p *Picture) *volume.Volume {
	t.Helper()
	v, err := volume.New(p.Size())
	if err != nil {
		t.Fatal(err)
	}
	if err := p.ReadRows(v.Rows(0, v.H)); err != nil {
		t.Fatal(err)
	}
	return v
}

// samples8 is a volume in [0,1] as RGB bytes, which it has to hold exactly.
func samples8(t testing.TB, v *volume.Volume) []byte {
	t.Helper()
	out := make([]byte, 0, len(v.Data))
	for i := range v.H * v.W {
		for c := range v.C {
			value := v.Data[c*v.H*v.W+i]
			b := uint8(value*255 + 0.5)
			if float32(b)/255 != value {
				t.Fatalf("channel %d of pixel %d is %v, which is no byte over 255", c, i, value)
			}
			out = append(out, b)
		}
	}
	return out
}

// readPPM reads a binary PPM of 8 bits.
func readPPM(t testing.TB, name string) (w, h int, rgb []byte) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var most int
	r := bytes.NewReader(data)
	if _, err := fmt.Fscanf(r, "P6\n%d %d\n%d\n", &w, &h, &most); err != nil || most != 255 {
		t.Fatalf("%s: no PPM of 8 bits: %v", name, err)
	}
	return w, h, data[len(data)-r.Len():]
}

// TestJPEGMatchesLibjpegTurbo: the references come from libjpeg-turbo (testdata/make.py).
// Package jpeg's own tests have every sampling and kind.
func TestJPEGMatchesLibjpegTurbo(t *testing.T) {
	files, err := filepath.Glob("testdata/*.ppm")
	if err != nil || len(files) < 15 {
		t.Fatalf("%d references found: %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".ppm")
		t.Run(name, func(t *testing.T) {
			w, h, want := readPPM(t, name+".ppm")
			for _, set := range simd.Sets() {
				p, v := decodeFile(t, name+".jpg", Options{SIMD: set})
				if p.Size() != (volume.Shape{C: 3, H: h, W: w}) {
					t.Fatalf("size is %v, want 3×%d×%d", p.Size(), h, w)
				}
				if got := samples8(t, v); !bytes.Equal(got, want) {
					t.Errorf("%v: other pixels than libjpeg-turbo's", set)
				}
			}
		})
	}
}

// TestJPEGSegments holds what a file says beside its pixels, and where.
func TestJPEGSegments(t *testing.T) {
	plain := readFile(t, "420-5x5.jpg")
	segment := func(marker byte, content string) string {
		return string([]byte{0xff, marker, byte((len(content) + 2) >> 8), byte(len(content) + 2)}) + content
	}
	exif := segment(jpeg.APP1, exifPrefix+string(exifBlock(binary.BigEndian, 3, 6)))
	xmp := func(orientation string) string { return segment(jpeg.APP1, xmpPrefix+xmpPacket(orientation)) }
	silent := segment(jpeg.APP1, exifPrefix+string(exifBlock(binary.BigEndian, 3, 6)[:8])+"\x00\x00")
	for _, c := range []struct {
		name, segments string
		orientation    int
		ignored        string
	}{
		{"nothing", "", 1, ""},
		{"EXIF", exif, 6, ""},
		{"two of EXIF", exif + segment(jpeg.APP1, exifPrefix+string(exifBlock(binary.BigEndian, 3, 3))), 6, ""},
		{"ICC", segment(jpeg.APP2, iccPrefix+"\x01\x01…"), 1, "ICC profile"},
		{"XMP", xmp("8"), 8, ""},
		{"XMP before EXIF", xmp("8") + exif, 6, ""},
		{"XMP behind EXIF", exif + xmp("8"), 6, ""},
		{"XMP beside EXIF without an orientation", silent + xmp("8"), 8, ""},
		{"two of XMP", xmp("5") + xmp("8"), 5, ""},
		{"all", xmp("8") + exif + segment(jpeg.APP2, iccPrefix+"\x01\x01…"), 6, "ICC profile"},
	} {
		p, _ := decodeBytes(t, []byte(string(plain[:2])+c.segments+string(plain[2:])), Options{})
		if got := strings.Join(p.Ignored, ", "); p.Orientation != c.orientation || got != c.ignored || len(p.Warnings) > 0 {
			t.Errorf("%s: orientation %d, ignored %q, warnings %q; want %d, %q", c.name, p.Orientation, got, p.Warnings, c.orientation, c.ignored)
		}
	}
}

// TestJPEGWarnings: a fault that changes no pixel is told.
func TestJPEGWarnings(t *testing.T) {
	data := readFile(t, "420.jpg")
	_, want := decodeBytes(t, data, Options{})
	p, got := decodeBytes(t, data[:len(data)-2], Options{})
	if len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0], "end-of-image marker is missing") {
		t.Errorf("without its end: warnings %q", p.Warnings)
	}
	if !slices.Equal(got.Data, want.Data) {
		t.Error("without its end: other pixels")
	}
}

// TestJPEGKinds names the samplings.
func TestJPEGKinds(t *testing.T) {
	for name, want := range map[string]string{
		"gray": "gray8", "444": "ycbcr444", "422": "ycbcr422", "420": "ycbcr420", "440": "ycbcr440", "411": "ycbcr411", "410": "ycbcr410",
		"rgb": "rgb", "rgb-420": "rgb420", "cmyk": "cmyk", "ycck": "ycck", "ycck-420": "ycck-2x2-1x1-1x1-2x2",
	} {
		if got := samplesIn(t, readFile(t, name+".jpg")).Kind; got != want {
			t.Errorf("%s.jpg is %s, want %s", name, got, want)
		}
	}
}
