package tensor

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"strings"
)

// NPZ is the format of numpy.savez: a ZIP file of .npy files.
func NPZ() *Format { return &Format{"npz", prefixed("PK\x03\x04"), eachNPZ} }

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
