package store

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"syscall"
)

// BufferBytes is the part of a file that is held in memory. Files up to this size, most maps
// among them, cost one write.
const BufferBytes = 256 << 10

// Held returns the bytes of memory that a file of so many bytes takes while it is written:
// its buffer and, if it outgrows that, the state of its digest.
func Held(size int64) int64 {
	if size < BufferBytes {
		return size
	}
	return BufferBytes + leafBytes
}

// HeldApart returns the bytes of memory that a file of a fixed size takes besides Held while
// it grows at a number of places. The digest keeps a few bytes at the beginning and at the end
// of each piece until their neighbours are written.
func HeldApart(size int64, places int) int64 {
	if size < BufferBytes {
		return 0
	}
	return min(size, 2*leafBytes*int64(places))
}

// File is a file of a batch, written from its beginning to its end. No descriptor stays open
// between writes, so that thousands of maps can grow at a time. A file of a fixed size that
// outgrows its buffer is open until the batch ends.
type File struct {
	batch  *Batch
	name   string // relative to the output folder, slash-separated
	ext    string // the end of name that is its extension
	temp   string // the temporary name; empty before the first flush and after the rename
	placed bool
	buffer []byte // nil before the first byte and at the end
	held   held   // what comes before buffer, in memory; empty if a temporary file has it
	crc    uint32 // CRC-32C of a sealed content in memory that is to be sent
	size   int64
	hash   *hashTree // of what has been flushed; nil before
	digest string    // BLAKE3, hexadecimal; empty before the file is sealed
	sized  *os.File  // open, for a file that is written in any order
}

// Name is a file's name after the stem of its batch. Ext is the end of Suffix that is the
// extension, as in {"/edges/000-x.overlay.png", ".overlay.png"}. Dots before it belong to the
// names of layers and filters.
type Name struct{ Suffix, Ext string }

// Create adds a file to the batch. Its name is the batch's stem with the suffix, for
// example "/edges/000-x.png" or ".npz". Its extension begins at the last dot.
func (b *Batch) Create(suffix string) *File { return b.CreateNamed(Name{suffix, path.Ext(suffix)}) }

// CreateNamed adds a file whose extension may have several dots.
func (b *Batch) CreateNamed(n Name) *File {
	f := &File{batch: b, name: b.stem + n.Suffix, ext: n.Ext}
	b.files = append(b.files, f)
	return f
}

// Write appends to the file.
func (f *File) Write(p []byte) (int, error) {
	if f.buffer == nil {
		f.buffer = f.batch.folder.buffer()
	}
	f.buffer = append(f.buffer, p...)
	f.size += int64(len(p))
	if len(f.buffer) < BufferBytes {
		return len(p), nil
	}
	dirs := directories{folder: f.batch.folder} // other files of the batch may be written at the same time
	defer dirs.close()
	if err := f.flush(&dirs); err != nil {
		return 0, f.explain(err)
	}
	return len(p), nil
}

// flush takes the buffer into the digest and appends it to what is held, or else to the temporary
// file.
func (f *File) flush(dirs *directories) error {
	if f.hash == nil {
		f.hash = f.batch.folder.hashTree()
	}
	if whole := len(f.buffer) / BufferBytes * BufferBytes; f.temp == "" && f.held.add(f.batch.hold, f.buffer[:whole]) {
		f.hash.Write(f.buffer[:whole])
		if f.batch.sends {
			f.crc = crc32.Update(f.crc, castagnoli, f.buffer[:whole])
		}
		f.buffer = append(f.buffer[:0], f.buffer[whole:]...)
		return nil
	}
	f.hash.Write(f.buffer)
	return f.append(dirs)
}

// append appends what is held and the buffer to the temporary file.
func (f *File) append(dirs *directories) error {
	out, err := f.open(dirs, os.O_WRONLY|os.O_APPEND)
	if err != nil {
		return err
	}
	for _, piece := range f.held.with(f.buffer) {
		if _, err = out.Write(piece); err != nil {
			break
		}
	}
	f.buffer = f.buffer[:0]
	f.held.release(f.batch.hold)
	return errors.Join(err, out.Close())
}

