package decode

import (
	"bytes"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// stored is a zlib stream of data in a stored block.
func stored(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := zlib.NewWriterLevel(&b, zlib.NoCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(data); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestDeflateChecksum: a strip whose checksum is wrong or cut is refused, and one with more
// data than its rows is read.
func TestDeflateChecksum(t *testing.T) {
	const w, h = 16, 12
	plain := make([]byte, w*h)
	for i := range plain {
		plain[i] = byte(i * 7)
	}
	good := stored(t, plain)
	n := len(good)
	flipped := slices.Clone(good)
	flipped[50] ^= 0x40
	zeroed := append(slices.Clone(good[:n-4]), 0, 0, 0, 0)
	padded := stored(t, append(slices.Clone(plain), make([]byte, 4*w)...)) // the last strip may be stored whole
	paddedBad := slices.Clone(padded)
	paddedBad[50] ^= 0x40
	d := newDecoder(t, Options{})
	for _, c := range []struct {
		name  string
		strip []byte
		text  string // of the refusal; "" for none
	}{
		{"good", good, ""},
		{"compressed", deflated(plain), ""},
		{"bytes behind", append(slices.Clone(good), 1, 2, 3), ""},
		{"rows behind", padded, ""},
		{"flipped", flipped, "strip or tile 1 does not match its checksum"},
		{"zeroed", zeroed, "strip or tile 1 does not match its checksum"},
		{"flipped with rows behind", paddedBad, "strip or tile 1 does not match its checksum"},
		{"without checksum", good[:n-4], "strip or tile 1 ends before its checksum does"},
		{"with half of it", good[:n-2], "strip or tile 1 ends before its checksum does"},
	} {
		for _, way := range []uint32{tiffDeflate, tiffOldDeflate} {
			p, err := d.Decode(context.Background(), tiffOf(w, h, map[uint16][]uint32{tagCompression: {way}}, c.strip))
			if c.text == "" {
				if err != nil || p.Height != h {
					t.Errorf("%s, %d: %v", c.name, way, err)
				}
				continue
			}
			if refused, ok := errors.AsType[*Error](err); !ok || refused.Code != Corrupt || !strings.Contains(refused.Text, c.text) {
				t.Errorf("%s, %d: error is %v, want %s with %q", c.name, way, err, Corrupt, c.text)
			}
		}
	}
	// Unused rows of a tile count for its checksum.
	tile := stored(t, make([]byte, 512*512))
	fields := map[uint16][]uint32{tagCompression: {tiffDeflate}, tagTileWidth: {512}, tagTileHeight: {512}, tagTileOffsets: {8}, tagTileCounts: {uint32(len(tile))}}
	if _, err := d.Decode(context.Background(), tiffOf(w, h, fields, tile)); err != nil {
		t.Errorf("tile: %v", err)
	}
	tile[200<<10] ^= 1
	if _, err := d.Decode(context.Background(), tiffOf(w, h, fields, tile)); err == nil || !strings.Contains(err.Error(), "does not match its checksum") {
		t.Errorf("tile with a wrong unused row: %v", err)
	}
}

// TestGroup4Damage: a code word that does not exist is refused, and a strip that goes on
// after its last row is warned of.
func TestGroup4Damage(t *testing.T) {
	// A white row is the code word 1, and the end of a block is twice 000000000001.
	const end = "000000000001000000000001"
	strip := func(words string) []byte {
		words += strings.Repeat("0", -len(words)&7)
		out := make([]byte, len(words)/8)
		for i := range out {
			fmt.Sscanf(words[8*i:8*i+8], "%b", &out[i])
		}
		return out
	}
	d := newDecoder(t, Options{})
	for _, c := range []struct {
		name, words string
		text        string // of the refusal; "" for none
		warnings    int
	}{
		{"good", "1111" + end, "", 0},
		{"without an end", "1111", "", 0},
		{"a row more", "11111" + end, "", 1},
		{"another word at the end", "1111" + "0000001111" + end, "", 1},
		{"no such word", "11" + "0000001111" + end, "strip or tile 1 is damaged", 0},
		{"a row less", "111" + end, "ends before its pixels do", 0},
	} {
		fields := map[uint16][]uint32{tagBits: {1}, tagCompression: {tiffGroup4}}
		p, err := d.Decode(context.Background(), tiffOf(24, 4, fields, strip(c.words)))
		switch {
		case c.text == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.text == "" && len(p.Warnings) != c.warnings:
			t.Errorf("%s: warnings %q, want %d", c.name, p.Warnings, c.warnings)
		case c.text != "" && (err == nil || !strings.Contains(err.Error(), c.text)):
			t.Errorf("%s: error is %v, want one with %q", c.name, err, c.text)
		}
	}
}
