package png

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"filterbank/pipeline/decode/png/pngcases"
)

// tiff is an EXIF block; only its beginning is looked at here.
const tiff = "MM\x00*\x00\x00\x00\x08 and so on"

// profile is a raw profile as ImageMagick writes it.
func profile(kind, content string) string {
	digits := hex.EncodeToString([]byte(content))
	var lines []string
	for part := range slices.Chunk([]byte(digits), 72) {
		lines = append(lines, string(part))
	}
	return fmt.Sprintf("\n%s\n%8d\n%s\n", kind, len(content), strings.Join(lines, "\n"))
}

func deflated(text string) string {
	var out bytes.Buffer
	z := zlib.NewWriter(&out)
	z.Write([]byte(text))
	z.Close()
	return out.String()
}

func TestEXIF(t *testing.T) {
	const exif, app1 = "Raw profile type exif", "Raw profile type APP1"
	long := strings.Repeat("x", 100_000)
	for name, c := range map[string]struct {
		kind, content string
		want          string // EXIF
		warning       string
	}{
		"eXIf":           {"eXIf", tiff, tiff, ""},
		"no TIFF":        {"eXIf", "GIF89a and so on", "GIF89a and so on", ""},
		"short":          {"eXIf", "MM", "MM", ""},
		"tEXt":           {"tEXt", exif + "\x00" + profile("exif", "Exif\x00\x00"+tiff), tiff, ""},
		"tEXt bare":      {"tEXt", exif + "\x00" + profile("exif", tiff), tiff, ""},
		"zTXt":           {"zTXt", exif + "\x00\x00" + deflated(profile("exif", "Exif\x00\x00"+tiff)), tiff, ""},
		"zTXt long":      {"zTXt", exif + "\x00\x00" + deflated(profile("exif", tiff+long)), tiff + long, ""},
		"iTXt":           {"iTXt", exif + "\x00\x00\x00en\x00Profil\x00" + profile("exif", tiff), tiff, ""},
		"iTXt deflated":  {"iTXt", exif + "\x00\x01\x00\x00\x00" + deflated(profile("exif", tiff)), tiff, ""},
		"APP1":           {"tEXt", app1 + "\x00" + profile("app1", "Exif\x00\x00"+tiff), tiff, ""},
		"APP1 of XMP":    {"tEXt", app1 + "\x00" + profile("app1", "http://ns.adobe.com/xap/1.0/\x00<x/>"), "", ""},
		"no EXIF":        {"tEXt", exif + "\x00" + profile("exif", "something else"), "", "holds no EXIF"},
		"no digits":      {"tEXt", exif + "\x00\nexif\n 3\nzzzzzz\n", "", "hexadecimal digits"},
		"too few":        {"tEXt", exif + "\x00\nexif\n 30\n4d4d002a\n", "", "fewer bytes than it says"},
		"no length":      {"tEXt", exif + "\x00\nexif\n many\n4d4d002a\n", "", "not a number of bytes"},
		"empty":          {"tEXt", exif + "\x00", "", "not a kind, a length"},
		"zTXt damaged":   {"zTXt", exif + "\x00\x00" + strings.Repeat("\x78", 20), "", "zlib header"},
		"zTXt truncated": {"zTXt", exif + "\x00\x00" + deflated(profile("exif", tiff+long))[:50], "", "ends within"},
		"zTXt method":    {"zTXt", exif + "\x00\x07" + strings.Repeat("\x78", 20), "", "compression method"},
		"zTXt too long":  {"zTXt", exif + "\x00\x00" + deflated(strings.Repeat("0", 9_000_000)), "", "too long"},
		"iTXt truncated": {"iTXt", exif + "\x00\x00\x00en", "", "before its text"},
		"another text":   {"tEXt", "Comment\x00" + profile("exif", tiff), "", ""},
	} {
		chunk := pngcases.Chunk(c.kind, []byte(c.content))
		for _, late := range []bool{false, true} {
			s := pngcases.Spec{Width: 3, Height: 2, Depth: 8}
			if s.Before = chunk; late {
				s.Before, s.After = nil, chunk
			}
			data := s.Encode()
			m, err := Decode(context.Background(), data, Options{})
			if err != nil {
				t.Fatal(name, err)
			}
			warnings := strings.Join(m.Warnings, "; ")
			if string(m.EXIF) != c.want || (c.warning == "") != (warnings == "") || !strings.Contains(warnings, c.warning) {
				t.Errorf("%s, late %t: EXIF of %d bytes, warnings %q; want %d bytes, …%s…", name, late, len(m.EXIF), warnings, len(c.want), c.warning)
			}
			h, err := ReadHeader(data)
			if err != nil {
				t.Fatal(name, err)
			}
			found, _, err := Late(bytes.NewReader(data))
			if err != nil || string(found)+string(h.EXIF) != c.want || late && h.EXIF != nil || !late && found != nil {
				t.Errorf("%s, late %t: header has %d bytes of EXIF, behind it %d, %v", name, late, len(h.EXIF), len(found), err)
			}
		}
	}
}

