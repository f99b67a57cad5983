package decode

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color/palette"
	"image/gif"
	"math"
	"slices"
	"strings"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// bmpOf is a BMP of the first bytes of its header of 40 bytes, of 100 bytes behind it.
func bmpOf(width, height int32, bits uint16, compression, colours uint32) []byte {
	out := append([]byte("BM"), make([]byte, 152)...)
	binary.LittleEndian.PutUint32(out[10:], 54)
	binary.LittleEndian.PutUint32(out[14:], 40)
	binary.LittleEndian.PutUint32(out[18:], uint32(width))
	binary.LittleEndian.PutUint32(out[22:], uint32(height))
	binary.LittleEndian.PutUint16(out[26:], 1)
	binary.LittleEndian.PutUint16(out[28:], bits)
	binary.LittleEndian.PutUint32(out[30:], compression)
	binary.LittleEndian.PutUint32(out[46:], colours)
	return out
}

// gifOf is a GIF of two colours whose first frame has the given place and size.
func gifOf(screenW, screenH, x, y, w, h uint16) []byte {
	out := []byte("GIF89a")
	for _, v := range []uint16{screenW, screenH} {
		out = binary.LittleEndian.AppendUint16(out, v)
	}
	out = append(out, 0x80, 0, 0, 0, 0, 0, 255, 255, 255, 0x2c)
	for _, v := range []uint16{x, y, w, h} {
		out = binary.LittleEndian.AppendUint16(out, v)
	}
	return append(out, 0, 2, 1, 0, 0, 0x3b)
}

func deflated(data []byte) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write(data)
	w.Close()
	return b.Bytes()
}

