package decode

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
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
		f := newFile(context.Background(), d.opts.SIMD, data)
		c, h, err := d.probe(f, metadata{})
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

// TestKindsCut: a cut file is refused as truncated, unless all of the first picture is there.
func TestKindsCut(t *testing.T) {
	d := newDecoder(t, Options{})
	for _, k := range kindFiles(t) {
		data := readFile(t, "kinds/"+k.name)
		if len(data) > 1200 {
			continue
		}
		if _, err := d.Decode(context.Background(), slices.Concat(data, []byte("trailing bytes"))); err != nil {
			t.Errorf("%s with trailing bytes: %v", k.name, err)
		}
		whole := false
		for n := 1; n < len(data); n++ {
			_, err := d.Decode(context.Background(), data[:n:n])
			refused, ok := errors.AsType[*Error](err)
			whole = whole || err == nil
			if err == nil != whole || err != nil && (!ok || refused.Code != Truncated) {
				t.Errorf("%s cut to %d of %d bytes: error is %v, want code truncated", k.name, n, len(data), err)
			}
		}
		if mayEnd := strings.HasSuffix(k.name, ".gif"); whole && !mayEnd {
			t.Errorf("%s is accepted without its last byte", k.name)
		}
	}
}

// TestKindsBackground: alpha lies over the background in every kind.
func TestKindsBackground(t *testing.T) {
	for _, name := range []string{"lossless-alpha.webp", "alpha-1-best.webp", "animated-placed.webp", "rgba-lzw.tif", "extra-1.tif", "alpha.bmp", "placed.gif"} {
		data := readFile(t, "kinds/"+name)
		_, black := decodeBytes(t, data, Options{})
		_, white := decodeBytes(t, data, Options{Background: [3]uint8{255, 255, 255}})
		clear := 0
		for i, v := range white.Data {
			if v < black.Data[i] {
				t.Fatalf("%s: value %d is %v over white and %v over black", name, i, v, black.Data[i])
			}
			if v == 1 && black.Data[i] == 0 {
				clear++
			}
		}
		if clear == 0 {
			t.Errorf("%s: the background shows nowhere", name)
		}
	}
}

func TestKindsOrientation(t *testing.T) {
	d := newDecoder(t, Options{})
	for name, size := range map[string]string{"lossless-exif.webp": "5×7", "lossy-exif.webp": "5×7", "turned.tif": "13×21"} {
		p, err := d.Decode(context.Background(), readFile(t, "kinds/"+name))
		if err != nil || p.Orientation != 6 || fmt.Sprintf("%d×%d", p.Width, p.Height) != size || len(p.Warnings) > 0 {
			t.Errorf("%s: %+v, %v, want orientation 6 and %s", name, p, err, size)
		}
	}
}

