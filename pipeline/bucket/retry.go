package bucket

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"
)

// Policy says how often a request is made, and when it is given up. Fields that are 0 have the
// defaults.
type Policy struct {
	// Attempts is the number of times that a request is made, 10 by default. A transfer that breaks
	// after it has moved on begins to count anew.
	Attempts int
	// First is the same for requests to a store that has not answered any yet, 4 by default: its
	// address may be wrong.
	First int
	// Before attempt n+1 there is a pause between 0 and Base·2ⁿ⁻¹, at most Cap. Any length is as
	// likely as another, so that the tasks of a cluster do not come back at the same moment
	// (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter, full jitter).
	// They are 200 ms and 20 s by default.
	Base, Cap time.Duration
	// Total is the time after which no attempt begins, 2 minutes by default.
	Total time.Duration
	// Stall is the longest time in which no byte may move, 30 s by default. The store's answer to
	// the end of a large upload may take ten times as long.
	Stall time.Duration
}

func (p Policy) withDefaults() Policy {
	return Policy{
		Attempts: cmp.Or(p.Attempts, 10), First: cmp.Or(p.First, 4), Base: cmp.Or(p.Base, 200*time.Millisecond), Cap: cmp.Or(p.Cap, 20*time.Second),
		Total: cmp.Or(p.Total, 2*time.Minute), Stall: cmp.Or(p.Stall, 30*time.Second),
	}
}

// pause is the longest pause after a number of failures.
func (p *Policy) pause(failures int) time.Duration {
	longest := p.Base
	for i := 1; i < failures && longest < p.Cap; i++ {
		longest *= 2
	}
	return min(longest, p.Cap)
}

// trial counts the attempts at one request.
type trial struct {
	b        *Bucket
	op, key  string
	policy   Policy
	failures int
	begun    time.Time
}

func (b *Bucket) trial(op, key string) *trial {
	return &trial{b: b, op: op, key: key, policy: b.client.policy, begun: time.Now()}
}

// anew begins to count again, after a transfer has moved on.
func (t *trial) anew() { t.failures, t.begun = 0, time.Now() }

// failed waits until the next attempt and returns nil, or returns the error that is left: an
// *Error, or ctx's own.
func (t *trial) failed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	t.failures++
	e := t.b.failure(t.op, t.key, err)
	if !e.passing {
		return e
	}
	pause := time.Duration(rand.Int64N(int64(t.policy.pause(t.failures)) + 1))
	attempts := t.policy.Attempts
	if !t.b.client.answered.Load() {
		attempts = min(attempts, t.policy.First)
	}
	if spent := time.Since(t.begun); t.failures >= attempts || spent+pause > t.policy.Total {
		e.attempts, e.spent = t.failures, spent
		return e
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// do makes a request until it succeeds. The watch ends an attempt in which no byte moves.
func (t *trial) do(ctx context.Context, request func(context.Context, *watch) error) error {
	for {
		watched, w := newWatch(ctx, t.policy.Stall)
		err := w.why(request(watched, w))
		w.end()
		if err == nil {
			t.b.client.answered.Store(true)
			return nil
		}
		if err := t.failed(ctx, err); err != nil {
			return err
		}
	}
}

// watch ends the context of an attempt when no byte has moved for some time.
type watch struct {
	most   time.Duration
	timer  *time.Timer
	cancel context.CancelCauseFunc
	ctx    context.Context
}

// stalledError says that no byte has moved for some time.
type stalledError struct{ time.Duration }

func (e stalledError) Error() string {
	return fmt.Sprintf("the store has sent nothing for %v", e.Duration)
}

func newWatch(ctx context.Context, most time.Duration) (context.Context, *watch) {
	w := &watch{most: most}
	w.ctx, w.cancel = context.WithCancelCause(ctx)
	w.timer = time.AfterFunc(most, func() { w.cancel(stalledError{most}) })
	return w.ctx, w
}

// moved says that bytes have moved.
func (w *watch) moved() { w.timer.Reset(w.most) }

// rest says that nobody waits for the store.
func (w *watch) rest() { w.timer.Stop() }

// why returns the reason of an error if the watch has caused it.
func (w *watch) why(err error) error {
	if stalled, ok := errors.AsType[stalledError](context.Cause(w.ctx)); err != nil && ok {
		return stalled
	}
	return err
}

// end ends the watch and its context.
func (w *watch) end() {
	w.timer.Stop()
	w.cancel(nil)
}

// moving is a body that is sent. Its reader is told to the watch.
type moving struct {
	io.Reader
	*watch
}

func (m moving) Read(p []byte) (int, error) {
	m.moved()
	return m.Reader.Read(p)
}
