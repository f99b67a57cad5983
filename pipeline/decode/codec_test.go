package decode

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"image"
	"slices"
	"strings"
	"testing"

	"filterbank/filters/simd"
)

// overlap says whether a file can fit two magics.
func overlap(a, b string) bool {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] && a[i] != '?' && b[i] != '?' {
			return false
		}
	}
	return true
}

// TestSniffIsUnambiguous holds that no file fits two formats, read or not.
func TestSniffIsUnambiguous(t *testing.T) {
	type way struct{ name, magic string }
	var ways []way
	for _, c := range codecs() {
		for _, m := range c.magics {
			ways = append(ways, way{c.title, m})
		}
	}
	for _, u := range UnreadKinds() {
		for _, m := range u.magics {
			ways = append(ways, way{u.Name, m})
		}
	}
	for i, a := range ways {
		if len(a.magic) < 2 || len(a.magic) > Beginning {
			t.Errorf("%s: magic %q, want 2 to %d bytes", a.name, a.magic, Beginning)
		}
		for _, b := range ways[:i] {
			if overlap(a.magic, b.magic) {
				t.Errorf("a file can be both %s (%q) and %s (%q)", a.name, a.magic, b.name, b.magic)
			}
		}
	}
}

// TestRows holds what the rest of the program derives from a row of the table.
func TestRows(t *testing.T) {
	var formats []Format
	var extensions []string
	for i, c := range codecs() {
		about := Formats()[i]
		if c.format == "" || c.version == "" || c.header == nil || c.explain == nil || (len(c.magics) == 0) == (c.begins == nil) {
			t.Errorf("row %d is not complete: %+v", i, c)
		}
		if c.format.String() != c.title || !strings.EqualFold(string(c.format), c.title) {
			t.Errorf("format %q has the title %q", c.format, c.format.String())
		}
		if about.Format != c.format || !strings.Contains(about.About, c.title) {
			t.Errorf("%s is described as %+v, without its name", c.title, about)
		}
		if len(about.Extensions) == 0 {
			t.Errorf("%s has no extension", c.title)
		}
		for _, e := range about.Extensions {
			if !strings.HasPrefix(e, ".") || e != strings.ToLower(e) || slices.Contains(extensions, e) {
				t.Errorf("%s: extension %q, want one of its own, in lower case with a dot", c.title, e)
			}
			extensions = append(extensions, e)
		}
		if slices.Contains(formats, c.format) {
			t.Errorf("two rows for %s", c.format)
		}
		formats = append(formats, c.format)
	}
	if all := slices.Concat(Extensions(), MatrixExtensions()); !slices.Equal(all, extensions) {
		t.Errorf("extensions %v, want %v", all, extensions)
	}
}

// toyCodec reads files that begin "TOY" and lie about everything: a test sets how.
func toyCodec(h header, decode func(f *file) (*pixels, error)) codec {
	return codec{
		format: "toy", title: "Toy", about: "Toy", extensions: []string{".toy"}, magics: []string{"TO?Y"}, version: "1",
		header: func(*file) (*header, error) {
			fresh := h
			fresh.Kind, fresh.Depth, fresh.decode = "gray", 8, decode
			return &fresh, nil
		},
		explain: func(err error) (string, *Error) { return err.Error(), nil },
	}
}

func grayPixels(w, h int) *pixels {
	px, err := pixelsOf(image.NewGray(image.Rect(0, 0, w, h)))
	if err != nil {
		panic(err)
	}
	return px
}

// TestSharedCode holds what a new codec gets without doing anything for it: sniffing, the
// limit before decoding, orientation, memory, and its panics as the file's errors.
func TestSharedCode(t *testing.T) {
	good := header{stored: image.Pt(4, 3), complete: true}
	good.decoded = 1000
	large, empty, short := good, good, good
	large.stored, empty.stored, short.complete = image.Pt(1<<15, 1<<15), image.Pt(4, 0), false
	right := func(*file) (*pixels, error) { return grayPixels(4, 3), nil }
	for _, c := range []struct {
		name   string
		header header
		decode func(f *file) (*pixels, error)
		code   Code
		text   string
	}{
		{"right", good, right, "", ""},
		{"large", large, func(*file) (*pixels, error) { panic("decoded") }, TooLarge, "over the limit"},
		{"no height", empty, right, Unsupported, "unsupported Toy: its header says 4×0 pixels"},
		{"short", short, right, Truncated, "truncated Toy: the file ends after 8 bytes"},
		{"panic", good, func(f *file) (*pixels, error) { var none []byte; return nil, errors.New(string(none[len(f.data)])) }, Corrupt, "corrupt Toy: decoder panicked: runtime error: index out of range"},
		{"another size", good, func(*file) (*pixels, error) { return grayPixels(3, 4), nil }, Corrupt, "3×4 pixels where the header says 4×3"},
		{"own words", good, func(*file) (*pixels, error) { return nil, refuse(Unsupported, "no toys today") }, Unsupported, "no toys today"},
	} {
		c.header.exif = exifBlock(binary.BigEndian, 3, 6)
		d := newDecoder(t, Options{})
		d.codecs = append(d.codecs, toyCodec(c.header, c.decode))
		p, err := d.Decode(context.Background(), []byte("TOxYdata"))
		if c.code == "" {
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
			} else if p.Format != "toy" || p.Width != 3 || p.Height != 4 || p.Orientation != 6 || p.Samples.Kind != "gray8" || p.Memory() != 1000+2*12*4 {
				t.Errorf("%s: got %+v, memory %d", c.name, p.Info, p.Memory())
			}
			continue
		}
		refused, ok := errors.AsType[*Error](err)
		if !ok || refused.Code != c.code || !strings.Contains(refused.Text, c.text) {
			t.Errorf("%s: error is %v, want %s with %q", c.name, err, c.code, c.text)
		}
	}
}

