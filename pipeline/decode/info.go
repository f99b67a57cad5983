package decode

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"io"

	"filterbank/filters/volume"
	"filterbank/pipeline/decode/noun"
)

// Info describes a picture by its header.
type Info struct {
	Format        Format
	Kind          string       // channels, with their bits where these differ: "8-bit gray and alpha", "CMYK"
	Width, Height int          // in pixels, upright: after orientation, before resizing and cropping
	Orientation   int          // of EXIF, or of XMP if EXIF has none, 1 to 8; 1 if there is none
	Depth         int          // bits a channel as they are kept: 8, also for 1, 2 and 4, or 16; 32 of a matrix
	Prepared      volume.Shape // 3×H×W after resizing and cropping, or C×H×W of a matrix

	decoded int64 // bytes that the codec allocates

	helpers      int   // further goroutines that there is work for
	helperMemory int64 // bytes that each of them takes
}

// Helpers returns the number of goroutines, the calling one excluded, that DecodeWith has work
// for. Each takes a number of bytes, which Memory does not count.
func (i Info) Helpers() (most int, each int64) { return i.helpers, i.helperMemory }

// Memory estimates the most bytes that Decode holds for such a picture, with the bytes
// that it returns and without the file's. It counts the codec's memory and the copies for
// turning and resizing.
func (i Info) Memory() int64 {
	pixels := int64(i.Width) * int64(i.Height)
	n := i.decoded
	if i.Depth == 32 { // a matrix is neither turned nor copied
		return n
	}
	whole := int64(i.Depth) / 8 * 4 // RGBA of 8 or 16 bits
	if i.Orientation > 1 {
		n += 2 * pixels * whole
	}
	if prepared := int64(i.Prepared.H) * int64(i.Prepared.W); prepared != pixels {
		n += 2 * prepared * whole
	}
	return n
}

// ReadInfo reads a picture's header from r, which starts at the beginning of the file. It
// rarely reads more than 32 KiB and never more than 64 MiB. It checks the size as Decode
// does and does not see damage after the header. EXIF and XMP behind the pixels are found
// only if r can seek; Decode always finds them. Decoding a JPEG holds a copy of the file's
// bytes. If r cannot seek, Info.Memory counts only the bytes that were read.
//
// An error of r is returned wrapped. All others are [*Error].
func (d *Decoder) ReadInfo(r io.Reader) (Info, error) {
	const first, most = 32 << 10, 64 << 20
	whole, err := sizeOf(r)
	if err != nil {
		return Info{}, fmt.Errorf("read picture header: %w", err)
	}
	size := first
	if 0 < whole && whole < first {
		size = int(whole) + 1 // so that the read ends the file
	}
	var data []byte
	for ; ; size *= 2 {
		old := len(data)
		data = append(data, make([]byte, size-old)...)
		n, err := io.ReadFull(r, data[old:])
		data = data[:old+n]
		end := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !end {
			return Info{}, fmt.Errorf("read picture header: %w", err)
		}
		f := newFile(context.Background(), d.opts.SIMD, data)
		f.size = max(f.size, whole)
		_, h, err := d.probe(f, metadata{})
		if c := find(d.codecs, data); c != nil && c.late != nil && !end && !isTruncated(err) {
			if seeker, ok := r.(io.ReadSeeker); ok {
				late, seekErr := c.late(seeker)
				if seekErr != nil {
					return Info{}, fmt.Errorf("read picture header: %w", seekErr)
				}
				if late.exif != nil || late.xmp != nil {
					_, h, err = d.probe(f, late)
				}
			}
		}
		if err == nil {
			return h.Info, nil
		}
		if seeker, ok := r.(io.ReadSeeker); ok && !end && isTruncated(err) {
			if c := find(d.codecs, data); c != nil && c.condense != nil {
				return d.condensed(c, seeker)
			}
		}
		if end || size >= most || !isTruncated(err) {
			return Info{}, err
		}
	}
}