// open opens the temporary file. The first time it makes the file and its folder. It tries
// again if another batch that fails removes the folder in between.
func (f *File) open(dirs *directories, flags int) (*os.File, error) {
	if f.temp != "" {
		dir, err := dirs.of(f.temp)
		if err != nil {
			return nil, err
		}
		return dir.root.OpenFile(base(f.temp), flags, 0o666)
	}
	if f.batch.temps == "" && len(f.batch.folder.dir)+1+len(f.name) > maxPath { // os.Root goes step by step and would make it; no program could open it
		return nil, syscall.ENAMETOOLONG
	}
	near := f.name
	if f.batch.temps != "" {
		near = f.batch.temps + "/x"
	}
	temp := f.batch.folder.temporary(near)
	shared := f.batch.folder.mark != "" && near == f.name
	if shared {
		temp = f.batch.folder.marked(near)
	}
	for try := 0; ; try++ {
		dir, err := dirs.of(temp)
		if err == nil {
			var out *os.File
			if out, err = dir.root.OpenFile(base(temp), flags|os.O_CREATE|os.O_EXCL, 0o666); err == nil {
				f.temp = temp
				return out, nil
			}
		}
		if shared && errors.Is(err, fs.ErrExist) && try < 3 { // the task was killed before
			f.batch.folder.RemoveTemporary(near)
			continue
		}
		if !errors.Is(err, fs.ErrNotExist) || try == 3 {
			return nil, err
		}
		if err := dirs.make(path.Dir(temp), f.batch.remember); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
}

// explain names the file in an error, or the folder of a pack: there the file has no path.
func (f *File) explain(err error) error {
	if f.batch.temps != "" {
		return f.batch.folder.explainShared(f.batch.temps, err)
	}
	return f.batch.folder.explain(f.name, err)
}

// Size fixes the file's size in bytes. From then on it is written with WriteAt and not with
// Write: every byte once, in any order.
func (f *File) Size(size int64) error {
	f.size = size
	if size <= BufferBytes {
		f.buffer = slices.Grow(f.batch.folder.buffer(), int(size))[:size]
		clear(f.buffer)
		return nil
	}
	dirs := directories{folder: f.batch.folder}
	defer dirs.close()
	var err error
	f.hash = f.batch.folder.hashTree()
	if f.held.size(f.batch.hold, size) {
		return nil
	}
	f.sized, err = f.open(&dirs, os.O_WRONLY)
	if err == nil {
		err = f.sized.Truncate(size)
	}
	if err != nil {
		return f.explain(err)
	}
	return nil
}

// WriteAt writes at an offset. It is an error to write past the fixed size. Several
// goroutines may write at a time.
func (f *File) WriteAt(p []byte, at int64) (int, error) {
	if at < 0 || at > f.size-int64(len(p)) {
		return 0, &Error{Path: f.batch.folder.path(f.name), Err: fmt.Errorf("bytes %d to %d do not lie in a file of %d bytes", at, at+int64(len(p)), f.size)}
	}
	switch {
	case f.sized != nil:
		if n, err := f.sized.WriteAt(p, at); err != nil {
			return n, f.explain(err)
		}
	case len(f.held.pieces) > 0:
		if f.batch.sends {
			f.held.sum(p, f.size-at-int64(len(p)))
		}
		f.held.writeAt(p, at)
	default:
		return copy(f.buffer[at:], p), nil
	}
	return f.hash.WriteAt(p, at)
}

// finish seals the file, unless that is done, and writes the rest to the temporary file. The
// batch's owner calls it.
func (f *File) finish() error {
	if f.digest == "" {
		if err := f.seal(); err != nil {
			return err
		}
	}
	if f.temp == "" {
		if err := f.append(&f.batch.dirs); err != nil {
			return err
		}
	}
	f.release()
	return nil
}

// seal ends the writing and notes the digest. A file without a temporary file stays in memory.
func (f *File) seal() (err error) {
	switch {
	case f.sized != nil:
		if err = f.sized.Close(); err == nil {
			f.sized = nil
		}
	case f.temp == "":
		if f.hash == nil {
			f.hash = f.batch.folder.hashTree()
		}
		f.hash.Write(f.buffer)
		if f.batch.sends {
			f.crc = crc32.Update(f.crc^f.held.crc.Load(), castagnoli, f.buffer)
		}
		f.held.seal(f.batch.hold)
	default:
		if len(f.buffer) > 0 {
			err = f.flush(&f.batch.dirs)
		}
		f.release()
	}
	if err == nil {
		f.digest, err = f.hash.sum(f.size)
	}
	f.batch.folder.keepHashTree(f.hash)
	f.hash = nil
	return err
}

// written describes the file after seal.
func (f *File) written() Written {
	return Written{Name: f.name, Path: f.name, Bytes: f.size, BLAKE3: f.digest}
}

// copyTo writes the content of a sealed file.
func (f *File) copyTo(out io.Writer) error {
	if f.temp == "" {
		for _, piece := range f.held.with(f.buffer) {
			if _, err := out.Write(piece); err != nil {
				return err
			}
		}
		return nil
	}
	in, err := f.batch.folder.root.Open(filepath.FromSlash(f.temp))
	if err != nil {
		return err
	}
	defer in.Close()
	n, err := io.Copy(out, io.LimitReader(in, f.size))
	if err == nil && n < f.size {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// release hands the buffer and what is held on to other files.
func (f *File) release() {
	f.held.release(f.batch.hold)
	if f.buffer != nil {
		f.batch.folder.keep(f.buffer)
		f.buffer = nil
	}
}

// discard removes the file under its temporary or its final name.
func (f *File) discard() {
	f.release()
	if f.hash != nil {
		f.batch.folder.keepHashTree(f.hash)
		f.hash = nil
	}
	if f.sized != nil {
		f.sized.Close()
	}
	if f.temp != "" {
		f.batch.folder.root.Remove(filepath.FromSlash(f.temp))
	}
	if f.placed {
		f.batch.folder.root.Remove(filepath.FromSlash(f.name))
	}
}
