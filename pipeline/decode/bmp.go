package decode

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"

	"golang.org/x/image/bmp"

	"filterbank/pipeline/decode/noun"
)

// BMP is the Windows bitmap, whose pixels are read by golang.org/x/image.
const BMP Format = "bmp"

func bmpCodec() codec {
	return codec{
		format:     BMP,
		title:      "BMP",
		about:      "BMP, uncompressed: palettes, and RGB of 24 and 32 bits with alpha",
		extensions: []string{".bmp", ".dib"},
		magics:     []string{"BM????\x00\x00\x00\x00"},
		version:    ximage + ", 1",
		header:     openBMP,
		explain:    explainLibrary,
	}
}

// bmpFile is a BMP's header (Microsoft, BITMAPFILEHEADER and BITMAPV5HEADER).
type bmpFile struct {
	size    image.Point
	topDown bool
	bits    int
	alpha   bool
	palette []byte // B, G, R and nothing of each colour
	pixels  int64  // where they begin
}

const (
	bmpFileHeader = 14
	bmpCoreHeader = 12 // of OS/2
	bmpInfoHeader = 40
	bmpV4Header   = 108
)

// openBMP reads a BMP's header and palette.
func openBMP(f *file) (*header, error) {
	f.at = len(f.data)
	b, err := readBMP(f.data)
	if err != nil {
		return nil, err
	}
	if b == nil { // open refuses the file as too short
		return &header{stored: image.Pt(1, 1)}, nil
	}
	h := &header{stored: b.size, complete: true, decode: b.decode}
	h.Kind, h.Depth = fmt.Sprintf("%d-bit RGB", b.bits), 8
	pixel := int64(4)
	switch {
	case b.bits <= 8:
		h.Kind, pixel = fmt.Sprintf("%d-bit palette", b.bits), 1
	case b.alpha:
		h.Kind = "RGB and alpha"
	}
	h.decoded = pixel*int64(b.size.X)*int64(b.size.Y) + 4*int64(b.size.X) + 64<<10
	return h, nil
}

// readBMP is nil if data ends within the header.
func readBMP(data []byte) (*bmpFile, error) {
	if len(data) < bmpFileHeader+4 {
		return nil, nil
	}
	long := func(at int) int64 { return int64(binary.LittleEndian.Uint32(data[at:])) }
	short := func(at int) int { return int(binary.LittleEndian.Uint16(data[at:])) }
	b := &bmpFile{pixels: long(10)}
	info := long(bmpFileHeader)
	if info != bmpCoreHeader && (info < bmpInfoHeader || info > 1<<10) {
		return nil, refuse(Unsupported, "unsupported BMP: its header has %s; save it anew as a BMP of 24 bits or as PNG", noun.Count(info, "byte"))
	}
	if int64(len(data)) < bmpFileHeader+info {
		return nil, nil
	}
	var planes int
	var width, height, compression, colours int64
	if info == bmpCoreHeader {
		width, height, planes, b.bits = int64(short(18)), int64(short(20)), short(22), short(24)
	} else {
		width, height = int64(int32(long(18))), int64(int32(long(22)))
		planes, b.bits, compression, colours = short(26), short(28), long(30), long(46)
	}
	if b.topDown = height < 0; b.topDown {
		height = -height
	}
	if width < 1 || height < 1 || height > maxSide || planes != 1 {
		return nil, fmt.Errorf("its header says %d×%d pixels in %s", width, height, noun.Count(planes, "plane"))
	}
	b.size = image.Pt(int(width), int(height))
	whole, err := b.readColours(data, info, compression, colours)
	if err != nil || !whole {
		return nil, err
	}
	return b, nil
}

