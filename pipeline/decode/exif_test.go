package decode

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	stdjpeg "image/jpeg"
	"math/rand/v2"
	"strings"
	"testing"

	"filterbank/filters/volume"
	"filterbank/pipeline/decode/jpeg"
)

// byteOrder is both of encoding/binary's interfaces.
type byteOrder interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

// exifBlock is a TIFF block with three tags, Orientation in the middle.
func exifBlock(order byteOrder, kind, value uint16) []byte {
	out := []byte("II")
	if order == byteOrder(binary.BigEndian) {
		out = []byte("MM")
	}
	out = order.AppendUint16(out, 42)
	out = order.AppendUint32(out, 8)
	out = order.AppendUint16(out, 3)
	for _, tag := range [][2]uint16{{0x0110, 7}, {0x0112, value}, {0x0128, 2}} {
		out = order.AppendUint16(out, tag[0])
		out = order.AppendUint16(out, kind)
		out = order.AppendUint32(out, 1)
		if kind == 4 {
			out = order.AppendUint32(out, uint32(tag[1]))
		} else {
			out = order.AppendUint16(order.AppendUint16(out, tag[1]), 0)
		}
	}
	return order.AppendUint32(out, 0)
}

// withAPP1 puts an EXIF segment behind the start of a JPEG.
func withAPP1(data, exif []byte) []byte {
	out := append([]byte{}, data[:2]...)
	out = append(out, 0xff, jpeg.APP1)
	out = binary.BigEndian.AppendUint16(out, uint16(2+len(exifPrefix)+len(exif)))
	out = append(append(out, exifPrefix...), exif...)
	return append(out, data[2:]...)
}

// upright is what a stored picture of rows abc, def means (Exif 2.32, 4.6.4 A).
var upright = [...]string{1: "abc/def", 2: "cba/fed", 3: "fed/cba", 4: "def/abc", 5: "ad/be/cf", 6: "da/eb/fc", 7: "fc/eb/da", 8: "cf/be/ad"}

// letters reads a volume as letters, one for each square of step pixels: a is 10/255, b 20/255 and so on.
func letters(v *volume.Volume, step int) string {
	var rows []string
	for y := step / 2; y < v.H; y += step {
		row := ""
		for x := step / 2; x < v.W; x += step {
			row += string(rune('a' - 1 + int(v.Data[y*v.W+x]*25.5+0.5)))
		}
		rows = append(rows, row)
	}
	return strings.Join(rows, "/")
}

func TestOrientation(t *testing.T) {
	blocks := image.NewGray(image.Rect(0, 0, 24, 16))
	for i := range blocks.Pix {
		blocks.Pix[i] = uint8(10 * (1 + i%24/8 + 3*(i/24/8)))
	}
	var photo bytes.Buffer
	if err := stdjpeg.Encode(&photo, blocks, &stdjpeg.Options{Quality: 100}); err != nil {
		t.Fatal(err)
	}
	for o := 1; o <= 8; o++ {
		for _, order := range []byteOrder{binary.LittleEndian, binary.BigEndian} {
			exif := exifBlock(order, 3, uint16(o))
			chunk := pngChunk("eXIf", exif)
			files := map[string][]byte{
				"png 8":          pngSpec{w: 3, h: 2, depth: 8, before: chunk, sample: func(x, y, _ int) uint16 { return uint16(10 * (1 + x + 3*y)) }}.encode(),
				"png 16":         pngSpec{w: 3, h: 2, depth: 16, before: chunk, sample: func(x, y, _ int) uint16 { return uint16(2570 * (1 + x + 3*y)) }}.encode(),
				"png 16, behind": pngSpec{w: 3, h: 2, depth: 16, after: chunk, sample: func(x, y, _ int) uint16 { return uint16(2570 * (1 + x + 3*y)) }}.encode(),
				"jpeg":           withAPP1(photo.Bytes(), exif),
			}
			for name, data := range files {
				t.Run(fmt.Sprintf("%s, %d, %v", name, o, order), func(t *testing.T) {
					p, v := decodeBytes(t, data, Options{})
					step := 1
					if p.Format == JPEG {
						step = 8
					}
					if got := letters(v, step); got != upright[o] || p.Orientation != o {
						t.Errorf("orientation %d is %s, want %s", p.Orientation, got, upright[o])
					}
					if p.Width != v.W || p.Height != v.H || len(p.Warnings) > 0 {
						t.Errorf("%+v of a %v picture, warnings %q", p.Info, v.Shape, p.Warnings)
					}
					info, err := p.decoder.ReadInfo(bytes.NewReader(data))
					if err != nil || info != p.Info {
						t.Errorf("ReadInfo is %+v, %v, want %+v", info, err, p.Info)
					}
				})
			}
		}
	}
}

