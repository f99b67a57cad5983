package engine

import (
	"fmt"
	"runtime/debug"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// Lane is what one goroutine needs to work on maps, one after the other.
type Lane struct {
	Clock  Clock // runs from one map to the next
	Stages Stages
	bytes  []byte
}

// Scratch is n bytes of arbitrary content. They hold until the next call.
func (l *Lane) Scratch(n int) []byte {
	if cap(l.bytes) < n {
		l.bytes = make([]byte, n)
	}
	return l.bytes[:n]
}

// Lanes are the lanes of one worker. The zero value is ready. It has one owner.
type Lanes struct{ lanes []*Lane }

// Each calls do for 0 ≤ k < n, from that many goroutines, each with a lane of its own; i
// is the lane's number. The first error ends the work. A panic in a goroutine is a
// *PanicError, since it would end the process and not only the picture.
func (ls *Lanes) Each(goroutines, n int, do func(l *Lane, i, k int) error) error {
	goroutines = max(1, min(goroutines, n))
	for len(ls.lanes) < goroutines {
		ls.lanes = append(ls.lanes, new(Lane))
	}
	if goroutines == 1 {
		l := ls.lanes[0]
		l.Clock = Start()
		for k := range n {
			if err := do(l, 0, k); err != nil {
				return err
			}
		}
		return nil
	}
	var next atomic.Int64
	var group errgroup.Group
	for i := range goroutines {
		group.Go(func() (err error) {
			defer func() {
				if p := recover(); p != nil {
					err = Panic(p)
				}
			}()
			l := ls.lanes[i]
			l.Clock = Start()
			for k := int(next.Add(1)) - 1; k < n; k = int(next.Add(1)) - 1 {
				if err := do(l, i, k); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// take adds the time that the lanes have counted to stages, and sets them back to 0.
func (ls *Lanes) take(stages *Stages) {
	for _, l := range ls.lanes {
		stages.Add(l.Stages)
		l.Stages = Stages{}
	}
}

// PanicError is a panic. It costs the picture at hand and not the process.
type PanicError struct {
	Cause any
	Stack []byte
}

// Panic is the error of a panic. It is called in the deferred function that recovers.
func Panic(cause any) error { return &PanicError{cause, debug.Stack()} }

// Error asks for a report, with the stack.
func (e *PanicError) Error() string {
	return fmt.Sprintf("internal error, please report it: %v\n%s", e.Cause, e.Stack)
}