// readColours reads the storage of the colours, and the palette. It reports whether data has
// all of them.
func (b *bmpFile) readColours(data []byte, info, compression, colours int64) (whole bool, err error) {
	rare := func(format string, args ...any) error {
		return refuse(Unsupported, "unsupported BMP: %s; save it uncompressed with 24 bits or as PNG", fmt.Sprintf(format, args...))
	}
	names := map[int64]string{1: "run-length encoding", 2: "run-length encoding", 4: "JPEG within", 5: "PNG within"}
	end := bmpFileHeader + info
	const bitFields, alphaFields = 3, 6
	switch {
	case names[compression] != "":
		return false, rare("%s", names[compression])
	case compression == bitFields, compression == alphaFields:
		if b.bits != 32 {
			return false, rare("%s a pixel with colour masks", noun.Count(b.bits, "bit"))
		}
		const masks = bmpFileHeader + bmpInfoHeader
		n := 3
		if compression == alphaFields || info >= bmpInfoHeader+16 {
			n = 4
		}
		if end = max(end, masks+4*int64(n)); int64(len(data)) < end {
			return false, nil
		}
		mask := [4]uint32{}
		for i := range n {
			mask[i] = binary.LittleEndian.Uint32(data[masks+4*i:])
		}
		b.alpha = mask[3] == 0xff000000
		if mask != [4]uint32{0xff0000, 0xff00, 0xff, mask[3]} || mask[3] != 0 && !b.alpha {
			return false, rare("colour masks other than B, G, R and A in this order")
		}
	case compression != 0:
		return false, rare("compression %d", compression)
	}
	switch b.bits {
	case 24, 32:
		if b.pixels < end {
			return false, errors.New("its pixels begin within its header")
		}
		return true, nil
	case 1, 2, 4, 8:
		return b.readPalette(data, end, info, colours)
	}
	return false, rare("%s a pixel", noun.Count(b.bits, "bit"))
}

func (b *bmpFile) readPalette(data []byte, at, info, colours int64) (whole bool, err error) {
	entry := int64(4)
	if info == bmpCoreHeader {
		entry = 3
	}
	if colours == 0 || colours > 1<<b.bits {
		colours = 1 << b.bits
	}
	colours = min(colours, (b.pixels-at)/entry)
	if colours < 1 {
		return false, errors.New("its pixels begin before its palette ends")
	}
	if int64(len(data)) < at+colours*entry {
		return false, nil
	}
	for i := range colours {
		b.palette = append(append(b.palette, data[at+i*entry:][:3]...), 0)
	}
	return true, nil
}

// decode gives the pixels to package bmp with a header that it reads.
func (b *bmpFile) decode(f *file) (*pixels, error) {
	row := (int64(b.size.X)*int64(b.bits) + 31) / 32 * 4
	if have := int64(len(f.data)) - b.pixels; have/row < int64(b.size.Y) {
		return nil, io.ErrUnexpectedEOF
	}
	img, err := bmp.Decode(f.reader(bytes.NewReader(b.bare()), bytes.NewReader(f.data[b.pixels:])))
	if err != nil {
		f.at, f.end = len(f.data), false // the pixels are whole
		return nil, err
	}
	px, err := pixelsOf(img)
	if err == nil && !b.alpha {
		px.opaque = true
	}
	return px, err
}

// bare returns a header of the kind that package bmp reads, with the palette.
func (b *bmpFile) bare() []byte {
	info := bmpInfoHeader
	if b.alpha {
		info = bmpV4Header
	}
	head := make([]byte, bmpFileHeader+info, bmpFileHeader+info+len(b.palette))
	copy(head, "BM")
	long := func(at, v int) { binary.LittleEndian.PutUint32(head[at:], uint32(v)) }
	long(10, cap(head))
	long(14, info)
	long(18, b.size.X)
	long(22, b.size.Y)
	if b.topDown {
		long(22, -b.size.Y)
	}
	binary.LittleEndian.PutUint16(head[26:], 1)
	binary.LittleEndian.PutUint16(head[28:], uint16(b.bits))
	long(46, len(b.palette)/4)
	return append(head, b.palette...)
}
