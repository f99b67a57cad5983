package decode

import (
	"errors"
	"fmt"
	"io"

	"filterbank/pipeline/decode/noun"
)

// Code names what is wrong with a file. Codes are stable: manifests carry them.
type Code string

// What can be wrong.
const (
	Empty       Code = "empty"         // no bytes
	NotPicture  Code = "not-a-picture" // text or an unknown kind of file
	Unsupported Code = "unsupported"   // another picture format, or a rare form of one that is read
	Truncated   Code = "truncated"     // the file ends before the picture does
	Corrupt     Code = "corrupt"       // damaged in its middle
	TooLarge    Code = "too-large"     // over the pixel limit, as it is or resized
	TooSmall    Code = "too-small"     // smaller than the crop
	Channels    Code = "channels"      // another number of channels than is wanted
)

// Error is why a picture is refused. Its text says what is wrong and what would be
// right. The caller adds the file's name.
type Error struct {
	Code Code
	Text string
	Err  error // the error of a library's decoder, or nil
}

// Error is the text.
func (e *Error) Error() string { return e.Text }

// Unwrap is the decoder's own error, or nil.
func (e *Error) Unwrap() error { return e.Err }

func refuse(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Text: fmt.Sprintf(format, args...)}
}

// failure makes an *Error of what a codec reports. Decoders call an early end by several
// names, so whether the reader ran out of bytes decides.
func (c *codec) failure(err error, f *file) error {
	if refused, ok := errors.AsType[*Error](err); ok {
		return refused
	}
	why, refused := c.explain(err)
	switch {
	case refused != nil:
	case f.end || errors.Is(err, io.ErrUnexpectedEOF):
		refused = refuse(Truncated, "truncated %s: the file ends after %s, before its picture does; fetch the file again", c.title, noun.Count(len(f.data), "byte"))
	default:
		refused = refuse(Corrupt, "corrupt %s: %s, found within the first %d of %s; fetch the file again or save it anew",
			c.title, why, f.at, noun.Count(len(f.data), "byte"))
	}
	refused.Err = err
	return refused
}
