package jpeg

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"runtime"
	"strings"
	"testing"
)

// named is a file of the corpus.
func named(t testing.TB, name string) []byte {
	t.Helper()
	for _, f := range corpus(t) {
		if f.name == name {
			return bytes.Clone(f.data)
		}
	}
	t.Fatalf("the corpus has no %s", name)
	return nil
}

// enlarged gives a file's frame another size. Its data ends early.
func enlarged(t testing.TB, data []byte, w, h int) []byte {
	t.Helper()
	for _, marker := range []byte{markerSOF0, markerSOF1, markerSOF2} {
		if at := bytes.Index(data, []byte{0xff, marker, 0}); at > 0 {
			binary.BigEndian.PutUint16(data[at+5:], uint16(h))
			binary.BigEndian.PutUint16(data[at+7:], uint16(w))
			return data
		}
	}
	t.Fatal("no frame header")
	return nil
}

func TestReadHeader(t *testing.T) {
	for name, want := range map[string]Header{
		"ycc-baseline-35x27-2x2_1x1_1x1.jpg":        {Width: 35, Height: 27, Colour: YCbCr, Factors: []Factors{{2, 2}, {1, 1}, {1, 1}}},
		"odd-rgb-progressive-37x29-1x3_2x1_1x1.jpg": {Width: 37, Height: 29, Colour: RGB, Progressive: true, Factors: []Factors{{1, 3}, {2, 1}, {1, 1}}},
		"gray-restart-29x35-2x2.jpg":                {Width: 29, Height: 35, Colour: Gray, Factors: []Factors{{2, 2}}},
		"cmyk-baseline-27x21-1x1_1x1_1x1_1x1.jpg":   {Width: 27, Height: 21, Colour: CMYK, Factors: []Factors{{1, 1}, {1, 1}, {1, 1}, {1, 1}}},
		"ycck-wide-27x21-2x2_1x1_1x1_2x2.jpg":       {Width: 27, Height: 21, Colour: YCCK, Factors: []Factors{{2, 2}, {1, 1}, {1, 1}, {2, 2}}},
	} {
		data := named(t, name)
		scan := bytes.Index(data, []byte{0xff, markerSOS})
		length := 2 + int(data[scan+3])
		h, err := ReadHeader(data[:scan+length])
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		same := h.Width == want.Width && h.Height == want.Height && h.Colour == want.Colour && h.Progressive == want.Progressive && len(h.Factors) == len(want.Factors)
		for i := range want.Factors {
			same = same && h.Factors[i] == want.Factors[i]
		}
		if !same || len(h.Warnings) > 0 {
			t.Errorf("%s: got %+v, want %+v", name, h, want)
		}
		for n := range scan + length {
			_, err := ReadHeader(data[:n])
			if e, ok := errors.AsType[*Error](err); !ok || e.Kind != Truncated || e.Offset != n {
				t.Fatalf("%s cut to %d bytes: error is %v, want Truncated", name, n, err)
			}
		}
	}
}

// TestSegments: APP1 and APP2 before the first scan come out whole.
func TestSegments(t *testing.T) {
	data := named(t, "size-baseline-8x8-1x1_1x1_1x1.jpg")
	segments := "\xff\xe1\x00\x06abcd" + "\xff\xe3\x00\x03x" + "\xff\xe2\x00\x02" + "\xff\xff\xe1\x00\x04\xff\xda"
	data = append(append(data[:2:2], segments...), data[2:]...)
	h, err := ReadHeader(data)
	if err != nil || len(h.Segments) != 3 || h.Segments[0].Marker != APP1 || string(h.Segments[0].Content) != "abcd" ||
		h.Segments[1].Marker != APP2 || len(h.Segments[1].Content) != 0 || string(h.Segments[2].Content) != "\xff\xda" || len(h.Warnings) > 0 {
		t.Errorf("got %+v, %v", h, err)
	}
}

// TestMemory compares what a header says with what decoding allocates.
func TestMemory(t *testing.T) {
	const w, h = 1000, 900
	for _, name := range []string{
		"ycc-baseline-35x27-2x2_1x1_1x1.jpg", "ycc-progressive-35x27-2x2_1x1_1x1.jpg", "ycc-baseline-35x27-1x1_1x1_1x1.jpg", "ycc-restart-35x27-1x1_1x1_1x1.jpg",
		"rare-apart-45x37-2x1_1x1_1x1.jpg", "cmyk-progressive-27x21-1x1_1x1_1x1_1x1.jpg", "gray-baseline-29x35-1x1.jpg",
	} {
		data := enlarged(t, named(t, name), w, h)
		header, err := ReadHeader(data)
		if err != nil {
			t.Fatal(err)
		}
		for _, workers := range []int{1, 2, 16} {
			before := allocated()
			if _, err := (&Decoder{Workers: workers}).Decode(context.Background(), data); err == nil {
				t.Errorf("%s with a larger frame is decoded", name)
			}
			used := int64(allocated() - before)
			least := header.Memory + 2*int64(len(data))
			if most := least + int64(workers-1)*header.HelperMemory; used > most || used < least*3/4 {
				t.Errorf("%s, %d goroutines: took %d bytes, by its header %d", name, workers, used, most)
			}
		}
	}
}

