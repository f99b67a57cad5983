package decode

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"io"

	"golang.org/x/image/webp"
)

// WebP is lossy and lossless WebP. golang.org/x/image decodes the planes of the one and
// the pixels of the other; upsampling and colour of lossy files are this package's.
const WebP Format = "webp"

func webpCodec() codec {
	return codec{
		format:     WebP,
		title:      "WebP",
		about:      "WebP, lossy and lossless, with alpha; of an animated one the first frame",
		extensions: []string{".webp"},
		magics:     []string{"RIFF????WEBP"},
		version:    ximage + ", 1",
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
	h := &header{stored: w.canvas, exif: w.exif, complete: w.started, ignored: w.ignored, decode: w.decode}
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

// webpFile is what the chunks of a WebP say, as far as they are there. Sizes and kinds of
// chunks are in the WebP Container Specification; the bitstreams' headers in RFC 6386,
// section 9.1, and the WebP Lossless Bitstream Specification, section 3.
type webpFile struct {
	canvas   image.Point
	frame    image.Rectangle // of the first picture on the canvas
	extended bool            // it has a VP8X chunk, which gives the canvas
	frames   int             // of an animation, as far as they are there; else 0
	whole    bool            // all that the RIFF header announces is there

	started  bool // the header of the first picture has come
	lossless bool
	hasAlpha bool   // by a lossless picture's own header
	picture  []byte // the first VP8 or VP8L chunk's content
	alpha    []byte // the content of its ALPH chunk, or nil
	length   int64  // of the picture's content as it is announced
	// alphaLength is alpha's length as it is announced.
	alphaLength int64

	exif    []byte
	ignored []string
}

var errWebPSize = errors.New("its parts disagree about its size")

// readWebP reads as much as data holds.
func readWebP(data []byte) (*webpFile, error) {
	const riff = 12 // "RIFF", the length of all that follows, "WEBP"
	w := &webpFile{}
	end := 8 + int64(binary.LittleEndian.Uint32(data[4:]))
	if end < riff+8 {
		return nil, errors.New("its RIFF header announces no chunk")
	}
	w.whole = int64(len(data)) >= end
	return w, webpChunks(data[riff:min(int64(len(data)), end)], w.chunk)
}

// webpChunks gives each chunk to use, the last one perhaps in part. length is what the chunk's
// header announces.
func webpChunks(data []byte, use func(id string, content []byte, length int64) error) error {
	for len(data) >= 8 {
		id, length := string(data[:4]), int64(binary.LittleEndian.Uint32(data[4:]))
		data = data[8:]
		if err := use(id, data[:min(int64(len(data)), length)], length); err != nil {
			return err
		}
		data = data[min(int64(len(data)), length+length&1):]
	}
	return nil
}

// chunk takes a chunk of the file.
func (w *webpFile) chunk(id string, content []byte, length int64) error {
	whole := int64(len(content)) == length
	switch id {
	case "VP8X":
		if length < 10 || w.extended || w.started {
			return errors.New("its VP8X chunk is malformed or not the first")
		}
		if whole {
			w.extended, w.canvas = true, image.Pt(1+uint24(content[4:]), 1+uint24(content[7:]))
		}
	case "ICCP":
		w.ignored = append(w.ignored, "ICC profile")
	case "EXIF":
		if whole && w.exif == nil {
			w.exif = bytes.TrimPrefix(content, []byte(exifPrefix))
		}
	case "ANMF":
		if !w.extended {
			return errors.New("it has frames and no canvas")
		}
		if w.frames++; w.frames == 1 {
			return w.firstFrame(content)
		}
	case "ALPH", "VP8 ", "VP8L":
		if w.frames == 0 {
			return w.part(id, content, length)
		}
	}
	return nil
}

// firstFrame takes the chunks of an animation's first frame.
func (w *webpFile) firstFrame(content []byte) error {
	const head = 16 // place, size, duration and flags
	if len(content) < head {
		return nil
	}
	at := image.Pt(2*uint24(content), 2*uint24(content[3:]))
	size := image.Pt(1+uint24(content[6:]), 1+uint24(content[9:]))
	if err := webpChunks(content[head:], w.part); err != nil || !w.started {
		return err
	}
	if w.frame.Size() != size {
		return errWebPSize
	}
	w.frame = w.frame.Add(at)
	if !w.frame.In(image.Rectangle{Max: w.canvas}) {
		return errors.New("its first frame lies partly outside its canvas")
	}
	return nil
}

// part takes a chunk of the first picture.
func (w *webpFile) part(id string, content []byte, length int64) error {
	switch {
	case w.started:
	case id == "ALPH":
		if !w.extended || w.alphaLength > 0 || length < 1 {
			return errors.New("its ALPH chunk is out of place")
		}
		w.alpha, w.alphaLength = content, length
	case id == "VP8 ":
		const head = 10
		if length < head {
			return errors.New("its VP8 chunk is too short")
		}
		if len(content) < head {
			return nil
		}
		if content[0]&1 != 0 || string(content[3:6]) != "\x9d\x01\x2a" {
			return errors.New("its VP8 chunk is no key frame")
		}
		const sizes = 1<<14 - 1
		size := image.Pt(int(binary.LittleEndian.Uint16(content[6:])&sizes), int(binary.LittleEndian.Uint16(content[8:])&sizes))
		return w.start(size, content, length)
	case id == "VP8L":
		const head = 5
		if length < head || w.alphaLength > 0 {
			return errors.New("its VP8L chunk is too short or has an ALPH chunk beside it")
		}
		if len(content) < head {
			return nil
		}
		bits := binary.LittleEndian.Uint32(content[1:])
		if content[0] != 0x2f || bits>>29 != 0 {
			return errors.New("its VP8L chunk has an unknown version")
		}
		w.lossless, w.hasAlpha = true, bits>>28&1 == 1
		return w.start(image.Pt(1+int(bits&0x3fff), 1+int(bits>>14&0x3fff)), content, length)
	}
	return nil
}

// start takes the first picture, of the given size.
func (w *webpFile) start(size image.Point, content []byte, length int64) error {
	w.started, w.picture, w.length = true, content, length
	w.frame = image.Rectangle{Max: size}
	switch {
	case !w.extended:
		w.canvas = size
	case w.frames == 0 && size != w.canvas:
		return errWebPSize
	}
	return nil
}

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

// memory is the most that golang.org/x/image v0.47 allocates for the first picture, with
// the canvas where this is larger.
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

// losslessMemory is what package vp8l needs for a picture whose data has length bytes:
// RGBA, half of that again where up to 16 colours are unpacked, three pictures of tiles of
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

// bare is a file of the first picture alone.
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

// lateWebP seeks from chunk to chunk to an EXIF chunk behind the picture and returns its
// content, or nil. It skips blocks that are larger than a JPEG segment.
func lateWebP(r io.ReadSeeker) ([]byte, error) {
	const most = 1 << 16 // chunks
	at := int64(len("RIFF????WEBP"))
	for range most {
		if _, err := r.Seek(at, io.SeekStart); err != nil {
			return nil, err
		}
		var head [8]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return nil, unlessEnd(err)
		}
		length := int64(binary.LittleEndian.Uint32(head[4:]))
		if string(head[:4]) == "EXIF" && length < 1<<16 {
			exif := make([]byte, length)
			if _, err := io.ReadFull(r, exif); err != nil {
				return nil, unlessEnd(err)
			}
			return bytes.TrimPrefix(exif, []byte(exifPrefix)), nil
		}
		at += 8 + length + length&1
	}
	return nil, nil
}
