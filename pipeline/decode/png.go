package decode

import (
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"runtime"
)

// PNG is Portable Network Graphics, read by image/png.
const PNG Format = "png"

// pngSignature is what every PNG begins with (PNG 3rd edition, 5.2).
const pngSignature = "\x89PNG\r\n\x1a\n"

func pngCodec() codec {
	return codec{
		format:     PNG,
		title:      "PNG",
		about:      "PNG of every kind, with 16 bits where it has them; of an animated one the first frame",
		extensions: []string{".png"},
		magics:     []string{pngSignature},
		spoilt:     pngSignature[:4],
		version:    "image/png of " + runtime.Version(),
		header:     openPNG,
		explain:    explainPNG,
		late:       lateEXIF,
	}
}

// openPNG reads a PNG up to its pixels.
func openPNG(f *file) (*header, error) {
	config, err := png.DecodeConfig(f.reader())
	if err != nil {
		return nil, err
	}
	chunks := readPNGHeader(f.data)
	bits, channel := f.data[pngDepth], f.data[pngDepth+1]
	interlaced := f.data[pngInterlace] == 1
	h := &header{
		stored: image.Pt(config.Width, config.Height), exif: chunks.exif, complete: chunks.complete, ignored: chunks.ignored,
		decode: decodePNG,
	}
	h.Kind, h.Depth = fmt.Sprintf("%d-bit %s", bits, pngColours[channel]), 8
	switch config.ColorModel {
	case color.Gray16Model, color.RGBA64Model, color.NRGBA64Model:
		h.Depth = 16
	}
	h.decoded = int64(chunks.bytesPerPixel(config.ColorModel, interlaced) * float64(int64(config.Width)*int64(config.Height)))
	return h, nil
}

func decodePNG(f *file) (*pixels, error) {
	img, err := png.Decode(f.reader())
	if err != nil {
		return nil, err
	}
	return pixelsOf(img)
}

func explainPNG(err error) (why string, refused *Error) {
	if e, ok := errors.AsType[png.FormatError](err); ok {
		return string(e), nil
	}
	rare, ok := errors.AsType[png.UnsupportedError](err)
	switch {
	case !ok:
		return err.Error(), nil
	case rare == "dimension overflow":
		return string(rare), refuse(TooLarge, "PNG has more pixels than can be addressed, and no --limit-pixels helps; use a smaller picture")
	}
	return string(rare), refuse(Unsupported, "unsupported PNG: %s; save it with 1, 2, 4, 8 or 16 bits as gray, palette or RGB", string(rare))
}

// bytesPerPixel is what image/png allocates for a pixel.
func (h *pngHeader) bytesPerPixel(model color.Model, interlaced bool) float64 {
	bytes := 4.0
	switch model {
	case color.Gray16Model, color.RGBA64Model, color.NRGBA64Model:
		bytes = 8
	}
	if !h.transparent {
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

// Places in a PNG whose header is right: of the bits a sample, the kind of colour behind
// them, and the interlacing, in IHDR behind the signature, length, type, width and height
// (PNG 3rd edition, 11.2.1).
const (
	pngDepth     = len(pngSignature) + 8 + 8
	pngInterlace = pngDepth + 4
)

// pngColours are the kinds of colour.
var pngColours = map[byte]string{0: "gray", 2: "RGB", 3: "palette", 4: "gray and alpha", 6: "RGB and alpha"}

// pngHeader holds facts of the chunks before the pixels that image/png does not tell.
type pngHeader struct {
	exif        []byte   // the first eXIf chunk, or nil
	ignored     []string // colour information that is not applied
	transparent bool     // one colour is transparent; image/png then returns gray as RGBA
	complete    bool     // the pixels' first chunk has come
}

// readPNGHeader reads the chunks of a PNG (PNG 3rd edition, 5.3) as far as data goes.
func readPNGHeader(data []byte) (h pngHeader) {
	const frame = 12 // length, type and CRC around a chunk's content
	rest := data[len(pngSignature):]
	for len(rest) >= 8 {
		length, kind := int64(binary.BigEndian.Uint32(rest)), string(rest[4:8])
		h.complete = h.complete || kind == "IDAT"
		if int64(len(rest)) < length+frame {
			break
		}
		switch content := rest[8 : 8+length]; kind {
		case "eXIf":
			if h.exif == nil {
				h.exif = content
			}
		case "tRNS":
			h.transparent = true
		case "iCCP":
			h.ignored = append(h.ignored, "ICC profile")
		case "cICP":
			h.ignored = append(h.ignored, "coding-independent code points")
		case "cHRM":
			h.ignored = append(h.ignored, "chromaticities")
		case "gAMA":
			const sRGB = 45455 // what gamma says in files that are sRGB (PNG, 11.3.2.5)
			if len(content) == 4 && binary.BigEndian.Uint32(content) != sRGB {
				h.ignored = append(h.ignored, "gamma")
			}
		}
		rest = rest[length+frame:]
	}
	return h
}

// lateEXIF seeks from chunk to chunk of a PNG to an eXIf chunk behind the pixels and
// returns its content, or nil. It stops at damage, which the decoder will report. It
// skips blocks that are larger than a JPEG segment.
func lateEXIF(r io.ReadSeeker) ([]byte, error) {
	const most = 1 << 16 // chunks, of which 64 KiB of pixels each is usual
	at, pixels := int64(len(pngSignature)), false
	for range most {
		if _, err := r.Seek(at, io.SeekStart); err != nil {
			return nil, err
		}
		var head [8]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return nil, atEnd(err)
		}
		length := int64(binary.BigEndian.Uint32(head[:]))
		switch kind := string(head[4:]); {
		case kind == "IDAT":
			pixels = true
		case kind == "eXIf" && !pixels, kind == "IEND", length > math.MaxInt32:
			return nil, nil
		case kind == "eXIf" && length <= math.MaxUint16:
			exif := make([]byte, length)
			if _, err := io.ReadFull(r, exif); err != nil {
				return nil, atEnd(err)
			}
			return exif, nil
		}
		at += 12 + length
	}
	return nil, nil
}

// atEnd is err unless it says that the file ends.
func atEnd(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}
