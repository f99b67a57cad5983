package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"filterbank/filters/config"
	"filterbank/filters/kernel"
	"filterbank/filters/simd"
	"filterbank/pipeline"
	"filterbank/pipeline/bucket"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/output"
	"filterbank/pipeline/preview"
	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
)

// flags are the flags that the commands for images share.
type flags struct {
	noMaps   bool // the command writes no maps, so the flags of register do not exist
	unlisted bool // the inputs are not on this machine and are not listed
	config   string
	banks    []string
	sets     []string
	out      string
	jobs     int
	layers   string
	formats  []string
	scale    string
	colormap string
	also     map[string]*bool   // formats that have a flag of their own, by name
	tables   map[string]*string // names of outputs of the run, by option
	options  map[*output.Option]*string
	features []string // files for the table of features; at most one is allowed
	from     string
	columns  source.Columns
	nul      bool
	include  []string
	exclude  []string
	label    string
	shard    string
	shards   shardFlags
	matrices matrixFlags
	pixels   int64
	memory   string
	timeout  time.Duration
	grace    time.Duration
	progress string
	logs     string
	quiet    bool
	verbose  bool

	maxFailed string
	tolerated tolerance // of maxFailed
}

// registerInput registers the flags about images, stack, resources and messages.
func (f *flags) registerInput(cmd *cobra.Command) {
	s := cmd.Flags()
	s.StringVarP(&f.config, "config", "c", "", "stack file, YAML or JSON (the embedded starter stack)")
	s.StringArrayVar(&f.banks, "bank", nil, "built-in banks in place of -c, one layer each: sobel,prewitt or gabor:orientations=4,wavelength=12")
	s.StringArrayVar(&f.sets, "set", nil, "override a value of the stack file, as in layers.0.conv.stride=2; repeatable")
	s.IntVarP(&f.jobs, "jobs", "j", 0, "number of workers (one per processor)")
	f.registerLists(cmd)
	f.matrices.register(cmd)
	s.StringVar(&f.shard, "shard", "", "part I of N, of --shards or by a hash of each image's path, which splits small sets unevenly; auto with --shards: the index that the scheduler gives")
	s.Int64Var(&f.pixels, "limit-pixels", decode.DefaultPixels, "refuse images with more pixels before decoding them")
	s.StringVar(&f.memory, "max-memory", "", "memory for the whole run, as in 500MB or 2GiB (three quarters of the memory)")
	s.DurationVar(&f.timeout, "timeout", 0, "give up an image after this time, as in 90s or 5m (never)")
	f.registerMessages(cmd)
	must(cmd.RegisterFlagCompletionFunc("bank", completeBanks))
	must(cmd.MarkFlagFilename("config", "yaml", "yml", "json"))
}

func (f *flags) registerMessages(cmd *cobra.Command) {
	s := cmd.Flags()
	s.StringVar(&f.logs, "log-format", "text", "text or json")
	s.BoolVarP(&f.quiet, "quiet", "q", false, "report only failures")
	s.BoolVarP(&f.verbose, "verbose", "v", false, "report what is done for each image")
	must(cmd.RegisterFlagCompletionFunc("log-format", cobra.FixedCompletions([]string{"text", "json"}, cobra.ShellCompDirectiveNoFileComp)))
}

// must panics on an error, which can only be a wrong flag name in this program.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// job is the work that flags and arguments describe.
type job struct {
	file    *config.File
	changed bool // the file has settings of flags besides --set, or of the first input
	pipeline.Job
	res     pipeline.Resources
	opts    pipeline.RunOptions
	pack    string // form of the pack; empty means folders
	entries []source.Entry
	passed  string // passedLine of the inputs
	classes map[string]int
	inputs  source.Inputs // of all shards if the list is frozen, or nothing
	shards  *dealt        // nil: the run is whole
	notes   []string      // costs of the stack that a reader may not expect
	weights []string      // paths of the files of weights that the stack file reads
	columns int           // of a table of features
}

// job reads the stack file and lists the inputs. It does not wait for a pipe that nobody
// writes to. Every error except ctx's own is an error of usage.
func (f *flags) job(ctx context.Context, c console, inputs []string) (*job, error) {
	return unlessEnded(ctx, func() (*job, error) { return f.prepare(ctx, c, inputs) })
}

