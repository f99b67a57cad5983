package decode

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filterbank/pipeline/decode/jpeg"
)

func newDecoder(t testing.TB, opts Options) *Decoder {
	t.Helper()
	d, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// ihdr is a PNG's signature and header, and nothing else but the pixels' empty chunk.
func ihdr(w, h uint32, depth, colour byte) []byte {
	head := binary.BigEndian.AppendUint32(nil, w)
	head = binary.BigEndian.AppendUint32(head, h)
	out := append([]byte(pngSignature), pngChunk("IHDR", append(head, depth, colour, 0, 0, 0))...)
	return append(out, pngChunk("IDAT", nil)...)
}

// sof is a JPEG's frame header, with the start of a scan and no data.
func sof(marker byte, w, h uint16, sampling ...byte) []byte {
	out := []byte{0xff, 0xd8, 0xff, marker, 0, byte(8 + 3*len(sampling)), 8}
	out = binary.BigEndian.AppendUint16(out, h)
	out = binary.BigEndian.AppendUint16(out, w)
	out = append(out, byte(len(sampling)))
	for i, s := range sampling {
		out = append(out, byte(i+1), s, 0)
	}
	out = append(out, 0xff, 0xda, 0, byte(6+2*len(sampling)), byte(len(sampling)))
	for i := range sampling {
		out = append(out, byte(i+1), 0)
	}
	return append(out, 0, 63, 0, 0xff, 0xd9)
}

func TestRefusals(t *testing.T) {
	gray := pngSpec{w: 9, h: 7, depth: 8, sample: noise(8)}
	good := gray.encode()
	badCRC := bytes.Clone(good)
	badCRC[len(badCRC)-20]++
	for _, c := range []struct {
		name string
		data []byte
		opts Options
		code Code
		text string
	}{
		{"empty", nil, Options{}, Empty, "empty file"},
		{"text", []byte("Hello,\nworld. This is no picture."), Options{}, NotPicture, `text and begins "Hello, world. This is no"`},
		{"web page", []byte("<!DOCTYPE html><p>404"), Options{}, NotPicture, `begins "<!DOCTYPE html><p>404"`},
		{"zeros", make([]byte, 100), Options{}, NotPicture, `begins "\x00\x00\x00\x00\x00\x00\x00\x00"`},
		{"photoshop", []byte("8BPS\x01\x00"), Options{}, Unsupported, "Photoshop is not read: convert it to PNG"},
		{"heic", []byte("\x00\x00\x00\x18ftypheic"), Options{}, Unsupported, "HEIC is not read: convert it to PNG, as heif-convert does"},
		{"avif", []byte("\x00\x00\x00\x1cftypavif"), Options{}, Unsupported, "AVIF"},
		{"fuji", []byte("FUJIFILMCCD-RAW 0201"), Options{}, Unsupported, "RAF is not read: it is a camera's raw file; develop it"},
		{"png as text", []byte("\x89PNG\n\x1a\n\x00"), Options{}, Corrupt, "as binary"},
		{"cut signature", []byte("\x89PN"), Options{}, Truncated, "after 3 bytes"},
		{"one byte", []byte{0xff}, Options{}, Truncated, "after 1 byte,"},
		{"cut png", good[:len(good)-30], Options{}, Truncated, "truncated PNG: the file ends after"},
		{"bad checksum", badCRC, Options{}, Corrupt, "checksum"},
		{"no pixels", ihdr(4, 4, 8, 0), Options{}, Truncated, "truncated PNG"},
		{"png of 3 bits", ihdr(4, 4, 3, 2), Options{}, Corrupt, "3 bits a sample"},
		{"png of no width", ihdr(0, 4, 8, 2), Options{}, Corrupt, "says 0×4 pixels"},
		{"lossless jpeg", sof(0xc3, 8, 8, 0x11), Options{}, Unsupported, "unsupported JPEG: lossless coding"},
		{"two channels", sof(0xc0, 8, 8, 0x11, 0x11), Options{}, Unsupported, "2 components"},
		{"odd sampling", sof(0xc0, 8, 8, 0x32, 0x21, 0x11), Options{}, Unsupported, "3×2, which do not divide"},
		{"height to come", sof(0xc0, 8, 0, 0x11), Options{}, Unsupported, "leaves the height to a later marker"},
		{"large png", ihdr(30000, 20000, 8, 2), Options{}, TooLarge, "30000×20000 has 600000000 pixels, over the limit of 268435456; raise it with --limit-pixels"},
		{"largest png", ihdr(math.MaxInt32, math.MaxInt32, 16, 6), Options{}, TooLarge, "--limit-pixels"},
		{"large jpeg", sof(0xc0, 65500, 65500, 0x11), Options{}, TooLarge, "65500×65500 has 4290250000 pixels"},
		{"own limit", good, Options{Limits: Limits{62}}, TooLarge, "9×7 has 63 pixels, over the limit of 62"},
		{"large when resized", good, Options{Limits: Limits{999}, Resize: &Resize{Width: 100}}, TooLarge, "resized picture of 100×78 has 7800 pixels, over the limit of 999"},
		{"crop too wide", good, Options{Crop: &Crop{Width: 10, Height: 7}}, TooSmall, "crop of 10×7 is larger than the picture, which has 9×7"},
		{"crop too high", good, Options{Resize: &Resize{Width: 18}, Crop: &Crop{Width: 1, Height: 15}}, TooSmall, "which has 18×14"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := newDecoder(t, c.opts).Decode(context.Background(), c.data)
			refused, ok := errors.AsType[*Error](err)
			if !ok || refused.Code != c.code || !strings.Contains(refused.Text, c.text) {
				t.Fatalf("error is %v, want %s with %q", err, c.code, c.text)
			}
		})
	}
}

