package png

import "fmt"

// Kind sorts errors.
type Kind uint8

// What can be wrong with a file.
const (
	Truncated   Kind = iota + 1 // it ends too early
	Corrupt                     // it is damaged
	Unsupported                 // the standard does not define how to read it
)

// Error is why a file is refused.
type Error struct {
	Kind Kind
	Text string // what is wrong and where, without a capital or a stop
	Err  error  // the error of package inflate, or nil
}

// Error is the text.
func (e *Error) Error() string { return e.Text }

// Unwrap is the error of package inflate, or nil.
func (e *Error) Unwrap() error { return e.Err }

func refuse(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Text: fmt.Sprintf(format, args...)}
}

// mostWarnings bounds the warnings of one file.
const mostWarnings = 20

func (r *reader) warn(format string, args ...any) {
	r.unsaid++
	if len(r.Warnings) < mostWarnings {
		r.Warnings = append(r.Warnings, fmt.Sprintf(format, args...))
		r.unsaid--
	}
}
