package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
)

// Load reads the stack file at path and applies overrides; see Parse. The file is
// YAML or JSON, up to 16 MiB.
func Load(path string, sets ...string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read stack file: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read stack file: %w", err)
	}
	if len(data) > maxBytes {
		return nil, fmt.Errorf("read stack file %s: larger than 16 MiB; keep large weights in a file of their own, such as a .npy file", path)
	}
	return Parse(path, data, sets...)
}

// Parse reads a stack file's text, YAML or JSON. name stands in errors, and paths of
// weights are relative to its folder.
//
// Each of sets overrides a value before anything is checked: "path=value", with the keys
// and the indices of lists from the root on, joined by dots, and the value in YAML:
// layers.0.conv.stride=2. A key that the file does not have is added. The value null
// removes a key.
//
// A mistake in the text is an *Error with line, column and excerpt. Several mistakes are
// *Errors.
func Parse(name string, data []byte, sets ...string) (*File, error) {
	return parse(&source{name: name, text: bytes.Clone(data)}, filepath.Dir(name), sets)
}

func parse(src *source, dir string, sets []string) (*File, error) {
	root, err := parseYAML(src)
	if err != nil {
		return nil, told(err)
	}
	if root == nil || root.kind == null {
		return nil, src.errorAt(0, 0, errors.New("the stack file is empty: it wants `version: 1` and layers"))
	}
	return fromTree(root, dir, sets)
}

func fromTree(root *node, dir string, sets []string) (*File, error) {
	for _, s := range sets {
		var err error
		if root, err = override(root, s); err != nil {
			return nil, err
		}
	}
	f := &File{dir: dir}
	found := slices.Clone(root.src.twice)
	if err := f.checkVersion(root); err != nil {
		if v, ok := root.at("version").whole(); ok && v != 1 { // other versions may have other keys
			return nil, err
		}
		found.add(err)
	}
	found.add(decode(root, reflect.ValueOf(f).Elem(), "a stack file", ""))
	if !found.full() { // otherwise the rest of the file was not decoded
		found.add(f.check())
	}
	if err := found.err(); err != nil {
		return nil, told(err)
	}
	return f, nil
}

// checkVersion refuses every version except 1. A file without one gets a warning.
func (f *File) checkVersion(root *node) error {
	if root.kind != mapping {
		return nil
	}
	if root.index("version") < 0 {
		f.warnings = append(f.warnings, root.errorf("version is missing: write `version: 1` as the first line, so that later versions read the file alike"))
		return nil
	}
	v := root.at("version")
	if n, ok := v.whole(); ok && n == 1 {
		return nil
	}
	got := v.got()
	if v.kind == text {
		got = fmt.Sprintf("%q", v.text)
	}
	return v.errorf("version must be 1, got %s", got)
}

// Warnings are faults of a file that works. Each is an *Error.
func (f *File) Warnings() []error { return slices.Clone(f.warnings) }
