package engine

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// SizeError is a stack that does not fit a picture of some size.
type SizeError struct {
	Err   error
	Large bool // a file of the picture would be larger than it may be
}

// Error is the text of Err.
func (e *SizeError) Error() string { return e.Err.Error() }

// Unwrap is Err.
func (e *SizeError) Unwrap() error { return e.Err }

// TimeoutError is a picture that took too long.
type TimeoutError struct {
	Name string
	Most time.Duration
}

// Error names the picture, the time and the remedies.
func (e *TimeoutError) Error() string {
	return fmt.Sprintf("run %s: it takes longer than %v; raise --timeout, or resize it in the stack file's input", e.Name, e.Most)
}

// Within runs do, the work on the picture of a name, with at most this time; 0 is no bound. If
// the time is over before do ends, the error is a *TimeoutError.
func Within(ctx context.Context, most time.Duration, name string, do func(context.Context) error) error {
	if most <= 0 {
		return do(ctx)
	}
	short, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	err := do(short)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		err = &TimeoutError{name, most}
	}
	return err
}
