//go:build unix

package store

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// lockFlags open the lock's file. A link is not followed, and a pipe does not wait for a
// writer.
const lockFlags = syscall.O_RDONLY | syscall.O_NOFOLLOW | syscall.O_NONBLOCK

// maxPath is the length in bytes of the longest path that programs can open.
const maxPath = unix.PathMax - 1