// TestKindsSay holds what the manifest says of files that are not read in full.
func TestKindsSay(t *testing.T) {
	d := newDecoder(t, Options{})
	for name, want := range map[string]string{
		"animated.webp":      "[] [it has several frames, of which the first is read]",
		"animated.gif":       "[] [it has several frames, of which the first is read]",
		"pages.tif":          "[] [it has several pages, of which the first is read]",
		"lossless-exif.webp": "[ICC profile] []",
		"icc.tif":            "[ICC profile] []",
		"plain.gif":          "[] []",
	} {
		p, err := d.Decode(context.Background(), readFile(t, "kinds/"+name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if got := fmt.Sprint(p.Ignored, " ", p.Warnings); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

// TestHeaderBehindPixels: ReadInfo finds a TIFF's directory and a WebP's EXIF behind more
// bytes than it reads at once.
func TestHeaderBehindPixels(t *testing.T) {
	d := newDecoder(t, Options{})
	palette := make([]uint32, 3<<8)
	for i := range palette {
		palette[i] = uint32(i * 85)
	}
	strip := make([]byte, 300*200)
	fields := map[uint16][]uint32{tagBits: {8}, tagPhotometric: {3}, tagColourMap: palette, tagOrientation: {6}}
	exif := webpOf(chunk("VP8X", "\x08\x00\x00\x00\x06\x00\x00\x04\x00\x00"), chunk("VP8L", "\x2f\x06\x00\x01\x00"+string(strip)), chunk("EXIF", string(exifBlock(binary.LittleEndian, 3, 6))))
	for name, data := range map[string][]byte{"TIFF": tiffOf(300, 200, fields, strip), "WebP": exif} {
		r := bytes.NewReader(data)
		info, err := d.ReadInfo(r)
		if err != nil || info.Orientation != 6 {
			t.Errorf("%s: ReadInfo is %+v, %v, want orientation 6", name, info, err)
		}
		if all, err := d.ReadInfo(onlyReader{bytes.NewReader(data)}); name == "TIFF" && (err != nil || all != info) {
			t.Errorf("%s: without seeking ReadInfo is %+v, %v, want %+v", name, all, err, info)
		}
		if name == "TIFF" {
			if p, err := d.Decode(context.Background(), data); err != nil || p.Info != info {
				t.Errorf("%s: Decode gives %+v, %v, want %+v", name, p, err, info)
			}
		}
	}
}

// onlyReader cannot seek.
type onlyReader struct{ r io.Reader }

func (r onlyReader) Read(p []byte) (int, error) { return r.r.Read(p) }

// chunk is a chunk of a RIFF file.
func chunk(id, content string) string {
	head := binary.LittleEndian.AppendUint32([]byte(id), uint32(len(content)))
	return string(head) + content + strings.Repeat("\x00", len(content)%2)
}

// webpOf is a WebP of chunks.
func webpOf(chunks ...string) []byte {
	body := "WEBP" + strings.Join(chunks, "")
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

// tiffOf is a little-endian TIFF of one strip, with its directory at the end. fields are
// further tags, or other tags than gray of 8 bits has. All are LONGs.
func tiffOf(w, h int, fields map[uint16][]uint32, strip []byte) []byte {
	all := map[uint16][]uint32{
		tagWidth: {uint32(w)}, tagHeight: {uint32(h)}, tagBits: {8}, tagPhotometric: {1}, tagStripOffsets: {8}, tagStripCounts: {uint32(len(strip))},
	}
	for tag, values := range fields {
		if all[tag] = values; values == nil {
			delete(all, tag)
		}
	}
	out := binary.LittleEndian.AppendUint32([]byte(tiffLittle), uint32(8+len(strip)))
	out = append(out, strip...)
	values := len(out) + 2 + 12*len(all) + 4
	out = binary.LittleEndian.AppendUint16(out, uint16(len(all)))
	var rest []byte
	for _, tag := range slices.Sorted(maps.Keys(all)) {
		v := all[tag]
		out = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(out, tag), 4)
		if tag == tagOrientation {
			out[len(out)-2] = 3
		}
		out = binary.LittleEndian.AppendUint32(out, uint32(len(v)))
		if len(v) == 1 {
			out = binary.LittleEndian.AppendUint32(out, v[0])
			continue
		}
		out = binary.LittleEndian.AppendUint32(out, uint32(values+len(rest)))
		for _, x := range v {
			rest = binary.LittleEndian.AppendUint32(rest, x)
		}
	}
	return append(binary.LittleEndian.AppendUint32(out, 0), rest...)
}

// TestXImageVersion: keys name the version of golang.org/x/image that go.mod has.
func TestXImageVersion(t *testing.T) {
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if want := regexp.MustCompile(`golang.org/x/image v\S+`).Find(mod); ximage != string(want) {
		t.Errorf("the version is %q, go.mod has %q", ximage, want)
	}
	for _, c := range codecs() {
		if fromModule := slices.Contains([]Format{WebP, TIFF, BMP}, c.format); fromModule != strings.Contains(c.version, ximage) {
			t.Errorf("%s has the version %q", c.title, c.version)
		}
	}
}
