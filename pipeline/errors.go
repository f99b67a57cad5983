package pipeline

import (
	"context"
	"errors"
	"io/fs"

	"filterbank/filters"
	"filterbank/filters/volume"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
)

// sizeError is a stack that does not fit a picture.
type sizeError struct{ error }

// Unwrap is what the stack says.
func (e *sizeError) Unwrap() error { return e.error }

func (e *sizeError) code() string {
	_, large := errors.AsType[*largeError](e.error)
	switch {
	case large, errors.Is(e, volume.ErrTooLarge):
		return string(decode.TooLarge)
	case errors.Is(e, filters.ErrStrictSize):
		return manifest.CodeUncovered
	}
	return string(decode.TooSmall)
}

// largeError is a sheet that has more pixels than it may have.
type largeError struct{ error }

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
	if _, ok := errors.AsType[*engine.MemoryError](err); ok {
		return string(decode.TooLarge)
	}
	if _, ok := errors.AsType[*timeoutError](err); ok {
		return manifest.CodeTimeout
	}
	if _, ok := errors.AsType[*store.Error](err); ok {
		return manifest.CodeOutput
	}
	if _, ok := errors.AsType[*engine.PanicError](err); ok {
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

// Fail turns a record into the one of a picture that failed, with the code of the error.
func Fail(rec *manifest.Record, err error) {
	rec.Status, rec.Error, rec.Code = manifest.Failed, err.Error(), code(err)
	rec.Layers, rec.Files, rec.Keys, rec.Digest = nil, nil, nil, ""
}

// interrupted says that an error is that of the run's end and not the picture's.
func interrupted(ctx context.Context, err error) bool {
	return ctx.Err() != nil && (errors.Is(err, ctx.Err()) || errors.Is(err, context.Cause(ctx)) || errors.Is(err, context.DeadlineExceeded))
}
