package mapng

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"strings"
)

// Header describes the picture that an Encoder is about to write. It is gray of 8 or 16
// bits. With 8 bits it can have a palette, or RGB with three samples a pixel.
type Header struct {
	Width, Height int        // pixels, 1 to 2³¹−1 (PNG, 11.2.1)
	Depth         int        // bits a sample: 8, or 16 for gray
	RGB           bool       // three samples per pixel, without a palette
	Palette       [][3]uint8 // 1 to 256 entries of RGB; nil for gray and RGB pictures
	Text          []Text     // tEXt chunks, written in this order before the pixels
}

// Text is a tEXt chunk (PNG, 11.3.3.2). Both strings hold characters of Latin-1 only. The
// keyword has 1 to 79 printable characters, no space at either end and no two spaces in a
// row. The value has no NUL.
type Text struct{ Keyword, Value string }

const (
	signature    = "\x89PNG\r\n\x1a\n"
	maxDimension = math.MaxInt32

	colorGray    = 0
	colorRGB     = 2
	colorIndexed = 3
)

func (h Header) check() error {
	if h.Width < 1 || h.Height < 1 || h.Width > maxDimension || h.Height > maxDimension {
		return fmt.Errorf("picture of %d×%d: width and height must be 1 to %d", h.Width, h.Height, maxDimension)
	}
	if h.Depth != 8 && h.Depth != 16 {
		return fmt.Errorf("depth must be 8 or 16, got %d", h.Depth)
	}
	if h.RGB && (h.Depth != 8 || h.Palette != nil) {
		return errors.New("RGB needs depth 8 and no palette")
	}
	if h.Palette != nil {
		if h.Depth != 8 {
			return fmt.Errorf("a palette needs depth 8, got %d", h.Depth)
		}
		if n := len(h.Palette); n < 1 || n > 256 {
			return fmt.Errorf("a palette must have 1 to 256 entries, got %d", n)
		}
	}
	if h.Width > math.MaxInt/h.bytesPerPixel()-1 {
		return fmt.Errorf("width %d: a row is longer than this machine can address", h.Width)
	}
	for _, t := range h.Text {
		if err := t.check(); err != nil {
			return err
		}
	}
	return nil
}

func (h Header) bytesPerPixel() int {
	if h.RGB {
		return 3
	}
	return h.Depth / 8
}

func (t Text) check() error {
	n := 0
	for _, r := range t.Keyword {
		if r < 0x20 || (r > 0x7e && r < 0xa1) || r > 0xff {
			return fmt.Errorf("text keyword %q: %q is not a printable character of Latin-1", t.Keyword, r)
		}
		n++
	}
	if n < 1 || n > 79 {
		return fmt.Errorf("text keyword %q: must have 1 to 79 characters, got %d", t.Keyword, n)
	}
	if strings.HasPrefix(t.Keyword, " ") || strings.HasSuffix(t.Keyword, " ") || strings.Contains(t.Keyword, "  ") {
		return fmt.Errorf("text keyword %q: must not start or end with a space or have two in a row", t.Keyword)
	}
	for _, r := range t.Value {
		if r == 0 || r > 0xff {
			return fmt.Errorf("text value of %q: %q is not a character of Latin-1 that PNG allows", t.Keyword, r)
		}
	}
	if len(t.Value) > math.MaxInt32-80 {
		return fmt.Errorf("text value of %q: %d bytes do not fit a chunk", t.Keyword, len(t.Value))
	}
	return nil
}

// appendHeader appends everything that stands before the first IDAT chunk.
func appendHeader(dst []byte, h Header) []byte {
	dst = append(dst, signature...)

	dst, at := openChunk(dst, "IHDR")
	dst = binary.BigEndian.AppendUint32(dst, uint32(h.Width))
	dst = binary.BigEndian.AppendUint32(dst, uint32(h.Height))
	color := byte(colorGray)
	switch {
	case h.RGB:
		color = colorRGB
	case h.Palette != nil:
		color = colorIndexed
	}
	dst = append(dst, byte(h.Depth), color, 0, 0, 0) // deflate, five filters, not interlaced
	dst = closeChunk(dst, at)

	if h.Palette != nil {
		dst, at = openChunk(dst, "PLTE")
		for _, c := range h.Palette {
			dst = append(dst, c[:]...)
		}
		dst = closeChunk(dst, at)
	}
	for _, t := range h.Text {
		dst, at = openChunk(dst, "tEXt")
		dst = appendLatin1(dst, t.Keyword)
		dst = append(dst, 0)
		dst = appendLatin1(dst, t.Value)
		dst = closeChunk(dst, at)
	}
	return dst
}

func appendLatin1(dst []byte, s string) []byte {
	for _, r := range s {
		dst = append(dst, byte(r))
	}
	return dst
}

// openChunk appends room for a chunk's length and then its type. at is the start of the
// chunk, for closeChunk.
func openChunk(dst []byte, kind string) (_ []byte, at int) {
	at = len(dst)
	dst = append(dst, 0, 0, 0, 0)
	return append(dst, kind...), at
}

// closeChunk fills in the length of the chunk from at to the end of dst and appends its
// CRC.
func closeChunk(dst []byte, at int) []byte {
	binary.BigEndian.PutUint32(dst[at:], uint32(len(dst)-at-8))
	return binary.BigEndian.AppendUint32(dst, crc32.ChecksumIEEE(dst[at+4:]))
}