// unlessEnded returns what do returns, or the error of ctx as soon as ctx ends. do may then go on
// waiting, as for a pipe, until the program ends.
func unlessEnded[T any](ctx context.Context, do func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	ready := make(chan result, 1)
	go func() {
		value, err := do()
		ready <- result{value, err}
	}()
	select {
	case r := <-ready:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

func (f *flags) prepare(ctx context.Context, c console, inputs []string) (*job, error) {
	var j job
	var err error
	if f.jobs < 0 {
		return nil, fmt.Errorf("jobs must be at least 1, or 0 for one per processor, got %d", f.jobs)
	}
	set, err := chosenSIMD()
	if err != nil {
		return nil, err
	}
	j.res.Kernel = kernel.New(set)
	if err = f.checkInputs(inputs); err != nil {
		return nil, err
	}
	if err = f.shards.choose(f.shard); err != nil {
		return nil, err
	}
	model, err := f.build(ctx, c, inputs, &j)
	if err != nil {
		return nil, err
	}
	j.notes, j.weights = model.Notes, model.Files
	if j.Stacks, err = engine.Select(model.Stacks, f.layers); err != nil {
		return nil, err
	}
	if j.Decoder, err = newDecoder(model.Input, f.pixels, set); err != nil {
		return nil, err
	}
	if !f.noMaps {
		if j.Output.Features, err = f.featuresFile(); err != nil {
			return nil, err
		}
		if err = f.setMaps(&j.Job); err != nil {
			return nil, err
		}
	}
	if j.res.Memory, err = memoryBudget(f.memory); err != nil {
		return nil, err
	}
	if f.timeout < 0 {
		return nil, fmt.Errorf("timeout must not be negative, got %v", f.timeout)
	}
	j.res.Timeout = f.timeout
	j.opts.Out, j.res.Workers, j.res.Stdin = f.out, f.jobs, c.in
	if bucket.IsURL(f.out) {
		if err = f.setBucket(&j); err != nil {
			return nil, err
		}
	} else if info, err := os.Stat(f.out); err == nil && !info.IsDir() {
		return nil, fmt.Errorf("output folder %s: it is a file; name a folder with -o", f.out)
	}
	if j.entries == nil {
		if j.entries, err = f.list(ctx, c, inputs, &j); err != nil {
			return nil, err
		}
	}
	if f.noMaps {
		return &j, nil
	}
	var uses []store.Use
	if f.shards.given() {
		uses = append(uses, store.Parts)
	}
	if len(j.Output.Tables) > 0 {
		uses = append(uses, store.Metadata)
	}
	if j.Output.Features != "" {
		uses = append(uses, store.Features)
		if err := f.checkFeatures(&j); err != nil {
			return nil, err
		}
	}
	return &j, preview.CheckPlaces(j.entries, j.Job, uses...)
}

func newDecoder(in config.Input, pixels int64, set simd.Set) (*decode.Decoder, error) {
	if pixels < 1 {
		return nil, fmt.Errorf("limit-pixels must be at least 1, got %d", pixels)
	}
	o := decode.Options{Limits: decode.Limits{Pixels: pixels}, Background: in.Background, Mean: in.Mean, Std: in.Std, Channels: in.Channels, Matrix: matrixOptions(&in), SIMD: set}
	if r := in.Resize; r != nil {
		o.Resize = &decode.Resize{Width: r.Width, Height: r.Height, Mode: decode.Mode(r.Mode), Filter: decode.Filter(r.Filter)}
	}
	if c := in.Crop; c != nil {
		o.Crop = &decode.Crop{Width: c.Width, Height: c.Height, Anchor: decode.Anchor(c.Anchor)}
	}
	return decode.New(o)
}

// labelFolder is the value of --label that makes folders labels.
const labelFolder = "folder"

// list lists the images, and puts what it learns besides into j. It is an error if there are none, except for a shard: a shard may be
// empty if there are more shards than images.
func (f *flags) list(ctx context.Context, c console, inputs []string, j *job) ([]source.Entry, error) {
	opts := source.Options{
		Out: f.out, Include: f.include, Exclude: f.exclude, LabelFolders: f.label != "",
		Extensions: f.extensions(), Unread: unread(), Matrices: f.matrices.written,
		PassedOver: func(kinds map[string]int) { j.passed = passedLine(kinds) },
		Classes:    func(numbers map[string]int) { j.classes = numbers },
	}
	var err error
	if f.label != "" && f.label != labelFolder {
		return nil, fmt.Errorf("label %q: it must be %s", f.label, labelFolder)
	}
	if f.shard != "" && !f.shards.given() {
		if opts.Shard, err = source.ParseShard(f.shard); err != nil {
			return nil, err
		}
	}
	list, frozen, err := f.frozen(ctx, inputs)
	if err != nil {
		return nil, err
	}
	if list != nil {
		defer frozen.Close()
		return f.listFrozen(ctx, list, opts, j)
	}
	if err = f.checkList(inputs); err != nil {
		return nil, err
	}
	if f.unlisted {
		return nil, nil
	}
	if f.from != "" {
		file, err := f.openList(c)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		opts.Listed = f.rows(file)
	}
	if len(inputs) == 0 && f.from == "" && len(f.matrices.written) == 0 {
		return nil, errors.New("no input: name a file, a folder, a quoted pattern such as 'photos/**/*.jpg', or - for standard input, as in filterbank run photos/")
	}
	entries, err := source.List(ctx, inputs, opts)
	if err != nil {
		return nil, err
	}
	if len(entries) == 0 && (f.shard == "" || f.shards.given()) {
		return nil, errors.New("no image is left to work on: check --include and --exclude, or the list of --files-from")
	}
	return entries, nil
}
