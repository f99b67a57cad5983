package engine

import (
	"context"
	"fmt"

	"golang.org/x/sync/semaphore"
)

// Memory is a budget of bytes for the pictures of a run. Waiting pictures are admitted in
// order, so that a large picture gets its turn among small ones. Memory is safe for
// concurrent use.
type Memory struct {
	total int64
	free  *semaphore.Weighted // nil if there is no bound
}

// NewMemory returns a budget of total bytes. A total of 0 or less sets no bound.
func NewMemory(total int64) *Memory {
	if total <= 0 {
		return &Memory{}
	}
	return &Memory{total, semaphore.NewWeighted(total)}
}

// MemoryError says that a picture needs more bytes than the whole run may have.
type MemoryError struct{ Need, Total int64 }

// Error names the need, the budget and the remedies.
func (e *MemoryError) Error() string {
	return fmt.Sprintf("it needs about %d MB of memory and the run may have %d MB; raise --max-memory, or resize the picture in the stack file's input", MB(e.Need), e.Total>>20)
}

// MB converts bytes to MiB and rounds up, so that a refused need never prints equal to the
// budget.
func MB(bytes int64) int64 { return (bytes + 1<<20 - 1) >> 20 }

// Admit waits until n bytes are free and returns the function that frees them again. The
// error is a *MemoryError if n is more than the total, or ctx's own.
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

// try admits n bytes if they are free now, and does not wait.
func (m *Memory) try(n int64) bool {
	return m.free == nil || m.free.TryAcquire(n)
}

func (m *Memory) release(n int64) {
	if m.free != nil {
		m.free.Release(n)
	}
}
