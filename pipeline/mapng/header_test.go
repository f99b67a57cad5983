package mapng

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

func TestResetRefuses(t *testing.T) {
	largest := maxDimension // a variable, as one more does not fit every int
	ok := Header{Width: 2, Height: 2, Depth: 8}
	with := func(change func(*Header)) Header {
		h := ok
		change(&h)
		return h
	}
	text := func(k, v string) Header {
		return with(func(h *Header) { h.Text = []Text{{k, v}} })
	}
	for _, c := range []struct {
		name string
		h    Header
		want string
	}{
		{"no width", with(func(h *Header) { h.Width = 0 }), "must be 1 to 2147483647"},
		{"negative height", with(func(h *Header) { h.Height = -1 }), "must be 1 to 2147483647"},
		{"too wide", with(func(h *Header) { h.Width = largest + 1 }), "must be 1 to 2147483647"},
		{"depth", with(func(h *Header) { h.Depth = 4 }), "depth must be 8 or 16, got 4"},
		{"palette and depth", with(func(h *Header) { h.Depth = 16; h.Palette = rainbow(2) }), "needs depth 8, got 16"},
		{"palette and RGB", with(func(h *Header) { h.RGB = true; h.Palette = rainbow(2) }), "RGB needs depth 8 and no palette"},
		{"16-bit RGB", with(func(h *Header) { h.RGB = true; h.Depth = 16 }), "RGB needs depth 8"},
		{"empty palette", with(func(h *Header) { h.Palette = rainbow(0) }), "1 to 256 entries, got 0"},
		{"long palette", with(func(h *Header) { h.Palette = rainbow(257) }), "1 to 256 entries, got 257"},
		{"no keyword", text("", "v"), "1 to 79 characters, got 0"},
		{"long keyword", text(strings.Repeat("é", 80), "v"), "1 to 79 characters, got 80"},
		{"keyword with control character", text("a\nb", "v"), "printable"},
		{"keyword beyond Latin-1", text("Ω", "v"), "printable"},
		{"keyword with space before", text(" a", "v"), "space"},
		{"keyword with space after", text("a ", "v"), "space"},
		{"keyword with two spaces", text("a  b", "v"), "space"},
		{"value beyond Latin-1", text("a", "x→y"), `"a"`},
		{"value with NUL", text("a", "x\x00y"), `"a"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var e Encoder
			var out bytes.Buffer
			err := e.Reset(&out, c.h)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
			if out.Len() > 0 {
				t.Errorf("%d bytes written", out.Len())
			}
			if err := e.WriteRows(new(Workspace), nil); err == nil {
				t.Error("rows taken after a refused header")
			}
		})
	}
}

func TestLargestHeader(t *testing.T) {
	var e Encoder
	h := Header{Width: maxDimension, Height: maxDimension, Depth: 16, Text: []Text{{strings.Repeat("é", 79), ""}}}
	if err := e.Reset(io.Discard, h); err != nil {
		t.Error(err)
	}
}

func TestText(t *testing.T) {
	h := Header{Width: 1, Height: 1, Depth: 8, Text: []Text{
		{"filterbank:scale", "lo 0 hi 0.5"}, {"Title", "é ± 2\nline"},
	}}
	data := encode(t, h, []byte{7}, 1)
	for _, want := range []string{
		"\x00\x00\x00\x1ctEXtfilterbank:scale\x00lo 0 hi 0.5",
		"\x00\x00\x00\x10tEXtTitle\x00\xe9 \xb1 2\nline",
	} {
		if !bytes.Contains(data, []byte(want)) {
			t.Errorf("no chunk %q in %q", want, data)
		}
	}
}
