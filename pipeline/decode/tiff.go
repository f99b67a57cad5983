package decode

import (
	"fmt"
	"image"
	"io"
	"slices"
)

// TIFF is the Tagged Image File Format. This package reads its directory and unpacks its
// pixels. golang.org/x/image and compress/zlib decompress them.
const TIFF Format = "tiff"

func tiffCodec() codec {
	return codec{
		format:     TIFF,
		title:      "TIFF",
		about:      "TIFF, the first page: gray, palette, RGB and CMYK with LZW, deflate, PackBits or fax compression, with 16 bits where it has them",
		extensions: []string{".tif", ".tiff"},
		magics:     []string{tiffLittle, tiffBig},
		version:    ximage + ", 1",
		header:     openTIFF,
		explain:    explainLibrary,
		condense:   condenseTIFF,
	}
}

// The tags that are read (TIFF 6.0, part 1 to 3; TIFF Technical Notes; DNG 1.6).
const (
	tagSubfileType   = 254
	tagWidth         = 256
	tagHeight        = 257
	tagBits          = 258
	tagCompression   = 259
	tagPhotometric   = 262
	tagFillOrder     = 266
	tagStripOffsets  = 273
	tagOrientation   = 274
	tagSamples       = 277
	tagRowsPerStrip  = 278
	tagStripCounts   = 279
	tagPlanar        = 284
	tagT4Options     = 292
	tagT6Options     = 293
	tagTransfer      = 301
	tagPredictor     = 317
	tagWhitePoint    = 318
	tagColourMap     = 320
	tagTileWidth     = 322
	tagTileHeight    = 323
	tagTileOffsets   = 324
	tagTileCounts    = 325
	tagInkSet        = 332
	tagExtraSamples  = 338
	tagSampleFormat  = 339
	tagICCProfile    = 34675
	tagDNGVersion    = 50706
	reducedPicture   = 1 // a bit of tagSubfileType
	separatePlanes   = 2 // of tagPlanar
	lowBitFirst      = 2 // of tagFillOrder
	horizontal       = 2 // of tagPredictor
	cmykInks         = 1 // of tagInkSet
	twoDimensional   = 1 // a bit of tagT4Options
	uncompressedMode = 2 // a bit of both fax options
)

// openTIFF reads a TIFF's first directory.
func openTIFF(f *file) (*header, error) {
	f.at = len(f.data)
	d, err := readTIFFDir(f.data)
	if err != nil {
		return nil, err
	}
	if d == nil { // open refuses the file as too short
		return &header{stored: image.Pt(1, 1)}, nil
	}
	if err := d.refuseRaw(f.data); err != nil {
		return nil, err
	}
	t, err := readTIFF(d)
	if err != nil {
		return nil, err
	}
	h := &header{stored: t.size, metadata: metadata{exif: d.orientation()}, complete: true}
	h.decode = func(f *file) (*pixels, error) {
		return t.decode(f, func(fault string) { h.warnings = append(h.warnings, fault) })
	}
	for _, c := range []struct {
		tag  uint16
		what string
	}{{tagICCProfile, "ICC profile"}, {tagTransfer, "transfer function"}, {tagWhitePoint, "chromaticities"}} {
		if _, ok := d.entries[c.tag]; ok {
			h.ignored = append(h.ignored, c.what)
		}
	}
	if d.next != 0 {
		h.warnings = []string{firstOnly("pages")}
	}
	h.Kind, h.Depth = fmt.Sprintf("%d-bit %s", t.bits, t.meaning), max(8, t.bits)
	if t.alpha != noAlpha {
		h.Kind += " and alpha"
	}
	h.decoded = t.memory()
	return h, nil
}

// refuseRaw refuses camera raw files, many of which begin as a TIFF does. Their first
// picture is a preview or has no colours yet.
func (d *tiffDir) refuseRaw(data []byte) error {
	kind := ""
	subfile, _ := d.uints(tagSubfileType, 1)
	_, isDNG := d.entries[tagDNGVersion]
	switch {
	case len(data) >= 10 && string(data[8:10]) == "CR":
		kind = "CR2"
	case isDNG:
		kind = "DNG"
	case len(subfile) > 0 && subfile[0]&reducedPicture != 0:
		return refuse(Unsupported, "unsupported TIFF: its first picture is a preview of another, as in a camera's raw file; develop it and save it as a TIFF of 16 bits")
	default:
		return nil
	}
	return refuse(Unsupported, "%s is not read: it is a camera's raw file; %s", kind, develop)
}

