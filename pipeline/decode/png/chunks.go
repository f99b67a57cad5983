package png

import (
	"encoding/binary"

	"filterbank/pipeline/decode/noun"
)

// handle reads a chunk by libpng's rules. IHDR, IDAT and IEND in their places are not for it.
func (r *reader) handle(c chunk) error {
	switch c.kind {
	case "PLTE":
		return r.readPLTE(c)
	case "IHDR", "IEND":
		return refuse(Corrupt, "%v is out of place", c)
	}
	if !c.ancillary() {
		return refuse(Unsupported, "%v is of a critical kind that is not known", c)
	}
	if !c.intact() {
		r.warn("%v fails its checksum and is ignored", c)
		return nil
	}
	rule, known := rules[c.kind]
	switch {
	case !known:
		return nil
	case rule.before&r.place() != 0:
		r.warn("%v is out of place and is ignored", c)
	case rule.once && r.seen[c.kind]:
		r.warn("%v comes after another one and is ignored", c)
	case len(c.content) < rule.least || len(c.content) > rule.most:
		r.warn("%v has %s, which it cannot have, and is ignored", c, noun.Count(len(c.content), "byte"))
	default:
		r.seen[c.kind] = rule.read(r, c)
	}
	return nil
}

// Places in a file. A chunk behind one of them may be out of place.
const (
	afterPLTE = 1 << iota
	afterIDAT
)

func (r *reader) place() (p int) {
	if r.plte {
		p |= afterPLTE
	}
	if r.pixels {
		p |= afterIDAT
	}
	return p
}

// rule gives the places of a chunk, the length of its content and the function that reads it.
type rule struct {
	before      int // the places that it must not follow
	once        bool
	least, most int
	read        func(r *reader, c chunk) bool // reports whether the chunk was taken
}

// rules are the rules of libpng 1.6.58 for the chunks that matter here.
var rules = map[string]rule{
	"tRNS": {afterIDAT, true, 0, 256, (*reader).readTRNS},
	"iCCP": {afterPLTE | afterIDAT, true, 14, mostLength, ignored("ICC profile")},
	"cICP": {afterPLTE | afterIDAT, true, 4, 4, ignored("coding-independent code points")},
	"cHRM": {afterPLTE | afterIDAT, true, 32, 32, ignored("chromaticities")},
	"gAMA": {afterPLTE | afterIDAT, true, 4, 4, (*reader).readGAMA},
	"eXIf": {0, true, 0, mostKept, (*reader).readEXIF},
	"tEXt": {0, false, 2, mostKept, (*reader).readTEXT},
	"zTXt": {0, false, 14, mostKept, (*reader).readZTXT},
	"iTXt": {0, false, 6, mostKept, (*reader).readITXT},
}

// mostKept bounds the content of a chunk that is looked into, as libpng does.
const mostKept = 8_000_000

func ignored(name string) func(*reader, chunk) bool {
	return func(r *reader, _ chunk) bool {
		r.Ignored = append(r.Ignored, name)
		return true
	}
}

func (r *reader) readGAMA(c chunk) bool {
	const sRGB = 45455 // the gamma of sRGB files (PNG 3rd edition, 11.3.2.5)
	if binary.BigEndian.Uint32(c.content) != sRGB {
		r.Ignored = append(r.Ignored, "gamma")
	}
	return true
}

// readPLTE reads a palette (PNG 3rd edition, 11.2.2). If the picture needs none, its errors
// are benign.
func (r *reader) readPLTE(c chunk) error {
	needed := r.Colour == Palette
	wrong := ""
	switch {
	case r.plte:
		wrong = "comes after another one"
	case r.pixels:
		wrong = "comes after the pixels"
	case r.Colour == Gray || r.Colour == GrayAlpha:
		wrong = "stands in a picture without colours"
	case len(c.content) > 3*256 || len(c.content)%3 != 0:
		wrong = "has a length that is not 3 times 1 to 256 bytes"
	case !needed && r.seen["tRNS"]:
		wrong = "is out of place"
	}
	switch {
	case needed && !c.intact():
		return damaged(c)
	case needed && wrong != "":
		return refuse(Corrupt, "%v %s", c, wrong)
	case wrong != "":
		r.warn("%v %s and is ignored", c, wrong)
	case len(c.content) == 0:
		return refuse(Corrupt, "%v has no colours", c)
	default:
		r.plte = true
	}
	if !c.intact() {
		r.warn("%v fails its checksum", c)
	}
	if !needed {
		return nil
	}
	n := len(c.content) / 3
	if most := 1 << r.Depth; n > most {
		r.warn("%v has %d colours, of which %d are used", c, n, most)
		n = most
	}
	for i := range n {
		r.Palette = append(r.Palette, [4]uint8{c.content[3*i], c.content[3*i+1], c.content[3*i+2], 0xff})
	}
	return nil
}

// readTRNS reads transparency (PNG 3rd edition, 11.3.1.1). Bits beyond the depth mean nothing.
func (r *reader) readTRNS(c chunk) bool {
	b, wrong := c.content, ""
	switch {
	case r.Colour == GrayAlpha || r.Colour == RGBA:
		wrong = "stands in a picture with alpha"
	case r.Colour == Palette && !r.plte:
		wrong = "comes before the palette"
	case r.Colour == Palette && (len(b) > len(r.Palette) || len(b) == 0),
		r.Colour == Gray && len(b) != 2, r.Colour == RGB && len(b) != 6:
		wrong = "has a length that does not fit the picture"
	}
	if wrong != "" {
		r.warn("%v %s and is ignored", c, wrong)
		return false
	}
	if r.Colour == Palette {
		for i, a := range b {
			r.Palette[i][3] = a
		}
		return true
	}
	r.Transparent = new([3]uint16)
	for i := range len(b) / 2 {
		r.Transparent[i] = binary.BigEndian.Uint16(b[2*i:]) & uint16(1<<r.Depth-1)
	}
	return true
}

func (r *reader) readEXIF(c chunk) bool {
	r.EXIF = append([]byte{}, c.content...)
	return true
}
