package weights

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"filterbank/filters/tensor"
)

// File is an open file with its list of arrays.
type File struct {
	Path   string
	Format string // npy, npz, pytorch or onnx
	Arrays []tensor.Member
	file   *os.File
}

// Open lists the arrays of a file. Values are read from the open file. Errors name the file.
func Open(path string) (*File, error) {
	// Opening a named pipe would wait for a writer, so Stat comes first.
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read weights: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("read weights %s: not a regular file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read weights: %w", err)
	}
	f := &File{Path: path, file: file}
	if err := f.list(); err != nil {
		file.Close()
		return nil, fmt.Errorf("read weights %s: %w", path, err)
	}
	return f, nil
}

func (f *File) list() error {
	info, err := f.file.Stat()
	if err != nil {
		return err
	}
	section := io.NewSectionReader(f.file, 0, info.Size())
	start := make([]byte, min(beginning, info.Size()))
	if _, err := section.ReadAt(start, 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	f.Format, f.Arrays, err = list(opened{path: f.Path, beginning: string(start), file: section})
	return err
}

// Close closes the file.
func (f *File) Close() error { return f.file.Close() }

// Read reads the array that a name means, of at most limit values. Without a name it is the
// only array, or else the only one with so many dimensions. Errors name the file and the array.
func (f *File) Read(name string, dimensions int, limit int64) (*tensor.Array, error) {
	m, err := f.find(name, dimensions)
	if err != nil {
		return nil, fmt.Errorf("read weights %s: %w", f.Path, err)
	}
	a, err := m.Read(limit)
	switch {
	case err != nil && m.Name == "":
		return nil, fmt.Errorf("read weights %s: %w", f.Path, err)
	case err != nil:
		return nil, fmt.Errorf("read weights %s: array %s: %w", f.Path, m.Name, err)
	}
	return a, nil
}

// Find returns the array of a name.
func (f *File) Find(name string) (*tensor.Member, error) {
	m, err := f.find(name, 0)
	if err != nil {
		return nil, fmt.Errorf("read weights %s: %w", f.Path, err)
	}
	return m, nil
}

func (f *File) find(name string, dimensions int) (*tensor.Member, error) {
	if len(f.Arrays) == 0 {
		return nil, errors.New("it has no array")
	}
	if name == "" {
		return f.only(dimensions)
	}
	found := f.named(func(m string) bool { return m == name })
	if len(found) == 0 {
		found = f.named(func(m string) bool { return bare(m) == bare(name) })
	}
	switch len(found) {
	case 0:
		return nil, fmt.Errorf("it has no array %q; %s", name, f.names(f.Arrays))
	case 1:
		return found[0], nil
	}
	var all []tensor.Member
	for _, m := range found {
		all = append(all, *m)
	}
	return nil, fmt.Errorf("%d arrays have the name %q; %s", len(found), name, f.names(all))
}

// only is the only array, or the only one with so many dimensions.
func (f *File) only(dimensions int) (*tensor.Member, error) {
	if len(f.Arrays) == 1 {
		return &f.Arrays[0], nil
	}
	var fitting []*tensor.Member
	for i := range f.Arrays {
		if len(f.Arrays[i].Shape) == dimensions {
			fitting = append(fitting, &f.Arrays[i])
		}
	}
	if len(fitting) == 1 {
		return fitting[0], nil
	}
	return nil, fmt.Errorf("it has %d arrays: name one behind a #, as in %s#%s; %s", len(f.Arrays), f.Path, f.Arrays[0].Name, f.names(f.Arrays))
}

func (f *File) named(is func(name string) bool) []*tensor.Member {
	var found []*tensor.Member
	for i := range f.Arrays {
		if is(f.Arrays[i].Name) {
			found = append(found, &f.Arrays[i])
		}
	}
	return found
}

// bare is a name without the containers that training scripts put around a network.
func bare(name string) string {
	for {
		first, rest, ok := strings.Cut(name, ".")
		if !ok || !slices.Contains([]string{"state_dict", "model_state_dict", "model", "module"}, first) {
			return name
		}
		name = rest
	}
}

// names lists arrays in a message.
func (f *File) names(all []tensor.Member) string {
	const most = 12
	var names []string
	for _, m := range all[:min(most, len(all))] {
		names = append(names, fmt.Sprintf("%.100s", m.Name))
	}
	text := "its arrays are " + strings.Join(names, ", ")
	if len(all) > most {
		text += fmt.Sprintf(" and %d more; filterbank inspect lists them", len(all)-most)
	}
	return text
}

// Split splits a reference FILE#NAME. A file may have a # in its name: it is all of the
// reference if a file has that name, and else up to the first # before which a file's name ends.
// If there is no such file, the first # ends its name.
func Split(reference string) (path, name string) {
	exists := func(path string) bool { _, err := os.Stat(path); return err == nil }
	if !strings.Contains(reference, "#") || exists(reference) {
		return reference, ""
	}
	for i, c := range reference {
		if c == '#' && exists(reference[:i]) {
			return reference[:i], reference[i+1:]
		}
	}
	path, name, _ = strings.Cut(reference, "#")
	return path, name
}

// Set opens each of several files once. Close closes them.
type Set struct{ files map[string]*File }

// Read reads the array of a reference, as File.Read does.
func (s *Set) Read(reference string, dimensions int, limit int64) (*tensor.Array, error) {
	path, name := Split(reference)
	f := s.files[path]
	if f == nil {
		var err error
		if f, err = Open(path); err != nil {
			return nil, err
		}
		if s.files == nil {
			s.files = map[string]*File{}
		}
		s.files[path] = f
	}
	return f.Read(name, dimensions, limit)
}

// Close closes the files.
func (s *Set) Close() error {
	var errs []error
	for _, f := range s.files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}
