package decode

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"io"

	"golang.org/x/image/webp"
)

// WebP is lossy and lossless WebP. golang.org/x/image decodes the pixels of lossless files and
// the planes of lossy ones. This package does the upsampling and colour of lossy files.
const WebP Format = "webp"

// mostXMP is the bytes of the longest XMP packet that is read.
const mostXMP = 1 << 20

func webpCodec() codec {
	return codec{
		format:     WebP,
		title:      "WebP",
		about:      "WebP, lossy and lossless, with alpha; of an animated one the first frame",
		extensions: []string{".webp"},
		magics:     []string{"RIFF????WEBP"},
		version:    ximage + ", 2",
		header:     openWebP,
		explain:    explainLibrary,
		late:       lateWebP,
	}
}

// openWebP reads the chunks of a WebP up to its first picture.
func openWebP(f *file) (*header, error) {
	f.at = len(f.data)
	w, err := readWebP(f.data)
	if err != nil {
		return nil, err
	}
	h := &header{stored: w.canvas, metadata: metadata{w.exif, w.xmp}, complete: w.started, ignored: w.ignored, decode: w.decode}
	if !w.started {
		h.stored = image.Pt(1, 1) // open refuses the file as too short
		return h, nil
	}
	if w.frames > 1 {
		h.warnings = []string{firstOnly("frames")}
	}
	h.Kind, h.Depth = "lossy", 8
	if w.lossless {
		h.Kind = "lossless"
	}
	if w.alphaLength > 0 || w.lossless && w.hasAlpha {
		h.Kind += " with alpha"
	}
	h.decoded = w.memory()
	return h, nil
}

// memory returns the most bytes that golang.org/x/image v0.47 allocates for the first picture,
// with the canvas if the canvas is larger.
func (w *webpFile) memory() int64 {
	size := w.frame.Size()
	pixels := int64(size.X) * int64(size.Y)
	blocks := int64(size.X+15) / 16 * (int64(size.Y+15) / 16)
	var n int64
	if w.lossless {
		n = losslessMemory(size, w.length)
	} else {
		const block = 16*16*3/2 + 8            // its samples and filter parameters
		n = blocks*block + 2*w.length + 64<<10 // both partitions are copied
	}
	if w.alphaLength > 0 {
		n += losslessMemory(size, w.alphaLength) + pixels
	}
	if size != w.canvas {
		n += 4 * (int64(w.canvas.X) * int64(w.canvas.Y))
	}
	return n
}

// losslessMemory returns the bytes that package vp8l needs for a picture whose data has length
// bytes: RGBA, half of that again if up to 16 colours are unpacked, three pictures of tiles of
// 4×4 pixels, and groups of prefix codes. A group has five look-up tables of 512 bytes, and
// nodes of 8 bytes, two for each of up to 3,136 symbols. A byte of a file can make some 250
// bytes of nodes, and package vp8l refuses more than 2,600 groups.
func losslessMemory(size image.Point, length int64) int64 {
	const (
		maxGroups = 2600
		tables    = 5 * (512 + 24)
		nodes     = 2 * 8 * 3136
	)
	pixels := int64(size.X) * int64(size.Y)
	tiles := int64(size.X+3) / 4 * (int64(size.Y+3) / 4)
	groups := min(maxGroups, tiles)
	return 6*pixels + 3*4*tiles + groups*tables + min(groups*nodes, 250*length) + 64<<10
}

// decode decodes the first picture and lays it on the canvas.
func (w *webpFile) decode(f *file) (*pixels, error) {
	if !w.whole || int64(len(w.picture)) < w.length || int64(len(w.alpha)) < w.alphaLength {
		return nil, io.ErrUnexpectedEOF
	}
	img, err := webp.Decode(f.reader(w.bare()...))
	if err != nil {
		f.at, f.end = len(f.data), false // the chunks are whole
		if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
			err = errors.New("its data ends before its picture does")
		}
		return nil, err
	}
	px, err := w.pixels(img)
	if err != nil || px.size == w.canvas {
		return px, err
	}
	return px.on(w.canvas, w.frame.Min)
}

// pixels are the rows of a picture as package webp returns it.
func (w *webpFile) pixels(img image.Image) (*pixels, error) {
	switch img := img.(type) {
	case *image.YCbCr:
		return newYUV(img, nil, 0), nil
	case *image.NYCbCrA:
		return newYUV(&img.YCbCr, img.A, img.AStride), nil
	case *image.NRGBA:
		if !w.hasAlpha { // the header's word counts, as it does for libwebp
			for i := 3; i < len(img.Pix); i += 4 {
				img.Pix[i] = 0xff
			}
		}
	}
	return pixelsOf(img)
}

// bare returns a file with nothing but the first picture.
func (w *webpFile) bare() []io.Reader {
	var body []io.Reader
	total := len("WEBP")
	add := func(id string, content []byte) {
		head := binary.LittleEndian.AppendUint32([]byte(id), uint32(len(content)))
		body = append(body, bytes.NewReader(head), bytes.NewReader(content), bytes.NewReader(make([]byte, len(content)&1)))
		total += len(head) + len(content) + len(content)&1
	}
	id := "VP8 "
	if w.lossless {
		id = "VP8L"
	}
	if w.alphaLength > 0 {
		const alpha = 1 << 4
		size := w.frame.Size()
		extended := []byte{alpha, 0, 0, 0}
		for _, v := range []int{size.X - 1, size.Y - 1} {
			extended = append(extended, byte(v), byte(v>>8), byte(v>>16))
		}
		add("VP8X", extended)
		add("ALPH", w.alpha)
	}
	add(id, w.picture)
	head := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(total))
	return append([]io.Reader{bytes.NewReader(append(head, "WEBP"...))}, body...)
}

// lateWebP seeks from chunk to chunk to EXIF and XMP behind the picture. It skips EXIF that
// is larger than a JPEG segment, and XMP of more than a MiB.
func lateWebP(r io.ReadSeeker) (found metadata, err error) {
	const most = 1 << 16 // chunks
	at := int64(len("RIFF????WEBP"))
	for range most {
		if _, err := r.Seek(at, io.SeekStart); err != nil {
			return metadata{}, err
		}
		var head [8]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return found, unlessEnd(err)
		}
		id, length := string(head[:4]), int64(binary.LittleEndian.Uint32(head[4:]))
		if id == "EXIF" && length < 1<<16 && found.exif == nil || id == "XMP " && length <= mostXMP && found.xmp == nil {
			content := make([]byte, length)
			if _, err := io.ReadFull(r, content); err != nil {
				return found, unlessEnd(err)
			}
			if id == "XMP " {
				found.xmp = content
			} else {
				found.exif = bytes.TrimPrefix(content, []byte(exifPrefix))
			}
		}
		at += 8 + length + length&1
	}
	return found, nil
}
