package pipeline

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime/debug"

	"filterbank/pipeline/decode"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
)

// code is the stable name of what went wrong.
func code(err error) string {
	if refused, ok := errors.AsType[*decode.Error](err); ok {
		return string(refused.Code)
	}
	if problem, ok := errors.AsType[*source.Problem](err); ok {
		return string(problem.Code)
	}
	if size, ok := errors.AsType[*sizeError](err); ok {
		return size.code()
	}
	if _, ok := errors.AsType[*memoryError](err); ok {
		return string(decode.TooLarge)
	}
	if _, ok := errors.AsType[*timeoutError](err); ok {
		return manifest.CodeTimeout
	}
	if _, ok := errors.AsType[*store.Error](err); ok {
		return manifest.CodeOutput
	}
	if _, ok := errors.AsType[*internalError](err); ok {
		return manifest.CodeInternal
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return string(source.CodeMissing)
	case errors.Is(err, fs.ErrPermission):
		return string(source.CodeUnreadable)
	}
	return manifest.CodeIO
}

// timeoutError is a picture that took too long.
type timeoutError struct{ error }

// internalError is a panic. It costs the picture at hand and not the process.
type internalError struct {
	cause any
	stack []byte
}

// internal is the error of a panic, in whose deferred call it is called.
func internal(cause any) error { return &internalError{cause, debug.Stack()} }

func (e *internalError) Error() string {
	return fmt.Sprintf("internal error, please report it: %v\n%s", e.cause, e.stack)
}
