package decode

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"image"
	"io"
	"math/bits"

	"golang.org/x/image/ccitt"
	"golang.org/x/image/tiff/lzw"

	"filterbank/pipeline/decode/noun"
)

// The ways of compression that are read (TIFF 6.0, sections 9 to 13; Adobe's Photoshop
// TIFF Technical Notes of 2002 for deflate).
const (
	tiffPlain      = 1
	tiffGroup3     = 3
	tiffGroup4     = 4
	tiffLZW        = 5
	tiffDeflate    = 8
	tiffPackBits   = 32773
	tiffOldDeflate = 32946
)

// tiffCompressions names other ways, which are refused.
var tiffCompressions = map[int64]string{
	2: "CCITT run lengths", 6: "JPEG in the old way", 7: "JPEG", 9: "JBIG", 10: "JBIG", 32809: "ThunderScan", 34661: "JBIG", 34676: "SGI log",
	34677: "SGI log", 34712: "JPEG 2000", 34887: "LERC", 34892: "lossy JPEG", 34925: "LZMA", 50000: "Zstandard", 50001: "WebP", 50002: "JPEG XL", 52546: "JPEG XL",
}

func (t *tiffFile) readCompression() (err error) {
	code, predictor := t.number(tagCompression, tiffPlain, &err), t.number(tagPredictor, 1, &err)
	t4, t6, fill := t.number(tagT4Options, 0, &err), t.number(tagT6Options, 0, &err), t.number(tagFillOrder, 1, &err)
	if err != nil {
		return err
	}
	t.compression, t.reversed = int(code), fill == lowBitFirst
	switch code {
	case tiffPlain, tiffPackBits: // a predictor means nothing here
	case tiffLZW, tiffDeflate, tiffOldDeflate:
		t.predicted = predictor == horizontal
		if predictor < 1 || predictor > horizontal || t.predicted && t.bits < 8 {
			return rareTIFF("predictor %d for samples of %s", predictor, noun.Count(t.bits, "bit"))
		}
	case tiffGroup3, tiffGroup4:
		switch {
		case t.bits != 1 || t.samples != 1:
			return errors.New("its directory asks for fax compression of more than one bit")
		case code == tiffGroup3 && t4&(twoDimensional|uncompressedMode) != 0, code == tiffGroup4 && t6&uncompressedMode != 0:
			return rareTIFF("fax compression in two dimensions of group 3, or in uncompressed mode")
		}
	default:
		if name, ok := tiffCompressions[code]; ok {
			return rareTIFF("its pixels are compressed as %s", name)
		}
		return rareTIFF("its pixels are compressed in the way %d", code)
	}
	return nil
}

// readBlocks reads the size of strips or tiles.
func (t *tiffFile) readBlocks() (err error) {
	_, t.tiled = t.entries[tagTileWidth]
	if !t.tiled {
		rows := t.number(tagRowsPerStrip, maxSide, &err)
		if err == nil && rows < 1 {
			err = errors.New("its strips have no rows")
		}
		t.block = image.Pt(t.size.X, int(min(rows, int64(t.size.Y))))
		return err
	}
	w, h := t.number(tagTileWidth, 0, &err), t.number(tagTileHeight, 0, &err)
	// A tile is stored whole, so that a small picture may have one of 512×512.
	const small = 4096
	if err == nil && (w < 1 || h < 1 || w > int64(max(small, 2*t.size.X)) || h > int64(max(small, 2*t.size.Y))) {
		err = fmt.Errorf("its tiles have %d×%d pixels", w, h)
	}
	t.block = image.Pt(int(w), int(h))
	return err
}

// extent is the place of a block's bytes in the file.
type extent struct{ at, length int64 }

// spans reads the places of the blocks: by rows from the top, and plane by plane.
func (t *tiffFile) spans(n int64) ([]extent, error) {
	offsets, counts := uint16(tagStripOffsets), uint16(tagStripCounts)
	if t.tiled {
		offsets, counts = tagTileOffsets, tagTileCounts
	}
	if n > int64(len(t.data)) {
		return nil, fmt.Errorf("its directory has fewer than %d strips or tiles", n)
	}
	at, err := t.uints(offsets, int(n))
	if err != nil {
		return nil, err
	}
	lengths, err := t.uints(counts, int(n))
	if err != nil {
		return nil, err
	}
	if int64(len(at)) < n || int64(len(lengths)) < n {
		return nil, fmt.Errorf("its directory has %d places and %d lengths of strips or tiles where %d are needed", len(at), len(lengths), n)
	}
	all := make([]extent, n)
	var total int64
	for i := range all {
		all[i] = extent{int64(at[i]), int64(lengths[i])}
		if total += all[i].length; all[i].at+all[i].length > int64(len(t.data)) {
			return nil, refuse(Truncated, "truncated TIFF: the file ends after %s, before its picture does; fetch the file again", noun.Count(len(t.data), "byte"))
		}
	}
	// Equal tiles may share their bytes. A file that shares more is made to cost time.
	const most = 4 // times the file
	if total > most*int64(len(t.data)) {
		return nil, errors.New("its strips or tiles overlap")
	}
	return all, nil
}

