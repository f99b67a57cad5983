package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"filterbank/pipeline"
	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
)

// TestCodeOf classifies errors by their kind, wherever they come from.
func TestCodeOf(t *testing.T) {
	file := func(err error) error { return &store.Error{Path: "x", Err: err} }
	path := func(op string, err error) error { return &fs.PathError{Op: op, Path: "x", Err: err} }
	folder := func(err error) error { return &pipeline.OutputError{Err: err} }
	wrapped := func(err error) error {
		return fmt.Errorf("%w; left", errors.Join(errors.New("another"), fmt.Errorf("a: %w", err)))
	}
	for _, c := range []struct {
		code int
		errs []error
	}{
		{exitFailed, []error{&exit{code: exitFailed}, &exit{exitFailed, file(syscall.ENOSPC)}}},
		{exitUsage, []error{
			errors.New("flag"), path("open", syscall.ENOENT), path("open", syscall.EACCES), path("open", syscall.ENOTTY),
			file(syscall.EACCES), file(syscall.EPERM), file(syscall.EISDIR), file(syscall.ENAMETOOLONG), file(errors.New("a link is in the way")),
			folder(errors.New("it has a pack")), folder(path("mkdir", syscall.ENOTDIR)), folder(file(syscall.ENOENT)), folder(path("open", syscall.ENOTSUP)),
			&source.Problem{Path: "x", Code: source.CodeMissing, Err: syscall.ENOENT},
		}},
		{exitAgain, []error{
			store.ErrLocked, folder(fmt.Errorf("out: %w", store.ErrLocked)), file(store.ErrGone), fmt.Errorf("x: %w", store.ErrUnfinished),
			file(syscall.ENOSPC), file(syscall.EDQUOT), file(syscall.EIO), file(syscall.EROFS), file(syscall.ESTALE), file(syscall.ETIMEDOUT), file(syscall.ENOENT),
			folder(path("mkdir", syscall.ENOSPC)), folder(path("open", syscall.EMFILE)), folder(path("open", syscall.ENOTTY)),
			path("read", syscall.EIO), path("open", syscall.ESTALE), path("write", syscall.ENOTTY),
			unwritten(errors.New("closed")),
		}},
		{exitInterrupted, []error{&exit{exitInterrupted, errors.New("interrupted")}}},
	} {
		for _, err := range c.errs {
			for _, err := range []error{err, wrapped(err)} {
				if got := codeOf(t.Context(), err); got != c.code {
					t.Errorf("%#v, %v: exit %d, want %d", err, err, got, c.code)
				}
			}
		}
	}
	ended, end := context.WithCancel(t.Context())
	end()
	for _, err := range []error{errors.New("flag"), file(syscall.ENOSPC), context.Canceled} {
		if got := codeOf(ended, err); got != exitInterrupted {
			t.Errorf("%v after a signal: exit %d, want %d", err, got, exitInterrupted)
		}
	}
	if got := codeOf(ended, nil); got != 0 {
		t.Errorf("done before the signal: exit %d", got)
	}
}

// TestSignalledReaders ends commands that read files after a signal: with one message, whatever they met.
func TestSignalledReaders(t *testing.T) {
	ended, end := context.WithCancel(t.Context())
	end()
	dir := t.TempDir()
	for _, args := range [][]string{
		{"digest", dir}, {"diff", dir, dir}, {"inspect", "../../samples/net.safetensors"}, {"show", "../../samples/ramp.png"}, {"verify"},
	} {
		var out, said strings.Builder
		code := execute(ended, console{strings.NewReader(""), &out, &said}, args)
		if code != exitInterrupted || said.String() != "filterbank: interrupted\n" {
			t.Errorf("%v: exit %d, %q", args, code, said.String())
		}
	}
}
