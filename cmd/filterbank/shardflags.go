package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"filterbank/pipeline"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/output"
	"filterbank/pipeline/parts"
	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
)

// shardFlags are the flags of a run in several shards, each of which a task of a scheduler does.
type shardFlags struct {
	count int // 0: the run is whole, or --shard takes a part of it by a hash
	tasks int // 0: a task does one shard

	whole  bool  // --shard may be left out, which is all shards
	sample bool  // of a frozen list, entries at several places stand for all
	chosen []int // the shards that --shard chooses, from 0

	changed func(flag string) bool
}

func (s *shardFlags) register(cmd *cobra.Command) {
	s.changed = cmd.Flags().Changed
	cmd.Flags().IntVar(&s.count, "shards", 0, "divide the images into N equal shards, of which --shard says which one is done here; merge puts the results together")
	cmd.Flags().IntVar(&s.tasks, "tasks", 0, "with --shard auto: number of tasks T; task i does the shards i, i+T, i+2T and so on (one a shard)")
}

// autoShard is the value of --shard that takes the index from the scheduler.
const autoShard = "auto"

// indexVariables are the variables in which schedulers give a task its index, from 0: Slurm's
// arrays, Kubernetes' indexed jobs, AWS Batch's arrays, Cloud Run's jobs, Google Cloud's Batch.
func indexVariables() []string {
	return []string{"SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX", "AWS_BATCH_JOB_ARRAY_INDEX", "CLOUD_RUN_TASK_INDEX", "BATCH_TASK_INDEX"}
}

// given says whether the flags describe a run in several shards.
func (s *shardFlags) given() bool { return s.count != 0 || s.tasks != 0 }

// choose notes the shards that the value of --shard chooses.
func (s *shardFlags) choose(shard string) (err error) {
	for name, n := range map[string]int{"shards": s.count, "tasks": s.tasks} {
		if n == 0 && s.changed != nil && s.changed(name) { // such as an empty variable of a script
			return fmt.Errorf("--%s 0: it must be at least 1; for a run as a whole leave it out", name)
		}
	}
	if s.given() {
		s.chosen, err = s.indexes(shard)
	} else if shard == autoShard {
		err = errors.New("--shard auto takes only the index from the scheduler, and never the number of shards: add --shards N")
	}
	return err
}

func (s *shardFlags) indexes(shard string) ([]int, error) {
	switch {
	case s.count == 0 && s.tasks != 0:
		return nil, errors.New("--tasks divides the shards of --shards among tasks: add --shards N, or leave --tasks out")
	case s.count < 1 || s.count > parts.Most:
		return nil, fmt.Errorf("shards must be 1 to %d, got %d", parts.Most, s.count)
	case s.tasks < 0 || s.tasks > s.count:
		return nil, fmt.Errorf("tasks must be 1 to the number of shards, %d, got %d", s.count, s.tasks)
	case shard == "" && s.whole:
		return nil, nil
	case shard == "":
		return nil, fmt.Errorf("--shards %d needs a shard to do here: add --shard 1/%d, or --shard auto in a task of an array", s.count, s.count)
	case shard == autoShard:
		n := cmp.Or(s.tasks, s.count)
		i, err := schedulersIndex(n, s.tasks > 0)
		if err != nil {
			return nil, err
		}
		return parts.Indexes(i, n, s.count), nil
	case s.tasks != 0:
		return nil, errors.New("--tasks goes with --shard auto: leave --tasks out")
	}
	one, err := source.ParseShard(shard)
	switch {
	case err != nil:
		return nil, fmt.Errorf("shard %q: it must be I/%d with 1 ≤ I ≤ %d, or auto to take the index from the scheduler", shard, s.count, s.count)
	case one.Count != s.count:
		return nil, fmt.Errorf("--shard %s and --shards %d differ: write --shard %d/%d, or leave --shards out to deal images by a hash of their paths", shard, s.count, one.Index, s.count)
	}
	return []int{one.Index - 1}, nil
}

// schedulersIndex returns the index that a scheduler gives to this task, one of n from 0. ofTasks
// says that each task has several shards.
func schedulersIndex(n int, ofTasks bool) (int, error) {
	var set []string
	for _, name := range indexVariables() {
		if os.Getenv(name) != "" {
			set = append(set, name)
		}
	}
	switch {
	case len(set) == 0:
		return 0, fmt.Errorf("--shard auto: none of %s is set, so this is no task of an array; name a shard as in --shard 1/%d", strings.Join(indexVariables(), ", "), n)
	case len(set) > 1:
		return 0, fmt.Errorf("--shard auto: %s are both set, and only one scheduler can give the index: unset one, or name the shard as in --shard 1/%d", strings.Join(set, " and "), n)
	}
	value := os.Getenv(set[0])
	i, err := strconv.Atoi(value)
	if err != nil || i < 0 || i >= n {
		what := fmt.Sprintf("--shards %d has", n)
		if ofTasks {
			what = fmt.Sprintf("--tasks %d has", n)
		}
		return 0, fmt.Errorf("--shard auto: %s is %q, and %s the indexes 0 to %d: submit the array with these", set[0], value, what, n-1)
	}
	return i, nil
}

// dealt is the shards of a job that are done here.
type dealt struct {
	indexes []int // from 0
	count   int
	inputs  source.Inputs // of all shards
	config  *parts.Config
}

// each gives the indexes of the shards that are done here, with the entries of each. all are the
// entries of these shards.
func (d *dealt) each(all []source.Entry) iter.Seq2[int, []source.Entry] {
	return func(yield func(int, []source.Entry) bool) {
		for _, index := range d.indexes {
			from, to := parts.Range(index, d.count, d.inputs.Count)
			if !yield(index, all[:to-from]) {
				return
			}
			all = all[to-from:]
		}
	}
}

