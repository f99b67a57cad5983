package tensor

import (
	"io"
	"strings"
)

// Format is a kind of file that holds arrays.
type Format struct {
	Name  string
	magic string // how files begin
	each  func(in io.Reader, file *io.SectionReader, take func(name string, r io.Reader) error) error
}

// Beginning is how many bytes of a file tell its format.
const Beginning = 8

// Sniff is the format of a file that begins so, or nil. Their arrays are in .npy format.
func Sniff(beginning []byte) *Format {
	for _, f := range formats() {
		if strings.HasPrefix(string(beginning), f.magic) {
			return &f
		}
	}
	return nil
}

func formats() []Format {
	npy := func(in io.Reader, _ *io.SectionReader, take func(string, io.Reader) error) error { return take("", in) }
	return []Format{{"npy", magic, npy}, *NPZ()}
}

// Each gives a file's arrays to take, in their order, as .npy files with a name; the only
// array of a .npy file has none. in reads the file from its beginning. Formats that are read
// in another order need the file too, which is nil for a stream. Errors of take end it and
// are returned as they are.
func (f *Format) Each(in io.Reader, file *io.SectionReader, take func(name string, r io.Reader) error) error {
	return f.each(in, file, take)
}
