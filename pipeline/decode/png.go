package decode

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
	"slices"

	"filterbank/pipeline/decode/png"

	"github.com/cespare/xxhash/v2"
)

// PNG is Portable Network Graphics, read by package png.
const PNG Format = "png"

func pngCodec() codec {
	return codec{
		format:     PNG,
		title:      "PNG",
		about:      "PNG of every kind, with 16 bits where it has them; of an animated one the first frame",
		extensions: []string{".png"},
		magics:     []string{png.Signature},
		spoilt:     png.Signature[:4],
		version:    "filterbank 2",
		header:     openPNG,
		explain:    explainPNG,
		late:       latePNG,
	}
}

// latePNG finds metadata behind the pixels.
func latePNG(r io.ReadSeeker) (metadata, error) {
	exif, xmp, err := png.Late(r)
	return metadata{exif, xmp}, err
}

// openPNG reads a PNG up to its pixels, and metadata behind them as far as it is in the
// data.
func openPNG(f *file) (*header, error) {
	head, err := png.ReadHeader(f.data)
	if err != nil {
		return nil, err
	}
	found := metadata{head.EXIF, head.XMP}
	if found.exif == nil || found.xmp == nil {
		late, err := latePNG(bytes.NewReader(f.data))
		if err != nil {
			return nil, err
		}
		if found.exif == nil {
			found.exif = late.exif
		}
		if found.xmp == nil {
			found.xmp = late.xmp
		}
	}
	const addressable = 1 << 60 // with a wide margin to 2^63
	if head.Memory() > addressable {
		return nil, refuse(TooLarge, "PNG has more pixels than can be addressed, and no --limit-pixels helps; use a smaller picture")
	}
	h := &header{stored: image.Pt(head.Width, head.Height), metadata: found, complete: true, ignored: head.Ignored, warnings: head.Warnings}
	h.Kind, h.Depth = fmt.Sprintf("%d-bit %v", head.Depth, head.Colour), max(8, head.Depth)
	h.decoded = head.Memory()
	first := len(head.Warnings)
	h.decode = func(f *file) (*pixels, error) {
		m, err := png.Decode(f.ctx, f.data, png.Options{SIMD: f.set})
		if err != nil {
			return nil, err
		}
		h.warnings, h.ignored = slices.Concat(m.Warnings, h.warnings[first:]), m.Ignored
		return pixelsOfPNG(m), nil
	}
	return h, nil
}

func explainPNG(err error) (why string, refused *Error) {
	e, ok := errors.AsType[*png.Error](err)
	if !ok {
		return err.Error(), nil
	}
	switch e.Kind {
	case png.Truncated:
		return e.Text, refuse(Truncated, "truncated PNG: %s; fetch the file again", e.Text)
	case png.Unsupported:
		return e.Text, refuse(Unsupported, "unsupported PNG: %s; save it anew", e.Text)
	}
	return e.Text, refuse(Corrupt, "corrupt PNG: %s; fetch the file again or save it anew", e.Text)
}

// pngRows reads a PNG of at most 8 bits.
type pngRows struct{ *png.Image }

func (p pngRows) row(y int, s *scratch) []uint8 {
	if p.Colour == png.RGBA {
		return p.Row(y)
	}
	px := grown(&s.px, 4*p.Width)
	p.RGBA8(px, y)
	return px
}

// floats reads a PNG of 8 bits, gray or RGB without a transparent colour.
func (p pngRows) floats(v *values, dst [3][]float32, x, y int, _ *scratch) {
	row := p.Row(y)
	if p.Colour == png.RGB {
		v.rgb8(dst, row[3*x:])
		return
	}
	row = row[x:]
	v.planes8(dst, [3][]uint8{row, row, row})
}

// pngRows16 reads a PNG of 16 bits.
type pngRows16 struct{ *png.Image }

func (p pngRows16) row(y int, s *scratch) []uint16 {
	px := grown(&s.px16, 4*p.Width)
	p.RGBA16(px, y)
	return px
}

// pixelsOfPNG finds out how to read and to digest a PNG. The digest is over image/png's
// samples.
func pixelsOfPNG(m *png.Image) *pixels {
	px := &pixels{size: image.Pt(m.Width, m.Height), opaque: m.Opaque()}
	one := m.Colour == png.Gray && m.Transparent == nil
	if m.Depth == 16 {
		px.rows16 = pngRows16{m}
		px.kind, px.sum = "rgba16", func(to *xxhash.Digest) { sumRGBA16(to, m) }
		if one {
			px.kind, px.sum = "gray16", func(to *xxhash.Digest) {
				for y := range m.Height {
					to.Write(m.Row(y))
				}
			}
		}
		return px
	}
	px.rows8 = pngRows{m}
	if m.Depth == 8 && m.Transparent == nil && (m.Colour == png.Gray || m.Colour == png.RGB) {
		px.floats = pngRows{m}.floats
	}
	switch {
	case one:
		px.kind, px.sum = "gray8", func(to *xxhash.Digest) { sumSamples(to, m) }
	case m.Colour == png.Palette:
		px.kind, px.sum = "palette", func(to *xxhash.Digest) { sumIndexes(to, m) }
	default:
		px.kind, px.sum = "rgba8", func(to *xxhash.Digest) {
			s := new(scratch)
			for y := range m.Height {
				to.Write(px.rows8.row(y, s))
			}
		}
	}
	return px
}

// sumRGBA16 digests rows of RGBA of 16 bits, the higher byte first.
func sumRGBA16(to *xxhash.Digest, m *png.Image) {
	s, out := new(scratch), make([]byte, 8*m.Width)
	for y := range m.Height {
		for i, v := range (pngRows16{m}).row(y, s) {
			binary.BigEndian.PutUint16(out[2*i:], v)
		}
		to.Write(out)
	}
}

// sumSamples digests the rows of a picture of one channel and gives the largest sample.
func sumSamples(to *xxhash.Digest, m *png.Image) (largest int) {
	row := make([]uint8, m.Width)
	for y := range m.Height {
		m.Samples8(row, y)
		to.Write(row)
		largest = max(largest, int(slices.Max(row)))
	}
	return largest
}

// sumIndexes digests indexes and then colours. Those that indexes beyond the palette stand
// for belong to it.
func sumIndexes(to *xxhash.Digest, m *png.Image) {
	colours := slices.Clone(m.Palette)
	for largest := sumSamples(to, m); len(colours) <= largest; {
		colours = append(colours, [4]uint8{3: 0xff})
	}
	for _, c := range colours {
		to.Write(c[:])
	}
}
