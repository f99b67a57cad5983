package store

import (
	"errors"
	"os"
)

// Temporary is a file of the run itself that the run removes before its end. Sweep removes it
// after a crash.
type Temporary struct {
	*os.File
	folder *Folder
	name   string
}

// OpenTemporary makes an empty temporary file at the top of the folder, for writing and
// reading.
func (t *Folder) OpenTemporary() (*Temporary, error) {
	name := t.temporary("x")
	file, err := t.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, &Error{Path: t.dir, Err: err, shared: true}
	}
	return &Temporary{file, t, name}, nil
}

// Remove closes the file and removes it.
func (f *Temporary) Remove() error {
	return errors.Join(f.File.Close(), f.folder.root.Remove(f.name))
}
