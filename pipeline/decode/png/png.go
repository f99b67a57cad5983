// Package png owns the PNG format (PNG 3rd edition): its chunks and their checksums, its
// palettes, transparency, filters and interlacing. It takes and refuses files as libpng
// does. It never turns or resizes a picture, and it never converts colours or makes floats.
//
// Damage is fatal where libpng 1.6.58 with zlib makes it fatal: in a critical chunk, in the
// pixels, and before the end of the file. The errors that libpng calls benign are warnings,
// and the chunk that they concern is ignored. OpenCV's imread, which is built on libpng,
// differs in four ways:
//
//   - The picture of an animation is that of its IDAT chunks. OpenCV composes a frame.
//   - Sides of more than a million pixels are read.
//   - Before the pixels, OpenCV refuses chunks bKGD, acTL and fcTL of a wrong length, and
//     other chunks of more than 8 MB.
//   - A transparent colour in gray is transparent. OpenCV has no alpha there.
package png

import (
	"context"
	"fmt"

	"filterbank/filters/simd"
)

// Signature is the beginning of every PNG (PNG 3rd edition, 5.2).
const Signature = "\x89PNG\r\n\x1a\n"

// Colour is a colour type (PNG 3rd edition, table 11.1).
type Colour uint8

// The colour types.
const (
	Gray      Colour = 0
	RGB       Colour = 2
	Palette   Colour = 3
	GrayAlpha Colour = 4
	RGBA      Colour = 6
)

// String names the colour type in words.
func (c Colour) String() string {
	names := map[Colour]string{Gray: "gray", RGB: "RGB", Palette: "palette", GrayAlpha: "gray and alpha", RGBA: "RGB and alpha"}
	if name, ok := names[c]; ok {
		return name
	}
	return fmt.Sprintf("colour type %d", uint8(c))
}

// channels returns the number of samples of a pixel.
func (c Colour) channels() int {
	return [...]int{Gray: 1, RGB: 3, Palette: 1, GrayAlpha: 2, RGBA: 4}[c]
}

// Header describes a picture. It is read from the chunks before the pixels.
type Header struct {
	Width, Height int // in pixels, at least 1 and less than 2^31
	Colour        Colour
	Depth         int // bits a sample: 1, 2, 4, 8 or 16, as the colour type allows
	Interlaced    bool

	// Palette has 1 to 2^Depth colours as R, G, B and alpha. It is nil for other colour types.
	Palette [][4]uint8
	// Transparent is the one transparent colour, or nil. Gray has it in the first value.
	Transparent *[3]uint16

	// Ignored names the file's statements about its colours: ICC profile, gamma,
	// chromaticities, coding-independent code points. They never change samples.
	Ignored []string
	// EXIF is the content of the first eXIf chunk, whatever it is. Without such a chunk it is
	// the TIFF structure in a text chunk "Raw profile type exif" or "APP1", or nil.
	EXIF []byte
	// XMP is the first XMP packet, or nil if there is none.
	XMP []byte
	// Warnings are benign errors. Each is a sentence without a capital or a stop.
	Warnings []string
}

// Opaque reports whether no pixel can be transparent.
func (h *Header) Opaque() bool {
	for _, c := range h.Palette {
		if c[3] != 0xff {
			return false
		}
	}
	return h.Transparent == nil && h.Colour != GrayAlpha && h.Colour != RGBA
}

// bits returns the number of bits of a pixel.
func (h *Header) bits() int { return h.Colour.channels() * h.Depth }

// Memory returns the number of bytes that Decode allocates for such a picture.
func (h *Header) Memory() int64 {
	n := float64(h.Height) * float64(rowBytes(h.bits(), h.Width)+1)
	if h.Interlaced {
		n *= 2
	}
	return int64(min(n, 1<<62)) + 64<<10
}

// Options control decoding. The zero value uses all instruction sets of the processor.
type Options struct {
	SIMD simd.Set
}

// Image is a decoded picture. It is immutable and safe for concurrent use.
type Image struct {
	Header
	set           simd.Set
	pix           []byte
	first, stride int // of the rows in pix
	table         *[256]uint32
}

// Row returns row y in the file's format. Samples stand from left to right, and the channels
// of a pixel side by side. Samples of fewer than 8 bits are packed, the first in the highest
// bits. Samples of 16 bits have the higher byte first. The row must not be written to.
func (m *Image) Row(y int) []byte {
	n := rowBytes(m.bits(), m.Width)
	return m.pix[m.first+y*m.stride:][:n:n]
}

// ReadHeader reads the chunks before the pixels of the PNG that begins with data. If data
// ends before the pixels, the error's kind is Truncated. Errors are [*Error].
func ReadHeader(data []byte) (*Header, error) {
	r := &reader{data: data, Header: new(Header)}
	if err := r.readHead(); err != nil {
		return nil, err
	}
	r.settle()
	return r.Header, nil
}

// Decode decodes data, a whole PNG file. Errors are [*Error], or ctx's own once it is done.
// The Image does not refer to data. The caller checks the size beforehand with [ReadHeader]:
// Decode allocates [Header.Memory], and never more than 1,032 times the length of data.
func Decode(ctx context.Context, data []byte, o Options) (*Image, error) {
	r := &reader{data: data, Header: new(Header)}
	if err := r.readHead(); err != nil {
		return nil, err
	}
	m := &Image{set: o.SIMD}
	if err := m.readPixels(ctx, r); err != nil {
		return nil, err
	}
	if err := r.readTail(); err != nil {
		return nil, err
	}
	r.settle()
	m.Header = *r.Header
	m.prepare()
	return m, nil
}