// decode unpacks the blocks. warn takes a fault that changes no pixel.
func (t *tiffFile) decode(f *file, warn func(string)) (*pixels, error) {
	across := int64(t.size.X+t.block.X-1) / int64(t.block.X)
	down := int64(t.size.Y+t.block.Y-1) / int64(t.block.Y)
	planes := 1
	if t.planar {
		planes = t.samples
	}
	spans, err := t.spans(across * down * int64(planes))
	if err != nil {
		return nil, err
	}
	u := newTIFFPixels(t)
	in := &blockReader{t: t, in: bufio.NewReader(nil)}
	longer := 0 // the first fax block with more rows, from 1
	for i, s := range spans {
		plane, place := int64(i)/(across*down), int64(i)%(across*down)
		at := image.Pt(int(place%across)*t.block.X, int(place/across)*t.block.Y)
		more, err := in.block(f.reader(bytes.NewReader(t.data[s.at:s.at+s.length])), u, at, int(plane))
		if err != nil {
			f.at, f.end = int(s.at)+f.at, false // the block is whole
			return nil, fmt.Errorf("strip or tile %d %w", i+1, err)
		}
		if more && longer == 0 {
			longer = i + 1
		}
	}
	if longer > 0 {
		warn(fmt.Sprintf("strip or tile %d goes on after its last row and may be damaged", longer))
	}
	return u.pixels()
}

// blockReader decompresses blocks, one after another.
type blockReader struct {
	t    *tiffFile
	in   *bufio.Reader
	zlib io.ReadCloser
}

// block unpacks a block whose first pixel is at. plane counts if planes are apart. more reports
// whether there is data behind the last row where none should be. Errors go on from the
// block's name.
func (b *blockReader) block(from io.Reader, u *tiffPixels, at image.Point, plane int) (more bool, err error) {
	rows := min(b.t.block.Y, b.t.size.Y-at.Y)
	what := "pixels do"
	r, err := b.open(from, rows)
	if err == nil {
		err = u.block(r, at, rows, plane)
	}
	if err == nil {
		what = "checksum does"
		more, err = b.close(r, u.row, b.t.block.Y-rows)
	}
	switch {
	case err == nil:
		return more, nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return false, fmt.Errorf("ends before its %s", what)
	case errors.Is(err, zlib.ErrChecksum):
		return false, errors.New("does not match its checksum")
	}
	why, _ := explainLibrary(err)
	return false, fmt.Errorf("is damaged: %s", why)
}

// open reads the rows of a block.
func (b *blockReader) open(r io.Reader, rows int) (io.Reader, error) {
	if b.t.reversed {
		r = reversedBits{r}
	}
	if b.t.compression == tiffPlain {
		return r, nil
	}
	b.in.Reset(r)
	switch b.t.compression {
	case tiffGroup3, tiffGroup4:
		way := ccitt.Group4
		if b.t.compression == tiffGroup3 {
			way = ccitt.Group3
		}
		switch {
		case b.t.compression == tiffGroup4:
			rows = ccitt.AutoDetectHeight // so that close sees what follows the last row
		case b.t.tiled:
			rows = b.t.block.Y
		}
		return ccitt.NewReader(b.in, ccitt.MSB, way, b.t.block.X, rows, &ccitt.Options{Invert: true}), nil
	case tiffLZW:
		return lzw.NewReader(b.in, lzw.MSB, 8), nil
	case tiffDeflate, tiffOldDeflate:
		if b.zlib != nil {
			return b.zlib, b.zlib.(zlib.Resetter).Reset(b.in, nil)
		}
		var err error
		b.zlib, err = zlib.NewReader(b.in)
		return b.zlib, err
	}
	return &packBits{r: b.in}, nil
}

// close reads on after the used rows. A deflate block may have unused rows. It is read to its
// end, where its checksum is compared. As in libtiff, data beyond is ignored, and then the
// checksum is not reached. more reports whether a Group 4 block has data in the place of its
// end code. row is overwritten.
func (b *blockReader) close(r io.Reader, row []byte, unused int) (more bool, err error) {
	switch b.t.compression {
	case tiffDeflate, tiffOldDeflate:
		const beyond = 4 << 10 // bytes
		_, err = io.CopyN(io.Discard, r, int64(unused)*int64(len(row))+beyond)
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return false, err
	case tiffGroup4:
		if unused > 0 { // a tile's rows below the picture
			return false, nil
		}
		const end = "ccitt: incomplete code" // the data ends without an end code
		n, err := r.Read(row[:1])
		return n > 0 || err != nil && !errors.Is(err, io.EOF) && err.Error() != end, nil
	}
	return false, nil
}

// reversedBits turns the bits of each byte round.
type reversedBits struct{ r io.Reader }

func (b reversedBits) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	for i, v := range p[:n] {
		p[i] = bits.Reverse8(v)
	}
	return n, err
}

// packBits decompresses runs of bytes (TIFF 6.0, section 9).
type packBits struct {
	r     *bufio.Reader
	left  int  // bytes to come of the run
	equal bool // all of them are value
	value byte
}

func (p *packBits) Read(dst []byte) (int, error) {
	for p.left == 0 {
		n, err := p.r.ReadByte()
		if err != nil {
			return 0, err
		}
		switch {
		case n < 128:
			p.left, p.equal = int(n)+1, false
		case n > 128:
			p.left, p.equal = 257-int(n), true
			if p.value, err = p.r.ReadByte(); err != nil {
				return 0, err
			}
		}
	}
	dst = dst[:min(len(dst), p.left)]
	n := len(dst)
	if p.equal {
		for i := range dst {
			dst[i] = p.value
		}
	} else {
		var err error
		if n, err = p.r.Read(dst); err != nil {
			return n, err
		}
	}
	p.left -= n
	return n, nil
}
