package decode

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"filterbank/pipeline/decode/noun"
)

// FormatOf returns the format of a file by its first bytes. [Beginning] bytes are enough. The
// format is empty if the file is of no kind that is read. A matrix has a format too.
func FormatOf(beginning []byte) Format {
	if c := find(codecs(), beginning); c != nil {
		return c.format
	}
	return ""
}

// sniff finds the codec of a file by its first bytes. It is an error if there is none.
func sniff(table []codec, data []byte) (*codec, error) {
	if len(data) == 0 {
		return nil, refuse(Empty, "empty file: a %s picture is needed", titles(table))
	}
	if c := find(table, data); c != nil {
		return c, nil
	}
	for _, c := range table {
		for _, magic := range c.magics {
			if fits, _ := begins(data, magic); fits {
				return nil, refuse(Truncated, "truncated: the file ends after %s, within its signature; fetch the file again", noun.Count(len(data), "byte"))
			}
		}
		if c.spoilt != "" && bytes.HasPrefix(data, []byte(c.spoilt)) {
			return nil, refuse(Corrupt, "corrupt %s: its signature is damaged, as by a transfer as text; fetch the file again as binary", c.title)
		}
	}
	for _, u := range UnreadKinds() {
		for _, magic := range u.magics {
			if fits, whole := begins(data, magic); fits && whole {
				return nil, u.refusal()
			}
		}
	}
	return nil, refuse(NotPicture, "not a picture: %s; a %s file is needed%s", beginning(data), titles(table), notNumbers(data))
}

// notNumbers says of text with commas or tabs why it is no matrix.
func notNumbers(data []byte) string {
	line, _, _ := bytes.Cut(data[:min(len(data), Beginning)], []byte{'\n'})
	end := bytes.IndexAny(line, ",\t")
	if end < 0 || !utf8.Valid(line[:end]) || bytes.ContainsFunc(line[:end], unicode.IsControl) {
		return ""
	}
	return fmt.Sprintf(", or a matrix of numbers, but line 1, column 1 is %s", shortField(line[:end]))
}

// beginning describes the first bytes of a file that is not a picture.
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
