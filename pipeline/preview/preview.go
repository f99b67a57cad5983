// Package preview owns what a run would do, before its first pixel: the arithmetic of every
// size, files and bytes, and names that clash. It never decodes a picture and writes nothing.
package preview

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"filterbank/filters"
	"filterbank/filters/volume"
	"filterbank/pipeline"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/inorder"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/output"
	"filterbank/pipeline/source"
)

// Preview is what a run would do, worked out from the pictures' headers.
type Preview struct {
	Sizes    []SizePlan
	Failures []*manifest.Record // pictures that cannot be run, as far as headers tell
	Pictures int                // that can be run
	Maps     int                // that the job's files or features are made of
	Files    int
	Shards   int   // of a pack, at most; 0 in folders
	Bytes    int64 // at most: of the files, which have exactly this size if all are .npy or .npz, or of the shards
	// Memory is the least budget, in bytes, that admits all workers to the largest picture. A
	// process also takes about 45 MB of its own, which is more than budgets below 64 MB count.
	Memory int64

	longest string // see longest
	packed  *pack  // nil in folders
}

// longest returns the name of a picture that takes most bytes in a file that has it.
func longest(entries []source.Entry) (name string) {
	for i := range entries {
		if n := source.Display(entries[i].Place()); len(strconv.Quote(n)) > len(strconv.Quote(name)) {
			name = n
		}
	}
	return name
}

// SizePlan is the arithmetic for all pictures that enter the stacks with one size.
type SizePlan struct {
	Input    volume.Shape
	Pictures int
	Example  string // the first picture of that size
	Plans    []*filters.Plan
	Files    int   // a picture
	Maps     int   // a picture
	Bytes    int64 // a picture, at most

	planned []output.Planned
	held    int64 // see output.View.Memory
}

// Options say what a preview is of. The zero value is of files in folders.
type Options struct {
	// Pack and PackCount are the bounds of a pack's shards. See pipeline.RunOptions.
	Pack      int64
	PackCount int
	// Bucket says that the output is in a bucket, which takes memory to send files there.
	Bucket bool
	// Ended is called for every entry in turn. It may be nil.
	Ended func(turn int, o pipeline.Outcome)
}

// New reads the headers of all entries and plans every size among them. Sizes
// come in the order in which they are first met. A picture on standard input cannot
// be looked at without using it up and counts as a failure.
func New(ctx context.Context, entries []source.Entry, job pipeline.Job, res pipeline.Resources, o Options) (*Preview, error) {
	if err := job.Check(); err != nil {
		return nil, err
	}
	p := &Preview{longest: longest(entries), packed: newPack(o)}
	known := map[volume.Shape]int{}
	err := headers(ctx, entries, &job, func(i int, h header) {
		e := &entries[i]
		if h.err == nil {
			h.err = p.add(e, h.info, h.size, known, &job)
		}
		outcome := pipeline.Done
		if h.err != nil {
			outcome = pipeline.Failed
			rec := &manifest.Record{Input: manifest.Path(e.Path), Output: manifest.Path(e.Place())}
			rec.Fail(h.err)
			p.Failures = append(p.Failures, rec)
		}
		if o.Ended != nil {
			o.Ended(i, outcome)
		}
	})
	if err != nil {
		return nil, err
	}
	if p.packed != nil {
		p.Shards, p.Bytes = p.packed.plan.Shards, p.packed.plan.Bytes
	}
	p.Memory *= int64(min(res.Count(), max(1, p.Pictures)))
	p.Memory = engine.Budget(p.Memory) + job.WeightBytes()
	if o.Bucket {
		p.Memory = pipeline.WithBucket(p.Memory)
	}
	p.Memory = pipeline.WithAhead(p.Memory, entries)
	return p, nil
}

// header is what the beginning of a picture's file tells, and the size of the file in bytes.
type header struct {
	info decode.Info
	size int64
	err  error
}

// headers reads the headers of entries and calls each with them, in turn. Many requests are made at
// a time if the entries are remote. The only error is ctx's.
func headers(ctx context.Context, entries []source.Entry, j *pipeline.Job, each func(i int, h header)) error {
	const requests = 32
	at := 1
	if slices.ContainsFunc(entries, func(e source.Entry) bool { return e.Remote() }) {
		at = requests
	}
	turns := func(yield func(int) bool) {
		for i := range entries {
			if !yield(i) {
				return
			}
		}
	}
	i := 0
	return inorder.Do(ctx, at, turns, func() struct{} { return struct{}{} }, func(ctx context.Context, _ struct{}, k int) (h header, err error) {
		h.info, h.size, h.err = readInfo(ctx, &entries[k], j)
		return h, ctx.Err()
	}, func(h header) error {
		each(i, h)
		i++
		return nil
	})
}

// readInfo reads a picture's header and the size of its file in bytes.
func readInfo(ctx context.Context, e *source.Entry, j *pipeline.Job) (info decode.Info, size int64, err error) {
	if e.Problem != nil {
		return info, 0, e.Problem
	}
	if e.Path == source.Stdin {
		return info, 0, errors.New("plan: a picture on standard input can only be run")
	}
	in, err := e.Open(ctx)
	if err != nil {
		return info, 0, err
	}
	defer in.Close()
	if info, err = j.Decoder.ReadInfo(in); err != nil {
		return info, 0, fmt.Errorf("decode %s: %w", in.Name, err)
	}
	return info, in.Size, nil
}

// add counts a picture, whose file has the given bytes, planning its size when it is the first of it.
func (p *Preview) add(e *source.Entry, info decode.Info, bytes int64, known map[volume.Shape]int, j *pipeline.Job) error {
	at, ok := known[info.Prepared]
	if !ok {
		size, err := p.planSize(e.Path, info.Prepared, j)
		if err != nil {
			return err
		}
		at = len(p.Sizes)
		known[info.Prepared] = at
		p.Sizes = append(p.Sizes, size)
	}
	size := &p.Sizes[at]
	if p.packed != nil {
		if err := p.packed.add(e, info, size); err != nil {
			return err
		}
	}
	size.Pictures++
	p.Pictures++
	p.Maps += size.Maps
	p.Files += size.Files
	p.Bytes += size.Bytes
	p.Memory = max(p.Memory, pipeline.Need(bytes, info, size.held))
	return nil
}

func (p *Preview) planSize(path string, in volume.Shape, j *pipeline.Job) (size SizePlan, err error) {
	size = SizePlan{Input: in, Example: path}
	if size.Plans, err = j.Plan(source.Display(path), in); err != nil {
		return size, err
	}
	v := j.View()
	v.Plans, v.Origin.Output = size.Plans, p.longest
	size.planned = v.Files()
	size.Maps, size.Files = v.Maps(), len(size.planned)
	for _, f := range size.planned {
		size.Bytes += f.Bytes
	}
	size.held = v.Memory()
	for _, plan := range size.Plans {
		size.held += int64(plan.WorkingSet())
	}
	return size, nil
}
