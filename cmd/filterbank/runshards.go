package main

import (
	"context"
	"errors"
	"fmt"

	"filterbank/pipeline"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/parts"
	"filterbank/pipeline/store"
)

// runShards runs the shards of a job, one after the other.
func (f *flags) runShards(ctx context.Context, c console, j *job) error {
	if err := settle(ctx, j); err != nil {
		return err
	}
	where := inOutput(f.out, store.PartsName)
	if d := j.shards; len(d.indexes) == 1 {
		where = inOutput(f.out, store.PartName(d.indexes[0], d.count), manifest.Name)
	}
	return f.work(ctx, c, j, "", where, func(running context.Context, w *workplace) error {
		f.warn(j, w)
		sum, held, err := f.eachShard(ctx, running, j, w)
		w.end()
		if err = f.finish(ctx, c, w, j, sum, err); err != nil {
			return err
		}
		if len(held) == 0 {
			return f.verdict(c, w, sum.Failed, len(j.entries))
		}
		return &exit{exitAgain, fmt.Errorf("another task is at work on %s: wait for it, or run the same command again later", shardsText(held))}
	})
}

// shardsText names shards by their indexes.
func shardsText(indexes []int) string {
	if len(indexes) == 1 {
		return fmt.Sprintf("shard %d", indexes[0])
	}
	return "the shards " + parts.Array(indexes)
}

// settle makes the output folder and agrees with the other tasks on what is run. A bucket must be
// able to refuse the second of two tasks that write the same object.
func settle(ctx context.Context, j *job) error {
	if client := j.opts.Client; client != nil {
		objects, prefix, err := store.OpenPrefix(client, j.opts.Out)
		if err == nil {
			err = objects.Probe(ctx, prefix)
		}
		if err != nil {
			return fmt.Errorf("output %s: %w", j.opts.Out, err)
		}
		j.opts.Probed = true
	}
	p, err := openPlace(j.opts.Out, store.Open)
	if err != nil {
		return err
	}
	defer p.release()
	return j.shards.config.Settle(ctx, p, j.opts.Out)
}

// eachShard runs the shards until one has an error. It returns the sums of all, and the shards
// that other tasks hold.
func (f *flags) eachShard(ctx, running context.Context, j *job, w *workplace) (sum pipeline.Summary, held []int, err error) {
	before := 0 // entries of earlier shards
	for index, entries := range j.shards.each(j.entries) {
		one := *j
		one.entries = entries
		one.opts.Part = pipeline.Part{Index: index, Count: j.shards.count}
		one.opts.About = func(s pipeline.Summary) (*manifest.Run, error) { return f.runFile(&one, s, ctx.Err() != nil) }
		first := before
		one.opts.Ended = func(turn int, o pipeline.Outcome) { w.ended(first+turn, o) }
		one.opts.Moved = func(turn int, share float64) { w.moved(first+turn, share) }
		s, err := pipeline.Run(running, one.entries, one.Job, one.res, one.opts)
		before += len(one.entries)
		sum.Add(s)
		if errors.Is(err, store.ErrLocked) {
			w.log.Warn(fmt.Sprintf("shard %d: another task is at work on it", index), "event", "held", "shard", index)
			held = append(held, index)
			continue
		}
		if err != nil {
			sum.Left += len(j.entries) - before
			return sum, held, err
		}
	}
	return sum, held, nil
}
