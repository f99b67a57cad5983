// Package sink writes a run's files. Every file is written beside its place under a
// temporary name and renamed; the files of one picture appear together, once the
// picture is done, or not at all.
package sink

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
)

// Tree is an output folder. It is safe for concurrent use.
type Tree struct {
	root    string
	counter atomic.Uint64
}

// Open prepares a folder for output, making it if need be.
func Open(root string) (*Tree, error) {
	if err := os.MkdirAll(root, 0o777); err != nil {
		if info, statErr := os.Stat(root); statErr == nil && !info.IsDir() {
			return nil, fmt.Errorf("output folder %s: it is a file; name a folder with -o", root)
		}
		return nil, fmt.Errorf("make output folder: %w", err)
	}
	return &Tree{root: root}, nil
}

// temporary is a name beside path that no other file of this or another run has.
func (t *Tree) temporary(path string) string {
	return filepath.Join(filepath.Dir(path), fmt.Sprintf(".filterbank-%d-%d.tmp", os.Getpid(), t.counter.Add(1)))
}

// WriteFile writes a file of the run itself, whole or not at all. The name is
// slash-separated and relative to the tree's folder.
func (t *Tree) WriteFile(name string, data []byte) error {
	b := t.Begin("")
	if _, err := b.Create(name).Write(data); err != nil {
		b.Abort()
		return err
	}
	_, err := b.Commit()
	return err
}

// Batch is files that appear together. It has one owner at a time.
type Batch struct {
	tree  *Tree
	dir   string
	files []*File
	made  []string // folders that were not there before, outermost first
}

// Begin starts a batch in a folder given as a slash-separated path relative to the
// tree's. Nothing is touched before the first file outgrows its buffer or the batch
// is committed.
func (t *Tree) Begin(dir string) *Batch {
	return &Batch{tree: t, dir: dir}
}

// Written describes a file of a committed batch.
type Written struct {
	Path   string // slash-separated, relative to the tree's folder
	Bytes  int64
	SHA256 string // hexadecimal
}

// Commit gives every file its name. When one cannot be written or renamed, none of
// the batch's files is left behind.
func (b *Batch) Commit() ([]Written, error) {
	written := make([]Written, len(b.files))
	for i, f := range b.files {
		w, err := f.finish()
		if err != nil {
			b.Abort()
			return nil, fmt.Errorf("write %s: %w", f.path, err)
		}
		written[i] = w
	}
	for _, f := range b.files {
		if err := os.Rename(f.temp, f.path); err != nil {
			b.Abort()
			return nil, fmt.Errorf("write %s: %w", f.path, err)
		}
		f.temp, f.placed = "", true
	}
	return written, nil
}

// Abort removes what the batch has written, and the folders it made where they are
// empty.
func (b *Batch) Abort() {
	for _, f := range b.files {
		f.discard()
	}
	for i := len(b.made) - 1; i >= 0; i-- {
		os.Remove(b.made[i]) // fails where another batch has put something there
	}
	b.files, b.made = nil, nil
}

// makeDir makes a folder and remembers which of its ancestors were missing.
func (b *Batch) makeDir(dir string) error {
	var missing []string
	for d := dir; ; d = filepath.Dir(d) {
		if _, err := os.Lstat(d); !errors.Is(err, fs.ErrNotExist) || d == filepath.Dir(d) {
			break
		}
		missing = append(missing, d)
	}
	for i := len(missing) - 1; i >= 0; i-- {
		err := os.Mkdir(missing[i], 0o777)
		if err == nil {
			b.made = append(b.made, missing[i])
		} else if !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}
