package engine

import (
	"fmt"
	"runtime/debug"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// Lane holds the buffer and the clock of a goroutine that works on one map after another.
type Lane struct {
	Clock  Clock // runs on from map to map
	Stages Stages
	bytes  []byte
}

// Scratch returns n bytes of arbitrary content. They are valid until the next call.
func (l *Lane) Scratch(n int) []byte {
	if cap(l.bytes) < n {
		l.bytes = make([]byte, n)
	}
	return l.bytes[:n]
}

// Lanes are the lanes of one worker. The zero value is ready. It has one owner.
type Lanes struct{ lanes []*Lane }

// Each calls do for 0 ≤ k < n from a number of goroutines. Each goroutine has a lane of its
// own, l, with the number i. The first error ends the work. If there are several goroutines,
// a panic in one is returned as a *PanicError, since it would otherwise end the process.
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

// take moves the time that the lanes have counted to stages.
func (ls *Lanes) take(stages *Stages) {
	for _, l := range ls.lanes {
		stages.Add(l.Stages)
		l.Stages = Stages{}
	}
}

// PanicError is a panic, which ends the current picture but not the process.
type PanicError struct {
	Cause any
	Stack []byte
}

// Panic returns a *PanicError. The deferred function that recovers calls it.
func Panic(cause any) error { return &PanicError{cause, debug.Stack()} }

// Error asks the user to report the panic with its stack.
func (e *PanicError) Error() string {
	return fmt.Sprintf("internal error, please report it: %v\n%s", e.Cause, e.Stack)
}