// sizeOf returns the size of r's file if r can seek, otherwise 0.
func sizeOf(r io.Reader) (int64, error) {
	seeker, ok := r.(io.Seeker)
	if !ok {
		return 0, nil
	}
	size, err := seeker.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, nil // a pipe
	}
	_, err = seeker.Seek(0, io.SeekStart)
	return size, err
}

// condensed reads a header that may stand behind the pixels.
func (d *Decoder) condensed(c *codec, r io.ReadSeeker) (Info, error) {
	small, err := c.condense(r)
	if err != nil {
		return Info{}, fmt.Errorf("read picture header: %w", err)
	}
	_, h, err := d.probe(newFile(context.Background(), d.opts.SIMD, small), metadata{})
	if err != nil {
		return Info{}, err
	}
	return h.Info, nil
}

func isTruncated(err error) bool {
	short, ok := errors.AsType[*Error](err)
	return ok && short.Code == Truncated
}

// probe reads the header at the beginning of a file. If the bytes end within the header,
// the error's code is Truncated, and a caller with more bytes can try again. late is
// metadata that was found behind those bytes.
func (d *Decoder) probe(f *file, late metadata) (*codec, *header, error) {
	f.matrix = d.opts.Matrix
	c, err := sniff(d.codecs, f.data)
	if err != nil {
		return nil, nil, err
	}
	h, err := c.open(f)
	if err != nil {
		return nil, nil, err
	}
	if h.exif == nil {
		h.exif = late.exif
	}
	if h.xmp == nil {
		h.xmp = late.xmp
	}
	h.turn()
	if h.copied {
		h.decoded += f.size
	}
	return c, h, d.measure(h)
}

// turn takes the orientation from EXIF, or from XMP if EXIF has none.
func (h *header) turn() {
	found := 0
	for _, from := range []struct {
		name  string
		block []byte
		read  func([]byte) (int, error)
	}{{"EXIF", h.exif, exifOrientation}, {"XMP", h.xmp, xmpOrientation}} {
		if found > 0 || from.block == nil {
			continue
		}
		var err error
		if found, err = from.read(from.block); err != nil {
			h.warnings = append(h.warnings, fmt.Sprintf("%s is malformed and ignored: %v", from.name, err))
		}
	}
	h.Orientation = max(1, found)
}

// measure checks the stored size against the limit and lays out the prepared picture.
func (d *Decoder) measure(h *header) error {
	what := "picture"
	if h.channels > 0 {
		what = "matrix"
	}
	if err := d.opts.Limits.Check(what, h.stored.X, h.stored.Y, smaller); err != nil {
		return err
	}
	if err := d.checkChannels(h); err != nil {
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
	h.Prepared = volume.Shape{C: cmp.Or(h.channels, 3), H: h.layout.window.Dy(), W: h.layout.window.Dx()}
	if h.channels > 0 {
		return nil
	}
	prepared := h.Orientation != 1 || h.layout.scaled != image.Pt(h.Width, h.Height)
	if prepared && int64(h.Width)*int64(h.Height) >= leastDivided {
		h.helpers, h.helperMemory = dividedHelpers, max(h.helperMemory, dividedMemory)
	}
	return nil
}

// checkChannels refuses another number of channels than is wanted, and a matrix that would be
// resized.
func (d *Decoder) checkChannels(h *header) error {
	if h.channels > 0 && d.opts.Resize != nil {
		return refuse(Unsupported, "resize is for pictures: a matrix keeps its size; leave resize out of the stack's input")
	}
	want := d.opts.Channels
	if want == AnyChannels || want == cmp.Or(h.channels, 3) {
		return nil
	}
	if h.channels == 0 {
		return refuse(Channels, "a picture has 3 channels, and the stack reads %d: run pictures by themselves", want)
	}
	hint := ""
	if h.stored.X == want && h.Format == NPY && !d.opts.Matrix.ChannelsLast {
		hint = "; H×W×C is read with --matrix-layout hwc"
	}
	return refuse(Channels, "matrix of %d×%d×%d has %s, and the stack reads %d, as the run's first input or input.channels has%s",
		h.channels, h.stored.Y, h.stored.X, noun.Count(h.channels, "channel"), want, hint)
}
