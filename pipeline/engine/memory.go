package engine

import (
	"context"
	"fmt"

	"golang.org/x/sync/semaphore"
)

// Memory lets pictures in by the bytes that they need. Whoever waits is served in order,
// so that a large picture gets its turn among small ones. It is safe for concurrent use.
type Memory struct {
	total int64
	free  *semaphore.Weighted // nil without a bound
}

// NewMemory bounds the bytes in use; a total of 0 is no bound.
func NewMemory(total int64) *Memory {
	if total <= 0 {
		return &Memory{}
	}
	return &Memory{total, semaphore.NewWeighted(total)}
}

// MemoryError is a picture that needs more bytes than the whole run may have.
type MemoryError struct{ Need, Total int64 }

// Error says how much is needed and how the picture could be run.
func (e *MemoryError) Error() string {
	return fmt.Sprintf("it needs about %d MB of memory and the run may have %d MB; raise --max-memory, or resize the picture in the stack file's input", MB(e.Need), e.Total>>20)
}

// MB rounds bytes up, so that a refused need never prints equal to the budget.
func MB(bytes int64) int64 { return (bytes + 1<<20 - 1) >> 20 }

// Admit waits until n bytes are free and gives the function that frees them again. The
// error is a *MemoryError where n is more than the total, or ctx's own.
func (m *Memory) Admit(ctx context.Context, n int64) (release func(), err error) {
	if m.free == nil {
		return func() {}, nil
	}
	if n > m.total {
		return nil, &MemoryError{n, m.total}
	}
	if err := m.free.Acquire(ctx, n); err != nil {
		return nil, err
	}
	return func() { m.free.Release(n) }, nil
}

// try admits n bytes if they are free now.
func (m *Memory) try(n int64) bool {
	return m.free == nil || m.free.TryAcquire(n)
}

func (m *Memory) release(n int64) {
	if m.free != nil {
		m.free.Release(n)
	}
}
