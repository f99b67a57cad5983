package decode

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"

	"filterbank/filters/volume"
)

// Info is what a picture's header says.
type Info struct {
	Format        Format
	Width, Height int          // in pixels, upright: after orientation, before resizing and cropping
	Orientation   int          // of EXIF, 1 to 8; 1 where there is none
	Depth         int          // bits a channel as they are kept: 8, also for 1, 2 and 4, or 16
	Prepared      volume.Shape // 3×H×W after resizing and cropping

	decoded float64 // bytes that the decoder allocates for a pixel
}

// Memory is about the most bytes that Decode holds for such a picture, what it returns
// included: what image/png and image/jpeg allocate for a pixel of each kind, and the
// copies that turning and resizing make.
func (i Info) Memory() int64 {
	pixels := int64(i.Width) * int64(i.Height)
	n := int64(i.decoded * float64(pixels))
	whole := int64(i.Depth) / 8 * 4 // RGBA of 8 or 16 bits
	if i.Orientation > 1 {
		n += 2 * pixels * whole
	}
	if prepared := int64(i.Prepared.H) * int64(i.Prepared.W); prepared != pixels {
		n += 2 * prepared * whole
	}
	return n
}

// decodedBytes is what decoding allocates for a pixel.
func (h *header) decodedBytes(model color.Model, interlaced bool) float64 {
	if h.Format == JPEG {
		samples := 1 + 2/float64(h.jpeg.ratio.X*h.jpeg.ratio.Y)
		switch h.jpeg.channels {
		case 1:
			samples = 1
		case 4:
			samples += 1 + 4 // the planes are brought together in an image.CMYK
		}
		if h.jpeg.progressive {
			const coefficient = 4 // bytes, of each sample until the last scan
			samples += coefficient * min(samples, 4)
		}
		return samples
	}
	bytes := 4.0
	switch model {
	case color.Gray16Model, color.RGBA64Model, color.NRGBA64Model:
		bytes = 8
	}
	if !h.png.transparent {
		switch model {
		case color.GrayModel:
			bytes = 1
		case color.Gray16Model:
			bytes = 2
		}
	}
	if interlaced {
		bytes *= 2.2 // seven pictures of parts, the last of them a half
	}
	return bytes
}

// header is an Info and what decoding needs besides.
type header struct {
	Info
	stored   image.Point // size in the file, before orientation
	layout   layout
	png      pngHeader
	jpeg     jpegHeader
	ignored  []string
	warnings []string
}

// ReadInfo reads a picture's header from r, the beginning of its file: rarely more
// than 32 KiB, and never more than 64 MiB. The size is checked as Decode checks it;
// damage after the header goes unseen. An eXIf chunk that stands behind a PNG's pixels
// is found when r can seek; otherwise it counts for Decode alone.
//
// An error of r is returned wrapped; all others are [*Error].
func (d *Decoder) ReadInfo(r io.Reader) (Info, error) {
	const first, most = 32 << 10, 64 << 20
	var data []byte
	for size := first; ; size *= 2 {
		old := len(data)
		data = append(data, make([]byte, size-old)...)
		n, err := io.ReadFull(r, data[old:])
		data = data[:old+n]
		end := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !end {
			return Info{}, fmt.Errorf("read picture header: %w", err)
		}
		h, err := d.probe(data, nil)
		if seeker, ok := r.(io.ReadSeeker); ok && !end && bytes.HasPrefix(data, []byte(pngSignature)) && !isTruncated(err) {
			late, seekErr := lateEXIF(seeker)
			if seekErr != nil {
				return Info{}, fmt.Errorf("read picture header: %w", seekErr)
			}
			if late != nil {
				h, err = d.probe(data, late)
			}
		}
		if err == nil {
			return h.Info, nil
		}
		if end || size >= most || !isTruncated(err) {
			return Info{}, err
		}
	}
}

func isTruncated(err error) bool {
	short, ok := errors.AsType[*Error](err)
	return ok && short.Code == Truncated
}

// probe reads the header at the beginning of data. Where data ends within the
// header, the error's code is Truncated, so that a caller with more can come again.
// The EXIF block of a PNG that stands behind data is given beside it.
func (d *Decoder) probe(data, late []byte) (*header, error) {
	format, err := sniff(data)
	if err != nil {
		return nil, err
	}
	h := &header{Info: Info{Format: format, Orientation: 1, Depth: 8}}
	var exif []byte
	var complete bool
	if format == PNG {
		h.png = readPNGHeader(data)
		exif, h.ignored, complete = h.png.exif, h.png.ignored, h.png.complete
		if exif == nil {
			exif = late
		}
	} else {
		h.jpeg = readJPEGHeader(data)
		exif, complete = h.jpeg.exif, h.jpeg.complete
		if h.jpeg.profile {
			h.ignored = []string{"ICC profile"}
		}
	}
	config, err := decodeConfig(format, data)
	if err != nil {
		return nil, err
	}
	if !complete {
		return nil, refuse(Truncated, "truncated %s: the file ends after %d bytes, before its first pixel; fetch the file again", format, len(data))
	}
	h.stored = image.Pt(config.Width, config.Height)
	switch config.ColorModel {
	case color.Gray16Model, color.RGBA64Model, color.NRGBA64Model:
		h.Depth = 16
	}
	h.decoded = h.decodedBytes(config.ColorModel, format == PNG && data[pngInterlace] == 1)
	if exif != nil {
		if h.Orientation, err = exifOrientation(exif); err != nil {
			h.warnings = append(h.warnings, fmt.Sprintf("EXIF is malformed and ignored: %v", err))
		}
	}
	return h, d.measure(h)
}

// decodeConfig is DecodeConfig of the standard library with errors of this package.
func decodeConfig(format Format, data []byte) (config image.Config, err error) {
	r := &meter{r: bytes.NewReader(data), size: len(data)}
	if format == PNG {
		config, err = png.DecodeConfig(r)
	} else {
		config, err = jpeg.DecodeConfig(r)
	}
	if err != nil {
		return config, decoderError(format, err, r)
	}
	if config.Width < 1 || config.Height < 1 { // JPEG may leave the height to a later DNL marker
		return config, refuse(Unsupported, "unsupported %s: its header says %d×%d pixels; save it anew", format, config.Width, config.Height)
	}
	return config, nil
}

// measure checks the stored size against the limit and lays out the prepared picture.
func (d *Decoder) measure(h *header) error {
	if err := d.opts.Limits.check(h.stored.X, h.stored.Y, ""); err != nil {
		return err
	}
	h.Width, h.Height = h.stored.X, h.stored.Y
	if h.Orientation >= 5 { // 5 to 8 swap rows and columns
		h.Width, h.Height = h.Height, h.Width
	}
	var err error
	if h.layout, err = d.opts.layout(h.Width, h.Height); err != nil {
		return err
	}
	h.Prepared = volume.Shape{C: 3, H: h.layout.window.Dy(), W: h.layout.window.Dx()}
	return nil
}