func TestExactlyAtTheLimit(t *testing.T) {
	s := pngSpec{w: 9, h: 7, depth: 8, sample: noise(8)}
	decodeBytes(t, s.encode(), Options{Limits: Limits{63}})
}

// small are files to be cut and damaged at each of their bytes.
func small(t testing.TB) map[string][]byte {
	exif := pngChunk("eXIf", exifBlock(binary.LittleEndian, 3, 6))
	palette := pngSpec{w: 5, h: 4, colour: 3, depth: 4, interlaced: true, palette: make([]byte, 30), trns: []byte{0, 9}, before: exif, sample: noise(3)}
	wide := pngSpec{w: 5, h: 4, colour: 6, depth: 16, sample: noise(16)}
	return map[string][]byte{
		"palette.png": palette.encode(),
		"wide.png":    wide.encode(),
		"420.jpg":     withAPP1(readFile(t, "420-5x5.jpg"), exifBlock(binary.BigEndian, 3, 8)),
		"cmyk.jpg":    readFile(t, "ycck-420.jpg"),
		"steps.jpg":   readFile(t, "progressive.jpg"),
	}
}

func TestTruncationAtEveryByte(t *testing.T) {
	d := newDecoder(t, Options{})
	for name, data := range small(t) {
		if _, err := d.Decode(context.Background(), append(data[:len(data):len(data)], "trailing bytes"...)); err != nil {
			t.Errorf("%s with trailing bytes: %v", name, err)
		}
		for n := range data {
			_, err := d.Decode(context.Background(), data[:n:n])
			if strings.HasSuffix(name, ".jpg") && n >= len(data)-2 {
				if err != nil { // all pixels are there
					t.Errorf("%s without its end: %v", name, err)
				}
				continue
			}
			refused, ok := errors.AsType[*Error](err)
			if !ok || refused.Code != Truncated && n > 0 {
				t.Errorf("%s cut to %d of %d bytes: error is %v, want code truncated", name, n, len(data), err)
			}
			if info, err := d.ReadInfo(bytes.NewReader(data[:n])); err == nil && info.Width*info.Height == 0 {
				t.Errorf("%s cut to %d bytes: ReadInfo accepts it as %+v", name, n, info)
			}
		}
	}
}

func TestDamageAtEveryByte(t *testing.T) {
	d := newDecoder(t, Options{Limits: Limits{1 << 16}})
	for name, data := range small(t) {
		for n := range data {
			for _, change := range []byte{0xff, 0x01, 0x80} {
				damaged := bytes.Clone(data)
				damaged[n] ^= change
				if p, err := d.Decode(context.Background(), damaged); err == nil {
					readAll(t, p)
				} else if _, ok := errors.AsType[*Error](err); !ok {
					t.Errorf("%s damaged at byte %d: %v has no code", name, n, err)
				}
			}
		}
	}
}

