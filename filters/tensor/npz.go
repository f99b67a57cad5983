package tensor

import (
	"archive/zip"
	"errors"
	"fmt"
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

// NPZ is the format of numpy.savez: a ZIP file of .npy files.
func NPZ() *Format { return &Format{"npz", "PK\x03\x04", eachNPZ} }

// Each gives a file's arrays to take, in their order, as .npy files with a name; the only
// array of a .npy file has none. in reads the file from its beginning. Formats that are read
// in another order need the file too, which is nil for a stream. Errors of take end it and
// are returned as they are.
func (f *Format) Each(in io.Reader, file *io.SectionReader, take func(name string, r io.Reader) error) error {
	return f.each(in, file, take)
}

// eachNPZ reads the members of a ZIP file, as numpy.savez writes it.
func eachNPZ(_ io.Reader, file *io.SectionReader, take func(name string, r io.Reader) error) error {
	if file == nil {
		return errors.New("an .npz file cannot be read from a pipe, since its list of arrays is at its end; name the file")
	}
	z, err := zip.NewReader(file, file.Size())
	if err != nil {
		return fmt.Errorf("read .npz: %w", err)
	}
	for _, member := range z.File {
		name, ok := strings.CutSuffix(member.Name, ".npy")
		if !ok {
			return fmt.Errorf("read .npz: its member %q is no array; their names end in .npy", member.Name)
		}
		r, err := member.Open()
		if err != nil {
			return fmt.Errorf("read .npz: array %q: %w", name, err)
		}
		err = take(name, r)
		r.Close()
		if err != nil {
			return err
		}
	}
	return nil
}
