package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// lockName is the file that a run holds a lock on. The system releases the lock when the
// process ends in any way. The file stays if the process did not end well.
const lockName = ".filterbank.lock"

// ErrLocked says that another run writes to the same folder.
var ErrLocked = errors.New("another run is writing to it; wait for that one or choose another folder with -o")

// ErrUnfinished says that a folder has the file of a lock.
var ErrUnfinished = errors.New("a run is at work in it, or has not ended well: wait for it, or run the same command again, which does the rest")

// Lock is a run's hold on its output folder.
type Lock struct {
	folder *Folder
	file   *flock.Flock
	// Crashed says that the run before did not end well: temporary files may be left, and
	// files that it wrote last may not be whole.
	Crashed bool
}

// lockTries bounds how often Lock begins anew because another run has just ended.
const lockTries = 100

// Lock tries again for 60 ms if a lock is held.
const (
	heldLooks = 3
	heldWait  = 20 * time.Millisecond
)

// Lock keeps other runs out of the folder until Unlock or the end of the process. Only a
// regular file is locked: a link or a pipe in its place is refused.
func (t *Folder) Lock() (*Lock, error) {
	looks := 0
	for range lockTries {
		crashed, err := t.makeLockFile()
		if err != nil {
			return nil, err
		}
		// The file is opened by its path: it is never made there, and compared afterwards.
		file := flock.New(t.path(lockName), flock.SetFlag(lockFlags))
		locked, err := file.TryLock()
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue // another run has ended and has removed it
		case err != nil:
			return nil, fmt.Errorf("lock output folder: %w", err)
		case !locked && looks < heldLooks: // Held may have it for a moment
			looks++
			time.Sleep(heldWait)
			continue
		case !locked:
			return nil, fmt.Errorf("output folder %s: %w", t.dir, ErrLocked)
		}
		if lock := (&Lock{t, file, crashed}); lock.inPlace() {
			return lock, nil
		}
		file.Unlock()
		if err := t.gone(); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("output folder %s: %w", t.dir, ErrLocked)
}

// Unfinished says whether a folder has the file of a lock: a run is at work in it, or has not
// ended well.
func Unfinished(dir string) bool {
	_, err := os.Lstat(filepath.Join(dir, lockName))
	return err == nil
}

// Held says whether a run holds the lock of a folder below this one. It says false on file systems
// that know no locks, and for locks of other machines where locks do not reach them.
func (t *Folder) Held(name string) bool {
	file, _, err := folderPlace{t}.open(name + "/" + lockName)
	if err != nil {
		return false
	}
	defer file.Close()
	return heldByOther(file)
}

// makeLockFile makes the file to lock, unless it is there already.
func (t *Folder) makeLockFile() (there bool, err error) {
	info, err := t.root.Lstat(lockName)
	switch {
	case err == nil && !info.Mode().IsRegular():
		return false, fmt.Errorf("lock output folder: %s is not a regular file; remove it, or choose another folder with -o", t.path(lockName))
	case err == nil:
		return true, nil
	}
	file, err := t.root.OpenFile(lockName, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist): // another run was faster
		return true, nil
	case err != nil:
		return false, fmt.Errorf("lock output folder: open %s: %w", t.path(lockName), bare(err))
	}
	return false, file.Close()
}

// inPlace says whether the locked file still has its name in the folder.
func (l *Lock) inPlace() bool {
	held, err := l.file.Stat()
	if err != nil {
		return false
	}
	named, err := l.folder.root.Lstat(lockName)
	return err == nil && named.Mode().IsRegular() && os.SameFile(held, named)
}

// Unlock lets other runs in and removes the file. With crashed, it leaves the file, so
// that the next run takes this one for crashed.
func (l *Lock) Unlock(crashed bool) error {
	if crashed || !l.inPlace() { // another run's file in its place is left
		return l.file.Unlock()
	}
	removed := l.folder.root.Remove(lockName) // fails on Windows while the file is open
	if err := l.file.Unlock(); err != nil {
		return fmt.Errorf("unlock output folder: %w", err)
	}
	if removed != nil {
		l.folder.root.Remove(lockName)
	}
	return nil
}
