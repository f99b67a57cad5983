package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"filterbank/pipeline/bucket"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
)

// This file keeps runs in shards, parts by a hash and whole runs apart.

// checkApart refuses shards in an output that has the results of a run without shards. A job for an
// engine is made without a look at a bucket, whose credentials may be on the nodes alone.
func (f *flags) checkApart(ctx context.Context) error {
	if f.shards.sample && bucket.IsURL(f.out) {
		return nil
	}
	shards, err := f.outHas(ctx, store.ConfigName)
	if err != nil || shards {
		return err
	}
	whole, err := f.outHas(ctx, manifest.Name)
	if err != nil {
		return err
	}
	if whole || !bucket.IsURL(f.out) && store.Unfinished(f.out) {
		return fmt.Errorf("output folder %s: it has the results of a run without --shards: choose another folder with -o", f.out)
	}
	return nil
}

// outHas says whether the output folder or bucket has a file at its top.
func (f *flags) outHas(ctx context.Context, name string) (bool, error) {
	if !bucket.IsURL(f.out) {
		_, err := os.Lstat(filepath.Join(f.out, name))
		return err == nil, nil
	}
	p, err := openPlace(f.out, store.OpenExisting)
	if err != nil {
		return false, err
	}
	in, err := p.Open(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	} else if err != nil {
		return false, fmt.Errorf("output %s: %w", f.out, err)
	}
	return true, in.Close()
}

// checkWhole refuses a part by a hash in an output whose results are of other parts.
func (f *flags) checkWhole(ctx context.Context) error {
	if f.shard == "" {
		return nil
	}
	shards, err := f.outHas(ctx, store.ConfigName)
	if err != nil {
		return err
	}
	if shards {
		return fmt.Errorf("output folder %s: it has the results of a run with --shards: add --shards, or choose another folder with -o", f.out)
	}
	here, err := source.ParseShard(f.shard)
	if err != nil {
		return err
	}
	run, err := f.earlierRun(ctx)
	if err != nil || run.Shard == "" {
		return err
	}
	if there, err := source.ParseShard(run.Shard); err == nil && there.Count != here.Count {
		return fmt.Errorf("output folder %s: it has the results of --shard %s, whose %d parts hold other images than the %d of --shard %s: write --shard I/%d, or choose another folder with -o",
			f.out, run.Shard, there.Count, here.Count, f.shard, there.Count)
	}
	return nil
}

// earlierRun reads run.json of the output. It is empty if there is none that can be read: there is
// nothing to compare with then.
func (f *flags) earlierRun(ctx context.Context) (*manifest.Run, error) {
	if !bucket.IsURL(f.out) {
		if run, err := manifest.ReadRun(f.out); err == nil {
			return run, nil
		}
		return &manifest.Run{}, nil
	}
	p, err := openPlace(f.out, store.OpenExisting)
	if err != nil {
		return nil, err
	}
	data, err := p.Read(ctx, manifest.RunName, 64<<20)
	if errors.Is(err, fs.ErrNotExist) {
		return &manifest.Run{}, nil
	} else if err != nil {
		return nil, fmt.Errorf("output %s: %w", f.out, err)
	}
	if run, err := manifest.DecodeRun(data); err == nil {
		return run, nil
	}
	return &manifest.Run{}, nil
}
