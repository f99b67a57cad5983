package decode

import (
	"bytes"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Format is what kind of file a picture is.
type Format string

// The formats that are read; everything else is refused by name where it is known.
const (
	PNG  Format = "png"
	JPEG Format = "jpeg"
)

// String is the format's name as people write it.
func (f Format) String() string { return strings.ToUpper(string(f)) }

const (
	pngSignature  = "\x89PNG\r\n\x1a\n" // PNG 3rd edition, 5.2
	jpegSignature = "\xff\xd8"          // SOI, ITU T.81 table B.1
)

// others are formats that people keep beside PNG and JPEG, by their first bytes
// from offset at.
var others = []struct {
	at    int
	magic string
	name  string
}{
	{0, "GIF8", "GIF"},
	{8, "WEBP", "WebP"},
	{0, "II*\x00", "TIFF"},
	{0, "MM\x00*", "TIFF"},
	{0, "BM", "BMP"},
	{4, "ftypavif", "AVIF"},
	{4, "ftypavis", "AVIF"},
	{4, "ftyphei", "HEIC"},
	{4, "ftyphev", "HEIC"},
	{4, "ftypmif1", "HEIF"},
	{4, "ftypmsf1", "HEIF"},
	{0, "\xff\x0a", "JPEG XL"},
	{0, "\x00\x00\x00\x0cJXL ", "JPEG XL"},
	{0, "\x00\x00\x00\x0cjP  ", "JPEG 2000"},
	{0, "8BPS", "Photoshop"},
	{0, "\x00\x00\x01\x00", "ICO"},
	{0, "v/1\x01", "OpenEXR"},
	{0, "%PDF", "PDF"},
}

// sniff says what data begins with. It is an error when that is neither PNG nor JPEG.
func sniff(data []byte) (Format, error) {
	switch {
	case len(data) == 0:
		return "", refuse(Empty, "empty file: a PNG or JPEG picture is needed")
	case bytes.HasPrefix(data, []byte(pngSignature)):
		return PNG, nil
	case bytes.HasPrefix(data, []byte(jpegSignature)):
		return JPEG, nil
	case bytes.HasPrefix([]byte(pngSignature), data), bytes.HasPrefix([]byte(jpegSignature), data):
		return "", refuse(Truncated, "truncated: the file ends after %d bytes, within its signature; fetch the file again", len(data))
	case bytes.HasPrefix(data, []byte(pngSignature[:4])):
		return "", refuse(Corrupt, "corrupt PNG: its signature is damaged, as by a transfer as text; fetch the file again as binary")
	}
	for _, o := range others {
		if len(data) >= o.at && bytes.HasPrefix(data[o.at:], []byte(o.magic)) {
			return "", refuse(Unsupported, "%s is not read: convert it to PNG or JPEG", o.name)
		}
	}
	return "", refuse(NotPicture, "not a picture: %s; a PNG or JPEG file is needed", beginning(data))
}

// beginning describes the first bytes of a file that is no picture.
func beginning(data []byte) string {
	head := data[:min(len(data), 24)]
	for len(head) > 0 && len(head) < len(data) && !utf8.RuneStart(data[len(head)]) {
		head = head[:len(head)-1]
	}
	text := strings.Fields(string(head))
	isText := utf8.Valid(head) && !bytes.ContainsFunc(head, func(r rune) bool {
		return unicode.IsControl(r) && !unicode.IsSpace(r)
	})
	if isText {
		return "the file is text and begins " + strconv.Quote(strings.Join(text, " "))
	}
	return "the file begins " + strconv.QuoteToASCII(string(data[:min(len(data), 8)]))
}