// meaning is the meaning of a TIFF's samples.
type meaning string

const (
	tiffGray    meaning = "gray"
	tiffPalette meaning = "palette"
	tiffRGB     meaning = "RGB"
	tiffCMYK    meaning = "CMYK"
)

// alphaKind is the meaning of a TIFF's extra sample.
type alphaKind int

const (
	noAlpha       alphaKind = iota
	premultiplied           // the colours are multiplied by it
	plainAlpha
)

// tiffFile describes the storage of a TIFF's pixels.
type tiffFile struct {
	*tiffDir
	size        image.Point
	bits        int // a sample: 1, 2, 4, 8 or 16
	samples     int // a pixel
	meaning     meaning
	inverted    bool // 0 is white and the largest value black
	alpha       alphaKind
	planar      bool
	compression int
	predicted   bool
	reversed    bool // the lowest bit of each byte comes first

	block       image.Point // size of a strip or tile
	tiled       bool
	palette     []uint16
	alphaSample int
}

// colours returns the number of samples that are not extra ones.
func (t *tiffFile) colours() int {
	switch t.meaning {
	case tiffRGB:
		return 3
	case tiffCMYK:
		return 4
	}
	return 1
}

// readTIFF reads the storage of the pixels, and refuses forms that are not unpacked here.
func readTIFF(d *tiffDir) (*tiffFile, error) {
	t := &tiffFile{tiffDir: d}
	for _, read := range []func() error{t.readSize, t.readSamples, t.readMeaning, t.readExtra, t.readCompression, t.readBlocks} {
		if err := read(); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// memory returns the bytes that decode allocates: the pixels, and rows of a block.
func (t *tiffFile) memory() int64 {
	bytes := int64(max(8, t.bits) / 8)
	if t.rgba() {
		bytes *= 4
	}
	n := bytes * int64(t.size.X) * int64(t.size.Y)
	row := int64(t.block.X) * int64(t.samples)
	return n + row*int64(t.bits)/8 + 2*row + 256<<10
}

// rgba says whether the picture is unpacked to four channels.
func (t *tiffFile) rgba() bool { return t.colours() > 1 || t.alpha != noAlpha }

// condenseTIFF returns a TIFF with nothing but the first directory, for files that have it
// behind their pixels. Values that a header does not need are left out.
func condenseTIFF(r io.ReadSeeker) ([]byte, error) {
	at := func(from int64, n int) ([]byte, error) {
		data := make([]byte, n)
		if _, err := r.Seek(from, io.SeekStart); err != nil {
			return nil, err
		}
		_, err := io.ReadFull(r, data)
		return data, err
	}
	wanted := []uint16{tagBits, tagColourMap, tagExtraSamples, tagSampleFormat} // of several values
	const most = 4096                                                           // bytes of a value
	head, err := at(0, 8)
	if err != nil {
		return nil, unlessEnd(err)
	}
	order := tiffOrder(head)
	from := int64(order.Uint32(head[4:]))
	order.PutUint32(head[4:], 16)
	count, err := at(from, 2)
	if err != nil {
		return head, unlessEnd(err)
	}
	dir, err := at(from+2, 12*int(order.Uint16(count))+4)
	if err != nil {
		return head, unlessEnd(err)
	}
	signature, err := at(8, 8) // raw files have theirs here
	if err != nil {
		return head, unlessEnd(err)
	}
	small := append(append(head, signature...), count...)
	values := int64(len(small) + len(dir))
	var rest []byte
	for i := 0; i+12 <= len(dir); i += 12 {
		entry := dir[i : i+12]
		n := int64(tiffWidths[min(int(order.Uint16(entry[2:])), len(tiffWidths)-1)]) * int64(order.Uint32(entry[4:]))
		if !slices.Contains(wanted, order.Uint16(entry)) || n <= 4 || n > most {
			continue
		}
		value, err := at(int64(order.Uint32(entry[8:])), int(n))
		if err != nil {
			return head, unlessEnd(err)
		}
		order.PutUint32(entry[8:], uint32(values)+uint32(len(rest)))
		rest = append(rest, value...)
	}
	return append(append(small, dir...), rest...), nil
}
