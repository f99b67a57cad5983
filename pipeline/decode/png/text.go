package png

import (
	"bytes"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"

	"filterbank/filters/simd"
	"filterbank/pipeline/decode/inflate"
)

// Keywords of text chunks that hold EXIF and XMP: ImageMagick's and exiftool's "raw
// profiles", and XMP's own (XMP Specification Part 3, 1.1.5).
const (
	exifProfile = "Raw profile type exif"
	app1Profile = "Raw profile type APP1"
	xmpKeyword  = "XML:com.adobe.xmp"
)

// Bounds of a file: the bytes of such a text, and the number of texts without anything right.
const (
	mostText  = 1 << 20
	mostTexts = 16
)

// readTEXT looks into a tEXt chunk (PNG 3rd edition, 11.3.3.2).
func (r *reader) readTEXT(c chunk) bool {
	keyword, text, _ := bytes.Cut(c.content, []byte{0})
	r.readText(c, string(keyword), func() ([]byte, error) { return text, nil })
	return true
}

// readZTXT looks into a zTXt chunk (11.3.3.3), compressed text.
func (r *reader) readZTXT(c chunk) bool {
	keyword, rest, _ := bytes.Cut(c.content, []byte{0})
	r.readText(c, string(keyword), func() ([]byte, error) {
		if len(rest) == 0 || rest[0] != 0 {
			return nil, errors.New("its compression method is not 0")
		}
		return expand(rest[1:])
	})
	return true
}

// readITXT looks into an iTXt chunk (11.3.3.4): keyword, compression flag and method,
// language, the keyword in that language, text.
func (r *reader) readITXT(c chunk) bool {
	keyword, rest, _ := bytes.Cut(c.content, []byte{0})
	r.readText(c, string(keyword), func() ([]byte, error) {
		if len(rest) < 2 || rest[0] > 1 || rest[1] != 0 {
			return nil, errors.New("its compression is not known")
		}
		compressed := rest[0] == 1
		_, rest, _ := bytes.Cut(rest[2:], []byte{0})
		_, text, found := bytes.Cut(rest, []byte{0})
		if !found {
			return nil, errors.New("it ends before its text")
		}
		if compressed {
			return expand(text)
		}
		return text, nil
	})
	return true
}

// readText takes EXIF and XMP from a text. It asks for the text only if the keyword is one of
// theirs.
func (r *reader) readText(c chunk, keyword string, text func() ([]byte, error)) {
	exif, xmp := keyword == exifProfile || keyword == app1Profile, keyword == xmpKeyword
	if !exif && !xmp || r.profile != nil && exif || r.XMP != nil && xmp {
		return
	}
	if r.texts++; r.texts > mostTexts {
		return
	}
	content, err := text()
	switch {
	case err != nil:
	case len(content) > mostText:
		err = errors.New("its text is too long")
	case xmp:
		r.XMP = bytes.Clone(content)
	default:
		var profile []byte
		if profile, err = rawProfile(content); err == nil {
			profile = bytes.TrimPrefix(profile, []byte("Exif\x00\x00"))
			switch {
			case bytes.HasPrefix(profile, []byte("II*\x00")), bytes.HasPrefix(profile, []byte("MM\x00*")):
				r.profile = profile
			case keyword == exifProfile: // APP1 may also hold XMP
				err = errors.New("it holds no EXIF")
			}
		}
	}
	if err != nil {
		r.warn("the text %q in %v is ignored: %v", keyword, c, err)
	}
}

// expand decompresses a text of at most mostText bytes. It returns mostText+1 bytes of a longer one.
func expand(stream []byte) ([]byte, error) {
	d := new(inflate.Decoder)
	d.Reset(simd.Generic)
	d.Feed(stream)
	var out []byte
	for at := 0; ; {
		size := min(max(1<<10, 2*len(out)), mostText+1)
		out = slices.Grow(out, size-len(out))[:size]
		var err error
		if at, err = d.Inflate(out, at, len(out)); err != nil {
			return nil, err
		}
		switch {
		case d.Done():
			return out[:at], nil
		case at < len(out):
			return nil, errors.New("it ends within its compressed text")
		case at > mostText:
			return out, nil
		}
	}
}

// rawProfile reads a profile as ImageMagick writes it: a newline, the kind of the profile, a
// newline, its length in decimal digits, and its bytes in hexadecimal digits on lines.
func rawProfile(text []byte) ([]byte, error) {
	fields := strings.Fields(string(text))
	if len(fields) < 3 {
		return nil, errors.New("it is not a kind, a length and hexadecimal digits")
	}
	n, err := strconv.Atoi(fields[1])
	if err != nil || n < 0 {
		return nil, errors.New("its length is not a number of bytes")
	}
	profile, err := hex.DecodeString(strings.Join(fields[2:], ""))
	if err != nil {
		return nil, errors.New("its bytes are not hexadecimal digits")
	}
	if len(profile) < n {
		return nil, errors.New("it has fewer bytes than it says")
	}
	return profile[:n], nil
}
