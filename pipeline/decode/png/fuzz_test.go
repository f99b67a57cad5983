package png

import (
	"bytes"
	"context"
	"fmt"
	stdpng "image/png"
	"testing"

	"filterbank/filters/simd"
	"filterbank/pipeline/decode/png/pngcases"
)

// FuzzDecode mends the checksums of a file and decodes it with every set. All sets must give the
// same pixels, warnings or error. If there is no warning and image/png takes the file, its
// pixels must be the same. Files with a transparent colour are left out: libpng looks only at
// the bits of a sample in tRNS, and image/png at all bits.
func FuzzDecode(f *testing.F) {
	for _, s := range append(pngcases.Seeds(), pngcases.Edges()...) {
		f.Add(s.Data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		data = bytes.Clone(data)
		pngcases.Mend(data)
		if h, err := ReadHeader(data); err == nil && h.Width*h.Height > 1<<16 {
			return
		}
		var first string
		for _, set := range simd.Sets() {
			m, err := Decode(context.Background(), data, Options{SIMD: set})
			text := fmt.Sprint(err)
			if err == nil {
				px, _ := pixels(m)
				if m.Transparent != nil {
					text = fmt.Sprint(*m.Transparent)
				}
				h := m.Header
				h.Transparent = nil
				text += fmt.Sprint(h, px)
			}
			if first == "" {
				first = text
			} else if text != first {
				t.Fatalf("%v and another set differ: %.300s, %.300s", set, text, first)
			}
			if m == nil || len(m.Warnings) > 0 || m.Transparent != nil {
				continue
			}
			if _, err := stdpng.Decode(bytes.NewReader(data)); err == nil {
				sameAsLibrary(t, "fuzzed", data)
			}
		}
	})
}

// FuzzUnfilter holds rows of any bytes against the standard.
func FuzzUnfilter(f *testing.F) {
	f.Add([]byte{4, 1, 2, 3, 4, 5, 6, 4, 3, 4, 5, 6, 7, 8}, 3)
	f.Add(bytes.Repeat([]byte{4, 250, 3, 128, 0, 1, 255}, 200), 4)
	f.Add(bytes.Repeat([]byte{3, 250, 2, 128, 0, 1, 255}, 200), 6)
	f.Fuzz(func(t *testing.T, raw []byte, shape int) {
		bpp := []int{1, 2, 3, 4, 6, 8}[uint(shape)%6]
		width := 1 + int(uint(shape)/6%40)
		p := pass{dx: 1, dy: 1, width: width, rowBytes: bpp * width}
		p.height = len(raw) / (p.rowBytes + 1)
		raw = raw[:p.height*(p.rowBytes+1)]
		for y := range p.height {
			raw[y*(p.rowBytes+1)] %= 5
		}
		want := reference(raw, p, bpp)
		for _, set := range simd.Sets() {
			if got, ok := undone(raw, []pass{p}, 8*bpp, set, 1<<20); !ok || !bytes.Equal(got, want) {
				t.Fatalf("%d bytes, %d×%d, %v: not as the standard says", bpp, width, p.height, set)
			}
		}
	})
}
