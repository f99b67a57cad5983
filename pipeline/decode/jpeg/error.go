package jpeg

import (
	"fmt"

	"filterbank/pipeline/decode/noun"
)

// Kind sorts errors.
type Kind uint8

// The kinds of errors.
const (
	Corrupt     Kind = iota + 1 // damaged
	Truncated                   // the file ends before the picture does
	Unsupported                 // a rare form of JPEG, or one that libjpeg-turbo does not decode either
)

// Error is why a file is refused.
type Error struct {
	Kind   Kind
	Offset int    // in bytes from the beginning of the file: where the fault was found
	Text   string // what is wrong, without the offset
}

// Error is the text and the offset.
func (e *Error) Error() string {
	if e.Kind == Truncated {
		return fmt.Sprintf("the file ends after %s, %s", noun.Count(e.Offset, "byte"), e.Text)
	}
	return fmt.Sprintf("%s, at byte %d", e.Text, e.Offset)
}

func corrupt(at int, format string, args ...any) *Error {
	return &Error{Corrupt, at, fmt.Sprintf(format, args...)}
}

func unsupported(at int, format string, args ...any) *Error {
	return &Error{Unsupported, at, fmt.Sprintf(format, args...)}
}

func truncated(at int, format string, args ...any) *Error {
	return &Error{Truncated, at, fmt.Sprintf(format, args...)}
}
