package store

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// BufferBytes is how much of a file is held in memory: files up to that size, most
// maps among them, cost one write.
const BufferBytes = 256 << 10

// File is a file of a batch, written from its beginning to its end. No descriptor
// stays open between writes, so that thousands of maps may grow at a time.
type File struct {
	batch  *Batch
	name   string // relative to the tree, slash-separated
	path   string
	temp   string // empty before the first flush and after the rename
	placed bool
	buffer []byte // nil before the first byte and at the end
	size   int64
	hash   hash.Hash
	sized  *os.File // open, for a file that is written in any order
}

// Create adds a file to the batch, whose name is the batch's stem and this: "/edges.npy" or
// ".npz".
func (b *Batch) Create(suffix string) *File {
	name := b.stem + suffix
	f := &File{batch: b, name: name, path: filepath.Join(b.tree.root, filepath.FromSlash(name)), hash: sha256.New()}
	b.files = append(b.files, f)
	return f
}

// Write appends to the file.
func (f *File) Write(p []byte) (int, error) {
	if f.buffer == nil {
		f.buffer = f.batch.tree.buffer()
	}
	f.buffer = append(f.buffer, p...)
	f.size += int64(len(p))
	if len(f.buffer) < BufferBytes {
		return len(p), nil
	}
	if err := f.flush(); err != nil {
		return 0, f.batch.tree.failed(f.path, err)
	}
	return len(p), nil
}

// flush appends the buffer to the temporary file.
func (f *File) flush() error {
	f.hash.Write(f.buffer)
	out, err := f.open(os.O_WRONLY | os.O_APPEND)
	if err != nil {
		return err
	}
	_, err = out.Write(f.buffer)
	f.buffer = f.buffer[:0]
	return errors.Join(err, out.Close())
}

// open opens the temporary file, making it and its folder the first time. Another
// batch that fails may remove a folder just before a file is made in it, hence the
// further tries.
func (f *File) open(flags int) (*os.File, error) {
	if f.temp != "" {
		return os.OpenFile(f.temp, flags, 0o666)
	}
	temp := f.batch.tree.temporary(f.path)
	for try := 0; ; try++ {
		if err := f.batch.makeDir(filepath.Dir(f.path)); err != nil {
			return nil, err
		}
		out, err := os.OpenFile(temp, flags|os.O_CREATE|os.O_EXCL, 0o666)
		if err == nil {
			f.temp = temp
		} else if errors.Is(err, fs.ErrNotExist) && try < 3 {
			continue
		}
		return out, err
	}
}

// Size fixes the file's size in bytes, after which it is written with WriteAt and
// not with Write.
func (f *File) Size(size int64) error {
	f.size = size
	if size <= BufferBytes {
		f.buffer = slices.Grow(f.batch.tree.buffer(), int(size))[:size]
		clear(f.buffer)
		return nil
	}
	var err error
	f.sized, err = f.open(os.O_RDWR)
	if err == nil {
		err = f.sized.Truncate(size)
	}
	if err != nil {
		return f.batch.tree.failed(f.path, err)
	}
	return nil
}

// WriteAt writes at an offset below the size that was fixed.
func (f *File) WriteAt(p []byte, at int64) (int, error) {
	if f.sized == nil {
		return copy(f.buffer[at:], p), nil
	}
	n, err := f.sized.WriteAt(p, at)
	if err != nil {
		return n, f.batch.tree.failed(f.path, err)
	}
	return n, nil
}

// finish writes out what is left and closes the temporary file.
func (f *File) finish() (Written, error) {
	if f.sized == nil {
		if err := f.flush(); err != nil {
			return Written{}, err
		}
		f.release()
	} else {
		// The digest is of the bytes in their order; they were written in another.
		_, err := io.Copy(f.hash, io.NewSectionReader(f.sized, 0, f.size))
		if err = errors.Join(err, f.sized.Close()); err != nil {
			return Written{}, err
		}
		f.sized = nil
	}
	return Written{f.name, f.size, hex.EncodeToString(f.hash.Sum(nil))}, nil
}

// release hands the buffer on to other files.
func (f *File) release() {
	if f.buffer != nil {
		f.batch.tree.keep(f.buffer)
		f.buffer = nil
	}
}

func (f *File) discard() {
	f.release()
	if f.sized != nil {
		f.sized.Close()
	}
	if f.temp != "" {
		os.Remove(f.temp)
	}
	if f.placed {
		os.Remove(f.path)
	}
}
