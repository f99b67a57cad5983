package tensor

import (
	"io"
	"strings"
)

// Format is a kind of file that holds arrays.
type Format struct {
	Name   string
	begins func(beginning []byte) bool // says whether a file of this format begins so
	each   func(in io.Reader, file *io.SectionReader, take func(name string, r io.Reader) error) error
}

// Beginning is how many bytes of a file tell its format.
const Beginning = 9

// Sniff is the format of a file that begins so, or nil. Their arrays are in .npy format.
func Sniff(beginning []byte) *Format {
	for _, f := range formats() {
		if f.begins(beginning) {
			return &f
		}
	}
	return nil
}

func formats() []Format {
	npy := func(in io.Reader, _ *io.SectionReader, take func(string, io.Reader) error) error { return take("", in) }
	return []Format{{"npy", prefixed(magic), npy}, *NPZ(), *Safetensors()}
}

// prefixed is begins of a format whose files begin with some text.
func prefixed(text string) func([]byte) bool {
	return func(beginning []byte) bool { return strings.HasPrefix(string(beginning), text) }
}

// Each gives a file's arrays to take, in the order of the file, as .npy files with a name; the
// only array of a .npy file has none. in reads the file from its beginning. Formats that are read
// in another order need the file too, which is nil for a stream. Errors of take end it and
// are returned as they are.
func (f *Format) Each(in io.Reader, file *io.SectionReader, take func(name string, r io.Reader) error) error {
	return f.each(in, file, take)
}