func TestKindsRefused(t *testing.T) {
	gray := make([]byte, 24) // of 6×4 pixels
	one := func(tag uint16, values ...uint32) []byte { return tiffOf(6, 4, map[uint16][]uint32{tag: values}, gray) }
	two := func(a, va, b, vb uint32) []byte {
		return tiffOf(6, 4, map[uint16][]uint32{uint16(a): {va}, uint16(b): {vb}}, gray)
	}
	loop := one(tagCompression, 1)
	binary.LittleEndian.PutUint32(loop[len(loop)-4:], 32) // the next directory is this one
	untyped := tiffOf(6, 4, map[uint16][]uint32{tagBits: {8}, tagSamples: {1}}, gray)
	for _, tag := range []uint16{tagBits, tagSamples} {
		entry := bytes.LastIndex(untyped, binary.LittleEndian.AppendUint16(nil, tag))
		binary.LittleEndian.PutUint16(untyped[entry+2:], 0)
	}
	canon := append([]byte("II*\x00\x10\x00\x00\x00CR\x02\x00\x00\x00\x00\x00"), one(tagBits, 8)[32:]...)
	vp8 := "\x10\x02\x00\x9d\x01\x2a\x06\x00\x04\x00"
	canvas := func(flags byte, w, h int) string {
		return chunk("VP8X", string([]byte{flags, 0, 0, 0, byte(w - 1), byte((w - 1) >> 8), byte((w - 1) >> 16), byte(h - 1), byte((h - 1) >> 8), byte((h - 1) >> 16)}))
	}
	frame := func(x byte, parts string) string {
		return chunk("ANMF", string([]byte{x, 0, 0, 0, 0, 0, 5, 0, 0, 3, 0, 0, 0, 0, 0, 0})+parts)
	}
	for _, c := range []struct {
		name string
		data []byte
		code Code
		text string
	}{
		{"next directory in a loop", loop, "", ""},
		{"directory in the header", []byte("II*\x00\x04\x00\x00\x00"), Corrupt, "its directory would lie at 4"},
		{"canon", canon, Unsupported, "CR2 is not read: it is a camera's raw file; develop it"},
		{"dng", one(tagDNGVersion, 1), Unsupported, "DNG is not read"},
		{"preview first", one(tagSubfileType, 1), Unsupported, "its first picture is a preview of another"},
		{"no width", tiffOf(6, 4, map[uint16][]uint32{tagWidth: nil}, gray), Corrupt, "its directory says 0×4 pixels, found within the first 98 of 98 bytes"},
		{"width 0", one(tagWidth, 0), Corrupt, "its directory says 0×4 pixels"},
		{"two types wrong", untyped, Corrupt, "its tag 277 has type 0, where a whole number is needed, found within"},
		{"large", one(tagWidth, 1<<30), TooLarge, "over the limit"},
		{"largest", two(tagWidth, math.MaxUint32, tagHeight, math.MaxUint32), Corrupt, "4294967295×4294967295"},
		{"no meaning", tiffOf(6, 4, map[uint16][]uint32{tagPhotometric: nil}, gray), Corrupt, "does not say what its samples mean"},
		{"lab", one(tagPhotometric, 8), Unsupported, "its colours are CIE L*a*b*"},
		{"unknown colours", one(tagPhotometric, 77), Unsupported, "its colours have the code 77"},
		{"12 bits", one(tagBits, 12), Unsupported, "samples of 12 bits"},
		{"floats", one(tagSampleFormat, 3), Unsupported, "samples are floating-point numbers"},
		{"two depths", tiffOf(6, 4, map[uint16][]uint32{tagBits: {8, 16}, tagSamples: {2}}, gray), Unsupported, "samples of 8 and of 16 bits"},
		{"many samples", one(tagSamples, 99), Unsupported, "99 samples a pixel"},
		{"nameless sample", one(tagSamples, 2), Unsupported, "no word of what is beyond gray"},
		{"three samples for CMYK", two(tagPhotometric, 5, tagSamples, 3), Corrupt, "3 samples a pixel for CMYK"},
		{"no palette", one(tagPhotometric, 3), Corrupt, "its palette has not 3 values"},
		{"jpeg within", one(tagCompression, 7), Unsupported, "its pixels are compressed as JPEG"},
		{"unknown compression", one(tagCompression, 77), Unsupported, "compressed in the way 77"},
		{"predictor 3", two(tagCompression, 8, tagPredictor, 3), Unsupported, "predictor 3"},
		{"fax of 8 bits", one(tagCompression, 4), Corrupt, "fax compression of more than one bit"},
		{"strip too long", one(tagStripCounts, 999), Truncated, "before its picture does"},
		{"strip behind the end", one(tagStripOffsets, math.MaxUint32), Truncated, "before its picture does"},
		{"strip too short", one(tagStripCounts, 23), Corrupt, "strip or tile 1 ends before its pixels do"},
		{"no rows a strip", one(tagRowsPerStrip, 0), Corrupt, "its strips have no rows"},
		{"strips missing", one(tagRowsPerStrip, 1), Corrupt, "1 places and 1 lengths of strips or tiles where 4 are needed"},
		{"strips over each other", tiffOf(6, 16, map[uint16][]uint32{tagRowsPerStrip: {1}, tagStripOffsets: slices.Repeat([]uint32{8}, 16), tagStripCounts: slices.Repeat([]uint32{250}, 16)}, make([]byte, 250)), Corrupt, "overlap"},
		{"tiles of no height", one(tagTileWidth, 16), Corrupt, "its tiles have 16×0 pixels"},
		{"tiles too large", two(tagTileWidth, 1<<30, tagTileHeight, 16), Corrupt, "its tiles have 1073741824×16 pixels"},
		{"tiny tiles", tiffOf(1<<13, 1<<13, map[uint16][]uint32{tagTileWidth: {1}, tagTileHeight: {1}}, gray), Corrupt, "fewer than 67108864 strips or tiles"},

		{"riff of nothing", []byte("RIFF\x00\x00\x00\x00WEBPVP8 "), Corrupt, "its RIFF header announces no chunk"},
		{"large canvas", webpOf(canvas(2, 1<<24, 1<<24), frame(0, chunk("VP8 ", vp8))), TooLarge, "16777216×16777216"},
		{"another canvas", webpOf(canvas(0, 7, 4), chunk("VP8 ", vp8)), Corrupt, "its parts disagree about its size"},
		{"another frame", webpOf(canvas(2, 9, 9), frame(0, chunk("VP8 ", strings.Replace(vp8, "\x06", "\x07", 1)))), Corrupt, "its parts disagree about its size"},
		{"frame outside", webpOf(canvas(2, 9, 9), frame(2, chunk("VP8 ", vp8))), Corrupt, "its first frame lies partly outside its canvas"},
		{"two canvases", webpOf(canvas(0, 6, 4), canvas(0, 6, 4)), Corrupt, "its VP8X chunk is malformed or not the first"},
		{"frame without canvas", webpOf(frame(0, chunk("VP8 ", vp8))), Corrupt, "frames and no canvas"},
		{"alpha without canvas", webpOf(chunk("ALPH", "\x00"), chunk("VP8 ", vp8)), Corrupt, "its ALPH chunk is out of place"},
		{"alpha too short", webpOf(canvas(16, 6, 4), chunk("ALPH", "\x00123"), chunk("VP8 ", vp8)), Corrupt, "its data ends before its picture does"},
		{"no pixels", webpOf(chunk("VP8 ", vp8)), Corrupt, "its data ends before its picture does"},
		{"profile 4", webpOf(chunk("VP8 ", "\x18"+vp8[1:])), Corrupt, "its VP8 chunk has the profile 4"},
		{"profile 3", webpOf(chunk("VP8 ", "\x16"+vp8[1:])), Corrupt, "its data ends before its picture does"},
		{"unknown chunk first", webpOf(chunk("VP8Z", vp8), chunk("VP8 ", vp8)), Corrupt, `its first chunk is "VP8Z"`},
		{"exif first", webpOf(chunk("EXIF", vp8), chunk("VP8 ", vp8)), Corrupt, `its first chunk is "EXIF"`},
		{"profile first", webpOf(chunk("ICCP", vp8), chunk("VP8 ", vp8)), Corrupt, `its first chunk is "ICCP"`},
		{"unknown chunk behind the canvas", webpOf(canvas(0, 6, 4), chunk("VP8Z", vp8), chunk("VP8 ", vp8)), Corrupt, "its data ends before its picture does"},
		{"not a key frame", webpOf(chunk("VP8 ", "\x11"+vp8[1:])), Corrupt, "no key frame"},
		{"lossless of another version", webpOf(chunk("VP8L", "\x2f\x00\x00\x00\xe0")), Corrupt, "unknown version"},
		{"no picture", webpOf(canvas(0, 6, 4)), Truncated, "truncated WebP"},
		{"width 0 of WebP", webpOf(chunk("VP8 ", strings.Replace(vp8, "\x06", "\x00", 1))), Unsupported, "0×4 pixels"},

		{"bmp of no width", bmpOf(0, 4, 24, 0, 0), Corrupt, "its header says 0×4 pixels"},
		{"bmp of the least height", bmpOf(1, math.MinInt32, 24, 0, 0), Corrupt, "1×2147483648"},
		{"large bmp", bmpOf(math.MaxInt32, -math.MaxInt32, 24, 0, 0), TooLarge, "over the limit"},
		{"run lengths", bmpOf(6, 4, 8, 1, 0), Unsupported, "run-length encoding"},
		{"16 bits", bmpOf(6, 4, 16, 0, 0), Unsupported, "16 bits a pixel"},
		{"16 bits with masks", bmpOf(6, 4, 16, 3, 0), Unsupported, "16 bits a pixel with colour masks"},
		{"other masks", bmpOf(6, 4, 32, 3, 0), Unsupported, "colour masks other than"},
		{"no room for a palette", bmpOf(6, 4, 8, 0, 2), Corrupt, "before its palette ends"},
		{"short bmp", bmpOf(60, 40, 24, 0, 0), Truncated, "truncated BMP"},
		{"vast header", append([]byte("BM????\x00\x00\x00\x00????"), "\xff\xff\xff\xff"...), Unsupported, "its header has 4294967295 bytes"},

		{"large screen", gifOf(65535, 65535, 0, 0, 1, 1), TooLarge, "65535×65535"},
		{"frame beyond the screen", gifOf(4, 4, 3, 0, 2, 2), Corrupt, "partly outside its screen"},
		{"empty frame", gifOf(4, 4, 0, 0, 0, 2), Corrupt, "empty"},
		{"too few indexes", gifOf(4, 4, 0, 0, 4, 4), Corrupt, "not enough image data"},
		{"no frame", []byte("GIF89a\x04\x00\x04\x00\x00\x00\x00\x3b"), Corrupt, "it has no frame"},
		{"another block", []byte("GIF89a\x04\x00\x04\x00\x00\x00\x00\x99"), Corrupt, "a block of an unknown kind"},
	} {
		_, err := newDecoder(t, Options{}).Decode(context.Background(), c.data)
		if c.code == "" {
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		refused, ok := errors.AsType[*Error](err)
		if !ok || refused.Code != c.code || !strings.Contains(refused.Text, c.text) {
			t.Errorf("%s: error is %v, want %s with %q", c.name, err, c.code, c.text)
		}
	}
}

// TestKindsMemory holds what headers say of memory against what decoding allocates.
func TestKindsMemory(t *testing.T) {
	const w, h = 700, 500
	drawn := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range drawn.Pix {
		drawn.Pix[i] = uint8(i * i >> 7)
	}
	wide, indexed := image.NewNRGBA64(drawn.Rect), image.NewPaletted(drawn.Rect, palette.WebSafe)
	files := map[string][]byte{}
	write := func(name string, to func(b *bytes.Buffer) error) {
		var b bytes.Buffer
		if err := to(&b); err != nil {
			t.Fatal(err)
		}
		files[name] = b.Bytes()
	}
	write("rgba.tif", func(b *bytes.Buffer) error {
		return tiff.Encode(b, drawn, &tiff.Options{Compression: tiff.Deflate, Predictor: true})
	})
	write("wide.tif", func(b *bytes.Buffer) error { return tiff.Encode(b, wide, nil) })
	write("palette.tif", func(b *bytes.Buffer) error { return tiff.Encode(b, indexed, nil) })
	write("rgba.bmp", func(b *bytes.Buffer) error { return bmp.Encode(b, drawn) })
	write("palette.bmp", func(b *bytes.Buffer) error { return bmp.Encode(b, indexed) })
	write("palette.gif", func(b *bytes.Buffer) error { return gif.Encode(b, indexed, nil) })
	part := indexed.SubImage(image.Rect(100, 100, 400, 300)).(*image.Paletted)
	write("part.gif", func(b *bytes.Buffer) error {
		return gif.EncodeAll(b, &gif.GIF{Image: []*image.Paletted{part}, Delay: []int{0}, Config: image.Config{ColorModel: indexed.Palette, Width: w, Height: h}})
	})
	bomb := deflated(make([]byte, 64<<20))
	files["bomb.tif"] = tiffOf(w, h, map[uint16][]uint32{tagCompression: {tiffDeflate}}, bomb)
	files["bomb of bits.tif"] = tiffOf(w, h, map[uint16][]uint32{tagBits: {1}, tagCompression: {tiffDeflate}}, bomb)
	files["bomb of runs.tif"] = tiffOf(w, h, map[uint16][]uint32{tagCompression: {tiffPackBits}}, bytes.Repeat([]byte{129, 7}, 1<<20))
	for _, k := range kindFiles(t) {
		files[k.name] = readFile(t, "kinds/"+k.name)
	}
	d := newDecoder(t, Options{})
	for name, data := range files {
		info, err := d.ReadInfo(bytes.NewReader(data))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		before := allocated()
		if _, err := d.Decode(context.Background(), data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if used := int64(allocated() - before); used > info.Memory()+100<<10 {
			t.Errorf("%s: took %d bytes, by its header %d", name, used, info.Memory())
		}
	}
}

// TestKindsMutants decodes damaged files as a run does. Whatever is refused has a code and
// one short line, and no header makes a decoder take more memory than it says.
func TestKindsMutants(t *testing.T) {
	var all []seed
	for _, k := range kindFiles(t) {
		all = append(all, seed{k.name, readFile(t, "kinds/"+k.name)})
	}
	d := newDecoder(t, Options{Limits: Limits{1 << 20}})
	verdicts := map[Code]int{}
	for n := range 3000 {
		name, data := mutant(all, n)
		if len(data) == 0 {
			continue
		}
		verdicts[checkKindsMutant(t, d, name, data)]++
	}
	t.Logf("%v", verdicts)
	for _, code := range []Code{"", NotPicture, Unsupported, Truncated, Corrupt, TooLarge} {
		if verdicts[code] == 0 {
			t.Errorf("no file got the verdict %q, the test has not tried it", code)
		}
	}
}

// checkKindsMutant decodes a file and gives the verdict, empty where it is accepted.
func checkKindsMutant(t *testing.T, d *Decoder, name string, data []byte) Code {
	t.Helper()
	info, infoErr := d.ReadInfo(bytes.NewReader(data))
	before := allocated()
	p, err := d.Decode(context.Background(), data)
	used := int64(allocated() - before)
	if infoErr != nil && err == nil {
		t.Errorf("%s: decoded, but its header was refused: %v", name, infoErr)
	}
	if most := info.Memory() + int64(len(data)) + 1<<20; used > most {
		t.Errorf("%s: took %d bytes, by its header at most %d", name, used, most)
	}
	if err == nil {
		checkFinite(t, p)
		if p.Info != info {
			t.Errorf("%s: Decode says %+v, ReadInfo %+v", name, p.Info, info)
		}
		return ""
	}
	refused, ok := errors.AsType[*Error](err)
	if !ok {
		t.Errorf("%s: %v has no code", name, err)
		return ""
	}
	if strings.ContainsAny(refused.Text, "\n\x00") || len(refused.Text) > 300 || strings.Contains(refused.Text, "decoder panicked: runtime error") && !strings.Contains(refused.Text, "WebP") {
		t.Errorf("%s: %q is not one short line of this package", name, refused.Text)
	}
	return refused.Code
}

// FuzzKinds holds that damaged WebP, TIFF, BMP and GIF are refused with a code, and that what
// is accepted can be read.
func FuzzKinds(f *testing.F) {
	for _, k := range kindFiles(f) {
		if data := readFile(f, "kinds/"+k.name); len(data) < 2000 {
			f.Add(data)
		}
	}
	d := newDecoder(f, Options{Limits: Limits{1 << 16}})
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) == 0 {
			return
		}
		checkKindsMutant(t, d, fmt.Sprintf("%.20q", data), data)
	})
}
