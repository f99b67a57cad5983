package png

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"strings"

	"filterbank/pipeline/decode/noun"
)

// reader goes through the chunks of a file.
type reader struct {
	*Header
	data []byte
	at   int // the next chunk

	pixels  bool // an IDAT chunk has come
	plte    bool // PLTE has come
	seen    map[string]bool
	profile []byte // EXIF of a text chunk
	texts   int    // texts that have been looked into
	unsaid  int    // warnings beyond mostWarnings
	whole   bool   // all pixels are there
}

// chunk is one chunk (PNG 3rd edition, 5.3).
type chunk struct {
	at      int // of its length in the file
	kind    string
	content []byte
	whole   []byte // the content and its frame
}

// intact reports whether the checksum is right.
func (c chunk) intact() bool {
	sum := len(c.whole) - 4
	return crc32.ChecksumIEEE(c.whole[4:sum]) == binary.BigEndian.Uint32(c.whole[sum:])
}

func (c chunk) String() string { return fmt.Sprintf("the %s chunk at byte %d", c.kind, c.at) }

// ancillary reports whether a picture can be shown without the chunk.
func (c chunk) ancillary() bool { return c.kind[0]&0x20 != 0 }

const (
	frame      = 12            // bytes of a chunk around its content
	mostLength = math.MaxInt32 // of a content
)

// next reads a chunk. It does not check the checksum.
func (r *reader) next() (chunk, error) {
	rest := r.data[r.at:]
	if len(rest) < 8 {
		return chunk{}, refuse(Truncated, "the file ends after %s, %s", noun.Count(len(r.data), "byte"), r.missing())
	}
	c := chunk{at: r.at, kind: string(rest[4:8])}
	length := binary.BigEndian.Uint32(rest)
	for i := range c.kind {
		if letter := c.kind[i] &^ 0x20; letter < 'A' || letter > 'Z' {
			return c, refuse(Corrupt, "at byte %d the type of a chunk is needed, where %q stands", r.at+4, c.kind)
		}
	}
	switch {
	case length > mostLength:
		return c, refuse(Corrupt, "%v has a length of %d, more than a chunk may have", c, length)
	case c.kind[2]&0x20 != 0:
		return c, refuse(Corrupt, "at byte %d the type of a chunk is needed, where %q stands, whose third letter is small", r.at+4, c.kind)
	case uint64(len(rest)) < uint64(length)+frame:
		return c, refuse(Truncated, "the file ends after %s, within %v, %s", noun.Count(len(r.data), "byte"), c, r.missing())
	}
	c.content, c.whole = rest[8:8+length], rest[:length+frame]
	r.at += int(length) + frame
	return c, nil
}

// missing names the parts that a file lacks if it ends here.
func (r *reader) missing() string {
	switch {
	case !r.pixels:
		return "before its first pixel"
	case r.whole:
		return "after its last pixel and before its IEND chunk"
	}
	return "before its last pixel"
}

// damaged returns the error of a critical chunk with a wrong checksum.
func damaged(c chunk) error {
	return refuse(Corrupt, "%v fails its checksum", c)
}

// readStart reads the signature and the header chunk.
func (r *reader) readStart() error {
	if len(r.data) < len(Signature) || string(r.data[:len(Signature)]) != Signature {
		return refuse(Corrupt, "its signature is damaged")
	}
	r.at, r.seen = len(Signature), map[string]bool{}
	c, err := r.next()
	switch {
	case c.kind == "CgBI":
		return refuse(Unsupported, "it is Apple's CgBI, which apps for iOS hold and which is not PNG")
	case err != nil:
		return err
	case c.kind != "IHDR":
		return refuse(Corrupt, "its first chunk is %s, where IHDR is needed", c.kind)
	}
	return r.readIHDR(c)
}

// readHead reads up to the first IDAT chunk. The file may end within that chunk.
func (r *reader) readHead() error {
	if err := r.readStart(); err != nil {
		return err
	}
	for {
		start := r.at
		c, err := r.next()
		if refused, ok := errors.AsType[*Error](err); c.kind == "IDAT" && (err == nil || ok && refused.Kind == Truncated) {
			if r.Colour == Palette && !r.plte {
				return refuse(Corrupt, "its pixels come at byte %d without a palette before them", c.at)
			}
			r.at, r.pixels = start, true
			return nil
		}
		if err != nil {
			return err
		}
		if err := r.handle(c); err != nil {
			return err
		}
	}
}

// readTail reads the chunks behind the pixels, up to IEND.
func (r *reader) readTail() error {
	others := false // chunks other than IDAT have come
	for {
		c, err := r.next()
		if err != nil {
			return err
		}
		switch {
		case c.kind == "IDAT" && !c.intact():
			return damaged(c)
		case c.kind == "IDAT":
			if others {
				r.warn("%v comes after the pixels and is ignored", c)
			}
			continue
		case c.kind == "IEND":
			if len(c.content) > 0 {
				r.warn("%v has a content", c)
			}
			if !c.intact() {
				r.warn("%v fails its checksum", c)
			}
			return nil
		}
		others = true
		if err := r.handle(c); err != nil {
			return err
		}
	}
}

// readIHDR reads the header chunk (PNG 3rd edition, 11.2.1).
func (r *reader) readIHDR(c chunk) error {
	const length = 13
	b := c.content
	if len(b) != length {
		return refuse(Corrupt, "%v has %s, where 13 are needed", c, noun.Count(len(b), "byte"))
	}
	if !c.intact() {
		return damaged(c)
	}
	width, height := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
	if width == 0 || height == 0 || width > mostLength || height > mostLength {
		return refuse(Corrupt, "%v says %d×%d pixels, where each side is 1 to %d", c, width, height, mostLength)
	}
	r.Width, r.Height = int(width), int(height)
	r.Depth, r.Colour, r.Interlaced = int(b[8]), Colour(b[9]), b[12] == 1
	depths := map[Colour]string{Gray: "\x01\x02\x04\x08\x10", RGB: "\x08\x10", Palette: "\x01\x02\x04\x08", GrayAlpha: "\x08\x10", RGBA: "\x08\x10"}
	known, ok := depths[r.Colour]
	switch {
	case !ok:
		return refuse(Corrupt, "%v says colour type %d, where 0, 2, 3, 4 or 6 is needed", c, b[9])
	case strings.IndexByte(known, b[8]) < 0:
		return refuse(Corrupt, "%v says %s a sample, which colour type %d, %v, does not have", c, noun.Count(r.Depth, "bit"), b[9], r.Colour)
	case b[10] != 0:
		return refuse(Unsupported, "%v says compression method %d, where 0 is the only one", c, b[10])
	case b[11] != 0:
		return refuse(Unsupported, "%v says filter method %d, where 0 is the only one", c, b[11])
	case b[12] > 1:
		return refuse(Unsupported, "%v says interlace method %d, where 0 and 1 are the only ones", c, b[12])
	}
	return nil
}

// settle completes the header from all chunks.
func (r *reader) settle() {
	if r.EXIF == nil {
		r.EXIF = r.profile
	}
	if r.unsaid > 0 {
		r.Warnings = append(r.Warnings, fmt.Sprintf("and %d more of this kind", r.unsaid))
	}
}
