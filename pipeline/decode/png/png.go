// Package png owns the PNG format (PNG 3rd edition): its chunks and their checksums, its
// palettes, transparency, filters and interlacing. It takes and refuses files as libpng
// does. It never turns or resizes a picture, and it never converts colours or makes floats.
//
// Damage is fatal where libpng 1.6.58 with zlib makes it fatal: in a critical chunk, in the
// pixels, and before the end of the file. The errors that libpng calls benign are warnings,
// and the chunk that they concern is ignored. OpenCV's imread, which is built on libpng,
// differs in four ways:
//
//   - Of an animation the picture of the IDAT chunks is read. OpenCV composes a frame.
//   - Sides of more than a million pixels are read.
//   - OpenCV refuses chunks bKGD, acTL and fcTL of other lengths than theirs, and other
//     chunks of more than 8 MB, where they stand before the pixels.
//   - A transparent colour in gray is transparent. OpenCV has no alpha there.
package png

import (
	"context"
	"fmt"

	"filterbank/filters/simd"
)

// Signature is what every PNG begins with (PNG 3rd edition, 5.2).
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

// channels are how many samples a pixel has.
func (c Colour) channels() int {
	return [...]int{Gray: 1, RGB: 3, Palette: 1, GrayAlpha: 2, RGBA: 4}[c]
}

// Header is what stands before a picture's pixels.
type Header struct {
	Width, Height int // in pixels, at least 1 and less than 2^31
	Colour        Colour
	Depth         int // bits a sample: 1, 2, 4, 8 or 16, as the colour type allows
	Interlaced    bool

	// Palette has 1 to 2^Depth colours as R, G, B and alpha; of other colour types it is nil.
	Palette [][4]uint8
	// Transparent is the one colour that is transparent, of Gray in its first value, or nil.
	Transparent *[3]uint16

	// Ignored names what the file says of its colours: ICC profile, gamma, chromaticities,
	// coding-independent code points. Samples are never changed by it.
	Ignored []string
	// EXIF is the content of the first eXIf chunk, whatever it is, else the TIFF structure
	// in a text chunk "Raw profile type exif" or "APP1"; nil where there is none.
	EXIF []byte
	// XMPOrientation is the orientation in XMP, 1 to 8, or 0 where there is none.
	XMPOrientation int
	// Warnings are benign errors, each a sentence's worth without a capital or a stop.
	Warnings []string
}

// Opaque says whether no pixel can be transparent.
func (h *Header) Opaque() bool {
	for _, c := range h.Palette {
		if c[3] != 0xff {
			return false
		}
	}
	return h.Transparent == nil && h.Colour != GrayAlpha && h.Colour != RGBA
}

// bits are those of a pixel.
func (h *Header) bits() int { return h.Colour.channels() * h.Depth }

// Memory is how many bytes Decode allocates for such a picture.
func (h *Header) Memory() int64 {
	n := float64(h.Height) * float64(rowBytes(h.bits(), h.Width)+1)
	if h.Interlaced {
		n *= 2
	}
	return int64(min(n, 1<<62)) + 64<<10
}

// Options says how to decode. The zero value uses all that the processor has.
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

// Row is row y as the format has it: samples from the left, of several channels side by
// side, packed with the first in the highest bits, or of 16 bits with the higher byte
// first. It must not be written to.
func (m *Image) Row(y int) []byte {
	n := rowBytes(m.bits(), m.Width)
	return m.pix[m.first+y*m.stride:][:n:n]
}

// ReadHeader reads what stands before the pixels of the PNG that begins with data. Where
// data ends before them, the error's kind is Truncated. Errors are [*Error].
func ReadHeader(data []byte) (*Header, error) {
	r := &reader{data: data, Header: new(Header)}
	if err := r.readHead(); err != nil {
		return nil, err
	}
	r.settle()
	return r.Header, nil
}

// Decode decodes data, the whole of a PNG file. Errors are [*Error], or ctx's own once it
// is done. The Image does not refer to data. The caller checks the size beforehand, by
// [ReadHeader]: Decode allocates [Header.Memory], though never more than 1,032 times what
// data has.
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
