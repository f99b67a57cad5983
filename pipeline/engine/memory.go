package engine

import (
	"context"
	"fmt"
	"runtime"

	"golang.org/x/sync/semaphore"
)

// Memory is a budget of bytes for a run. The program itself and the layers' weights take a part of
// it, and pictures share the rest. Waiting pictures are admitted in order, so that a large picture gets its turn
// among small ones. Memory is safe for concurrent use.
type Memory struct {
	total, beside, weights int64
	pictures               int64               // bytes for all of them
	free                   *semaphore.Weighted // nil if there is no bound
}

// NewMemory returns a budget of total bytes, of which beside are a share for something else and weights
// are what the layers hold. A total of 0 or less sets no bound. Where nothing is left for pictures,
// each of them is refused.
func NewMemory(total, beside, weights int64) *Memory {
	if total <= 0 {
		return &Memory{}
	}
	left := max(total-beside-weights, 1)
	pictures := left - Own(left)
	return &Memory{total, beside, weights, pictures, semaphore.NewWeighted(pictures)}
}

// Own is the part of a budget that the program takes without any picture, in bytes: its code,
// and what the runtime and the workers hold. It is 13 MB at the start of a run on Linux. It is at
// most a quarter of the budget, so that tiny pictures can be run in any budget.
func Own(total int64) int64 { return min(ownBytes, total/4) }

const ownBytes = 16 << 20

// Budget is the least total that leaves need bytes for pictures.
func Budget(need int64) int64 { return need + min(ownBytes, (need-1)/3) }

// MemoryError says that a picture needs more bytes than the whole run may have.
type MemoryError struct{ Need, Total int64 }

// Error names the need, the budget and the remedies.
func (e *MemoryError) Error() string {
	return fmt.Sprintf("it needs %s; raise --max-memory, or resize the picture in the stack file's input", Shortage(e.Need, e.Total))
}

// Shortage says that a need of memory is larger than a run's budget, both in bytes. It writes
// megabytes of a million bytes, as --max-memory has them. The need is rounded up and the budget
// down, so that they never print equal.
func Shortage(need, total int64) string {
	const mb = 1_000_000
	return fmt.Sprintf("about %d MB of memory and the run may have %d MB", (need+mb-1)/mb, total/mb)
}

// Admit waits until n bytes are free and returns the function that frees them again. The
// error is a *MemoryError if n is more than the total, or ctx's own.
func (m *Memory) Admit(ctx context.Context, n int64) (release func(), err error) {
	if m.free == nil {
		return func() {}, nil
	}
	if n > m.pictures {
		need := Budget(n) + m.weights
		need += int64(float64(need) * float64(m.beside) / float64(m.total-m.beside))
		return nil, &MemoryError{need, m.total}
	}
	if err := m.free.Acquire(ctx, n); err != nil {
		return nil, err
	}
	if n > (m.total-m.beside)/8 {
		runtime.GC() // what earlier pictures of this size have left is not counted
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
