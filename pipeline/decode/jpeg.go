package decode

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"slices"
	"sync"

	"github.com/cespare/xxhash/v2"

	"filterbank/pipeline/decode/jpeg"
)

// JPEG is baseline, extended and progressive JPEG, read by package jpeg.
const JPEG Format = "jpeg"

// jpegSignature is SOI (ITU T.81, table B.1).
const jpegSignature = "\xff\xd8"

func jpegCodec() codec {
	j := &jpegReader{}
	return codec{
		format:     JPEG,
		title:      "JPEG",
		about:      "JPEG, baseline and progressive, with every sampling: gray, YCbCr, RGB, CMYK and YCCK",
		extensions: []string{".jpg", ".jpeg", ".jpe", ".jfif"},
		magics:     []string{jpegSignature},
		version:    "filterbank 2",
		header:     j.open,
		explain:    explainJPEG,
	}
}

// jpegReader keeps decoders, each with its buffers, for the pictures to come.
type jpegReader struct{ pool sync.Pool }

// open reads a JPEG up to its first scan.
func (j *jpegReader) open(f *file) (*header, error) {
	from, err := jpeg.ReadHeader(f.data)
	if err != nil {
		return nil, err
	}
	h := &header{stored: image.Pt(from.Width, from.Height), complete: true, copied: true, warnings: from.Warnings}
	first := len(from.Warnings)
	h.decode = func(f *file) (*pixels, error) {
		m, err := j.decode(f)
		if err != nil {
			return nil, err
		}
		h.warnings = slices.Concat(m.Warnings, h.warnings[first:])
		px := jpegPixels(m)
		px.release = func() { j.recycle(m) }
		return px, nil
	}
	h.Kind, h.Depth, h.decoded = "colour", 8, from.Memory
	h.helpers, h.helperMemory = from.Helpers, from.HelperMemory
	switch from.Colour {
	case jpeg.Gray:
		h.Kind = "gray"
	case jpeg.CMYK, jpeg.YCCK:
		h.Kind = "CMYK"
	}
	h.readSegments(from.Segments)
	return h, nil
}

// How a segment begins that holds EXIF (Exif 2.32, 4.7.2.1), XMP (XMP Specification Part
// 3, 1.1.3) or a part of an ICC profile (ICC.1:2022, B.4).
const (
	exifPrefix = "Exif\x00\x00"
	xmpPrefix  = "http://ns.adobe.com/xap/1.0/\x00"
	iccPrefix  = "ICC_PROFILE\x00"
)

// readSegments takes the first EXIF block, the first XMP packet, and the names of
// ignored segments that change the picture.
func (h *header) readSegments(segments []jpeg.Segment) {
	profile := false
	for _, s := range segments {
		switch {
		case s.Marker == jpeg.APP1 && h.exif == nil && bytes.HasPrefix(s.Content, []byte(exifPrefix)):
			h.exif = s.Content[len(exifPrefix):]
		case s.Marker == jpeg.APP1 && h.xmp == nil && bytes.HasPrefix(s.Content, []byte(xmpPrefix)):
			h.xmp = s.Content[len(xmpPrefix):]
		case s.Marker == jpeg.APP2 && bytes.HasPrefix(s.Content, []byte(iccPrefix)):
			profile = true
		}
	}
	if profile {
		h.ignored = append(h.ignored, "ICC profile")
	}
}

// decode decodes the pixels with a decoder that is free.
func (j *jpegReader) decode(f *file) (*jpeg.Image, error) {
	d, ok := j.pool.Get().(*jpeg.Decoder)
	if !ok {
		d = jpeg.New(jpeg.Options{SIMD: f.set})
	}
	defer j.pool.Put(d)
	d.Workers = f.goroutines
	return d.Decode(f.ctx, f.data)
}

// recycle gives a picture's planes to a decoder.
func (j *jpegReader) recycle(m *jpeg.Image) {
	if d, ok := j.pool.Get().(*jpeg.Decoder); ok {
		d.Recycle(m)
		j.pool.Put(d)
	}
}

// jpegPixels are the rows of a decoded JPEG.
func jpegPixels(m *jpeg.Image) *pixels {
	px := &pixels{size: image.Pt(m.Width, m.Height), opaque: true, kind: jpegKind(m)}
	px.rows8, px.floats = jpegRows{m}, jpegRows{m}.floats
	px.sum = func(to *xxhash.Digest) {
		for i := range m.Planes {
			p := &m.Planes[i]
			sumPlane(to, p.Pix, p.Stride, p.Width, p.Height)
		}
	}
	return px
}

// jpegRows reads a JPEG.
type jpegRows struct{ *jpeg.Image }

func (r jpegRows) row(y int, s *scratch) []uint8 {
	px := grown(&s.px, 4*r.Width)
	r.Row(px, y, &s.jpeg)
	return px
}

func (r jpegRows) floats(v *values, dst [3][]float32, x, y int, s *scratch) {
	rgb := r.RGB(y, &s.jpeg)
	for c := range rgb {
		rgb[c] = rgb[c][x:]
	}
	v.planes8(dst, rgb)
}

// jpegKind is the kind of a picture's samples.
func jpegKind(m *jpeg.Image) string {
	kind := map[jpeg.Colour]string{jpeg.Gray: "gray8", jpeg.YCbCr: "ycbcr", jpeg.RGB: "rgb", jpeg.CMYK: "cmyk", jpeg.YCCK: "ycck"}[m.Colour]
	same := true
	for _, f := range m.Factors {
		same = same && f == m.Factors[0]
	}
	if same && m.Colour != jpeg.YCbCr {
		return kind
	}
	if first, second := m.Factors[0], m.Factors[1]; len(m.Factors) == 3 && second == m.Factors[2] && first.H%second.H == 0 && first.V%second.V == 0 {
		ratio, usual := map[image.Point]string{
			{X: 1, Y: 1}: "444", {X: 2, Y: 1}: "422", {X: 2, Y: 2}: "420", {X: 1, Y: 2}: "440", {X: 4, Y: 1}: "411", {X: 4, Y: 2}: "410",
		}[image.Pt(first.H/second.H, first.V/second.V)]
		if usual {
			return kind + ratio
		}
	}
	for _, f := range m.Factors {
		kind += fmt.Sprintf("-%dx%d", f.H, f.V)
	}
	return kind
}

func explainJPEG(err error) (why string, refused *Error) {
	e, ok := errors.AsType[*jpeg.Error](err)
	if !ok {
		return err.Error(), nil
	}
	switch e.Kind {
	case jpeg.Truncated:
		return e.Text, refuse(Truncated, "truncated JPEG: %v; fetch the file again", e)
	case jpeg.Unsupported:
		return e.Text, refuse(Unsupported, "unsupported JPEG: %v; save it as a baseline or progressive JPEG or as PNG", e)
	}
	return e.Text, refuse(Corrupt, "corrupt JPEG: %v; fetch the file again or save it anew", e)
}
