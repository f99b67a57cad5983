package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"syscall"

	"filterbank/pipeline"
	"filterbank/pipeline/bucket"
	"filterbank/pipeline/store"
)

// Exit codes, which schedulers act upon. 0 means that everything is done.
const (
	// exitFailed: more images failed than --max-failed allows, or a command found what it looks
	// for: a difference, a damaged file.
	exitFailed = 1
	// exitUsage: flags, stack file, inputs or the output folder are wrong. The same command
	// always ends in the same way.
	exitUsage = 2
	// exitAgain is EX_TEMPFAIL of sysexits.h: another process, a disk or a store is in the way.
	// The same command may do better later or on another machine.
	exitAgain = 75
	// exitInterrupted: a signal has ended the command. The same command does the rest.
	exitInterrupted = 130
)

// exit is an error that ends the program with a code. If err is nil, everything has been said
// already. All other errors get their code from codeOf.
type exit struct {
	code int
	err  error
}

func (e *exit) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit %d", e.code)
	}
	return e.err.Error()
}

func (e *exit) Unwrap() error { return e.err }

// writeError is an error of standard output.
type writeError struct{ err error }

func (e *writeError) Error() string { return "write to standard output: " + e.err.Error() }

func (e *writeError) Unwrap() error { return e.err }

// unwritten makes an error of standard output of err, if there is one.
func unwritten(err error) error {
	if err == nil {
		return nil
	}
	return &writeError{err}
}

// codeOf is the exit code for the error that a command has returned. ctx is the context that
// signals end. Errors that are neither known nor of writing are the user's: exitUsage.
func codeOf(ctx context.Context, err error) int {
	if e, ok := errors.AsType[*exit](err); ok {
		return e.code
	}
	switch {
	case err == nil:
		return 0
	case ctx.Err() != nil:
		return exitInterrupted
	case mayPass(err):
		return exitAgain
	}
	return exitUsage
}

// mayPass says whether the cause of an error may be gone when the command is run again.
// Permission, and names that are taken by something else, stay as they are. Where the cause is not
// sure, as on a file system that is read-only, the answer is yes: a scheduler bounds the number
// of tries, and gives a whole job up for exitUsage.
func mayPass(err error) bool {
	if e, ok := errors.AsType[interface { // of a bucket
		error
		TryAgain() bool
	}](err); ok {
		return e.TryAgain()
	}
	for _, known := range []error{store.ErrLocked, store.ErrUnfinished, store.ErrGone, io.ErrShortWrite} {
		if errors.Is(err, known) {
			return true
		}
	}
	if _, ok := errors.AsType[*writeError](err); ok || bucket.TryAgain(err) {
		return true
	}
	numbers := systemErrors(err)
	if slices.ContainsFunc(numbers, func(n syscall.Errno) bool { return slices.Contains(passing(), n) }) {
		return true
	}
	_, ofFile := errors.AsType[*store.Error](err)
	_, ofFolder := errors.AsType[*pipeline.OutputError](err)
	path, ok := errors.AsType[*fs.PathError](err)
	if !ofFile && !ofFolder && !(ok && path.Op == "write") {
		return false
	}
	return slices.ContainsFunc(numbers, func(n syscall.Errno) bool {
		missing := n.Is(fs.ErrNotExist) // during a run it has been removed, and the next run makes it again
		return !lasting(n) && !(missing && ofFolder)
	})
}

// systemErrors are the system's errors in an error, which may have several causes.
func systemErrors(err error) []syscall.Errno {
	switch e := err.(type) {
	case syscall.Errno:
		return []syscall.Errno{e}
	case interface{ Unwrap() error }:
		return systemErrors(e.Unwrap())
	case interface{ Unwrap() []error }:
		var all []syscall.Errno
		for _, one := range e.Unwrap() {
			all = append(all, systemErrors(one)...)
		}
		return all
	}
	return nil
}

// passing are the system's errors whose causes pass: full and failing disks, network file systems
// that do not answer or have changed, and a machine without free memory, files or processes.
func passing() []syscall.Errno {
	return append(systemPassing(),
		syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG, syscall.EIO, syscall.EROFS, syscall.ENODEV, syscall.ENXIO,
		syscall.ESTALE, syscall.ETIMEDOUT, syscall.EHOSTDOWN, syscall.EHOSTUNREACH, syscall.ENETDOWN, syscall.ENETUNREACH,
		syscall.ECONNREFUSED, syscall.ECONNRESET, syscall.ECONNABORTED, syscall.ENOTCONN, syscall.EPIPE,
		syscall.ENOLCK, syscall.EDEADLK, syscall.EBUSY, syscall.EAGAIN, syscall.EINTR, syscall.ETXTBSY,
		syscall.ENOMEM, syscall.ENOBUFS, syscall.EMFILE, syscall.ENFILE,
	)
}

// lasting says whether an error of writing stays as long as the command and the folder do.
func lasting(n syscall.Errno) bool {
	return n.Is(fs.ErrPermission) || n.Is(fs.ErrExist) || n.Is(errors.ErrUnsupported) || slices.Contains([]syscall.Errno{
		syscall.ENOTDIR, syscall.EISDIR, syscall.ENAMETOOLONG, syscall.ELOOP, syscall.EINVAL, syscall.EILSEQ, syscall.EXDEV, syscall.EMLINK,
	}, n)
}
