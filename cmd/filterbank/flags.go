package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"filterbank/filters/config"
	"filterbank/pipeline"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/render"
	"filterbank/pipeline/source"
	"filterbank/samples"
)

// flags are those that run and plan have in common.
type flags struct {
	config   string
	banks    []string
	sets     []string
	out      string
	jobs     int
	layers   string
	formats  []string
	scale    string
	colormap string
	sheet    bool
	overlay  bool
	tiles    pipeline.SheetOptions
	from     string
	nul      bool
	include  []string
	exclude  []string
	shard    string
	pixels   int64
	memory   string
	timeout  time.Duration
	progress string
	logs     string
	quiet    bool
	verbose  bool
}

func (f *flags) register(cmd *cobra.Command) {
	s := cmd.Flags()
	s.StringVarP(&f.config, "config", "c", "", "stack file, YAML or JSON (the embedded starter stack)")
	s.StringArrayVar(&f.banks, "bank", nil, "built-in bank as a one-layer stack, in place of -c; repeatable")
	s.StringArrayVar(&f.sets, "set", nil, "override a value of the stack file, as in layers.0.conv.stride=2; repeatable")
	s.StringVarP(&f.out, "out", "o", "out", "output folder")
	s.IntVarP(&f.jobs, "jobs", "j", 0, "workers (one a processor)")
	s.StringVar(&f.layers, "layers", "last", "whose maps are written: last, all or names, separated by commas")
	s.StringArrayVar(&f.formats, "format", nil, "png, png16, npy, sheet or overlay; repeatable (png)")
	s.BoolVar(&f.sheet, "sheet", false, "a contact sheet of each layer too; --format sheet writes nothing else")
	s.BoolVar(&f.overlay, "overlay", false, "each map blended over the image too; --format overlay writes nothing else")
	s.IntVar(&f.tiles.Tile, "sheet-tile", pipeline.DefaultTile, "the longer side of a sheet's tiles, about, in pixels")
	s.IntVar(&f.tiles.Columns, "sheet-columns", 0, "columns of a sheet (as many as give it the shape of a slide)")
	s.StringVar(&f.scale, "scale", "map", "what the levels 0 and 255 stand for: map, layer, image, unit, percentile:LO,HI or LO:HI")
	s.StringVar(&f.colormap, "colormap", "auto", "colours of 8-bit maps: "+strings.Join(render.Colormaps(), ", ")+"; auto is coolwarm, centred on 0, for layers that can be negative, and gray for the others")
	s.StringVar(&f.from, "files-from", "", "file with a list of inputs, - for standard input")
	s.BoolVarP(&f.nul, "null", "0", false, "the list's names end with NUL, not with a newline")
	s.StringArrayVar(&f.include, "include", nil, "take only images whose path matches; repeatable")
	s.StringArrayVar(&f.exclude, "exclude", nil, "leave out images whose path matches; repeatable")
	s.StringVar(&f.shard, "shard", "", "I/N: the I-th of N equal parts of the images")
	s.Int64Var(&f.pixels, "limit-pixels", decode.DefaultPixels, "refuse larger images before decoding them")
	s.StringVar(&f.memory, "max-memory", "", "memory for the whole run, as in 500MB or 2GiB (three quarters of what there is)")
	s.DurationVar(&f.timeout, "timeout", 0, "give an image up after so long, as in 90s or 5m (never)")
	s.StringVar(&f.logs, "log-format", "text", "text or json")
	s.BoolVarP(&f.quiet, "quiet", "q", false, "say only what failed")
	s.BoolVarP(&f.verbose, "verbose", "v", false, "say what is done for each image")
	for name, values := range map[string][]string{
		"format": {"png", "png16", "npy", "sheet", "overlay"}, "scale": {"map", "layer", "image", "unit", "percentile:1,99"},
		"colormap": render.Colormaps(), "layers": {"last", "all"}, "log-format": {"text", "json"},
	} {
		must(cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)))
	}
	must(cmd.RegisterFlagCompletionFunc("bank", completeBanks))
	must(cmd.MarkFlagDirname("out"))
	must(cmd.MarkFlagFilename("config", "yaml", "yml", "json"))
	cmd.MarkFlagsMutuallyExclusive("config", "bank")
	cmd.MarkFlagsMutuallyExclusive("quiet", "verbose")
}

// must panics on errors that only a wrong flag name in this program can cause.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// job is what flags and arguments come to.
type job struct {
	file    *config.File
	opts    pipeline.Options
	entries []source.Entry
}

