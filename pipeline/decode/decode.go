// Package decode turns a picture file, PNG or JPEG, into rows of a 3×H×W RGB
// volume of float32 in [0,1], or (v − mean)/std of that.
//
// A file goes through these steps, each of which can refuse it with an [*Error]:
// its first bytes say what it is; its header gives the size, which is held
// against the pixel limit before anything is decoded; image/png or image/jpeg
// decodes it; EXIF orientation is applied; it is resized, then cropped. Colour
// profiles and gamma chunks are not applied.
//
// Pixels equal those of other tools where these agree: PNG exactly; JPEG as
// libjpeg-turbo reconstructs it (its chroma upsampling and its fixed-point colour
// conversion) but for the inverse DCT, which image/jpeg rounds a little
// differently; resizing as Pillow does it. All of it is integer arithmetic or
// explicitly rounded float32, so the rows have the same bits on every machine.
package decode

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"math"
	"sync"

	"filterbank/filters/simd"
)

// DefaultPixels is the pixel limit where [Limits] has none: 268,435,456 = 2^28,
// which is 16384×16384.
const DefaultPixels = 1 << 28

// Limits guards against pictures that would not fit into memory.
type Limits struct {
	Pixels int64 // width × height, before and after resizing; 0 is DefaultPixels
}

// Options says how pictures are prepared. The zero value keeps their size, lays
// transparent ones over black and gives values in [0,1].
type Options struct {
	Limits
	Background [3]uint8   // RGB under transparent pixels, of 255; in 16-bit pictures of 65535
	Resize     *Resize    // nil keeps the size
	Crop       *Crop      // after Resize; nil keeps all
	Mean       [3]float32 // per channel, in units of [0,1]
	Std        [3]float32 // per channel, positive; 0 is 1
	SIMD       simd.Set   // the loops to use; all sets give the same bits
}

// Decoder decodes pictures with one set of options. It is immutable but for a pool
// of row buffers, and safe for concurrent use.
type Decoder struct {
	opts   Options
	values values
	pool   sync.Pool // of *scratch
}

// New checks opts and prepares the tables that all pictures share. The error names
// the option and its allowed values.
func New(opts Options) (*Decoder, error) {
	if opts.Pixels < 0 {
		return nil, fmt.Errorf("decode: pixel limit must be positive, got %d", opts.Pixels)
	}
	if opts.Pixels == 0 {
		opts.Pixels = DefaultPixels
	}
	for c := range opts.Std {
		if !finite(opts.Mean[c]) {
			return nil, fmt.Errorf("decode: mean of channel %d must be finite, got %v", c, opts.Mean[c])
		}
		if !finite(opts.Std[c]) || opts.Std[c] < 0 {
			return nil, fmt.Errorf("decode: std of channel %d must be positive and finite, got %v", c, opts.Std[c])
		}
		if opts.Std[c] == 0 {
			opts.Std[c] = 1
		}
	}
	var err error
	if opts.Resize, err = opts.Resize.checked(opts.Pixels); err != nil {
		return nil, fmt.Errorf("decode: resize: %w", err)
	}
	if opts.Crop, err = opts.Crop.checked(); err != nil {
		return nil, fmt.Errorf("decode: crop: %w", err)
	}
	d := &Decoder{opts: opts, values: newValues(opts)}
	d.pool.New = func() any { return &scratch{loops: d.values.loops} }
	return d, nil
}

// Options are those that New was given, with their defaults filled in. What they point
// to must not be written to.
func (d *Decoder) Options() Options { return d.opts }

// Fingerprint is a text that differs for options that give different pixels. The pixel
// limit is not among them.
func (d *Decoder) Fingerprint() string {
	var resize Resize
	var crop Crop
	if d.opts.Resize != nil {
		resize = *d.opts.Resize
	}
	if d.opts.Crop != nil {
		crop = *d.opts.Crop
	}
	return fmt.Sprintf("background %v resize %+v crop %+v mean %v std %v", d.opts.Background, resize, crop, d.opts.Mean, d.opts.Std)
}

func finite(v float32) bool {
	return !math.IsNaN(float64(v)) && !math.IsInf(float64(v), 0)
}

// Decode decodes data, the whole of a PNG or JPEG file; bytes after the end of the
// picture are ignored, as is what follows the first frame of an animated PNG. The
// Picture does not refer to data. Errors are [*Error], or ctx's own once it is done, which
// is looked at whenever the decoder asks for more bytes and at each resized row.
func (d *Decoder) Decode(ctx context.Context, data []byte) (*Picture, error) {
	h, err := d.probe(data, nil)
	if err != nil {
		return nil, err
	}
	if h.jpeg.progressive && scans(data) > maxScans {
		return nil, refuse(Unsupported, "unsupported JPEG: it has more than %d scans, each of which costs the work of a whole picture; save it anew", maxScans)
	}
	img, err := decodePixels(ctx, h, data)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	p := &Picture{Info: h.Info, Samples: samplesOf(img, h), Ignored: h.ignored, Warnings: h.warnings, decoder: d}
	if err := p.open(ctx, img, h); err != nil {
		return nil, err
	}
	return p, nil
}

// maxScans bounds the scans of a progressive JPEG: encoders write about ten, and no more
// than a few hundred are of any use.
const maxScans = 500

// decodePixels runs the standard library's decoder. A panic inside it is taken for
// a corrupt file: the file is the only thing that differs between calls.
func decodePixels(ctx context.Context, h *header, data []byte) (img image.Image, err error) {
	r := &meter{ended: ctx.Err, size: len(data)}
	defer func() {
		if cause := recover(); cause != nil {
			img, err = nil, decoderError(h.Format, fmt.Errorf("decoder panicked: %v", cause), r)
		}
	}()
	switch h.Format {
	case PNG:
		r.r = bytes.NewReader(data)
		img, err = png.Decode(r)
	case JPEG:
		r.r = h.jpeg.rawFourChannels(data)
		img, err = jpeg.Decode(r)
	}
	if err != nil {
		return nil, decoderError(h.Format, err, r)
	}
	if size := img.Bounds().Size(); size != h.stored {
		return nil, decoderError(h.Format, fmt.Errorf("%d×%d pixels where the header says %d×%d",
			size.X, size.Y, h.stored.X, h.stored.Y), r)
	}
	return img, nil
}

// meter knows how far a decoder has read and whether it asked for more than there is.
type meter struct {
	ended func() error // why reading ends before the file does; nil never does
	r     io.Reader
	at    int // bytes read
	size  int // bytes of the file
	end   bool
}

// Read reads from the file.
func (m *meter) Read(p []byte) (int, error) {
	if m.ended != nil {
		if err := m.ended(); err != nil {
			return 0, err
		}
	}
	n, err := m.r.Read(p)
	m.at += n
	m.end = m.end || errors.Is(err, io.EOF)
	return n, err
}