// TestPanicInHeader: ReadInfo survives it too.
func TestPanicInHeader(t *testing.T) {
	toy := toyCodec(header{}, nil)
	toy.header = func(*file) (*header, error) { panic("header") }
	d := newDecoder(t, Options{})
	d.codecs = append(d.codecs, toy)
	_, err := d.ReadInfo(bytes.NewReader([]byte("TOxYdata")))
	if refused, ok := errors.AsType[*Error](err); !ok || refused.Code != Corrupt || !strings.Contains(refused.Text, "corrupt Toy: decoder panicked: header") {
		t.Errorf("got %v", err)
	}
}

// TestNamesInMessages: messages name what is read from the table.
func TestNamesInMessages(t *testing.T) {
	d := newDecoder(t, Options{})
	d.codecs = append(d.codecs, toyCodec(header{}, nil))
	for data, want := range map[string]string{
		"":        "a PNG, JPEG, WebP, TIFF, BMP, GIF or Toy picture is needed",
		"8BPS":    "Photoshop is not read: convert it to PNG",
		"nothing": "a PNG, JPEG, WebP, TIFF, BMP, GIF or Toy file is needed",
		"TOx":     "truncated: the file ends after 3 bytes, within its signature",
	} {
		if _, err := d.Decode(context.Background(), []byte(data)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error is %v, want one with %q", data, err, want)
		}
	}
}

// TestFingerprint: equal keys are equal files, so that it changes with all that rows
// depend on, and with nothing else.
func TestFingerprint(t *testing.T) {
	photo, drawing := readFile(t, "420.jpg")[:Beginning], []byte(pngSignature)
	base := newDecoder(t, Options{})
	if got, want := base.Fingerprint(photo), "codec jpeg version \"filterbank 2\"\npreparation 1\nbackground 0 0 0\nmean 0 0 0\nstd 1 1 1\n"; got != want {
		t.Errorf("fingerprint is\n%s, want\n%s", got, want)
	}
	changed := newDecoder(t, Options{})
	changed.codecs = slices.Clone(changed.codecs)
	changed.codecs[1].version += "x" // JPEG's
	if changed.Fingerprint(photo) == base.Fingerprint(photo) {
		t.Error("another version of a codec leaves the fingerprint of its files as it was")
	}
	if changed.Fingerprint(drawing) != base.Fingerprint(drawing) || changed.Preparation() != base.Preparation() {
		t.Error("another version of a codec changes what other files have")
	}
	seen := map[string]int{base.Preparation(): -1}
	for i, o := range []Options{
		{Background: [3]uint8{0, 1, 0}},
		{Resize: &Resize{Width: 5}}, {Resize: &Resize{Height: 5}}, {Resize: &Resize{Width: 5, Height: 5}},
		{Resize: &Resize{Width: 5, Height: 5, Mode: Fill}}, {Resize: &Resize{Width: 5, Filter: Nearest}},
		{Crop: &Crop{Width: 5, Height: 1}}, {Crop: &Crop{Width: 1, Height: 5}}, {Crop: &Crop{Width: 5, Height: 1, Anchor: Top}},
		{Mean: [3]float32{0.1}}, {Mean: [3]float32{0, 0.1}}, {Std: [3]float32{1, 1, 0.1}}, {Std: [3]float32{1, 1, 0.1 + 0x1p-27}},
	} {
		text := newDecoder(t, o).Preparation()
		if other, ok := seen[text]; ok {
			t.Errorf("options %d and %d have the same text %q", other, i, text)
		}
		seen[text] = i
	}
	same := newDecoder(t, Options{Limits: Limits{99}, Std: [3]float32{1, 1, 1}, SIMD: simd.Generic})
	if same.Fingerprint(photo) != base.Fingerprint(photo) {
		t.Error("the limit or the loops change the fingerprint")
	}
}
