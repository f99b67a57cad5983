// Package store owns the place where files go. Every file is written beside its place under
// a temporary name and renamed; the files of one picture appear together, once the picture
// is done, or not at all. It never looks into what it stores.
package store

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
)

// Folder is an output folder. It is safe for concurrent use.
type Folder struct {
	root    string
	folder  os.FileInfo // the root, as it was opened
	run     uint64      // sets this run's temporary files apart: process numbers recur in containers
	counter atomic.Uint64
	buffers sync.Pool // of *[]byte, empty, from file to file
}

// Open prepares a folder for output, making it if need be.
func Open(root string) (*Folder, error) {
	if err := os.MkdirAll(root, 0o777); err != nil {
		if info, statErr := os.Stat(root); statErr == nil && !info.IsDir() {
			return nil, fmt.Errorf("output folder %s: it is a file; name a folder with -o", root)
		}
		return nil, fmt.Errorf("make output folder: %w", err)
	}
	folder, err := os.Stat(root)
	if err != nil {
		return nil, fmt.Errorf("open output folder: %w", err)
	}
	os.SameFile(folder, folder) // Windows asks for a file's identity at the first comparison
	return &Folder{root: filepath.Clean(root), folder: folder, run: rand.Uint64()}, nil
}

// failed is the error of a path: that the whole folder is gone, if it is.
func (t *Folder) failed(path string, err error) error {
	if gone := t.gone(); gone != nil {
		return gone
	}
	return &Error{path, err}
}

// gone is an error once the folder is not where it was.
func (t *Folder) gone() error {
	folder, err := os.Stat(t.root)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(folder, t.folder) {
		return &Error{t.root, ErrGone}
	}
	return nil
}

// temporary is a name beside path that no other file of this or another run has.
func (t *Folder) temporary(path string) string {
	return filepath.Join(filepath.Dir(path), fmt.Sprintf("%s%x-%d%s", tempPrefix, t.run, t.counter.Add(1), tempSuffix))
}

const tempPrefix, tempSuffix = ".filterbank-", ".tmp"

// buffer is an empty buffer, of the capacity that an earlier file has left it.
func (t *Folder) buffer() []byte {
	if b, ok := t.buffers.Get().(*[]byte); ok {
		return *b
	}
	return nil
}

func (t *Folder) keep(buffer []byte) {
	buffer = buffer[:0]
	t.buffers.Put(&buffer)
}

// Sweep removes the temporary files that a crash has left anywhere in the tree. No
// batch may be open.
func (t *Folder) Sweep() error {
	err := filepath.WalkDir(t.root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir(): // which a layer may have called so
		case strings.HasPrefix(d.Name(), tempPrefix) && strings.HasSuffix(d.Name(), tempSuffix):
			return os.Remove(path)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("remove temporary files: %w", err)
	}
	return nil
}

// Has says whether the folder has a regular file of that name and size. With a digest,
// which is a SHA-256 in hexadecimal, the file's content must have that one.
func (t *Folder) Has(name string, size int64, digest string) bool {
	path := filepath.Join(t.root, filepath.FromSlash(name))
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() != size {
		return false
	}
	if digest == "" {
		return true
	}
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	sum := sha256.New()
	_, err = io.Copy(sum, file)
	return err == nil && hex.EncodeToString(sum.Sum(nil)) == digest
}

// OpenFile opens a file of the run itself for reading and writing, or makes it. Anything
// but a regular file is refused: a pipe would be read for ever, and a link leads elsewhere.
func (t *Folder) OpenFile(name string) (*os.File, error) {
	path := filepath.Join(t.root, name)
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("open %s: it is no regular file; move it away or choose another folder with -o", path)
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return file, nil
}

// Exists says whether there is anything of that name in the tree.
func (t *Folder) Exists(name string) bool {
	_, err := os.Lstat(filepath.Join(t.root, filepath.FromSlash(name)))
	return err == nil
}

// Remove removes a file of the tree and the folders that it leaves empty.
func (t *Folder) Remove(name string) error {
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return fmt.Errorf("remove %s: it lies outside the output folder", name)
	}
	path := filepath.Join(t.root, filepath.FromSlash(name))
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return &Error{path, err}
	}
	for dir := filepath.Dir(path); dir != t.root && os.Remove(dir) == nil; {
		dir = filepath.Dir(dir)
	}
	return nil
}

// Writable says whether files can be made in the tree's folder, by making one.
func (t *Folder) Writable() error {
	path := t.temporary(filepath.Join(t.root, "x"))
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return &Error{t.root, err}
	}
	return errors.Join(f.Close(), os.Remove(path))
}

// WriteFile writes a file of the run itself, whole or not at all. The name is
// slash-separated and relative to the tree's folder.
func (t *Folder) WriteFile(name string, data []byte) error {
	b := t.Begin("")
	if _, err := b.Create(name).Write(data); err != nil {
		b.Abort()
		return err
	}
	_, err := b.Commit()
	return err
}

// Batch is files that appear together. It has one owner at a time, and so has each of its
// files: several goroutines may write to files of one batch.
type Batch struct {
	tree  *Folder
	stem  string
	files []*File

	making sync.Mutex
	made   []string // folders that were not there before, outermost first
}

// Begin starts a batch of files whose names begin with stem, a slash-separated path
// relative to the folder. Nothing is touched before the first file outgrows its buffer or
// the batch is committed.
func (t *Folder) Begin(stem string) *Batch {
	return &Batch{tree: t, stem: stem}
}

// Written describes a file of a committed batch.
type Written struct {
	Path   string // slash-separated, relative to the tree's folder
	Bytes  int64
	SHA256 string // hexadecimal
}

// Commit gives every file its name, in place of what had that name before. When one
// cannot be written, nothing has happened; when one cannot be renamed, none of the
// batch's files is left behind, and those that earlier ones have replaced are lost.
func (b *Batch) Commit() ([]Written, error) {
	written := make([]Written, len(b.files))
	for i, f := range b.files {
		w, err := f.finish()
		if err != nil {
			b.Abort()
			return nil, b.tree.failed(f.path, err)
		}
		written[i] = w
	}
	if err := b.tree.gone(); err != nil {
		b.Abort()
		return nil, err
	}
	for _, f := range b.files {
		if err := os.Rename(f.temp, f.path); err != nil {
			b.Abort()
			return nil, b.tree.failed(f.path, err)
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

// makeDir makes a folder of the tree and remembers which of its ancestors were missing.
// The tree's own is not made anew.
func (b *Batch) makeDir(dir string) error {
	b.making.Lock()
	defer b.making.Unlock()
	var missing []string
	for d := dir; d != b.tree.root; d = filepath.Dir(d) {
		if _, err := os.Lstat(d); !errors.Is(err, fs.ErrNotExist) {
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