// TestMemoryOfRestarts has a restart marker in every second byte of a file's data.
func TestMemoryOfRestarts(t *testing.T) {
	data := enlarged(t, named(t, "gray-baseline-29x35-1x1.jpg"), 1000, 900)
	scan := bytes.Index(data, []byte{0xff, 0xda})
	hostile := append(bytes.Clone(data[:scan]), 0xff, 0xdd, 0, 4, 0, 1) // an interval of one MCU
	hostile = append(hostile, data[scan:scan+10]...)
	for i := range 1 << 20 {
		hostile = append(hostile, 0xff, byte(0xd0+i&7))
	}
	header, err := ReadHeader(hostile)
	if err != nil {
		t.Fatal(err)
	}
	for _, workers := range []int{1, 3} {
		before := allocated()
		if _, err := (&Decoder{Workers: workers}).Decode(context.Background(), hostile); err == nil {
			t.Error("restart markers without data are decoded")
		}
		if used, most := int64(allocated()-before), header.Memory+2*int64(len(hostile))+int64(workers-1)*header.HelperMemory; used > most {
			t.Errorf("%d goroutines: took %d bytes, by its header %d", workers, used, most)
		}
	}
}

// allocated is how many bytes the process has taken from the heap so far.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// countdown is done after so many looks at it.
type countdown struct {
	context.Context
	left int
}

func (c *countdown) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

// TestContext: decoding ends at any row of MCUs, and the Decoder is as good as before.
func TestContext(t *testing.T) {
	for _, name := range []string{
		"size-baseline-64x48-2x2_1x1_1x1.jpg", "size-progressive-64x48-2x2_1x1_1x1.jpg", "rare-apart-45x37-2x2_1x1_1x1.jpg",
	} {
		data := named(t, name)
		want, err := new(Decoder).Decode(context.Background(), data)
		if err != nil {
			t.Fatal(err)
		}
		for _, careful := range []bool{false, true} {
			d, looks := new(Decoder), 0
			for ; ; looks++ {
				m, err := d.decode(&countdown{context.Background(), looks}, data, careful)
				if err == nil {
					if !bytes.Equal(pnm(m), pnm(want)) {
						t.Errorf("%s: other pixels after it has been cancelled", name)
					}
					break
				}
				if !errors.Is(err, context.Canceled) {
					t.Fatalf("%s: error is %v", name, err)
				}
			}
			if looks < 3 {
				t.Errorf("%s, careful %t: the context is looked at %d times", name, careful, looks)
			}
		}
	}
}

// TestRefusals: errors name the fault and its place.
func TestRefusals(t *testing.T) {
	base := named(t, "size-baseline-64x48-2x2_1x1_1x1.jpg")
	restarts := named(t, "ycc-restart-35x27-1x1_1x1_1x1.jpg")
	arithmetic := named(t, "arithmetic-arithmetic-45x37-2x2_1x1_1x1.jpg")
	sof, sos := bytes.Index(base, []byte{0xff, markerSOF0}), bytes.Index(base, []byte{0xff, markerSOS})
	change := func(data []byte, at int, b ...byte) []byte {
		data = bytes.Clone(data)
		copy(data[at:], b)
		return data
	}
	restart := bytes.Index(restarts, []byte{0xff, markerRST0 + 1})
	for _, c := range []struct {
		name string
		data []byte
		kind Kind
		at   int
		text string
	}{
		{"empty", nil, Truncated, 0, "before its first marker"},
		{"no JPEG", []byte("GIF89a"), Corrupt, 0, "does not begin"},
		{"arithmetic cut", arithmetic[:len(arithmetic)-40], Truncated, len(arithmetic) - 40, "before its picture does"},
		{"lossless", change(base, sof+1, 0xc3), Unsupported, sof, "lossless"},
		{"hierarchical", change(base, sof+1, 0xc5), Unsupported, sof, "hierarchical"},
		{"12 bits", change(base, sof+4, 12), Unsupported, sof, "samples of 12 bits"},
		{"no height", change(base, sof+5, 0, 0), Unsupported, sof, "leaves the height"},
		{"no width", change(base, sof+7, 0, 0), Corrupt, sof, "0×48 pixels"},
		{"too wide", change(base, sof+7, 0xff, 0xff), Unsupported, sof, "65535×48 pixels"},
		{"factor 0", change(base, sof+11, 0x20), Corrupt, sof, "sampling factors 2×0"},
		{"large MCUs", change(base, sof+11, 0x44), Corrupt, sos, "18 blocks"},
		{"fractions", change(base, sof+11, 0x31, 0, 2, 0x21), Unsupported, sof, "which do not divide"},
		{"no table", change(base, sof+12, 3), Corrupt, sos, "without a quantisation table"},
		{"unknown component", change(base, sos+5, 9), Corrupt, sos, "a component 9 that"},
		{"unknown marker", change(base, sof+1, 0xf0), Corrupt, sof, "unknown marker 0xf0"},
		{"cut", base[:len(base)-40], Truncated, len(base) - 40, "before its picture does"},
		{"data ends early", append(base[:len(base)-40:len(base)-40], 0xff, 0xd9), Corrupt, len(base) - 40, "the data of scan 1 ends early"},
		{"more than the data", append(base[:len(base)-2:len(base)-2], "0123456789abcdef\xff\xd9"...), Corrupt, -1, "extraneous bytes behind the data of scan 1"},
		{"a restart too many", change(restarts, restart, 0xff, markerRST0+5), Corrupt, restart, "0xd5 where restart marker 1 is due"},
		{"a second scan", append(base[:len(base)-2:len(base)-2], base[sos:]...), Corrupt, len(base) - 2, "a second scan"},
	} {
		_, err := new(Decoder).Decode(context.Background(), c.data)
		e, ok := errors.AsType[*Error](err)
		if !ok || e.Kind != c.kind || c.at >= 0 && e.Offset != c.at || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: error is %#v, want kind %d with %q at %d", c.name, err, c.kind, c.text, c.at)
		}
	}
}
