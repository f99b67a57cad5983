//go:build unix

package store

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// lockFlags open the lock's file. A link is not followed, and a pipe does not wait for a
// writer.
const lockFlags = syscall.O_RDONLY | syscall.O_NOFOLLOW | syscall.O_NONBLOCK

// maxPath is the length in bytes of the longest path that programs can open.
const maxPath = unix.PathMax - 1

// tryHold locks an open file until it is closed, and says whether no other process or open file
// has it locked.
func tryHold(file *os.File) (held bool, err error) {
	err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}

// heldByOther says whether another open file has a file locked for itself. It asks for a lock that
// several may have at a time.
func heldByOther(file *os.File) bool {
	return errors.Is(unix.Flock(int(file.Fd()), unix.LOCK_SH|unix.LOCK_NB), unix.EWOULDBLOCK)
}
