package decode

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// kindFile is a line of testdata/kinds/digests.txt: a file of WebP, TIFF, BMP or GIF and the
// digest of its pixels by dwebp, by Pillow or as they were written.
type kindFile struct {
	name                string
	width, height, bits int
	digest              string
}

func kindFiles(t testing.TB) []kindFile {
	t.Helper()
	var all []kindFile
	for line := range strings.Lines(string(readFile(t, "kinds/digests.txt"))) {
		var k kindFile
		if _, err := fmt.Sscan(line, &k.name, &k.width, &k.height, &k.bits, &k.digest); err != nil {
			t.Fatal(line, err)
		}
		all = append(all, k)
	}
	if len(all) < 130 {
		t.Fatalf("%d files", len(all))
	}
	return all
}

// digest is that of the stored pixels, by the rules of testdata/kinds/make.py.
func digest(px *pixels) string {
	var s scratch
	sum := sha256.New()
	for y := range px.size.Y {
		if px.rows8 != nil {
			row := slices.Clone(px.rows8.row(y, &s))
			for p := range slices.Chunk(row, 4) {
				if p[3] == 0 {
					clear(p)
				}
			}
			sum.Write(row)
			continue
		}
		row := slices.Clone(px.rows16.row(y, &s))
		for p := range slices.Chunk(row, 4) {
			if p[3] == 0 {
				clear(p)
			}
		}
		var raw []byte
		for _, v := range row {
			raw = binary.BigEndian.AppendUint16(raw, v)
		}
		sum.Write(raw)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// TestKinds: WebP, TIFF, BMP and GIF have the pixels of dwebp and of Pillow.
func TestKinds(t *testing.T) {
	d := newDecoder(t, Options{})
	for _, k := range kindFiles(t) {
		data := readFile(t, "kinds/"+k.name)
		f := newFile(context.Background(), data)
		c, h, err := d.probe(f, nil)
		if err != nil {
			t.Errorf("%s: %v", k.name, err)
			continue
		}
		px, err := c.decode(f, h)
		if err != nil {
			t.Errorf("%s: %v", k.name, err)
			continue
		}
		if px.size.X != k.width || px.size.Y != k.height || h.Depth != k.bits || (px.rows16 != nil) != (k.bits == 16) {
			t.Errorf("%s: %v of %d bits, want %d×%d of %d", k.name, px.size, h.Depth, k.width, k.height, k.bits)
		} else if got := digest(px); got != k.digest {
			t.Errorf("%s, %s: other pixels than the reference's", k.name, h.Kind)
		}
		if ext := filepath.Ext(k.name); !slices.Contains(c.extensions, ext) {
			t.Errorf("%s is taken for %s", k.name, c.title)
		}
		info, err := d.ReadInfo(bytes.NewReader(data))
		if err != nil || info != h.Info {
			t.Errorf("%s: ReadInfo is %+v, %v, want %+v", k.name, info, err, h.Info)
		}
	}
}
