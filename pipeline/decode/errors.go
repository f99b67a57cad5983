package decode

import (
	"errors"
	"fmt"
	"image/jpeg"
	"image/png"
	"io"
)

// Code names what is wrong with a file. Codes are stable: manifests carry them.
type Code string

// What can be wrong.
const (
	Empty       Code = "empty"         // no bytes
	NotPicture  Code = "not-a-picture" // text or an unknown kind of file
	Unsupported Code = "unsupported"   // another picture format, or a rare form of PNG or JPEG
	Truncated   Code = "truncated"     // the file ends before the picture does
	Corrupt     Code = "corrupt"       // damaged in its middle
	TooLarge    Code = "too-large"     // over the pixel limit, as it is or resized
	TooSmall    Code = "too-small"     // smaller than the crop
)

// Error is why a picture is refused. Its text says what is wrong and what would be
// right; the file's name is the caller's to add.
type Error struct {
	Code Code
	Text string
	Err  error // what a decoder of the standard library said, or nil
}

// Error is the text.
func (e *Error) Error() string { return e.Text }

// Unwrap is the decoder's own error, or nil.
func (e *Error) Unwrap() error { return e.Err }

func refuse(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Text: fmt.Sprintf(format, args...)}
}

// decoderError sorts what image/png and image/jpeg report. They call an early end
// by several names, so whether the reader ran out of bytes decides.
func decoderError(f Format, err error, r *meter) error {
	_, rarePNG := errors.AsType[png.UnsupportedError](err)
	_, rareJPEG := errors.AsType[jpeg.UnsupportedError](err)
	why := reason(err)
	refused := refuse(Corrupt, "corrupt %s: %s, found within the first %d of %d bytes; fetch the file again or save it anew",
		f, why, r.at, r.size)
	switch {
	case rarePNG && why == "dimension overflow":
		refused = refuse(TooLarge, "PNG has more pixels than can be addressed, and no --limit-pixels helps; use a smaller picture")
	case rarePNG:
		refused = refuse(Unsupported, "unsupported PNG: %s; save it with 1, 2, 4, 8 or 16 bits as gray, palette or RGB", why)
	case rareJPEG:
		refused = refuse(Unsupported, "unsupported JPEG: %s; save it as a baseline or progressive JPEG or as PNG", why)
	case r.end || errors.Is(err, io.ErrUnexpectedEOF):
		refused = refuse(Truncated, "truncated %s: the file ends after %d bytes, before its picture does; fetch the file again", f, r.size)
	}
	refused.Err = err
	return refused
}

// reason is a decoder's error without the prefixes that repeat the format.
func reason(err error) string {
	if e, ok := errors.AsType[png.FormatError](err); ok {
		return string(e)
	}
	if e, ok := errors.AsType[jpeg.FormatError](err); ok {
		return string(e)
	}
	if e, ok := errors.AsType[png.UnsupportedError](err); ok {
		return string(e)
	}
	if e, ok := errors.AsType[jpeg.UnsupportedError](err); ok {
		return string(e)
	}
	return err.Error()
}
