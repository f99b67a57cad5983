package sink

import (
	"errors"
	"fmt"
	"slices"
	"syscall"
)

// Error is a failure to write to the output folder.
type Error struct {
	Path string
	Err  error
}

// Error names the path and what went wrong.
func (e *Error) Error() string { return fmt.Sprintf("write %s: %v", e.Path, e.Err) }

// Unwrap is the file system's own error.
func (e *Error) Unwrap() error { return e.Err }

// OfOne says that the failure is about this file's name only, so that others may well
// be written; a full disk or a folder that is gone is everybody's.
func (e *Error) OfOne() bool {
	return slices.ContainsFunc([]error{
		syscall.ENAMETOOLONG, syscall.EISDIR, syscall.ENOTDIR, syscall.EEXIST, syscall.ENOTEMPTY, syscall.EINVAL, syscall.ELOOP, syscall.EILSEQ,
	}, func(errno error) bool { return errors.Is(e.Err, errno) })
}
