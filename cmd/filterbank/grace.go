package main

import (
	"context"
	"os"
	"time"

	"filterbank/pipeline"
)

// graceUsage is the help of --grace.
const graceUsage = "after SIGTERM begin no image, finish those in work if this time allows, and end within it, as in 25s (end at once)"

// closingTime is the part of a grace that is kept for the end of a run: a tenth of it, and more if
// the manifest has many records, but at most half.
func closingTime(grace time.Duration, images int) time.Duration {
	const record = 20 * time.Microsecond // to copy a record when the manifest is put into order
	return min(grace/2, grace/10+time.Duration(images)*record)
}

// graced gives a run its time between a signal, which ends ctx, and its end. It sets what the run
// obeys in p and returns the context of the work on images. end must be called at the end of
// the run. Nothing that a run does is lost if the time is over and it has not ended: the program
// then ends like a killed one.
func (f *flags) graced(ctx context.Context, p *pipeline.Policy, w *workplace, images int) (running context.Context, end func()) {
	if f.grace <= 0 {
		return ctx, func() {}
	}
	p.Ending = ctx
	running, abandon := context.WithCancelCause(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	unhook := context.AfterFunc(ctx, func() {
		last := time.AfterFunc(f.grace, func() { f.overdue(w) })
		defer last.Stop()
		closing := time.AfterFunc(f.grace-closingTime(f.grace, images), func() { abandon(context.Cause(ctx)) })
		defer closing.Stop()
		w.log.Warn("a signal has come: no image is begun, and the ones in work have "+f.grace.String(), "event", "ending", "grace", f.grace.Seconds())
		<-ended
	})
	return running, func() {
		unhook()
		close(ended)
		abandon(nil)
	}
}

// overdue ends the program, which has not ended by itself in time.
func (f *flags) overdue(w *workplace) {
	said := make(chan struct{})
	go func() {
		defer close(said)
		w.log.Error("the time of --grace "+f.grace.String()+" is over before the end of the run; finished images stay, and the same command does the rest",
			"event", "error", "exit", exitInterrupted)
	}()
	select {
	case <-said:
	case <-time.After(100 * time.Millisecond): // nobody reads the messages
	}
	os.Exit(exitInterrupted)
}