// TestLateEXIF has the block behind so many pixels that the header is read without it.
func TestLateEXIF(t *testing.T) {
	noise := rand.New(rand.NewPCG(1, 2))
	for _, depth := range []int{8, 16} {
		data := pngSpec{
			w: 400, h: 300, depth: depth, after: pngChunk("eXIf", exifBlock(binary.BigEndian, 3, 6)),
			sample: func(int, int, int) uint16 { return uint16(noise.Uint32()) & (1<<depth - 1) },
		}.encode()
		if len(data) < 100_000 {
			t.Fatalf("%d bytes are read at once, the test shows nothing", len(data))
		}
		p, _ := decodeBytes(t, data, Options{})
		info, err := p.decoder.ReadInfo(bytes.NewReader(data))
		if err != nil || info != p.Info || info.Orientation != 6 || info.Width != 300 {
			t.Errorf("depth %d: ReadInfo is %+v, %v, want %+v", depth, info, err, p.Info)
		}
	}
}

func TestMalformedEXIF(t *testing.T) {
	good := exifBlock(binary.BigEndian, 3, 6)
	patched := func(at int, content string) []byte {
		b := bytes.Clone(good)
		copy(b[at:], content)
		return b
	}
	for _, c := range []struct {
		name  string
		block []byte
		want  string // of the warning; "" for none
	}{
		{"whole", good, ""},
		{"long", exifBlock(binary.LittleEndian, 4, 6), ""},
		{"empty", nil, "too few"},
		{"header only", good[:8], "lies outside"},
		{"other header", patched(0, "XX"), "TIFF header"},
		{"order and magic disagree", patched(0, "II"), "TIFF header"},
		{"directory within the header", patched(4, "\x00\x00\x00\x02"), "directory at 2"},
		{"directory far outside", patched(4, "\xff\xff\xff\xff"), "directory at 4294967295"},
		{"cut entry", good[:30], "entry 2 of 3"},
		{"too many entries", append(patched(8, "\xff\xff")[:10], 1, 2, 3), "entry 1 of 65535"},
		{"text", exifBlock(binary.BigEndian, 2, 6), "type 2"},
		{"zero", exifBlock(binary.BigEndian, 3, 0), "is 0"},
		{"nine", exifBlock(binary.BigEndian, 3, 9), "is 9"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := pngSpec{w: 3, h: 2, depth: 8, before: pngChunk("eXIf", c.block), sample: noise(8)}
			p, _ := decodeBytes(t, s.encode(), Options{})
			if c.want == "" {
				if p.Orientation != 6 || len(p.Warnings) > 0 {
					t.Errorf("orientation %d, warnings %q, want 6 and none", p.Orientation, p.Warnings)
				}
				return
			}
			if p.Orientation != 1 || len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0], c.want) {
				t.Errorf("orientation %d, warnings %q, want 1 and one with %q", p.Orientation, p.Warnings, c.want)
			}
		})
	}
	for n := range good {
		if o, err := exifOrientation(good[:n:n]); err == nil && o != 6 {
			t.Errorf("the first %d bytes give orientation %d without an error", n, o)
		}
	}
}

func TestIgnoredColours(t *testing.T) {
	var photo bytes.Buffer
	if err := stdjpeg.Encode(&photo, image.NewGray(image.Rect(0, 0, 8, 8)), nil); err != nil {
		t.Fatal(err)
	}
	profile := append([]byte("\xff\xd8\xff\xe2\x00\x12ICC_PROFILE\x00\x01\x01xx"), photo.Bytes()[2:]...)
	chunks := func(before string) []byte {
		return pngSpec{w: 3, h: 2, depth: 8, before: []byte(before), sample: func(x, _, _ int) uint16 { return uint16(x) }}.encode()
	}
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"plain JPEG", photo.Bytes(), "[]"},
		{"JPEG with a profile", profile, "[ICC profile]"},
		{"plain PNG", chunks(""), "[]"},
		{"PNG with sRGB's gamma", chunks(string(pngChunk("gAMA", []byte{0, 0, 0xb1, 0x8f}))), "[]"},
		{"PNG with another gamma", chunks(string(pngChunk("gAMA", []byte{0, 1, 0x86, 0xa0}))), "[gamma]"},
		{"PNG with a profile", chunks(string(pngChunk("cHRM", make([]byte, 32))) + string(pngChunk("iCCP", []byte("a profile\x00\x00compressed")))), "[chromaticities ICC profile]"},
	} {
		p, _ := decodeBytes(t, c.data, Options{})
		if got := fmt.Sprint(p.Ignored); got != c.want {
			t.Errorf("%s: ignored %s, want %s", c.name, got, c.want)
		}
	}
}