// job reads the stack file and lists the inputs. Every error is one of usage, but for
// ctx's own: it does not wait for a pipe that nobody writes to.
func (f *flags) job(ctx context.Context, c console, inputs []string) (*job, error) {
	type prepared struct {
		job *job
		err error
	}
	ready := make(chan prepared, 1)
	go func() {
		j, err := f.prepare(ctx, c, inputs)
		ready <- prepared{j, err}
	}()
	select {
	case p := <-ready:
		return p.job, p.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (f *flags) prepare(ctx context.Context, c console, inputs []string) (*job, error) {
	var j job
	var err error
	if f.jobs < 0 {
		return nil, fmt.Errorf("jobs must be at least 1, or 0 for one a processor, got %d", f.jobs)
	}
	if j.opts.Kernel, err = chosenKernel(); err != nil {
		return nil, err
	}
	if j.opts.Formats, err = pipeline.ParseFormats(f.formats); err != nil {
		return nil, err
	}
	for _, also := range []struct {
		asked  bool
		format pipeline.Format
	}{{f.sheet, pipeline.Sheet}, {f.overlay, pipeline.Overlay}} {
		if also.asked && !slices.Contains(j.opts.Formats, also.format) {
			j.opts.Formats = append(j.opts.Formats, also.format)
		}
	}
	if j.opts.Sheet = f.tiles; f.tiles.Check() != nil {
		return nil, f.tiles.Check()
	}
	if j.opts.Scale, err = render.ParseScale(f.scale); err != nil {
		return nil, err
	}
	if j.opts.Colormap, err = render.ParseColormap(f.colormap); err != nil {
		return nil, err
	}
	if err = pipeline.CheckColormap(j.opts.Colormap, j.opts.Formats); err != nil {
		return nil, err
	}
	if j.file, err = f.stackFile(); err != nil {
		return nil, err
	}
	model, err := j.file.Build()
	if err != nil {
		return nil, err
	}
	if j.opts.Stacks, err = pipeline.Select(model.Stacks, f.layers); err != nil {
		return nil, err
	}
	if j.opts.Decoder, err = newDecoder(model.Input, f.pixels); err != nil {
		return nil, err
	}
	if j.opts.Memory, err = memoryBudget(f.memory); err != nil {
		return nil, err
	}
	if f.timeout < 0 {
		return nil, fmt.Errorf("timeout must not be negative, got %v", f.timeout)
	}
	j.opts.Timeout = f.timeout
	j.opts.Out, j.opts.Jobs, j.opts.Stdin = f.out, f.jobs, c.in
	if info, err := os.Stat(f.out); err == nil && !info.IsDir() {
		return nil, fmt.Errorf("output folder %s: it is a file; name a folder with -o", f.out)
	}
	if j.entries, err = f.list(ctx, c, inputs); err != nil {
		return nil, err
	}
	return &j, pipeline.CheckPlaces(j.entries, j.opts)
}

func (f *flags) stackFile() (*config.File, error) {
	switch {
	case f.config != "":
		return config.Load(f.config, f.sets...)
	case len(f.banks) > 0:
		return config.ForBanks(f.banks, f.sets...)
	}
	return config.Parse("starter.yaml", samples.Starter(), f.sets...)
}

func newDecoder(in config.Input, pixels int64) (*decode.Decoder, error) {
	if pixels < 1 {
		return nil, fmt.Errorf("limit-pixels must be at least 1, got %d", pixels)
	}
	o := decode.Options{Limits: decode.Limits{Pixels: pixels}, Background: in.Background, Mean: in.Mean, Std: in.Std}
	if r := in.Resize; r != nil {
		o.Resize = &decode.Resize{Width: r.Width, Height: r.Height, Mode: decode.Mode(r.Mode), Filter: decode.Filter(r.Filter)}
	}
	if c := in.Crop; c != nil {
		o.Crop = &decode.Crop{Width: c.Width, Height: c.Height, Anchor: decode.Anchor(c.Anchor)}
	}
	return decode.New(o)
}

// list finds the images. None at all is an error, but for a shard, which may be empty
// where there are more shards than images.
func (f *flags) list(ctx context.Context, c console, inputs []string) ([]source.Entry, error) {
	opts := source.Options{Out: f.out, Include: f.include, Exclude: f.exclude}
	var err error
	if f.shard != "" {
		if opts.Shard, err = source.ParseShard(f.shard); err != nil {
			return nil, err
		}
	}
	if f.from != "" {
		if opts.Listed, err = f.readList(c, inputs); err != nil {
			return nil, err
		}
	} else if f.nul {
		return nil, errors.New("-0 is about the list of --files-from, which is missing")
	}
	if len(inputs) == 0 && f.from == "" {
		return nil, errors.New("no input: name a file, a folder, a quoted pattern such as 'photos/**/*.jpg', or - for standard input")
	}
	entries, err := source.List(ctx, inputs, opts)
	if err != nil {
		return nil, err
	}
	if len(entries) == 0 && f.shard == "" {
		return nil, errors.New("no image is left to work on: look at --include and --exclude, or at the list of --files-from")
	}
	return entries, nil
}

func (f *flags) readList(c console, inputs []string) ([]string, error) {
	var r io.Reader = c.in
	if f.from == "-" {
		for _, in := range inputs {
			if in == source.Stdin {
				return nil, errors.New("standard input cannot be both an image and the list of --files-from")
			}
		}
	} else {
		file, err := os.Open(f.from)
		if err != nil {
			return nil, fmt.Errorf("read the list of inputs: %w", err)
		}
		defer file.Close()
		r = file
	}
	list, err := source.ReadList(r, f.nul)
	if err != nil {
		return nil, fmt.Errorf("read the list of inputs %s: %w", f.from, err)
	}
	return list, nil
}
