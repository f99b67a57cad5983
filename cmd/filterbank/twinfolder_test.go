package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// node is a file, a folder or a link.
type node struct {
	mode    fs.FileMode
	content string    // the target of a link
	changed time.Time // of a file
}

// nodes reads a folder. Names are relative to it. Pipes and what cannot be read are left out.
func nodes(dir string) (map[string]node, error) {
	all := map[string]node{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		n := node{mode: info.Mode()}
		switch {
		case n.mode.IsRegular():
			var data []byte
			data, err = os.ReadFile(path)
			n.content, n.changed = string(data), info.ModTime()
		case n.mode&fs.ModeSymlink != 0:
			n.content, err = os.Readlink(path)
		case !n.mode.IsDir():
			return nil
		}
		rel, relErr := filepath.Rel(dir, path)
		all[rel] = n
		return errors.Join(err, relErr)
	})
	return all, err
}

// lay writes nodes into a folder.
func lay(dir string, all map[string]node) error {
	for _, name := range slices.Sorted(maps.Keys(all)) {
		n, path := all[name], filepath.Join(dir, name)
		err := os.MkdirAll(filepath.Dir(path), 0o777)
		switch {
		case n.mode.IsDir():
			err = errors.Join(err, os.MkdirAll(path, 0o777))
		case n.mode&fs.ModeSymlink != 0:
			err = errors.Join(err, os.Symlink(n.content, path))
		default:
			err = errors.Join(err, os.WriteFile(path, []byte(n.content), n.mode.Perm()), os.Chtimes(path, n.changed, n.changed))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// intact says what has changed in the folder outside.
func intact(outside string, want map[string]node) error {
	got, err := nodes(outside)
	if err != nil {
		return err
	}
	for name, n := range want {
		if got[name] != n {
			err = errors.Join(err, fmt.Errorf("%s behind a link has changed or is gone", name))
		}
	}
	for name := range got {
		if _, there := want[name]; !there {
			err = errors.Join(err, fmt.Errorf("%s has been made behind a link", name))
		}
	}
	return err
}
