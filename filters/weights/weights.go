package weights

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"filterbank/filters/tensor"
)

// File is an open file with its list of arrays.
type File struct {
	Path   string
	Format string // npy, npz, pytorch, safetensors or onnx
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

// Array is an array of an open file. Its errors name the file and the array.
type Array struct {
	*tensor.Member
	file *File
}

// Path is the path of the array's file.
func (a Array) Path() string { return a.file.Path }

// Values reads the values in C order, at most limit of them.
func (a Array) Values(limit int64) ([]float32, error) {
	read, err := a.Read(limit)
	if err != nil {
		return nil, a.wrap(err)
	}
	return read.Data, nil
}

// Check reads the values and keeps none.
func (a Array) Check() error {
	return a.wrap(a.Scan(func(int, []float32) error { return nil }))
}

func (a Array) wrap(err error) error {
	switch {
	case err == nil:
		return nil
	case a.Name == "":
		return fmt.Errorf("read weights %s: %w", a.file.Path, err)
	}
	return fmt.Errorf("read weights %s: array %.200s: %w", a.file.Path, a.Name, err)
}

// Array is the i-th array.
func (f *File) Array(i int) Array { return Array{&f.Arrays[i], f} }

// Find returns the array that a name means. Without a name it is the only array, or else the
// only one with so many dimensions. With a name the containers that training scripts put around
// a network may be left out, such as state_dict. and module. of state_dict.module.conv1.weight.
func (f *File) Find(name string, dimensions int) (Array, error) {
	m, err := f.find(name, dimensions)
	if err != nil {
		return Array{}, fmt.Errorf("read weights %s: %w", f.Path, err)
	}
	return Array{m, f}, nil
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

// Split splits a reference FILE#NAME into the file's path and the name. FILE has slashes on every
// system and may be relative to folder. A file may have a # in its name: it is all of the
// reference if there is such a file, and else ends at the first # before which a file's name
// ends. If there is no such file, it ends at the first #.
func Split(folder, reference string) (path, name string) {
	place := func(file string) string {
		file = filepath.FromSlash(file)
		if filepath.IsAbs(file) {
			return file
		}
		return filepath.Join(folder, file)
	}
	exists := func(file string) bool { _, err := os.Stat(place(file)); return err == nil }
	if !strings.Contains(reference, "#") || exists(reference) {
		return place(reference), ""
	}
	for i, c := range reference {
		if c == '#' && exists(reference[:i]) {
			return place(reference[:i]), reference[i+1:]
		}
	}
	file, name, _ := strings.Cut(reference, "#")
	return place(file), name
}

// Set opens each of several files once, for references relative to one folder.
type Set struct {
	Folder string
	files  map[string]*File
}

// Find returns the array of a reference, as File.Find does.
func (s *Set) Find(reference string, dimensions int) (Array, error) {
	path, name := Split(s.Folder, reference)
	f := s.files[path]
	if f == nil {
		var err error
		if f, err = Open(path); err != nil {
			return Array{}, err
		}
		if s.files == nil {
			s.files = map[string]*File{}
		}
		s.files[path] = f
	}
	return f.Find(name, dimensions)
}

// Paths are the paths of the files that are open, in order.
func (s *Set) Paths() []string { return slices.Sorted(maps.Keys(s.files)) }

// Close closes the files. Arrays that were found cannot be read any more.
func (s *Set) Close() error {
	var errs []error
	for _, f := range s.files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}
