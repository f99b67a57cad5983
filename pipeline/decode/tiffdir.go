package decode

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"slices"

	"filterbank/pipeline/decode/noun"
)

// A TIFF begins with its byte order and the number 42 (TIFF 6.0, section 2).
const (
	tiffLittle = "II*\x00"
	tiffBig    = "MM\x00*"
)

func tiffOrder(data []byte) binary.ByteOrder {
	if data[0] == 'M' {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// tiffWidths are the bytes of a value of each type; the last is for unknown types.
var tiffWidths = [...]int{1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 14: 0}

// tiffDir is a directory of a TIFF.
type tiffDir struct {
	data    []byte
	order   binary.ByteOrder
	entries map[uint16][]byte // by tag, 12 bytes each; the first of a tag counts
	next    uint32            // place of the next directory, or 0
}

// readTIFFDir reads the first directory. It is nil if data ends before the directory does.
func readTIFFDir(data []byte) (*tiffDir, error) {
	if len(data) < 8 {
		return nil, nil
	}
	d := &tiffDir{data: data, order: tiffOrder(data), entries: map[uint16][]byte{}}
	size, at := int64(len(data)), int64(d.order.Uint32(data[4:]))
	if at < 8 {
		return nil, fmt.Errorf("its directory would lie at %d, within its header", at)
	}
	if at+2 > size {
		return nil, nil
	}
	count := int64(d.order.Uint16(data[at:]))
	at += 2
	if at+12*count+4 > size {
		return nil, nil
	}
	for range count {
		entry := data[at : at+12]
		if tag := d.order.Uint16(entry); d.entries[tag] == nil {
			d.entries[tag] = entry
		}
		at += 12
	}
	d.next = d.order.Uint32(data[at:])
	return d, nil
}

// uints reads at most n values of a tag of type BYTE, SHORT or LONG. There are none if the
// tag is not there.
func (d *tiffDir) uints(tag uint16, n int) ([]uint32, error) {
	entry, ok := d.entries[tag]
	if !ok {
		return nil, nil
	}
	kind := d.order.Uint16(entry[2:])
	if kind != 1 && kind != 3 && kind != 4 {
		return nil, fmt.Errorf("its tag %d has type %d, where a whole number is needed", tag, kind)
	}
	width, count := int64(tiffWidths[kind]), int64(d.order.Uint32(entry[4:]))
	raw := entry[8:]
	if width*count > 4 {
		at := int64(d.order.Uint32(raw))
		if at+width*count > int64(len(d.data)) {
			return nil, refuse(Truncated, "truncated TIFF: the values of its tag %d lie behind the end of the file; fetch the file again", tag)
		}
		raw = d.data[at:]
	}
	values := make([]uint32, min(count, int64(n)))
	for i := range values {
		switch b := raw[int64(i)*width:]; kind {
		case 1:
			values[i] = uint32(b[0])
		case 3:
			values[i] = uint32(d.order.Uint16(b))
		default:
			values[i] = d.order.Uint32(b)
		}
	}
	return values, nil
}

// number reads a tag of one value. absent is the value of a tag that is not there. An error
// goes to *err unless that has one.
func (d *tiffDir) number(tag uint16, absent uint32, err *error) int64 {
	values, e := d.uints(tag, 1)
	if *err == nil {
		*err = e
	}
	if len(values) == 0 {
		return int64(absent)
	}
	return int64(values[0])
}

// orientation returns an EXIF block with nothing but the orientation, or nil.
func (d *tiffDir) orientation() []byte {
	entry, ok := d.entries[tagOrientation]
	if !ok {
		return nil
	}
	block := slices.Clone(d.data[:8])
	d.order.PutUint32(block[4:], 8)
	block = append(block, 0, 0)
	d.order.PutUint16(block[8:], 1)
	return append(block, entry...)
}

func rareTIFF(format string, args ...any) error {
	return refuse(Unsupported, "unsupported TIFF: %s; save it as gray or RGB of 8 or 16 bits with LZW or deflate compression", fmt.Sprintf(format, args...))
}

func (t *tiffFile) readSize() (err error) {
	w, h := t.number(tagWidth, 0, &err), t.number(tagHeight, 0, &err)
	if err == nil && (w < 1 || h < 1 || w > maxSide || h > maxSide) {
		err = fmt.Errorf("its directory says %d×%d pixels", w, h)
	}
	t.size = image.Pt(int(w), int(h))
	return err
}

func (t *tiffFile) readSamples() (err error) {
	const most = 8
	n := t.number(tagSamples, 1, &err)
	bits, bitsErr := t.uints(tagBits, most+1)
	formats, formatsErr := t.uints(tagSampleFormat, most+1)
	planar := t.number(tagPlanar, 1, &err)
	if err = cmp.Or(err, bitsErr, formatsErr); err != nil {
		return err
	}
	if len(bits) == 0 {
		bits = []uint32{1}
	}
	switch {
	case n < 1, planar != 1 && planar != separatePlanes:
		return fmt.Errorf("its directory says %s a pixel and plane arrangement %d", noun.Count(n, "sample"), planar)
	case n > most:
		return rareTIFF("%s a pixel", noun.Count(n, "sample"))
	case len(bits) != 1 && int64(len(bits)) < n:
		return fmt.Errorf("its directory has bits of %s where a pixel has %d", noun.Count(len(bits), "sample"), n)
	}
	for _, b := range bits {
		if b != bits[0] {
			return rareTIFF("samples of %d and of %s", bits[0], noun.Count(b, "bit"))
		}
	}
	for _, f := range formats {
		if names := []string{2: "negative numbers", 3: "floating-point numbers", 5: "complex whole numbers", 6: "complex numbers"}; int(f) < len(names) && names[f] != "" {
			return rareTIFF("samples are %s", names[f])
		}
	}
	t.samples, t.bits, t.planar = int(n), int(bits[0]), planar == separatePlanes && n > 1
	switch t.bits {
	case 1, 2, 4, 8, 16:
		return nil
	}
	return rareTIFF("samples of %s", noun.Count(t.bits, "bit"))
}

// tiffMeanings names kinds of colour that are refused.
var tiffMeanings = map[int64]string{
	4: "a mask", 6: "YCbCr", 8: "CIE L*a*b*", 9: "ICC L*a*b*", 10: "ITU L*a*b*", 32803: "a camera's raw samples", 32844: "CIE log L", 32845: "CIE log Luv", 34892: "a camera's raw samples",
}

func (t *tiffFile) readMeaning() (err error) {
	const none = 1<<32 - 1
	code, ink := t.number(tagPhotometric, none, &err), t.number(tagInkSet, cmykInks, &err)
	if err != nil {
		return err
	}
	var depths []int
	switch code {
	case 0, 1:
		t.meaning, t.inverted, depths = tiffGray, code == 0, []int{1, 2, 4, 8, 16}
	case 2:
		t.meaning, depths = tiffRGB, []int{8, 16}
	case 3:
		t.meaning, depths = tiffPalette, []int{1, 2, 4, 8}
	case 5:
		t.meaning, depths = tiffCMYK, []int{8}
	case none:
		return errors.New("its directory does not say what its samples mean")
	default:
		if name, ok := tiffMeanings[code]; ok {
			return rareTIFF("its colours are %s", name)
		}
		return rareTIFF("its colours have the code %d", code)
	}
	switch {
	case t.samples < t.colours():
		return fmt.Errorf("its directory has %s a pixel for %s", noun.Count(t.samples, "sample"), t.meaning)
	case !slices.Contains(depths, t.bits):
		return rareTIFF("%s of %s a sample", t.meaning, noun.Count(t.bits, "bit"))
	case t.meaning == tiffCMYK && ink != cmykInks:
		return rareTIFF("inks other than CMYK")
	case t.meaning != tiffPalette:
		return nil
	}
	colours, err := t.uints(tagColourMap, 3<<t.bits+1)
	if err == nil && len(colours) != 3<<t.bits {
		err = fmt.Errorf("its palette has not 3 values for each of %d colours", 1<<t.bits)
	}
	for _, v := range colours {
		t.palette = append(t.palette, uint16(v))
	}
	return err
}

// readExtra reads the kinds of the samples beyond the colours. The first alpha counts.
func (t *tiffFile) readExtra() error {
	extra, err := t.uints(tagExtraSamples, t.samples)
	switch n := t.samples - t.colours(); {
	case err != nil || n == 0:
		return err
	case len(extra) < n:
		return rareTIFF("%s a pixel, and no word of what is beyond %s", noun.Count(t.samples, "sample"), t.meaning)
	}
	for i, kind := range extra[:t.samples-t.colours()] {
		if kind == 1 || kind == 2 {
			t.alpha, t.alphaSample = alphaKind(kind), t.colours()+i
			break
		}
	}
	switch {
	case t.alpha == noAlpha:
		return nil
	case t.meaning == tiffPalette || t.meaning == tiffCMYK || t.bits < 8 || t.inverted:
		return rareTIFF("%s of %s with alpha", t.meaning, noun.Count(t.bits, "bit"))
	}
	return nil
}
