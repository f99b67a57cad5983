package manifest

import (
	"errors"
	"io/fs"

	"filterbank/filters"
	"filterbank/filters/volume"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
)

// Fail turns the record into that of a picture that failed, with the code of the error.
func (r *Record) Fail(err error) {
	r.Status, r.Error, r.Code = Failed, err.Error(), code(err)
	r.Layers, r.Files, r.Keys, r.Stack, r.Digest = nil, nil, nil, "", ""
}

// code returns the stable name of what went wrong.
func code(err error) string {
	if refused, ok := errors.AsType[*decode.Error](err); ok {
		return string(refused.Code)
	}
	if problem, ok := errors.AsType[*source.Problem](err); ok {
		return string(problem.Code)
	}
	if size, ok := errors.AsType[*engine.SizeError](err); ok {
		return sizeCode(size)
	}
	if _, ok := errors.AsType[*engine.MemoryError](err); ok {
		return string(decode.TooLarge)
	}
	if _, ok := errors.AsType[*engine.TimeoutError](err); ok {
		return CodeTimeout
	}
	if _, ok := errors.AsType[*store.Error](err); ok {
		return CodeOutput
	}
	if _, ok := errors.AsType[*engine.PanicError](err); ok {
		return CodeInternal
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return string(source.CodeMissing)
	case errors.Is(err, fs.ErrPermission):
		return string(source.CodeUnreadable)
	}
	return CodeIO
}

func sizeCode(err *engine.SizeError) string {
	switch {
	case err.Large, errors.Is(err, volume.ErrTooLarge):
		return string(decode.TooLarge)
	case errors.Is(err, filters.ErrStrictSize):
		return CodeUncovered
	}
	return string(decode.TooSmall)
}