// deal makes a job the work on the shards that the flags choose. All other flags have been
// looked at.
func (f *runFlags) deal(ctx context.Context, j *job, inputs []string) error {
	switch {
	case !f.shards.given():
		return f.checkWhole(ctx)
	case slices.Contains(inputs, source.Stdin):
		return errors.New("standard input cannot be dealt into shards: name files, folders or a list")
	case f.page:
		return errors.New("--report needs the whole run: leave it out, and run filterbank report after filterbank merge")
	case j.opts.Overwrite != pipeline.Changed:
		return errors.New("--overwrite is not for shards, whose tasks go on where earlier ones were: leave it out; to do a shard again, remove its complete.json and run its task again")
	case j.inputs.Count == 0 && !hasImages(j.entries):
		return nil // work says so
	}
	if err := f.checkApart(ctx); err != nil {
		return err
	}
	f.shards.deal(j)
	var err error
	j.shards.config, err = f.sharedConfig(j, j.shards)
	return err
}

// sampled is the number of places in a frozen list whose entries stand for all, and sampledEach is
// the number of entries at each. A place takes two requests to a bucket.
const sampled, sampledEach = 50, 20

// ranges gives the ranges of a frozen list of n entries that are read.
func (s *shardFlags) ranges(n int) iter.Seq2[int, int] {
	return func(yield func(from, to int) bool) {
		switch {
		case s.sample && n > sampled*sampledEach:
			for i := range sampled {
				if from := i * n / sampled; !yield(from, from+sampledEach) {
					return
				}
			}
		case s.chosen == nil:
			yield(0, n)
		default:
			for _, index := range s.chosen {
				if from, to := parts.Range(index, s.count, n); !yield(from, to) {
					return
				}
			}
		}
	}
}

// deal gives a job the entries of the chosen shards, in place of all. The entries of a frozen list are
// those already.
func (s *shardFlags) deal(j *job) {
	j.shards = &dealt{indexes: s.chosen, count: s.count, inputs: j.inputs}
	if j.inputs.Count > 0 {
		return
	}
	j.shards.inputs = source.SumOf(j.entries)
	if s.chosen == nil {
		return
	}
	all := j.entries
	j.entries = nil
	for _, i := range s.chosen {
		from, to := parts.Range(i, s.count, len(all))
		j.entries = append(j.entries, all[from:to]...)
	}
}

// line says how the images are dealt.
func (d *dealt) line() string {
	least, most := d.sizes()
	sizes := counted(most, "image")
	if least < most {
		sizes = fmt.Sprintf("%d or %s", least, sizes)
	}
	line := fmt.Sprintf("%s of %s, in %s and so on", counted(d.count, "shard"), sizes, store.PartName(0, d.count))
	if d.indexes != nil {
		line += "; this is " + shardsText(d.indexes)
	}
	return line
}

// sizes are the sizes of the smallest and of the largest shard.
func (d *dealt) sizes() (least, most int) {
	return d.inputs.Count / d.count, (d.inputs.Count + d.count - 1) / d.count
}

// sharedConfig is what all tasks of the run must have in common.
func (f *runFlags) sharedConfig(j *job, d *dealt) (*parts.Config, error) {
	c := &parts.Config{
		Filterbank: version(), Shards: d.count, Tasks: f.shards.tasks, ByHand: f.shard != autoShard, Inputs: d.inputs,
		Keys: []parts.Setting{}, Stacks: []parts.Setting{}, Pack: j.pack != "",
	}
	set := func(name, value string) { c.Settings = append(c.Settings, parts.Setting{Name: name, Value: value}) }
	var formats []string
	for _, format := range j.Output.WithDefaults().Formats {
		formats = append(formats, format.Name)
	}
	set("--format", strings.Join(formats, ","))
	set("--layers", f.layers)
	set("--scale", f.scale)
	set("--colormap", f.colormap)
	for _, o := range output.Options() {
		set("--"+o.Name, *f.options[o])
	}
	set("--limit-pixels", fmt.Sprint(f.pixels))
	set("--reproducible", fmt.Sprint(f.reproducible))
	if j.pack != "" {
		set("--pack", j.pack)
		set("--pack-size", fmt.Sprint(j.opts.Pack))
		set("--pack-count", fmt.Sprint(j.opts.PackCount))
	}
	for _, t := range output.Tables() {
		set("--"+t.Option, *f.tables[t.Option])
	}
	c.Metadata = *f.tables["metadata"]
	set("input: in the stack file", strings.Join(strings.Split(strings.TrimSpace(j.Decoder.Preparation()), "\n"), ", "))
	for _, s := range j.Stacks {
		c.Stacks = append(c.Stacks, parts.Setting{Name: s.Stack.Name(), Value: engine.StackHash([]engine.Selected{s}, "")})
	}
	keys := j.FormatKeys()
	for _, format := range formats {
		c.Keys = append(c.Keys, parts.Setting{Name: format, Value: keys[format]})
	}
	if j.Output.Features == "" {
		return c, nil
	}
	set("--features", j.Output.Features)
	below, inside, err := f.belowOut(j.Output.Features)
	if err != nil {
		return nil, err
	}
	c.Features = &parts.Features{Kind: filepath.Ext(j.Output.Features)}
	if inside {
		c.Features.File = below
	}
	c.Features.Columns, err = j.FeatureColumns()
	return c, err
}

// shardText is the text I/N of the part of a run: the value of --shard, or a shard of --shards.
func shardText(flag string, p pipeline.Part) string {
	if p == (pipeline.Part{}) {
		return flag
	}
	return fmt.Sprintf("%d/%d", p.Index+1, p.Count)
}
