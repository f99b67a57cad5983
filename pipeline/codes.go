package pipeline

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime/debug"

	"filterbank/pipeline/decode"
	"filterbank/pipeline/sink"
	"filterbank/pipeline/source"
)

// Code is the stable name of what was wrong with a picture, for scripts.
type Code struct {
	Name    string
	Meaning string
}

// The codes that are the pipeline's own.
const (
	codeTimeout   = "timeout"
	codeIO        = "io"
	codeOutput    = "output"
	codeInternal  = "internal"
	codeUncovered = "uncovered"
)

// Codes lists every code that a record of the manifest can have, and what it means.
// They do not change from version to version; there may be more of them.
func Codes() []Code {
	return []Code{
		{string(decode.Empty), "the file has no bytes"},
		{string(decode.NotPicture), "the file is text, or of a kind that is not known"},
		{string(decode.Unsupported), "another picture format, or a rare form of PNG or JPEG"},
		{string(decode.Truncated), "the file ends before its picture does"},
		{string(decode.Corrupt), "the file is damaged in its middle"},
		{string(decode.TooLarge), "over the limit of pixels, as it is or in a layer, or the memory that the run may have"},
		{string(decode.TooSmall), "smaller than the crop or than a layer's kernel"},
		{codeUncovered, "a layer with strict_size leaves rows or columns uncovered"},
		{codeTimeout, "the picture took longer than --timeout"},
		{string(source.CodeMissing), "there is no such file or folder, or none any more"},
		{string(source.CodeUnreadable), "permission is missing to read the file or folder"},
		{codeIO, "the file cannot be read for another reason, such as a failing disk"},
		{string(source.CodeDanglingLink), "a link that leads nowhere"},
		{string(source.CodeNotAFile), "a pipe, a socket or a device"},
		{string(source.CodeEmptyFolder), "a folder without a picture"},
		{string(source.CodeNoMatch), "a pattern that nothing matches"},
		{string(source.CodeBadPattern), "a pattern that is malformed"},
		{string(source.CodeInsideOutput), "the output folder, or something in it"},
		{codeOutput, "the maps cannot have their names, because these are too long or taken by something else"},
		{codeInternal, "an error of this program; please report it"},
	}
}

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
		return codeTimeout
	}
	if _, ok := errors.AsType[*sink.Error](err); ok {
		return codeOutput
	}
	if _, ok := errors.AsType[*internalError](err); ok {
		return codeInternal
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return string(source.CodeMissing)
	case errors.Is(err, fs.ErrPermission):
		return string(source.CodeUnreadable)
	}
	return codeIO
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
