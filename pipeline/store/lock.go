package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// lockName is the file that a run holds a lock on. The system lets go of the lock when
// the process ends, however it ends; the file is left where it did not end well.
const lockName = ".filterbank.lock"

// ErrLocked says that another run writes to the same folder.
var ErrLocked = errors.New("another run is writing to it; wait for that one or choose another folder with -o")

// Lock is a run's hold on its output folder.
type Lock struct {
	file *flock.Flock
	// Crashed says that the run before did not end well, so that temporary files may be
	// there and files that it wrote last may not be whole.
	Crashed bool
}

// Lock keeps other runs out of the tree until Unlock or the end of the process.
func (t *Folder) Lock() (*Lock, error) {
	path := filepath.Join(t.root, lockName)
	for {
		_, statErr := os.Lstat(path)
		file := flock.New(path)
		locked, err := file.TryLock()
		switch {
		case err != nil:
			return nil, fmt.Errorf("lock output folder: %w", err)
		case !locked:
			return nil, fmt.Errorf("output folder %s: %w", t.root, ErrLocked)
		}
		// A run that ends removes the file; then the lock just got is on nothing.
		if lock := (&Lock{file: file, Crashed: statErr == nil}); lock.inPlace() {
			return lock, nil
		}
		file.Unlock()
	}
}

// inPlace says whether the file that is locked still has its name.
func (l *Lock) inPlace() bool {
	held, err := l.file.Stat()
	if err != nil {
		return false
	}
	named, err := os.Lstat(l.file.Path())
	return err == nil && os.SameFile(held, named)
}

// Unlock lets other runs in and removes the file. With crashed, it leaves the file, so
// that the next run takes this one for crashed.
func (l *Lock) Unlock(crashed bool) error {
	if crashed || !l.inPlace() { // a file of another run's in its place is that run's
		return l.file.Unlock()
	}
	removed := os.Remove(l.file.Path()) // fails on Windows, where the file is open
	if err := l.file.Unlock(); err != nil {
		return fmt.Errorf("unlock output folder: %w", err)
	}
	if removed != nil {
		os.Remove(l.file.Path())
	}
	return nil
}
