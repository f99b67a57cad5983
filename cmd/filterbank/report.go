package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/spf13/cobra"

	"filterbank/filters/config"
	"filterbank/filters/kernel"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/output"
	"filterbank/pipeline/preview"
	"filterbank/pipeline/render"
	"filterbank/pipeline/report"
	"filterbank/pipeline/scale"
	"filterbank/pipeline/store"
)

// reportName is the page's name in the run's folder, unless -o names another.
const reportName = store.ReportName

// reportFlags are the flags of report.
type reportFlags struct {
	out      string
	limit    int
	pixels   int64
	embed    bool
	with     string
	jobs     int
	progress string
	quiet    bool
}

func newReport(c console) *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{
		Use:   "report RUN",
		Short: "Write a page about a finished run",
		Long: "Writes an HTML page about a run, named by its output folder: the stack as a diagram,\n" +
			"a gallery of the pictures, their maps with histograms and statistics, and a probe that\n" +
			"shows the arithmetic behind any output, term by term. The page works from a file and\n" +
			"needs no network. Its data is in a folder beside it, report.files for report.html, and\n" +
			"maps are shown from the run's own files. --embed puts everything into the page.",
		Example: "  filterbank report maps/\n" +
			"  filterbank report maps/ -o page.html --embed --limit 20\n" +
			"  filterbank report maps/ --with earlier/",
		Args: onMachine(arguments{1, 1, "the output folder of a run", "maps/"}.check),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.report(cmd.Context(), c, args[0])
		},
	}
	s := cmd.Flags()
	s.StringVarP(&f.out, "out", "o", "", "the page (report.html in the run's folder)")
	s.IntVar(&f.limit, "limit", defaultLimit, "number of pictures to show, the first ones; all that failed are shown too; 0 shows all")
	s.Int64Var(&f.pixels, "limit-pixels", decode.DefaultPixels, "refuse images and maps with more pixels")
	s.BoolVar(&f.embed, "embed", false, "put data and maps into the page, so that it is one file")
	s.StringVar(&f.with, "with", "", "output folder of another run, whose maps are compared with the run's")
	s.IntVarP(&f.jobs, "jobs", "j", 0, "pictures at a time (one per processor)")
	s.StringVar(&f.progress, "progress", "auto", "auto, bar, plain or none")
	s.BoolVarP(&f.quiet, "quiet", "q", false, "say nothing")
	must(cmd.MarkFlagFilename("out", "html"))
	must(cmd.MarkFlagDirname("with"))
	must(cmd.RegisterFlagCompletionFunc("progress", cobra.FixedCompletions([]string{"auto", "bar", "plain", "none"}, cobra.ShellCompDirectiveNoFileComp)))
	cmd.ValidArgsFunction = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return nil, cobra.ShellCompDirectiveFilterDirs
	}
	return cmd
}

// defaultLimit keeps the report of a large run small enough for a browser's gallery and a
// disk. The page and the command say how many pictures are left out.
const defaultLimit = 500

func (f *reportFlags) report(ctx context.Context, c console, dir string) error {
	p, err := newProgress(c.err, f.progress, f.quiet, false)
	if err != nil {
		return err
	}
	s, err := f.write(ctx, dir, p)
	if err != nil || f.quiet {
		return err
	}
	if _, err := fmt.Fprintln(c.out, reportLine(s, f.out)); err != nil {
		return unwritten(err)
	}
	return nil
}

