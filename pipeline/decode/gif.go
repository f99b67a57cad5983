package decode

import (
	"encoding/binary"
	"errors"
	"image"
	"image/gif"
	"io"
	"runtime"
)

// GIF is the Graphics Interchange Format, read by image/gif.
const GIF Format = "gif"

func gifCodec() codec {
	return codec{
		format:     GIF,
		title:      "GIF",
		about:      "GIF, the first frame",
		extensions: []string{".gif"},
		magics:     []string{"GIF87a", "GIF89a"},
		version:    "image/gif of " + runtime.Version() + ", 1",
		header:     openGIF,
		explain:    explainLibrary,
	}
}

// openGIF reads a GIF up to the pixels of its first frame.
func openGIF(f *file) (*header, error) {
	f.at = len(f.data)
	g, err := readGIF(f.data)
	if err != nil {
		return nil, err
	}
	if !g.started { // open refuses the file as too short
		return &header{stored: image.Pt(1, 1)}, nil
	}
	h := &header{stored: g.screen, complete: true, decode: g.decode, ignored: g.ignored}
	if g.several {
		h.warnings = []string{firstOnly("frames")}
	}
	h.Kind, h.Depth = "palette", 8
	pixels := int64(g.frame.Dx()) * int64(g.frame.Dy())
	h.decoded = pixels + 128<<10
	if g.interlaced {
		h.decoded += pixels
	}
	if g.frame.Size() != g.screen {
		h.decoded += 4 * int64(g.screen.X) * int64(g.screen.Y)
	}
	return h, nil
}

// gifFile holds the content of a GIF's blocks (CompuServe, GIF 89a, sections 17 to 27).
type gifFile struct {
	screen     image.Point
	frame      image.Rectangle // the first one's
	interlaced bool
	started    bool // the first frame's descriptor has come
	whole      bool // all of the first one has come
	several    bool // another one has come
	ignored    []string
}

// readGIF reads the blocks that data holds.
func readGIF(data []byte) (*gifFile, error) {
	const (
		screen, descriptor     = 13, 10
		hasTable, isInterlaced = 0x80, 0x40
		extension, picture     = 0x21, 0x2c
		trailer                = 0x3b
	)
	g := &gifFile{}
	if len(data) < screen {
		return g, nil
	}
	short := func(at int) int { return int(binary.LittleEndian.Uint16(data[at:])) }
	table := func(flags byte) int {
		if flags&hasTable == 0 {
			return 0
		}
		return 3 << (1 + flags&7)
	}
	g.screen = image.Pt(short(6), short(8))
	at := screen + table(data[10])
	for at < len(data) {
		switch kind := data[at]; {
		case kind == extension:
			if len(data) >= at+14 && string(data[at+1:at+14]) == "\xff\x0bICCRGBG1012" {
				g.ignored = []string{"ICC profile"}
			}
			at = skipGIF(data, at+2)
		case kind == picture && g.started:
			g.several = true
			return g, nil
		case kind == picture && len(data) < at+descriptor:
			return g, nil
		case kind == picture:
			corner := image.Pt(short(at+1), short(at+3))
			g.frame = image.Rectangle{Min: corner, Max: corner.Add(image.Pt(short(at+5), short(at+7)))}
			if g.frame.Empty() || !g.frame.In(image.Rectangle{Max: g.screen}) {
				return nil, errors.New("its first frame is empty or lies partly outside its screen")
			}
			flags := data[at+9]
			g.started, g.interlaced = true, flags&isInterlaced != 0
			at = skipGIF(data, at+descriptor+table(flags)+1)
			g.whole = at <= len(data)
		case !g.started && kind == trailer:
			return nil, errors.New("it has no frame")
		case !g.started:
			return nil, errors.New("it has a block of an unknown kind")
		default: // blocks behind the first frame do not count
			return g, nil
		}
	}
	return g, nil
}

// skipGIF returns the place behind sub-blocks.
func skipGIF(data []byte, at int) int {
	for at < len(data) && data[at] != 0 {
		at += 1 + int(data[at])
	}
	return at + 1
}

// decode decodes the first frame and lays it on the screen.
func (g *gifFile) decode(f *file) (*pixels, error) {
	if !g.whole {
		return nil, io.ErrUnexpectedEOF
	}
	img, err := gif.Decode(f.reader())
	if err != nil {
		f.end = false // the frame is whole
		return nil, err
	}
	frame := img.Bounds()
	px, err := pixelsOf(img)
	if err != nil || px.size == g.screen {
		return px, err
	}
	return px.on(g.screen, frame.Min)
}
