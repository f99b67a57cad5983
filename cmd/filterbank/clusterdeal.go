package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"

	"github.com/spf13/cobra"

	"filterbank/cmd/filterbank/cluster"
	"filterbank/pipeline/bucket"
	"filterbank/pipeline/features"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/preview"
	"filterbank/pipeline/source"
)

// What a shard has without --shards, at most: so much that starting a task counts for little,
// and so little that a lost task costs minutes.
const (
	shardImages = 1000
	shardBytes  = 4e9
)

// mostPlanned is the number of images whose headers are read for a plan.
const mostPlanned = 1000

// Memory of a task: at least leastBudget, in steps.
const (
	leastBudget = 512 << 20
	budgetStep  = 256 << 20
)

// dealOut chooses shards, tasks and memory. An engine takes most tasks, or any number if it is 0.
func (f *clusterFlags) dealOut(cmd *cobra.Command, c console, j *job, inputs []string, most int) (d cluster.Job, err error) {
	d.Shards, d.Workers, d.Grace = f.shards.count, f.jobs, f.grace
	switch {
	case !f.unlisted:
		if err := f.plan(cmd, c, j, &d); err != nil {
			return d, err
		}
		f.shards.count = d.Shards
		if err := f.deal(cmd.Context(), j, inputs); err != nil {
			return d, err
		}
	case d.Shards == 0 || f.memory == "":
		return d, errors.New("the volume is not mounted here, so nothing can be planned: give --shards N and --max-memory, or mount it at the same path")
	default:
		d.Basis = "The inputs were not on the machine that has printed this job: memory is as given."
	}
	if f.memory != "" {
		d.Memory = j.res.Memory
	}
	if d.Tasks = f.shards.tasks; d.Tasks == 0 {
		if d.Tasks = d.Shards; most > 0 {
			d.Tasks = min(d.Tasks, most)
		}
	}
	if most > 0 && d.Tasks > most {
		return d, fmt.Errorf("tasks %d: %s takes at most %d; a task can do several shards", d.Tasks, cmd.Name(), most)
	}
	return d, nil
}

// plan chooses the number of shards, if it is not given, and memory.
func (f *clusterFlags) plan(cmd *cobra.Command, c console, j *job, d *cluster.Job) error {
	p, planned, err := f.sample(cmd.Context(), c, j)
	if err != nil {
		return err
	}
	images := cmp.Or(j.inputs.Count, len(j.entries))
	if d.Shards == 0 {
		bytes := float64(p.Bytes) / float64(planned) * float64(images)
		d.Shards = max(1, (images+shardImages-1)/shardImages, min(images, int(math.Ceil(bytes/shardBytes))))
	}
	need := p.Memory
	if j.Output.Features != "" {
		need = max(need, features.Memory(j.Output.Features, (images+d.Shards-1)/d.Shards, j.columns))
	}
	d.Memory = max(leastBudget, (need+budgetStep-1)/budgetStep*budgetStep)
	d.Basis = fmt.Sprintf("There are %s. By the headers of %d, %s of a task need about %s of memory.",
		counted(images, "image"), planned, counted(d.Workers, "worker"), byteCount(need))
	return nil
}

// sample plans at most mostPlanned images that are spread over all.
func (f *clusterFlags) sample(ctx context.Context, c console, j *job) (p *preview.Preview, planned int, err error) {
	log, err := newLogger(c.err, f.logs, slog.LevelWarn, isTerminal(c.err))
	if err != nil {
		return nil, 0, err
	}
	f.remark(log, j)
	entries := spread(j.entries, mostPlanned)
	p, err = preview.New(ctx, entries, j.Job, j.res, preview.Options{Pack: j.opts.Pack, PackCount: j.opts.PackCount, Bucket: bucket.IsURL(j.opts.Out)})
	if err != nil {
		return nil, 0, err
	}
	if p.Pictures == 0 {
		code := exitUsage
		for _, r := range p.Failures {
			f.events(log, "").record(r)
			if r.Code == manifest.CodeIO {
				code = exitAgain
			}
		}
		return nil, 0, &exit{code, errors.New("there is no image among the inputs")}
	}
	return p, len(entries), nil
}

// spread is most entries at equal distances, or all if there are fewer.
func spread(entries []source.Entry, most int) []source.Entry {
	if len(entries) <= most {
		return entries
	}
	some := make([]source.Entry, most)
	for i := range some {
		some[i] = entries[i*len(entries)/most]
	}
	return some
}
