package diff

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"filterbank/pipeline/manifest"
	"filterbank/pipeline/output"
)

// formatOf is a file's format, or nil. Records of early versions have no format, and it
// follows from the file's name.
func formatOf(f *manifest.File) *output.Format {
	return output.Find(cmp.Or(f.Format, output.Family(f)))
}

// onlyForViewing says whether a file has no values that can be read.
func onlyForViewing(f *manifest.File) bool {
	format := formatOf(f)
	return format != nil && format.Read == nil
}

// maps reads the maps of a file. It is an error if they do not have the shapes in the
// manifest.
func (r *run) maps(rec *manifest.Record, f *manifest.File) ([]output.Maps, error) {
	format := formatOf(f)
	if format == nil {
		return nil, fmt.Errorf("its bytes differ, and this version does not know its format %q", f.Format)
	}
	if f.Member != "" {
		return nil, errors.New("its bytes differ, and diff does not read values in packs")
	}
	name := filepath.FromSlash(string(f.Path))
	// Opening a named pipe would wait for a writer.
	info, err := r.root.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file")
	}
	file, err := r.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return format.Read(io.NewSectionReader(file, 0, info.Size()), f, rec.Layers)
}