// write writes the page and notes its name in out.
func (f *reportFlags) write(ctx context.Context, dir string, p *progress) (report.Summary, error) {
	if f.limit < 0 || f.jobs < 0 {
		return report.Summary{}, fmt.Errorf("limit and jobs must not be negative, got %d and %d", f.limit, f.jobs)
	}
	opts, err := readRun(dir, f.pixels)
	if err != nil {
		return report.Summary{}, err
	}
	if f.with != "" {
		other, err := readRun(f.with, f.pixels)
		if err != nil {
			return report.Summary{}, err
		}
		opts.With = &report.Other{Run: f.with, Stacks: other.Stacks, Decoder: other.Decoder}
	}
	if f.out == "" {
		f.out = filepath.Join(dir, reportName)
	}
	opts.Out, opts.Jobs, opts.Limit, opts.Embed = f.out, f.jobs, f.limit, f.embed
	if err := report.CheckPage(opts.Out); err != nil {
		return report.Summary{}, err
	}
	opts.Begin = func(pictures int) { p.begin("report", pictures) }
	opts.Ended = p.next
	s, err := report.Write(ctx, opts)
	p.end()
	switch {
	case ctx.Err() != nil:
		return s, &exit{exitInterrupted, errors.New("interrupted; there is no new report")}
	case err != nil:
		return s, err
	}
	return s, nil
}

func reportLine(s report.Summary, out string) string {
	line := fmt.Sprintf("%s: %s, %d failed", out, counted(s.Pictures, "image"), s.Failed)
	if s.Gone > 0 {
		line += fmt.Sprintf(", %d without arithmetic because the input is gone or has changed", s.Gone)
	}
	if s.Others > 0 {
		line += fmt.Sprintf(", %d of other stacks, shown from their files", s.Others)
	}
	if s.LeftOut > 0 {
		line += fmt.Sprintf(", %d left out (--limit 0 takes all)", s.LeftOut)
	}
	return line + ", " + byteCount(s.Bytes)
}

// checkReportPlace refuses a run --report whose page would replace something else, or one of
// whose pictures would need a folder with the page's name.
func checkReportPlace(out string, j *job) error {
	if err := report.CheckPage(filepath.Join(out, reportName)); err != nil {
		return err
	}
	return preview.CheckPlaces(j.entries, j.Job, store.Report)
}

// readRun reads from run.json how a run was made.
func readRun(dir string, pixels int64) (report.Options, error) {
	name := filepath.Join(dir, manifest.RunName)
	r, err := manifest.ReadRun(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return report.Options{}, fmt.Errorf("report: there is no %s; name the output folder of a run", name)
	}
	if err != nil {
		return report.Options{}, fmt.Errorf("report: %w", err)
	}
	folder := string(r.StackFolder)
	if !filepath.IsAbs(folder) {
		folder = filepath.Join(string(r.Folder), folder)
	}
	file, err := config.Parse(filepath.Join(folder, manifest.RunName), r.Stack)
	if err != nil {
		return report.Options{}, fmt.Errorf("report: the stack in %s: %w", name, err)
	}
	model, err := file.Build()
	if err != nil {
		return report.Options{}, fmt.Errorf("report: the stack in %s: %w", name, err)
	}
	stacks, err := engine.Select(model.Stacks, r.Layers)
	if err != nil {
		return report.Options{}, fmt.Errorf("report: the layers in %s: %w", name, err)
	}
	set, err := chosenSIMD()
	if err != nil {
		return report.Options{}, err
	}
	decoder, err := newDecoder(model.Input, pixels, set)
	if err != nil {
		return report.Options{}, fmt.Errorf("report: the input in %s: %w", name, err)
	}
	var looks output.Settings
	if looks.Colormap, err = render.ParseColormap(cmp.Or(r.Colormap, "auto")); err == nil {
		looks.Formats, err = output.Parse(r.Formats)
	}
	if err != nil {
		return report.Options{}, fmt.Errorf("report: %s: %w", name, err)
	}
	if r.EyeScale == manifest.Stretched {
		looks.EyeScale = &scale.Scale{Per: scale.Stretched}
	} else if given, err := scale.Parse(r.Scale); err == nil { // a dataset's is in another file
		looks.Scale = given
	}
	heading := report.Heading{Version: r.Filterbank, Layers: r.Layers, Scale: r.Scale, Formats: r.Formats, Stack: r.Stack, StackFolder: string(r.StackFolder), StackFile: string(r.StackFile)}
	return report.Options{
		Run: dir, Stacks: stacks, Decoder: decoder, Kernel: kernel.New(set), Folder: string(r.Folder),
		Looks: looks, Heading: heading,
	}, nil
}
