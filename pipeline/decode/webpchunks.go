package decode

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
)

// webpFile holds the content of a WebP's chunks, as far as they are there. The WebP Container
// Specification has the sizes and kinds of chunks. RFC 6386, section 9.1, and the WebP Lossless
// Bitstream Specification, section 3, have the headers of the bitstreams.
type webpFile struct {
	canvas   image.Point
	frame    image.Rectangle // of the first picture on the canvas
	extended bool            // it has a VP8X chunk, which gives the canvas
	frames   int             // of an animation, as far as they are there; otherwise 0
	whole    bool            // everything that the RIFF header announces is there

	started  bool // the header of the first picture has come
	lossless bool
	hasAlpha bool   // by a lossless picture's own header
	picture  []byte // the first VP8 or VP8L chunk's content
	alpha    []byte // the content of its ALPH chunk, or nil
	length   int64  // of the picture's content as it is announced
	// alphaLength is alpha's length as it is announced.
	alphaLength int64

	metadata
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
		if err := w.other(id); err != nil {
			return err
		}
		w.ignored = append(w.ignored, "ICC profile")
	case "EXIF":
		if err := w.other(id); err != nil {
			return err
		}
		if whole && w.exif == nil {
			w.exif = bytes.TrimPrefix(content, []byte(exifPrefix))
		}
	case "XMP ":
		if err := w.other(id); err != nil {
			return err
		}
		if whole && w.xmp == nil && length <= mostXMP {
			w.xmp = content
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
	default:
		return w.other(id)
	}
	return nil
}

// other refuses a chunk of another kind at the beginning of the file, as libwebp does.
func (w *webpFile) other(id string) error {
	if !w.extended && !w.started {
		return fmt.Errorf("its first chunk is %q; it must be VP8X, VP8 or VP8L", id)
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
		if profile := content[0] >> 1 & 7; profile > 3 {
			return fmt.Errorf("its VP8 chunk has the profile %d, and 3 is the largest", profile)
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
