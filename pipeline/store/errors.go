package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"filterbank/pipeline/bucket"
)

// ErrGone says that the output folder is not where it was when the run began. Files written
// since then are lost or elsewhere. The run ends and makes no other folder.
var ErrGone = errors.New("the output folder has been moved or removed since the run began")

// ErrLeft says that a picture is left for another run, because Stop has named an earlier one.
var ErrLeft = errors.New("the run has stopped at an earlier picture")

// Error is a failure to write to the output folder.
type Error struct {
	Path string
	Err  error

	shared bool // the file holds more than one picture's
}

// Error names the path and the cause. The temporary name in the file system's own error is
// left out.
func (e *Error) Error() string { return fmt.Sprintf("write %s: %v", e.Path, bare(e.Err)) }

// Unwrap returns the file system's own error.
func (e *Error) Unwrap() error { return e.Err }

// OfOne says whether the failure concerns this file's name only, so that others can still be
// written. A full disk or a missing output folder concerns every file.
func (e *Error) OfOne() bool {
	if e.shared {
		return false
	}
	if _, ok := errors.AsType[*placeError](e.Err); ok || bucket.OfKey(e.Err) {
		return true
	}
	return slices.ContainsFunc([]error{
		syscall.ENAMETOOLONG, syscall.EISDIR, syscall.ENOTDIR, syscall.EEXIST, syscall.ENOTEMPTY, syscall.EINVAL, syscall.ELOOP, syscall.EILSEQ,
	}, func(errno error) bool { return errors.Is(e.Err, errno) })
}

// placeError says why a name cannot be used: a link stands in its way, or the system
// does not allow it.
type placeError struct{ text string }

func (e *placeError) Error() string { return e.text }

// bare returns the system's error without the operation and the names around it.
func bare(err error) error {
	if inner, ok := errors.AsType[*fs.PathError](err); ok {
		return inner.Err
	}
	if inner, ok := errors.AsType[*os.LinkError](err); ok {
		return inner.Err
	}
	return err
}

// Plain rewrites an error of an operation in an open folder: the operation in words and the
// whole path take the place of mkdirat and a path below the folder.
func Plain(root *os.Root, err error) error {
	words := map[string]string{"mkdirat": "make folder", "openat": "open", "statat": "look at", "lstatat": "look at", "unlinkat": "remove", "renameat": "rename"}
	if failed, ok := errors.AsType[*os.LinkError](err); ok && words[failed.Op] != "" {
		return fmt.Errorf("%s %s to %s: %w", words[failed.Op], filepath.Join(root.Name(), failed.Old), filepath.Join(root.Name(), failed.New), failed.Err)
	}
	if failed, ok := errors.AsType[*fs.PathError](err); ok && words[failed.Op] != "" {
		return fmt.Errorf("%s %s: %w", words[failed.Op], filepath.Join(root.Name(), failed.Path), failed.Err)
	}
	return err
}
