package pipeline

import (
	"context"
	"fmt"

	"golang.org/x/sync/semaphore"
)

// admission lets pictures in by the memory they need. Whoever waits is served in
// order, so that a large picture gets its turn among small ones.
type admission struct {
	total int64
	free  *semaphore.Weighted // nil without a bound
}

func newAdmission(total int64) *admission {
	if total <= 0 {
		return &admission{}
	}
	return &admission{total, semaphore.NewWeighted(total)}
}

// memoryError is a picture that needs more than the whole run may have.
type memoryError struct{ need, total int64 }

func (e *memoryError) Error() string {
	return fmt.Sprintf("it needs about %d MB of memory and the run may have %d MB; raise --max-memory, or resize the picture in the stack file's input", roundedUp(e.need), e.total>>20)
}

// roundedUp is a need in MB, which is larger than a budget that it exceeds also where that
// is by less than one.
func roundedUp(bytes int64) int64 { return (bytes + 1<<20 - 1) >> 20 }

// admit waits until n bytes are free and gives the function that frees them again.
func (a *admission) admit(ctx context.Context, n int64) (release func(), err error) {
	if a.free == nil {
		return func() {}, nil
	}
	if n > a.total {
		return nil, &memoryError{n, a.total}
	}
	if err := a.free.Acquire(ctx, n); err != nil {
		return nil, err
	}
	return func() { a.free.Release(n) }, nil
}

// try admits n bytes if they are free now.
func (a *admission) try(n int64) bool {
	return a.free == nil || a.free.TryAcquire(n)
}

func (a *admission) release(n int64) {
	if a.free != nil {
		a.free.Release(n)
	}
}
