package diff

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"strings"

	"filterbank/pipeline/manifest"
	"filterbank/pipeline/output"
)

// family is png, npy or another ending of a file's name: the formats png and png16 can be
// compared with each other.
func family(f *manifest.File) string { return strings.TrimPrefix(path.Ext(string(f.Path)), ".") }

// formatOf is a file's format, or nil. Files of early versions have it in their name alone.
func formatOf(f *manifest.File) *output.Format { return output.Find(cmp.Or(f.Format, family(f))) }

// forTheEye says whether no values can be had from a file.
func forTheEye(f *manifest.File) bool {
	format := formatOf(f)
	return format != nil && format.Read == nil
}

// maps reads a file, whose maps have to have the shapes that the manifest says.
func (r *run) maps(rec *manifest.Record, f *manifest.File) ([]output.Maps, error) {
	format := formatOf(f)
	if format == nil {
		return nil, fmt.Errorf("its bytes differ, and its format %q is not known", f.Format)
	}
	if f.Member != "" {
		return nil, errors.New("its bytes differ, and values in packs are not compared")
	}
	name := filepath.FromSlash(string(f.Path))
	// Opening a named pipe would wait for a writer, so ask first what it is.
	info, err := r.root.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is no regular file")
	}
	file, err := r.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return format.Read(io.NewSectionReader(file, 0, info.Size()), f, rec.Layers)
}
