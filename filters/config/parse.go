package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
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
		return nil, fmt.Errorf("read stack file %s: larger than 16 MiB; keep large weights in a .npy file", path)
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
// An error in the text is an *Error with line, column and excerpt.
func Parse(name string, data []byte, sets ...string) (*File, error) {
	return parse(&source{name: name, text: bytes.Clone(data)}, filepath.Dir(name), sets)
}

func parse(src *source, dir string, sets []string) (*File, error) {
	root, err := parseYAML(src)
	if err != nil {
		return nil, err
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
	// Other versions may have other keys, so the version comes first.
	if root.kind == mapping && root.index("version") < 0 {
		return nil, root.errorf("version is missing: write `version: 1`")
	}
	if v := root.at("version"); v != root {
		if n, ok := v.whole(); !ok || n != 1 {
			got := v.got()
			if v.kind == text {
				got = fmt.Sprintf("%q", v.text)
			}
			return nil, v.errorf("version must be 1, got %s", got)
		}
	}
	f := &File{dir: dir}
	if err := decode(root, reflect.ValueOf(f).Elem(), "a stack file", ""); err != nil {
		return nil, err
	}
	if err := f.check(); err != nil {
		return nil, err
	}
	return f, nil
}
