// Package decode owns the formats of pictures and matrices that are read, from a file's bytes to
// rows of a 3×H×W RGB volume of float32 in [0,1], of the C×H×W numbers of a matrix, or of
// (v − mean)/std of either. It never opens a file and never writes one.
//
// A file goes through these steps. Each can refuse it with an [*Error].
//
//  1. The first bytes give the format, a row in the table of codecs.
//  2. The header gives the size. It is compared with the pixel limit before anything is
//     decoded.
//  3. The codec decodes the pixels.
//  4. The orientation of EXIF is applied, or of XMP if EXIF has none.
//  5. The picture is resized, then cropped.
//
// A matrix is neither turned nor resized.
//
// Colour profiles and gamma chunks are not applied. An animated file gives its first frame,
// and a TIFF its first page.
//
// PNG gives libpng's pixels, JPEG libjpeg-turbo's and WebP libwebp's. TIFF, BMP and GIF give
// Pillow's pixels, and so does resizing. All arithmetic is on integers or on
// explicitly rounded float32, so that rows have the same bits on every machine.
package decode

import (
	"context"
	"fmt"
	"math"
	"sync"

	"filterbank/filters/simd"
)

// DefaultPixels is the pixel limit if [Limits] has none: 268,435,456 = 2^28,
// which is 16384×16384.
const DefaultPixels = 1 << 28

// Limits refuses pictures that would not fit into memory.
type Limits struct {
	Pixels int64 // width × height, before and after resizing; 0 is DefaultPixels
}

// AnyChannels takes files of any number of channels.
const AnyChannels = -1

// Options says how pictures are prepared. The zero value keeps their size, lays
// transparent ones over black and gives values in [0,1]. A matrix is cropped, and normalised
// with the first channel's mean and std unless it has three channels; with Resize it is refused.
type Options struct {
	Limits
	Background [3]uint8   // RGB under transparent pixels, of 255; in 16-bit pictures of 65535
	Resize     *Resize    // nil keeps the size
	Crop       *Crop      // after Resize; nil keeps all
	Mean       [3]float32 // per channel, in units of [0,1]
	Std        [3]float32 // per channel, positive; 0 is 1
	Channels   int        // that files must have, or AnyChannels; 0 is 3, as pictures have
	Matrix     Matrix     // how matrices are read
	SIMD       simd.Set   // the loops to use; all sets give the same bits
}

// Decoder decodes pictures with one set of options. It is safe for concurrent use. Only
// its pool of row buffers ever changes.
type Decoder struct {
	opts   Options
	codecs []codec
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
	if opts.Channels == 0 {
		opts.Channels = 3
	}
	if opts.Channels < AnyChannels || opts.Channels > MaxChannels {
		return nil, fmt.Errorf("decode: channels must be from 1 to %d, got %d", MaxChannels, opts.Channels)
	}
	if s := opts.Matrix.Scale; !finite(s) || s < 0 {
		return nil, fmt.Errorf("decode: matrix scale must be positive and finite, got %v", s)
	}
	var err error
	if opts.Resize, err = opts.Resize.checked(opts.Pixels); err != nil {
		return nil, fmt.Errorf("decode: resize: %w", err)
	}
	if opts.Crop, err = opts.Crop.checked(); err != nil {
		return nil, fmt.Errorf("decode: crop: %w", err)
	}
	d := &Decoder{opts: opts, codecs: codecs(), values: newValues(opts)}
	d.pool.New = func() any { return &scratch{loops: d.values.loops} }
	return d, nil
}

// Options returns the options with their defaults filled in. The caller must not write to
// what they point to.
func (d *Decoder) Options() Options { return d.opts }

func finite(v float32) bool {
	return !math.IsNaN(float64(v)) && !math.IsInf(float64(v), 0)
}

// Decode decodes a whole file. Bytes after the end of the picture are ignored, and so are
// all frames but the first of an animated one. The Picture does not refer to data. Errors
// are [*Error], or ctx's own once it is done. ctx is checked whenever the codec asks for
// more bytes or begins a row of blocks, and at each resized row.
func (d *Decoder) Decode(ctx context.Context, data []byte) (*Picture, error) {
	return d.DecodeWith(ctx, data, 1)
}

// DecodeWith is Decode with a number of goroutines, the calling one included. The result is the
// same for any number. [Info.Helpers] returns the number that can work on a picture.
func (d *Decoder) DecodeWith(ctx context.Context, data []byte, goroutines int) (*Picture, error) {
	f := newFile(ctx, d.opts.SIMD, data)
	f.goroutines = goroutines
	c, h, err := d.probe(f, metadata{})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	px, err := c.decode(f, h)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	p := &Picture{Info: h.Info, Samples: px.samples(), Ignored: h.ignored, Warnings: h.warnings, decoder: d}
	if err := p.open(f, px, h); err != nil {
		return nil, err
	}
	return p, nil
}
