package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"filterbank/pipeline/decode"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/source"
)

// Visitor does the work of one worker of a Visit. It has one owner.
type Visitor interface {
	// Held estimates the bytes that the visitor holds for the current picture, besides its
	// pixels. The engine has the picture's plans.
	Held() int64
	// Visit takes a decoded picture and returns the number of its maps.
	Visit(ctx context.Context, rec *manifest.Record, pic *decode.Picture) (maps int, err error)
	// End is called once for each entry, whether it was visited or not. If ok is false, the
	// visitor drops everything that it has seen of the picture. turn is the entry's place in
	// the list.
	End(turn int, ok bool)
}

// Visit takes every entry as far as its pixels and hands these to visitors. start returns the
// visitor of each worker. Visit writes nothing. A picture that fails is a record, not an error.
// Pictures and visitors share res.Memory. The error is ctx's own or ErrStopped.
func Visit(ctx context.Context, entries []source.Entry, job Job, res Resources, policy Policy, start func(*engine.Engine) Visitor) (Summary, error) {
	begun := time.Now()
	j := job.withDefaults()
	if err := j.Check(); err != nil {
		return Summary{Left: len(entries)}, err
	}
	ahead := Ahead(res.Memory, entries)
	c := &crew{Shared: res.shared(ahead, j.WeightBytes()), ahead: ahead, workers: res.Count(), policy: &policy}
	_, err := c.work(ctx, entries, func() (worker, *engine.Stages) {
		p := newProcessor(j, &res, nil, c.Shared)
		v := start(p.engine)
		return func(ctx context.Context, turn int, e *source.Entry) result { return p.visit(ctx, turn, e, &policy, v) }, &p.engine.Stages
	})
	s := c.summary(len(entries))
	s.Elapsed = time.Since(begun)
	return s, err
}

// visit hands one entry to a visitor.
func (p *Processor) visit(ctx context.Context, turn int, e *source.Entry, policy *Policy, v Visitor) (r result) {
	rec := record(e)
	ok := false
	defer func() {
		if cause := recover(); cause != nil {
			p.reset()
			rec.Fail(fmt.Errorf("%s: %w", source.Display(e.Path), engine.Panic(cause)))
			r = result{record: rec}
		}
		v.End(turn, ok)
	}()
	maps, err := p.visited(ctx, turn, e, policy, rec, v)
	switch {
	case err == nil:
		ok, rec.Status = true, manifest.OK
		return result{record: rec, maps: maps}
	case interrupted(ctx, err):
		return result{}
	}
	rec.Fail(err)
	return result{record: rec}
}

func (p *Processor) visited(ctx context.Context, turn int, e *source.Entry, policy *Policy, rec *manifest.Record, v Visitor) (maps int, err error) {
	if e.Problem != nil {
		return 0, e.Problem
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	in, err := p.open(ctx, e)
	if err != nil {
		return 0, err
	}
	defer in.Close()
	p.moved = policy.moved(turn)
	err = p.decoded(ctx, in, rec, v.Held, func(ctx context.Context, pic *decode.Picture) (err error) {
		p.engine.Watch(len(p.job.Stacks), p.moved)
		maps, err = v.Visit(ctx, rec, pic)
		return err
	})
	return maps, err
}

// interrupted reports whether an error comes from the run's end and not from the picture.
func interrupted(ctx context.Context, err error) bool {
	if _, ok := errors.AsType[calleeError](err); ok {
		return true
	}
	return ctx.Err() != nil && (errors.Is(err, ctx.Err()) || errors.Is(err, context.Cause(ctx)) || errors.Is(err, context.DeadlineExceeded))
}