// TestOrder says which EXIF counts.
func TestOrder(t *testing.T) {
	text := pngcases.Chunk("tEXt", []byte("Raw profile type exif\x00"+profile("exif", tiff+" of text")))
	first, second := pngcases.Chunk("eXIf", []byte(tiff+" 1")), pngcases.Chunk("eXIf", []byte(tiff+" 2"))
	s := pngcases.Spec{Width: 3, Height: 2, Depth: 8, Before: text, After: slices.Concat(first, second)}
	m, err := Decode(context.Background(), s.Encode(), Options{})
	if err != nil || string(m.EXIF) != tiff+" 1" || len(m.Warnings) != 1 {
		t.Errorf("EXIF is %q, warnings %q, %v", m.EXIF, m.Warnings, err)
	}
}

func TestColourFacts(t *testing.T) {
	chunk := func(kind, content string) []byte { return pngcases.Chunk(kind, []byte(content)) }
	s := pngcases.Spec{Width: 3, Height: 2, Depth: 8, Colour: 2}
	s.Before = slices.Concat(chunk("iCCP", "some profile\x00\x00"+deflated("x")), chunk("cICP", "\x09\x10\x00\x01"),
		chunk("cHRM", strings.Repeat("\x00", 32)), chunk("gAMA", "\x00\x00\xff\xff"))
	m, err := Decode(context.Background(), s.Encode(), Options{})
	if err != nil || strings.Join(m.Ignored, ", ") != "ICC profile, coding-independent code points, chromaticities, gamma" {
		t.Errorf("ignored %q, %v", m.Ignored, err)
	}
	s.Before = chunk("gAMA", "\x00\x00\xb1\x8f") // of sRGB
	if m, err = Decode(context.Background(), s.Encode(), Options{}); err != nil || len(m.Ignored) > 0 {
		t.Errorf("ignored %q, %v", m.Ignored, err)
	}
}

// TestXMP finds the first packet, plain and compressed, before the pixels and behind them.
func TestXMP(t *testing.T) {
	const packet = "<x:xmpmeta/>"
	text := func(fields string) []byte { return pngcases.Chunk("iTXt", []byte("XML:com.adobe.xmp\x00"+fields)) }
	plain, compressed := text("\x00\x00\x00\x00"+packet), text("\x01\x00\x00\x00"+deflated(packet))
	for _, c := range []struct {
		name          string
		before, after []byte
		head, late    string
	}{
		{"plain", plain, nil, packet, ""},
		{"compressed", compressed, nil, packet, ""},
		{"behind", nil, plain, "", packet},
		{"compressed, behind", nil, compressed, "", packet},
		{"three", slices.Concat(plain, text("\x00\x00\x00\x00other")), text("\x00\x00\x00\x00third"), packet, "third"},
		{"behind EXIF", pngcases.Chunk("eXIf", []byte(tiff)), plain, "", packet},
		{"none", nil, nil, "", ""},
	} {
		data := pngcases.Spec{Width: 3, Height: 2, Depth: 8, Before: c.before, After: c.after}.Encode()
		h, err := ReadHeader(data)
		if err != nil {
			t.Fatal(c.name, err)
		}
		_, late, err := Late(bytes.NewReader(data))
		if string(h.XMP) != c.head || string(late) != c.late || err != nil {
			t.Errorf("%s: %q before the pixels, want %q, and %q behind them, want %q; %v", c.name, h.XMP, c.head, late, c.late, err)
		}
	}
}

func TestRawProfileCase(t *testing.T) {
	data, err := os.ReadFile("testdata/exif6_rawprofile.png")
	if err != nil {
		t.Fatal(err)
	}
	h, err := ReadHeader(data)
	if err != nil || len(h.EXIF) < 8 {
		t.Errorf("EXIF is %q, %v", h.EXIF, err)
	}
}
