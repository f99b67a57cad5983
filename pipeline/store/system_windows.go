package store

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lockFlags open the lock's file. A link is opened itself and not followed.
const lockFlags = windows.O_RDONLY | windows.FILE_FLAG_OPEN_REPARSE_POINT

// maxPath is the length of the longest path that programs can open, in UTF-16 units; names
// in UTF-8 have at least as many bytes.
const maxPath = 32766

// tryHold locks an open file until it is closed, and says whether no other process or open file
// has it locked. It locks one byte far behind the end: Windows keeps others from locked bytes.
func tryHold(file *os.File) (held bool, err error) {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err = windows.LockFileEx(windows.Handle(file.Fd()), flags, 0, 1, 0, &windows.Overlapped{OffsetHigh: 1 << 30})
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return false, nil
	}
	return err == nil, err
}

// heldByOther says whether another open file has a file locked for itself. It asks for a lock that
// several may have at a time, on the byte that package flock locks.
func heldByOther(file *os.File) bool {
	err := windows.LockFileEx(windows.Handle(file.Fd()), windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &windows.Overlapped{})
	return errors.Is(err, windows.ERROR_LOCK_VIOLATION)
}
