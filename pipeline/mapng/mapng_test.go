package mapng

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

// encode writes a picture in pieces of chunk rows.
func encode(t testing.TB, h Header, pix []byte, chunk int) []byte {
	t.Helper()
	return encodeIn(t, new(Workspace), h, pix, chunk)
}

func encodeIn(t testing.TB, ws *Workspace, h Header, pix []byte, chunk int) []byte {
	t.Helper()
	var e Encoder
	var out bytes.Buffer
	if err := e.Reset(&out, h); err != nil {
		t.Fatal(err)
	}
	step := chunk * h.Width * h.bytesPerPixel()
	for len(pix) > 0 {
		n := min(step, len(pix))
		if err := e.WriteRows(ws, pix[:n]); err != nil {
			t.Fatal(err)
		}
		pix = pix[n:]
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// decoded reads a PNG with image/png and returns its samples as WriteRows takes
// them, and its palette.
func decoded(t testing.TB, data []byte) (h Header, pix []byte) {
	t.Helper()
	r := bytes.NewReader(data)
	img, err := png.Decode(r)
	if err != nil {
		t.Fatal(err)
	}
	if r.Len() > 0 {
		t.Fatalf("%d bytes after the picture's end", r.Len())
	}
	b := img.Bounds()
	h = Header{Width: b.Dx(), Height: b.Dy(), Depth: 8}
	switch img := img.(type) {
	case *image.Gray:
		return h, img.Pix
	case *image.Gray16:
		h.Depth = 16
		return h, img.Pix
	case *image.RGBA:
		h.RGB = true
		for i := 0; i < len(img.Pix); i += 4 {
			pix = append(pix, img.Pix[i:i+3]...)
		}
		return h, pix
	case *image.Paletted:
		h.Palette = [][3]uint8{}
		for _, c := range img.Palette {
			rgb := c.(color.RGBA)
			h.Palette = append(h.Palette, [3]uint8{rgb.R, rgb.G, rgb.B})
		}
		return h, img.Pix
	default:
		t.Fatalf("decoded to a %T", img)
		return h, nil
	}
}

// contents are pictures' samples by kind, each for a row length in bytes.
var contents = []struct {
	name string
	fill func(pix []byte, rowBytes int, rng *rand.Rand)
}{
	{"black", func([]byte, int, *rand.Rand) {}},
	{"white", func(pix []byte, _ int, _ *rand.Rand) {
		for i := range pix {
			pix[i] = 255
		}
	}},
	{"noise", func(pix []byte, _ int, rng *rand.Rand) {
		for i := range pix {
			pix[i] = byte(rng.Uint32())
		}
	}},
	{"ramp", func(pix []byte, rowBytes int, _ *rand.Rand) {
		for i := range pix {
			pix[i] = byte(i%rowBytes + i/rowBytes)
		}
	}},
	{"stripes", func(pix []byte, rowBytes int, _ *rand.Rand) {
		for i := range pix {
			pix[i] = byte(i % rowBytes / 5 % 2 * 200)
		}
	}},
	{"sparse", func(pix []byte, _ int, rng *rand.Rand) {
		for i := range pix {
			if rng.IntN(40) == 0 {
				pix[i] = byte(rng.IntN(6))
			}
		}
	}},
	{"bursts", func(pix []byte, _ int, rng *rand.Rand) { // runs about the shortest and the longest match
		for i := 0; i < len(pix); {
			v, n := byte(rng.IntN(3)), 1+rng.IntN(12)
			if rng.IntN(4) == 0 {
				n = 250 + rng.IntN(300)
			}
			for ; n > 0 && i < len(pix); n-- {
				pix[i] = v
				i++
			}
		}
	}},
	{"skewed", func(pix []byte, _ int, rng *rand.Rand) { // codes longer than the limit
		for i := range pix {
			v := 0
			for v < 40 && rng.IntN(2) == 0 {
				v++
			}
			pix[i] = byte(v * 37)
		}
	}},
}

func TestRoundTrip(t *testing.T) {
	sizes := [][2]int{
		{1, 1}, {1, 2}, {2, 1}, {1, 300}, {300, 1}, {3, 3}, {7, 5}, {8, 8}, {9, 17}, {63, 65}, {64, 64},
		{255, 257}, {1024, 40}, {70000, 3}, {1, 70000}, {blockSize - 1, 2}, {blockSize, 2}, {blockSize + 1, 1},
	}
	for _, size := range sizes {
		for _, h := range []Header{{Depth: 8}, {Depth: 16}, {Depth: 8, Palette: rainbow(256)}, {Depth: 8, RGB: true}} {
			h.Width, h.Height = size[0], size[1]
			for _, content := range contents {
				pix := make([]byte, h.Width*h.Height*h.bytesPerPixel())
				content.fill(pix, h.Width*h.bytesPerPixel(), rand.New(rand.NewPCG(1, 2)))
				t.Run(fmt.Sprintf("%dx%d/%d/%d/%v/%s", h.Width, h.Height, h.Depth, len(h.Palette), h.RGB, content.name), func(t *testing.T) {
					checkRoundTrip(t, h, pix)
				})
			}
		}
	}
}

// TestSameBytesEverywhere has the same sums on every processor, for assembly and plain Go. A
// change of these sums changes every map.
func TestSameBytesEverywhere(t *testing.T) {
	sum := crc32.NewIEEE()
	for _, h := range []Header{{Depth: 8}, {Depth: 16}} {
		h.Width, h.Height = 333, 257
		for _, content := range contents {
			pix := make([]byte, h.Width*h.Height*h.Depth/8)
			content.fill(pix, h.Width*h.Depth/8, rand.New(rand.NewPCG(1, 2)))
			sum.Write(encode(t, h, pix, h.Height))
		}
	}
	if got, want := sum.Sum32(), uint32(0xc6c61c98); got != want {
		t.Errorf("CRC-32 of all files is %#x, want %#x", got, want)
	}
}

func rainbow(n int) [][3]uint8 {
	p := make([][3]uint8, n)
	for i := range p {
		p[i] = [3]uint8{uint8(i), uint8(255 - i), uint8(i * 7)}
	}
	return p
}

// checkRoundTrip also checks that the bytes do not depend on the number of rows in a call.
func checkRoundTrip(t *testing.T, h Header, pix []byte) {
	t.Helper()
	var ws Workspace
	data := encodeIn(t, &ws, h, pix, h.Height)
	got, gotPix := decoded(t, data)
	if got.Width != h.Width || got.Height != h.Height || got.Depth != h.Depth || got.RGB != h.RGB ||
		fmt.Sprint(got.Palette) != fmt.Sprint(h.Palette) {
		t.Fatalf("read back as %+v, wrote %+v", got, h)
	}
	if !bytes.Equal(gotPix, pix) {
		t.Fatal("pixels read back differ")
	}
	for _, chunk := range []int{1, 3} {
		if chunk < h.Height && !bytes.Equal(encodeIn(t, &ws, h, pix, chunk), data) {
			t.Errorf("%d rows at a time give other bytes than all at once", chunk)
		}
	}
}

func TestEncoderIsReusable(t *testing.T) {
	var e Encoder
	var ws Workspace
	for i, h := range []Header{
		{Width: 300, Height: 200, Depth: 16}, {Width: 5, Height: 4, Depth: 8},
		{Width: 900, Height: 200, Depth: 8, Palette: rainbow(256), Text: []Text{{"k", "v"}}},
	} {
		pix := make([]byte, h.Width*h.Height*h.Depth/8)
		contents[2].fill(pix, h.Width, rand.New(rand.NewPCG(3, 4)))
		var out bytes.Buffer
		if err := e.Reset(&out, h); err != nil {
			t.Fatal(err)
		}
		if i != 1 { // the second picture is abandoned
			if err := errors.Join(e.WriteRows(&ws, pix), e.Close()); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(out.Bytes(), encode(t, h, pix, h.Height)) {
				t.Errorf("picture %d has other bytes from an encoder that was used before", i)
			}
		} else if err := e.WriteRows(&ws, pix[:10]); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRowErrors(t *testing.T) {
	var e Encoder
	var ws Workspace
	if err := e.WriteRows(&ws, nil); err == nil {
		t.Error("rows without a Reset: no error")
	}
	if err := e.Close(); err == nil {
		t.Error("Close without a Reset: no error")
	}
	if err := e.Reset(io.Discard, Header{Width: 4, Height: 3, Depth: 16}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		n    int
		want string
	}{
		{9, "not a whole number of rows of 8 bytes"},
		{32, "4 rows after 0 of 3"},
		{16, ""},
		{16, "2 rows after 2 of 3"},
		{0, ""},
	} {
		err := e.WriteRows(&ws, make([]byte, c.n))
		if (err == nil) != (c.want == "") || (err != nil && !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%d bytes: got %v, want %q", c.n, err, c.want)
		}
	}
	if err := e.Close(); err == nil || !strings.Contains(err.Error(), "1 of 3 rows are missing") {
		t.Errorf("Close: got %v", err)
	}
}

// failing takes n writes and fails then.
type failing struct{ n int }

var errFull = errors.New("disk full")

func (f *failing) Write(p []byte) (int, error) {
	if f.n--; f.n < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestWriteErrors(t *testing.T) {
	h := Header{Width: 400, Height: 400, Depth: 8}
	pix := make([]byte, 400*400)
	contents[2].fill(pix, 400, rand.New(rand.NewPCG(1, 1)))
	blocks := (401*400 + blockSize - 1) / blockSize
	for n := range 1 + blocks + 1 {
		var e Encoder
		err := e.Reset(&failing{n}, h)
		if (err != nil) != (n == 0) {
			t.Fatalf("%d writes: Reset gave %v", n, err)
		}
		for y := range 400 {
			if err == nil {
				err = e.WriteRows(new(Workspace), pix[y*400:(y+1)*400])
			}
		}
		if (err != nil) != (n <= blocks) {
			t.Fatalf("%d writes: WriteRows gave %v", n, err)
		}
		if err := e.Close(); !errors.Is(err, errFull) {
			t.Errorf("%d writes: Close gave %v, want the writer's error", n, err)
		}
	}
}

func TestNoAllocations(t *testing.T) {
	var e Encoder
	var ws Workspace
	h := Header{Width: 1000, Height: 100, Depth: 8, Text: []Text{{"filterbank:scale", "0 1"}}}
	pix := make([]byte, h.Width*h.Height)
	contents[6].fill(pix, h.Width, rand.New(rand.NewPCG(1, 1)))
	n := testing.AllocsPerRun(5, func() {
		if err := errors.Join(e.Reset(io.Discard, h), e.WriteRows(&ws, pix), e.Close()); err != nil {
			t.Fatal(err)
		}
	})
	if n > 0 {
		t.Errorf("%v allocations a picture", n)
	}
}

func FuzzRoundTrip(f *testing.F) {
	f.Add(uint16(3), uint8(0), []byte{1, 2, 3, 4, 5, 6})
	f.Add(uint16(1), uint8(1), []byte{0, 0, 0, 9})
	f.Add(uint16(2), uint8(3), []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
	f.Add(uint16(300), uint8(2), bytes.Repeat([]byte{0, 0, 0, 0, 5}, 600))
	f.Fuzz(func(t *testing.T, width uint16, kind uint8, pix []byte) {
		h := Header{Width: 1 + int(width), Depth: 8}
		switch kind % 4 {
		case 1:
			h.Depth = 16
		case 2:
			h.Palette = rainbow(256)
		case 3:
			h.RGB = true
		}
		rowBytes := h.Width * h.bytesPerPixel()
		h.Height = len(pix) / rowBytes
		if h.Height == 0 {
			return
		}
		checkRoundTrip(t, h, pix[:h.Height*rowBytes])
	})
}
