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

// Code names a kind of Problem for scripts. The values never change.
type Code string

// The kinds of problems.
const (
	CodeMissing      Code = "missing"       // no file or folder has this name
	CodeDanglingLink Code = "dangling-link" // a symbolic link that leads nowhere
	CodeUnreadable   Code = "unreadable"    // a folder that cannot be read, or a file whose kind cannot be found out
	CodeNotAFile     Code = "not-a-file"    // a pipe, a socket or a device
	CodeEmptyFolder  Code = "empty-folder"  // a folder without a picture
	CodeNoMatch      Code = "no-match"      // a pattern that nothing matches
	CodeBadPattern   Code = "bad-pattern"   // a pattern that is malformed
	CodeInsideOutput Code = "inside-output" // the output folder, or something in it
	CodeDamagedTar   Code = "damaged-tar"   // a tar file that ends too early, is damaged, or has changed
	CodeBadName      Code = "bad-name"      // a member of a tar file whose name leads out of the tar file or is very long
	CodeChanged      Code = "changed"       // another content than when it was listed
	CodeUnsupported  Code = "unsupported"   // a compressed archive, or a member that is a sparse file; package decode has it too
)

// Problem is an input, or a file or folder below one, that gives no picture.
type Problem struct {
	Path string // as in Entry
	Code Code
	Err  error // the problem and the remedy, without the path
}

// Error is the path, as Display shows it, and Err.
func (p *Problem) Error() string { return Display(p.Path) + ": " + p.Err.Error() }

// Unwrap returns Err, which wraps the file system's error if there is one.
func (p *Problem) Unwrap() error { return p.Err }

var (
	errEmptyName = errors.New("the name is empty: give a file, a folder, a pattern or -")
	errNotAFile  = errors.New("give a regular file, or - to read standard input")
)

func errEmptyFolder(extensions []string) error {
	if len(extensions) == 0 {
		return errors.New("no file in this folder or below it: hidden files are skipped; name them one by one")
	}
	return fmt.Errorf("no picture in this folder or below it: only %s files are taken, and hidden ones are skipped; name other files one by one or by a pattern such as *.bin",
		strings.Join(extensions, " "))
}

func errEmptyTar(extensions []string) error {
	if len(extensions) == 0 {
		return errors.New("no file in this tar file: hidden ones are skipped")
	}
	return fmt.Errorf("no picture in this tar file: only %s files are taken, and hidden ones are skipped", strings.Join(extensions, " "))
}

func errNoMatch(extensions []string) error {
	if len(extensions) == 0 {
		return errors.New("matches nothing: only ** enters folders, and hidden names must be spelled out")
	}
	return fmt.Errorf("matches nothing: only ** enters folders, and hidden names and files other than %s must be spelled out",
		strings.Join(extensions, " "))
}

// problem adds a Problem to the list.
func (l *lister) problem(path, rel string, code Code, err error) {
	l.entries = append(l.entries, Entry{
		Job:     Job{Path: path, Rel: rel, Label: l.label(rel)},
		Problem: &Problem{Path: path, Code: code, Err: err},
	})
}

// unreachable adds the Problem of a path whose Stat failed with err.
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

// reason is an error of package os without the operation and the path. The Problem has the
// path.
func reason(err error) error {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		return pathErr.Err
	}
	return err
}

// kind names the kind of a file that is not regular.
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

// Display is a path in the form of messages. A path with a newline or the like is quoted in
// Go's syntax, so that it stays on one line.
func Display(path string) string {
	notPrint := func(r rune) bool { return !unicode.IsPrint(r) }
	if path == "" || !utf8.ValidString(path) || strings.ContainsFunc(path, notPrint) {
		return strconv.Quote(path)
	}
	return path
}
