package store

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"github.com/cespare/xxhash/v2"
)

// Single is a file at a path of its own, in an output folder or elsewhere. It has a temporary
// name beside its own until it is whole. It has one owner.
type Single struct {
	path string // as the user named it
	root *os.Root
	base string
	mark string // the beginning of its temporary names
}

// OpenSingle prepares to write a file, whose folder must be there. It removes what a killed
// process has left of the same file, not what another run is writing, and finds out whether a file can be made beside it. The
// file itself must be regular or missing.
func OpenSingle(path string) (*Single, error) {
	s := &Single{path: path, base: filepath.Base(path)}
	s.mark = fmt.Sprintf("%s%016x-", tempPrefix, xxhash.Sum64String(s.base))
	var err error
	if s.root, err = OpenRoot(filepath.Dir(path)); err != nil {
		return nil, &Error{Path: path, Err: err}
	}
	if err = s.prepare(); err != nil {
		return nil, errors.Join(&Error{Path: path, Err: err}, s.root.Close())
	}
	return s, nil
}

func (s *Single) prepare() error {
	if err := s.regular(); err != nil {
		return err
	}
	entries, err := fs.ReadDir(s.root.FS(), ".")
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), s.mark) && isTemporary(e.Name()) && e.Type().IsRegular() {
			if err := s.removeUnheld(e.Name()); err != nil {
				return err
			}
		}
	}
	file, temp, err := s.create()
	if err != nil {
		return err
	}
	return errors.Join(file.Close(), s.root.Remove(temp))
}

// regular refuses a folder, a link or a device in the place of the file.
func (s *Single) regular() error {
	info, err := s.root.Lstat(s.base)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return errors.New("something else than a file has this name; name another file")
	}
	return nil
}

// removeUnheld removes a temporary file unless a process holds it.
func (s *Single) removeUnheld(temp string) error {
	file, err := s.root.OpenFile(temp, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return nil // another run has removed it, or it is another user's
	} else if err != nil {
		return err
	}
	defer file.Close()
	if held, err := tryHold(file); err != nil || !held {
		return nil // in use, or on a file system without locks, where nobody knows
	}
	if err := s.root.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// create makes a temporary file and holds it until it is closed. A run that begins at this
// moment may remove the file before it is held: another one is made then.
func (s *Single) create() (file *os.File, temp string, err error) {
	for range lockTries {
		temp = fmt.Sprintf("%s%x%s", s.mark, rand.Uint64(), tempSuffix)
		if file, err = s.root.OpenFile(temp, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666); err != nil {
			return nil, "", err
		}
		held, err := tryHold(file)
		if err != nil {
			return file, temp, nil // a file system without locks: no run removes the file
		}
		if held && s.inPlace(file, temp) {
			return file, temp, nil
		}
		file.Close()
		s.root.Remove(temp)
	}
	return nil, "", errors.New("other runs remove its temporary files; run again")
}

// inPlace says whether an open file still has its name.
func (s *Single) inPlace(file *os.File, name string) bool {
	held, err := file.Stat()
	if err != nil {
		return false
	}
	named, err := s.root.Lstat(name)
	return err == nil && os.SameFile(held, named)
}

// Write has fill write the file's content and gives the file its name, in place of an earlier
// file. If anything fails, the earlier file stays as it was. It returns the file's size in
// bytes. Failures to write are an *Error.
func (s *Single) Write(fill func(io.Writer) error) (size int64, err error) {
	return s.WriteBack(func(out *Readable) error {
		buffered := bufio.NewWriterSize(out, BufferBytes)
		if err := fill(buffered); err != nil {
			return err
		}
		return buffered.Flush()
	})
}

// WriteBack is Write for a content that is read while it is written. Nothing is buffered.
func (s *Single) WriteBack(fill func(*Readable) error) (size int64, err error) {
	file, temp, err := s.create()
	if err != nil {
		return 0, &Error{Path: s.path, Err: err}
	}
	out := &Readable{file: file, path: s.path}
	if err = fill(out); err == nil {
		err = s.place(file, temp)
	}
	file.Close() // what could fail here has failed in place
	if err != nil {
		s.root.Remove(temp)
		return 0, err
	}
	return out.size, nil
}

// place gives the file its name. The file is still open: nobody may remove it before.
func (s *Single) place(file *os.File, temp string) error {
	err := file.Sync()
	if err == nil {
		err = s.regular()
	}
	if err == nil {
		err = s.root.Rename(temp, s.base)
	}
	if err != nil {
		return &Error{Path: s.path, Err: err}
	}
	return nil
}

// Release closes the folder.
func (s *Single) Release() error { return s.root.Close() }

// Readable is a file that is being written. It counts what is written, and names the file in errors.
type Readable struct {
	file *os.File
	path string
	size int64
}

// ReadAt reads what has been written.
func (c *Readable) ReadAt(p []byte, at int64) (int, error) { return c.file.ReadAt(p, at) }

// Write appends to the file.
func (c *Readable) Write(p []byte) (int, error) {
	n, err := c.file.Write(p)
	c.size += int64(n)
	if err != nil {
		err = &Error{Path: c.path, Err: err}
	}
	return n, err
}
