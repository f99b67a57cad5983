package store

import (
	"errors"
	"os"
	"path/filepath"
)

// Scratch is a folder of this machine for one run, below the system's folder of temporary files.
// Nothing in it is needed after the run, however that ends. OpenScratch removes what killed runs
// have left.
type Scratch struct {
	*Folder
	held *os.File
}

const (
	scratchPrefix = "filterbank-scratch-"
	scratchHeld   = ".in-use" // locked as long as its run lives
)

// OpenScratch makes a folder.
func OpenScratch() (*Scratch, error) {
	old, _ := filepath.Glob(filepath.Join(os.TempDir(), scratchPrefix+"*"))
	for _, dir := range old {
		removeScratch(dir)
	}
	for range lockTries {
		dir, err := os.MkdirTemp("", scratchPrefix)
		if err != nil {
			return nil, err
		}
		held, err := os.OpenFile(filepath.Join(dir, scratchHeld), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return nil, errors.Join(err, os.RemoveAll(dir))
		}
		if ours, err := tryHold(held); err == nil && !ours { // another run takes it for left
			held.Close()
			continue
		}
		folder, err := Open(dir)
		if err != nil {
			return nil, errors.Join(err, held.Close(), os.RemoveAll(dir))
		}
		return &Scratch{folder, held}, nil
	}
	return nil, errors.New("other runs remove its folder of temporary files; run again")
}

// removeScratch removes a folder whose run has ended. Another user's stays, and so does one on a
// file system without locks.
func removeScratch(dir string) {
	held, err := os.OpenFile(filepath.Join(dir, scratchHeld), os.O_RDWR, 0)
	if err != nil {
		return
	}
	ours, err := tryHold(held)
	if err == nil && ours {
		os.RemoveAll(dir)
	}
	held.Close()
}

// Remove closes the folder and removes it.
func (s *Scratch) Remove() error {
	return errors.Join(s.Release(), s.held.Close(), os.RemoveAll(s.Dir()))
}
