package source

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf8"
)

// Code names a kind of Problem for scripts. The values do not change.
type Code string

// The ways in which an input gives no picture.
const (
	CodeMissing      Code = "missing"       // no file or folder has this name
	CodeDanglingLink Code = "dangling-link" // a symbolic link that leads nowhere
	CodeUnreadable   Code = "unreadable"    // a folder that cannot be read, or a file that cannot be looked at
	CodeNotAFile     Code = "not-a-file"    // a pipe, a socket or a device
	CodeEmptyFolder  Code = "empty-folder"  // a folder without a picture
	CodeNoMatch      Code = "no-match"      // a pattern that nothing matches
	CodeBadPattern   Code = "bad-pattern"   // a pattern that is malformed
	CodeInsideOutput Code = "inside-output" // the output folder, or something in it
)

// Problem is an input, or a file below one, that could not become a picture to work on.
type Problem struct {
	Path string // as in Entry
	Code Code
	Err  error // what is wrong and what would be right, without the path
}

// Error is the path, quoted where it would not fit on a line, and what is wrong
// with it.
func (p *Problem) Error() string { return Display(p.Path) + ": " + p.Err.Error() }

// Unwrap gives Err, which wraps the file system's own error where there was one.
func (p *Problem) Unwrap() error { return p.Err }

var (
	errEmptyName = errors.New("an empty name: give a file, a folder, a pattern or -")
	errNotAFile  = errors.New("give a regular file, or - to read standard input")
)

func errEmptyFolder(extensions []string) error {
	if len(extensions) == 0 {
		return errors.New("no file in this folder or below it: hidden names are passed over; name them one by one")
	}
	return fmt.Errorf("no picture in this folder or below it: it takes %s and passes over hidden names; name other files one by one or by a pattern such as *.bin",
		strings.Join(extensions, " "))
}

func errNoMatch(extensions []string) error {
	if len(extensions) == 0 {
		return errors.New("matches nothing: folders are not entered without **, and hidden names need to be spelled out")
	}
	return fmt.Errorf("matches nothing: folders are not entered without **, hidden names and files other than %s need to be spelled out",
		strings.Join(extensions, " "))
}

// problem adds an input that gives no picture.
func (l *lister) problem(path, rel string, code Code, err error) {
	l.entries = append(l.entries, Entry{
		Job:     Job{Path: path, Rel: rel},
		Problem: &Problem{Path: path, Code: code, Err: err},
	})
}

// unreachable adds the problem of a path whose Stat failed with err.
func (l *lister) unreachable(path, rel string, isLink bool, err error) {
	switch {
	case isLink && errors.Is(err, fs.ErrPermission):
		l.problem(path, rel, CodeUnreadable, fmt.Errorf("cannot follow the link: %w", reason(err)))
	case isLink:
		l.problem(path, rel, CodeDanglingLink, fmt.Errorf("the link leads nowhere: %w: restore its target or remove it", reason(err)))
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR): // or through a file as if it were a folder
		l.problem(path, rel, CodeMissing, fmt.Errorf("%w: check the name and the current folder", reason(err)))
	default:
		l.problem(path, rel, CodeUnreadable, fmt.Errorf("cannot be read: %w", reason(err)))
	}
}

// reason is an error of package os without the operation and the path, which
// the Problem gives.
func reason(err error) error {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		return pathErr.Err
	}
	return err
}

// kind says in words what a file that is not regular is.
func kind(mode os.FileMode) string {
	switch {
	case mode&os.ModeNamedPipe != 0:
		return "a named pipe"
	case mode&os.ModeSocket != 0:
		return "a socket"
	case mode&os.ModeDevice != 0:
		return "a device"
	default:
		return "not a regular file"
	}
}

// Display is a path as it stands in a message: itself, or quoted in Go's way when a
// newline or the like would tear the line.
func Display(path string) string {
	notPrint := func(r rune) bool { return !unicode.IsPrint(r) }
	if path == "" || !utf8.ValidString(path) || strings.ContainsFunc(path, notPrint) {
		return strconv.Quote(path)
	}
	return path
}
