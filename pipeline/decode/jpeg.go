package decode

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"runtime"
)

// JPEG is baseline and progressive JPEG, read by image/jpeg.
const JPEG Format = "jpeg"

// jpegSignature is SOI (ITU T.81, table B.1).
const jpegSignature = "\xff\xd8"

func jpegCodec() codec {
	return codec{
		format:     JPEG,
		title:      "JPEG",
		about:      "JPEG, baseline and progressive: gray, YCbCr, RGB, CMYK and YCCK",
		extensions: []string{".jpg", ".jpeg", ".jpe", ".jfif"},
		magics:     []string{jpegSignature},
		version:    "image/jpeg of " + runtime.Version(),
		header:     openJPEG,
		explain:    explainJPEG,
	}
}

// openJPEG reads a JPEG up to its first scan.
func openJPEG(f *file) (*header, error) {
	segments := readJPEGHeader(f.data)
	config, err := jpeg.DecodeConfig(f.reader())
	if err != nil {
		return nil, err
	}
	h := &header{
		stored: image.Pt(config.Width, config.Height), exif: segments.exif, complete: segments.complete,
		decode: segments.decode,
	}
	if segments.profile {
		h.ignored = []string{"ICC profile"}
	}
	h.Kind, h.Depth = "colour", 8
	switch config.ColorModel {
	case color.GrayModel:
		h.Kind = "gray"
	case color.CMYKModel:
		h.Kind = "CMYK"
	}
	h.decoded = int64(segments.bytesPerPixel() * float64(int64(config.Width)*int64(config.Height)))
	return h, nil
}

// decode decodes the pixels.
func (h *jpegHeader) decode(f *file) (*pixels, error) {
	if h.progressive && scans(f.data) > maxScans {
		return nil, refuse(Unsupported, "unsupported JPEG: it has more than %d scans, each of which costs the work of a whole picture; save it anew", maxScans)
	}
	img, err := jpeg.Decode(f.reader(h.rawFourChannels(f.data)))
	if err != nil {
		return nil, err
	}
	return h.pixels(img)
}

// pixels are the rows of a picture as image/jpeg returns it.
func (h *jpegHeader) pixels(img image.Image) (*pixels, error) {
	px, err := pixelsOf(img)
	if err != nil {
		return nil, err
	}
	switch img := img.(type) {
	case *image.CMYK:
		px.rows8 = newCMYK(img, h)
		if h.ycck {
			px.kind = "ycck"
		}
	case *image.RGBA:
		if h.ratio != image.Pt(1, 1) {
			px.rows8 = newRGB(img, h)
		}
	}
	return px, nil
}

func explainJPEG(err error) (why string, refused *Error) {
	if e, ok := errors.AsType[jpeg.FormatError](err); ok {
		return string(e), nil
	}
	if rare, ok := errors.AsType[jpeg.UnsupportedError](err); ok {
		return string(rare), refuse(Unsupported, "unsupported JPEG: %s; save it as a baseline or progressive JPEG or as PNG", string(rare))
	}
	return err.Error(), nil
}

// bytesPerPixel is what image/jpeg allocates for a pixel.
func (h *jpegHeader) bytesPerPixel() float64 {
	samples := 1 + 2/float64(h.ratio.X*h.ratio.Y)
	switch h.channels {
	case 1:
		samples = 1
	case 4:
		samples += 1 + 4 // the planes are brought together in an image.CMYK
	}
	if h.progressive {
		const coefficient = 4 // bytes, of each sample until the last scan
		samples += coefficient * min(samples, 4)
	}
	return samples
}

// maxScans bounds the scans of a progressive JPEG: encoders write about ten, and no more
// than a few hundred are of any use.
const maxScans = 500

// scans counts the scans of a JPEG. Within a scan's data 0xff is followed by 0, by
// another 0xff or by a restart marker.
func scans(data []byte) int {
	n := 0
	for at := len(jpegSignature); at+3 < len(data); {
		skip := bytes.IndexByte(data[at:], 0xff)
		if skip < 0 || at+skip+3 >= len(data) {
			break
		}
		at += skip + 1
		marker := data[at]
		switch {
		case marker == 0xff:
			continue
		case marker == 0 || marker >= markerRST0 && marker <= markerRST7:
			at++
			continue
		case marker == markerEOI:
			return n
		case marker == markerSOS:
			n++
		}
		at += 1 + int(binary.BigEndian.Uint16(data[at+1:]))
	}
	return n
}
