package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"syscall"
)

// ErrGone says that the output folder is not where it was when the run began. What was
// written to it is lost or elsewhere, so that the run can neither go on nor make another.
var ErrGone = errors.New("the output folder has been moved or removed since the run began")

// Error is a failure to write to the output folder.
type Error struct {
	Path string
	Err  error
}

// Error names the path and what went wrong. The temporary name, which the file system's
// own error has, would help nobody.
func (e *Error) Error() string {
	err := e.Err
	if inner, ok := errors.AsType[*fs.PathError](err); ok {
		err = inner.Err
	} else if inner, ok := errors.AsType[*os.LinkError](err); ok {
		err = inner.Err
	}
	return fmt.Sprintf("write %s: %v", e.Path, err)
}

// Unwrap is the file system's own error.
func (e *Error) Unwrap() error { return e.Err }

// OfOne says that the failure is about this file's name only, so that others may well
// be written; a full disk or a folder that is gone is everybody's.
func (e *Error) OfOne() bool {
	return slices.ContainsFunc([]error{
		syscall.ENAMETOOLONG, syscall.EISDIR, syscall.ENOTDIR, syscall.EEXIST, syscall.ENOTEMPTY, syscall.EINVAL, syscall.ELOOP, syscall.EILSEQ,
	}, func(errno error) bool { return errors.Is(e.Err, errno) })
}
