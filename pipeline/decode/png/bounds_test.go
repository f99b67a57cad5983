package png

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"runtime"
	"strings"
	"testing"

	"filterbank/pipeline/decode/png/pngcases"
)

// allocated is how many bytes the process has taken from the heap so far.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// TestBounds decodes files that announce far more than they have.
func TestBounds(t *testing.T) {
	head := func(w, h uint32) []byte {
		b := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
		return append(b, 16, 6, 0, 0, 0)
	}
	for _, size := range [][2]uint32{{1 << 14, 1 << 14}, {1<<31 - 1, 1<<31 - 1}, {1<<31 - 1, 1}, {1, 1<<31 - 1}} {
		data := append([]byte(Signature), pngcases.Chunk("IHDR", head(size[0], size[1]))...)
		data = append(data, pngcases.Chunk("IDAT", []byte{0x78, 0x9c, 3, 0, 0, 0, 0, 1})...)
		data = append(data, pngcases.Chunk("IEND", nil)...)
		before := allocated()
		_, err := Decode(context.Background(), data, Options{})
		refused, ok := errors.AsType[*Error](err)
		if used := allocated() - before; !ok || refused.Kind != Corrupt || used > 1<<20 {
			t.Errorf("%d×%d: took %d bytes, %v", size[0], size[1], used, err)
		}
	}
}

// TestMemory holds what the header says of memory against what decoding allocates.
func TestMemory(t *testing.T) {
	for _, s := range pngcases.Kinds() {
		for _, s.Interlaced = range []bool{false, true} {
			s.Width, s.Height = 300, 250
			data := s.Encode()
			h, err := ReadHeader(data)
			if err != nil {
				t.Fatal(err)
			}
			before := allocated()
			if _, err := Decode(context.Background(), data, Options{}); err != nil {
				t.Fatal(err)
			}
			if used := int64(allocated() - before); used > h.Memory() {
				t.Errorf("%s, interlaced %t: took %d bytes, by its header %d", s.Name, s.Interlaced, used, h.Memory())
			}
		}
	}
}

// TestWarningsAreBounded has a chunk with a wrong checksum many times.
func TestWarningsAreBounded(t *testing.T) {
	bad := pngcases.Chunk("tEXt", []byte("a\x00b"))
	bad[len(bad)-1] ^= 1
	s := pngcases.Spec{Width: 3, Height: 2, Depth: 8, Before: []byte(strings.Repeat(string(bad), 1000))}
	m, err := Decode(context.Background(), s.Encode(), Options{})
	if err != nil || len(m.Warnings) != mostWarnings+1 || m.Warnings[mostWarnings] != "and 980 more of this kind" {
		t.Errorf("%d warnings, %v", len(m.Warnings), err)
	}
}

// TestTextsAreBounded has many texts that expand to a lot.
func TestTextsAreBounded(t *testing.T) {
	text := pngcases.Chunk("zTXt", []byte("Raw profile type exif\x00\x00"+deflated(strings.Repeat(" 0", 8<<20))))
	s := pngcases.Spec{Width: 3, Height: 2, Depth: 8, Before: bytes.Repeat(text, 1000)}
	data := s.Encode()
	before := allocated()
	m, err := Decode(context.Background(), data, Options{})
	if used := allocated() - before; err != nil || len(m.Warnings) != mostTexts || used > 64<<20 {
		t.Errorf("took %d bytes, %d warnings, %v", used, len(m.Warnings), err)
	}
}

// TestDone gives a context that has ended.
func TestDone(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s := pngcases.Spec{Width: 300, Height: 200, Depth: 8, Split: 500}
	if _, err := Decode(ctx, s.Encode(), Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
