package drawing

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"

	"golang.org/x/image/font/sfnt"
)

// Font is a TrueType font. It is safe for concurrent use.
type Font struct {
	sfnt   *sfnt.Font
	digest string
	glyf   outlines
}

// Digest is the SHA-256 of the font's file, in hexadecimal.
func (f *Font) Digest() string { return f.digest }

// ParseFont reads a TrueType font, or the first font of a collection. Anyone may have made the
// data. Fonts with PostScript outlines are refused, since nothing bounds the time that their
// programs take. The data must not be changed afterwards.
func ParseFont(data []byte) (*Font, error) {
	glyf, err := findOutlines(data) // first, since package sfnt panics on files without bytes
	if err != nil {
		return nil, err
	}
	c, err := sfnt.ParseCollection(data)
	if err != nil {
		return nil, fmt.Errorf("it is no font that can be read: %w", err)
	}
	f, err := c.Font(0)
	if err != nil {
		return nil, fmt.Errorf("it is no font that can be read: %w", err)
	}
	sum := sha256.Sum256(data)
	return &Font{sfnt: f, digest: hex.EncodeToString(sum[:]), glyf: glyf}, nil
}

// outlines are the tables that hold a font's glyphs, as the OpenType specification 1.9 has
// them.
type outlines struct {
	glyf, loca []byte
	long       bool // offsets of loca have 32 bits
}

var errNotTrueType = errors.New("it has no TrueType outlines (glyf): take a .ttf or .ttc file with them; most .otf files have PostScript outlines")

// findOutlines finds the tables of the first font of a file.
func findOutlines(data []byte) (o outlines, err error) {
	at := uint64(0)
	if len(data) >= 16 && string(data[:4]) == "ttcf" {
		at = uint64(binary.BigEndian.Uint32(data[12:]))
	}
	const directory, entry = 12, 16 // bytes
	if at+directory > uint64(len(data)) {
		return o, errNotTrueType
	}
	tables := data[at:]
	var head []byte
	for i := range int(binary.BigEndian.Uint16(tables[4:])) {
		if directory+(i+1)*entry > len(tables) {
			break
		}
		e := tables[directory+i*entry:]
		begin, length := uint64(binary.BigEndian.Uint32(e[8:])), uint64(binary.BigEndian.Uint32(e[12:]))
		if begin+length > uint64(len(data)) {
			continue
		}
		switch table := data[begin : begin+length]; string(e[:4]) {
		case "head":
			head = table
		case "glyf":
			o.glyf = table
		case "loca":
			o.loca = table
		}
	}
	const locFormat = 50 // where head says how long loca's offsets are
	if o.glyf == nil || o.loca == nil || len(head) < locFormat+2 {
		return o, errNotTrueType
	}
	o.long = binary.BigEndian.Uint16(head[locFormat:]) != 0
	return o, nil
}

// The most that a glyph may take. Complex Chinese characters have about 400 points, and
// letters with two accents 3 parts.
const (
	mostPoints = 10000
	mostParts  = 32
)

// bounded says whether a glyph has few points and parts. A glyph may be made of others, and
// these of others, so that a small file can have glyphs that never end.
func (o *outlines) bounded(index sfnt.GlyphIndex) bool {
	points, parts := mostPoints, mostParts
	return o.spend(index, &points, &parts)
}

// spend takes a glyph's points and parts from the ones left.
func (o *outlines) spend(index sfnt.GlyphIndex, points, parts *int) bool {
	if *parts--; *parts < 0 {
		return false
	}
	g, ok := o.data(index)
	const header = 10 // bytes: the number of contours and a box
	if !ok || len(g) < header {
		return ok // empty, as a blank
	}
	if contours := int(int16(binary.BigEndian.Uint16(g))); contours >= 0 {
		last := header + 2*(contours-1)
		if contours == 0 {
			return true
		}
		if last+2 > len(g) {
			return false
		}
		*points -= int(binary.BigEndian.Uint16(g[last:])) + 1
		return *points >= 0
	}
	const words, scaled, more, twoScales, matrix = 1 << 0, 1 << 3, 1 << 5, 1 << 6, 1 << 7 // flags of a part
	for at := header; ; {
		if at+4 > len(g) {
			return false
		}
		flags, part := binary.BigEndian.Uint16(g[at:]), binary.BigEndian.Uint16(g[at+2:])
		if !o.spend(sfnt.GlyphIndex(part), points, parts) {
			return false
		}
		if flags&more == 0 {
			return true
		}
		at += 6
		if flags&words != 0 {
			at += 2
		}
		switch {
		case flags&scaled != 0:
			at += 2
		case flags&twoScales != 0:
			at += 4
		case flags&matrix != 0:
			at += 8
		}
	}
}

// data is a glyph's part of glyf.
func (o *outlines) data(index sfnt.GlyphIndex) ([]byte, bool) {
	var begin, end uint64
	if i := int(index); o.long {
		if 4*(i+2) > len(o.loca) {
			return nil, false
		}
		begin, end = uint64(binary.BigEndian.Uint32(o.loca[4*i:])), uint64(binary.BigEndian.Uint32(o.loca[4*i+4:]))
	} else {
		if 2*(i+2) > len(o.loca) {
			return nil, false
		}
		begin, end = 2*uint64(binary.BigEndian.Uint16(o.loca[2*i:])), 2*uint64(binary.BigEndian.Uint16(o.loca[2*i+2:]))
	}
	if begin > end || end > uint64(len(o.glyf)) {
		return nil, false
	}
	return o.glyf[begin:end], true
}
