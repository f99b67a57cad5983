// Package jpeg decodes JPEG files (ITU T.81 | ISO/IEC 10918-1) to the samples that
// libjpeg-turbo makes of them. It owns the format: segments, entropy decoding, inverse
// DCT, upsampling and colour. It never turns or resizes a picture.
//
// A file that libjpeg-turbo 2.1.5 decodes without a warning (djpeg -strict -dct int -pnm)
// is decoded to the same bytes. Where libjpeg-turbo warns and no pixel depends on it, the
// picture has the warning. Everything else is refused. The exceptions:
//
//   - pictures with more than [MaxScans] scans are refused;
//   - a picture whose scans leave coefficients unknown has a warning, which libjpeg-turbo
//     does not give.
//
// Baseline, extended sequential and progressive pictures of 8 bits are decoded, with
// Huffman or arithmetic coding, of one, three or four components with any sampling factors
// that divide.
package jpeg

import (
	"context"

	"filterbank/filters/simd"
)

// MaxScans bounds the scans of a picture: each of them may cost the work of a whole
// picture, encoders write about ten, and a scan for each bit of each coefficient band
// that they divide comes to fewer than this.
const MaxScans = 100

// Colour is what the components mean.
type Colour uint8

// The colours. CMYK and YCCK are as Adobe stores them: 255 is no ink.
const (
	Gray  Colour = iota
	YCbCr        // JFIF 1.02, section 7
	RGB
	CMYK
	YCCK // CMY turned into YCbCr, and K
)

var colourNames = [...]string{Gray: "gray", YCbCr: "YCbCr", RGB: "RGB", CMYK: "CMYK", YCCK: "YCCK"}

// String is the colour's name.
func (c Colour) String() string { return colourNames[c] }

// Header is what stands before the first scan's data.
type Header struct {
	Width, Height int // in pixels, at most 65500
	Colour        Colour
	Progressive   bool
	Factors       []Factors // of each component: 1, 3 or 4
	Memory        int64     // bytes that decoding takes, besides the data and a copy of it
	Helpers       int       // further goroutines that there is work for
	HelperMemory  int64     // bytes that each of them takes
	Segments      []Segment // APP1 and APP2 before the first scan, in their order
	Warnings      []string  // what is wrong and does not matter
}

// Factors are a component's sampling factors, each 1 to 4. A component has as many
// samples in a direction as its factor is of the largest.
type Factors struct{ H, V int }

// ReadHeader reads the header of data, the beginning of a file. Where data ends within
// it, the error's kind is [Truncated], so that a caller with more can come again. All
// errors are [*Error].
func ReadHeader(data []byte) (*Header, error) {
	p := parser{data: data}
	var s scan
	if err := p.open(&s); err != nil {
		return nil, err
	}
	return p.header(), nil
}

// open reads up to the first scan.
func (p *parser) open(s *scan) error {
	if err := p.start(); err != nil {
		return err
	}
	e, err := p.next(s)
	switch {
	case err != nil:
		return err
	case e == eventCut:
		return truncated(len(p.data), "before its first scan")
	case e == eventEnd:
		return corrupt(p.pos-2, "the image ends without a scan")
	}
	return nil
}

func (p *parser) header() *Header {
	f := &p.frame
	h := &Header{Width: f.width, Height: f.height, Colour: f.colour, Progressive: f.progressive,
		Segments: p.segments, Warnings: p.warnings}
	h.Helpers, h.HelperMemory = p.helpers(defaultGrain), helperMemory
	h.Memory = 1 << 18 // tables and blocks
	for _, c := range f.comps {
		h.Factors = append(h.Factors, Factors{c.h, c.v})
		blocks := int64(c.paddedX) * int64(c.paddedY)
		h.Memory += blocks * blockSize
		if f.multiScan {
			h.Memory += blocks * blockSize * 2
		}
		if f.progressive {
			h.Memory += blocks * 8
		}
	}
	return h
}

// Options say how to decode. The zero value is right.
type Options struct {
	SIMD simd.Set // which instructions may be used; the samples are the same for all
}

// Decoder decodes pictures one after the other and keeps its buffers. It has one owner:
// its methods must not be called at the same time. The zero value is ready.
type Decoder struct {
	// Workers is the number of goroutines that decode a picture, the calling one included. 0
	// is 1. Small pictures have fewer. Pictures and errors are the same for any number. It may
	// be changed between pictures.
	Workers int

	opts Options
	fine int // grain in tests, or 0
	member
	others []*member // of further goroutines
	tables [2][4]table
	unused []*pass
	arena  []byte             // unstuffed data
	spare  [maxInScan]buffers // of earlier pictures
}

// buffers are those of a component that are as large as the picture.
type buffers struct {
	pix          []uint8
	coefficients []int16
	nonzero      []uint64
}

// New is a Decoder with options.
func New(opts Options) *Decoder { return &Decoder{opts: opts} }

// Image is a decoded picture. It does not refer to the file's data, except in Segments. It
// is immutable and safe for concurrent use until a Decoder recycles it.
type Image struct {
	Header
	Planes []Plane // of each component
	set    simd.Set
}

// Plane has the samples of a component. Rows and columns past Width and Height are those
// of whole blocks and belong to no pixel.
type Plane struct {
	Factors
	Pix           []uint8
	Stride        int
	Width, Height int
}

// Recycle takes the planes of a picture for the next ones. The picture is not used any
// more, and any Decoder may have decoded it.
func (d *Decoder) Recycle(m *Image) {
	for i := range m.Planes {
		keep(&d.spare[i].pix, m.Planes[i].Pix, 1)
		m.Planes[i].Pix = nil
	}
}

// Decode decodes data, the whole of a file. What follows the end of the picture is
// ignored. Errors are [*Error], or ctx's own once it is done, which is looked at for
// every row of MCUs.
func (d *Decoder) Decode(ctx context.Context, data []byte) (*Image, error) {
	m, err := d.decode(ctx, data, false)
	if err == errUnusual {
		m, err = d.decode(ctx, data, true)
	}
	return m, err
}