func TestReadInfo(t *testing.T) {
	d := newDecoder(t, Options{})
	filler := bytes.Repeat([]byte{0xff, 0xe2, 0xff, 0xff}, 1)
	filler = append(filler, bytes.Repeat([]byte{0xff}, 65533)...) // what a thumbnail may hold is no marker
	photo := withAPP1(readFile(t, "420.jpg"), exifBlock(binary.BigEndian, 3, 6))
	for _, c := range []struct {
		name string
		data []byte
		read int // bytes at most
	}{
		{"small", photo, len(photo)},
		{"header of 200 KB", append(append([]byte{0xff, 0xd8}, bytes.Repeat(filler, 3)...), photo[2:]...), 256 << 10},
		{"much behind the header", append(bytes.Clone(photo), make([]byte, 1<<20)...), 32 << 10},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := bytes.NewReader(c.data)
			info, err := d.ReadInfo(r)
			if err != nil {
				t.Fatal(err)
			}
			if info.Width != 29 || info.Height != 37 || info.Orientation != 6 || info.Prepared != (shape(37, 29)) {
				t.Errorf("info is %+v, want 29×37 with orientation 6", info)
			}
			if read := len(c.data) - r.Len(); read > c.read {
				t.Errorf("%d bytes were read, want at most %d", read, c.read)
			}
		})
	}
	broken := errors.New("disk on fire")
	_, err := d.ReadInfo(io.MultiReader(bytes.NewReader(photo[:9]), failing{broken}))
	if _, ok := errors.AsType[*Error](err); ok || !errors.Is(err, broken) {
		t.Errorf("error of the reader comes out as %v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// FuzzDecode checks that what Decode accepts can be read and is finite. Packages jpeg and png
// have fuzz tests of their own.
func FuzzDecode(f *testing.F) {
	for _, data := range small(f) {
		f.Add(data)
	}
	for _, s := range pngKinds() {
		s.w, s.h = 3, 2
		f.Add(s.encode())
	}
	files, err := filepath.Glob("testdata/*.jpg")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		f.Add(readFile(f, filepath.Base(file)))
	}
	plain := newDecoder(f, Options{Limits: Limits{1 << 16}})
	resized := newDecoder(f, Options{Limits: Limits{1 << 16}, Resize: &Resize{Width: 7, Height: 5, Mode: Fill}})
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := plain.Decode(context.Background(), data)
		if err != nil {
			if _, ok := errors.AsType[*Error](err); !ok {
				t.Errorf("%v has no code", err)
			}
			return
		}
		checkFinite(t, p)
		if p, err = resized.Decode(context.Background(), data); err != nil {
			t.Fatalf("accepted, but refused with resizing: %v", err)
		}
		checkFinite(t, p)
	})
}

func checkFinite(t *testing.T, p *Picture) {
	for i, v := range readAll(t, p).Data {
		if !(v >= 0 && v <= 1) {
			t.Fatalf("value %d of a %v picture is %v", i, p.Size(), v)
		}
	}
}

// TestManyScans repeats an empty scan of a progressive JPEG: each costs a pass over all of
// the picture, and a few bytes.
func TestManyScans(t *testing.T) {
	data := readFile(t, "progressive.jpg")
	first := bytes.Index(data, []byte("\xff\xda"))
	table := first + bytes.Index(data[first:], []byte("\xff\xc4"))           // behind the first scan
	ends := "\xff\xc4\x00\x14\x10\x01" + strings.Repeat("\x00", 15) + "\xe0" // the code 0 is a run of 2^14 empty blocks
	scan := []byte("\xff\xda\x00\x08\x01\x01\x00\x01\x3f\x00\x00\x01")
	d := newDecoder(t, Options{})
	for _, n := range []int{jpeg.MaxScans - 1, jpeg.MaxScans} {
		bomb := slices.Concat(data[:table], []byte(ends), bytes.Repeat(scan, n), []byte("\xff\xd9"))
		_, err := d.Decode(context.Background(), bomb)
		refused, ok := errors.AsType[*Error](err)
		if many := n == jpeg.MaxScans; many && (!ok || refused.Code != Unsupported || !strings.Contains(refused.Text, "more than 100 scans")) || !many && err != nil {
			t.Errorf("%d scans: got %v", 1+n, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := d.Decode(ctx, data); !errors.Is(err, context.Canceled) {
		t.Errorf("after ctx: got %v", err)
	}
}

// TestBytesBehindThePicture has what looks like scans, and is none of the picture's.
func TestBytesBehindThePicture(t *testing.T) {
	data, err := os.ReadFile("testdata/progressive.jpg")
	if err != nil {
		t.Fatal(err)
	}
	data = append(data, bytes.Repeat([]byte("\xff\xda"), 2*jpeg.MaxScans)...)
	if _, err := newDecoder(t, Options{}).Decode(context.Background(), data); err != nil {
		t.Error(err)
	}
}
