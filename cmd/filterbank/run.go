package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"runtime/pprof"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"filterbank/pipeline"
	"filterbank/pipeline/bucket"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/source"
)

// runFlags are the flags of run.
type runFlags struct {
	flags
	onError, overwrite, cpu string
	pack                    packFlags
	dry, page, reproducible bool
}

func newRun(c console) *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run [flags] INPUT...",
		Short: "Run images through a stack and write their feature maps",
		Long: "Runs images through a stack of convolution layers and writes the feature maps.\n" +
			"INPUT is a file, a folder (with all below it), a .tar file, a quoted pattern with **,\n" +
			"s3://bucket/prefix, or - for an image on standard input. Formats, and the extensions that folders give:\n\n" + formatsText(),
		Example: "  filterbank run photos/ -o maps/\n" +
			"  filterbank run photos/ -c stack.yaml --sheet --report\n" +
			"  filterbank run photos/ --bank sobel,gabor:orientations=4,wavelength=12\n" +
			"  filterbank run 'photos/**/*.jpg' --format npy --layers all\n" +
			"  filterbank run - --bank kirsch < photo.jpg",
		RunE: func(cmd *cobra.Command, inputs []string) error {
			j, err := f.job(cmd, c, inputs)
			if err != nil {
				return err
			}
			if f.dry {
				return f.plan(cmd.Context(), c, j, planFlags{})
			}
			return profiled(f.cpu, func() error { return f.run(cmd.Context(), c, j, f.page) })
		},
	}
	f.register(cmd)
	return cmd
}

func (f *runFlags) register(cmd *cobra.Command) {
	f.flags.register(cmd)
	f.registerWork(cmd, &f.onError)
	f.shards.register(cmd)
	cmd.Flags().StringVar(&f.overwrite, "overwrite", "changed", "changed: redo images whose files are missing or out of date; always; or never")
	f.pack.register(cmd)
	cmd.Flags().DurationVar(&f.grace, "grace", 0, graceUsage)
	cmd.Flags().BoolVar(&f.reproducible, "reproducible", false, "leave out times and the current folder, so that the same command writes the same bytes in every file")
	cmd.Flags().StringVar(&f.cpu, "cpuprofile", "", "write a CPU profile to a file, for go tool pprof")
	cmd.Flags().BoolVarP(&f.dry, "dry-run", "n", false, "same as plan")
	cmd.Flags().BoolVar(&f.page, "report", false, "write a page about the run to report.html in the output folder, as report does")
	must(cmd.RegisterFlagCompletionFunc("overwrite", cobra.FixedCompletions([]string{"changed", "always", "never"}, cobra.ShellCompDirectiveNoFileComp)))
}

// job checks all flags and lists the inputs. Every error except the context's own is an error of
// usage.
func (f *runFlags) job(cmd *cobra.Command, c console, inputs []string) (*job, error) {
	if err := f.checkWork(f.onError); err != nil {
		return nil, err
	}
	j, err := f.flags.job(cmd.Context(), c, inputs)
	if err != nil {
		return nil, err
	}
	j.opts.StopOnError = f.onError == "stop"
	switch o := pipeline.Overwrite(f.overwrite); o {
	case pipeline.Changed, pipeline.Always, pipeline.Never:
		j.opts.Overwrite = o
	default:
		return nil, fmt.Errorf("overwrite %q: it must be changed, always or never", f.overwrite)
	}
	j.opts.Reproducible = f.reproducible
	if j.opts.Overwrite == pipeline.Never && j.Output.Features != "" {
		return nil, errors.New("--overwrite never leaves images alone, and --features needs all of them: leave out one of the two")
	}
	if err := f.pack.set(cmd, j); err != nil {
		return nil, err
	}
	if err := f.deal(cmd.Context(), j, inputs); err != nil {
		return nil, err
	}
	if f.page && bucket.IsURL(f.out) {
		return nil, copyDown("--report", f.out)
	}
	if f.page && !f.dry {
		if err := checkReportPlace(f.out, j); err != nil {
			return nil, err
		}
	}
	return j, nil
}

// registerWork registers the flags about the work on each image.
func (f *flags) registerWork(cmd *cobra.Command, onError *string) {
	cmd.Flags().StringVar(onError, "on-error", "skip", "skip an image that fails, or stop")
	cmd.Flags().StringVar(&f.maxFailed, "max-failed", "", "images that may fail before the exit code is 1: a number, or a share as in 1% (0)")
	f.registerProgress(cmd)
	must(cmd.RegisterFlagCompletionFunc("on-error", cobra.FixedCompletions([]string{"skip", "stop"}, cobra.ShellCompDirectiveNoFileComp)))
}

func (f *flags) registerProgress(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.progress, "progress", "auto", "auto, bar, plain or none")
	must(cmd.RegisterFlagCompletionFunc("progress", cobra.FixedCompletions([]string{"auto", "bar", "plain", "none"}, cobra.ShellCompDirectiveNoFileComp)))
}

// profiled runs do. If a file is named, it writes a CPU profile of do to the file.
func profiled(file string, do func() error) error {
	if file == "" {
		return do()
	}
	if err := regular(file); err != nil {
		return fmt.Errorf("cpuprofile %s: %w", file, err)
	}
	out, err := os.Create(file)
	if err != nil {
		return fmt.Errorf("cpuprofile: %w", err)
	}
	defer out.Close()
	if err := pprof.StartCPUProfile(out); err != nil {
		return fmt.Errorf("cpuprofile %s: %w", file, err)
	}
	defer pprof.StopCPUProfile()
	return do()
}

func (f *flags) run(ctx context.Context, c console, j *job, page bool) error {
	if j.shards != nil {
		return f.runShards(ctx, c, j)
	}
	j.opts.About = func(s pipeline.Summary) (*manifest.Run, error) { return f.runFile(j, s, ctx.Err() != nil) }
	return f.work(ctx, c, j, "", inOutput(f.out, manifest.Name), func(running context.Context, w *workplace) error {
		f.warn(j, w)
		if there := f.otherRun(j); there != "" {
			w.log.Warn(there, "event", "other-stack")
		}
		s, err := pipeline.Run(running, j.entries, j.Job, j.res, j.opts)
		w.end()
		if s.Pictures+s.Failed > 0 {
			f.warnStale(w.log, j)
		}
		if err = f.finish(ctx, c, w, j, s, err); err == nil && page {
			err = f.page(ctx, c, w)
		}
		if err != nil {
			return err
		}
		return f.verdict(c, w, s.Failed, len(j.entries))
	})
}

// warn has a run log what it does again.
func (f *flags) warn(j *job, w *workplace) {
	j.opts.Outdated = func(images int) {
		w.log.Warn(fmt.Sprintf("%s was written by an earlier version (manifest version 1): %s %s done again",
			f.out, counted(images, "image"), verb(images, "is", "are")), "event", "outdated", "images", images)
	}
	if j.opts.Overwrite != pipeline.Always {
		j.opts.Redone = func(first string, shards int) {
			w.log.Warn(redoneLine(first, shards), "event", "redone", "path", first, "shards", shards)
		}
	}
}

// page writes the report of a run that has just ended.
func (f *flags) page(ctx context.Context, c console, w *workplace) error {
	r := reportFlags{limit: defaultLimit, pixels: f.pixels, jobs: f.jobs, quiet: f.quiet}
	s, err := r.write(ctx, f.out, w.progress)
	if err != nil {
		return err
	}
	return f.tell(c, w, reportLine(s, r.out), "event", "report", "path", r.out, "images", s.Pictures, "failed", s.Failed,
		"gone", s.Gone, "left_out", s.LeftOut, "bytes", s.Bytes)
}

// workplace is what the work on a job's images is told with.
type workplace struct {
	*progress
	log    *slog.Logger
	events *events
}

// work prepares progress and logs and runs do, which works on a job's images one by one. what
// names the work; where is the file that has all failures, and may be empty.
func (f *flags) work(ctx context.Context, c console, j *job, what, where string, do func(context.Context, *workplace) error) error {
	p, err := newProgress(c.err, f.progress, f.quiet, f.logs == "json")
	if err != nil {
		return err
	}
	log, err := newLogger(p, f.logs, f.level(), isTerminal(c.err))
	if err != nil {
		return err
	}
	if f.logs == "json" {
		p.log = log
	}
	w := &workplace{p, log, f.events(log, where)}
	f.remark(log, j)
	if f.shard == "" && !hasImages(j.entries) { // another part may have images
		for _, e := range j.entries {
			log.Error(e.Problem.Error(), "event", "failed", "path", e.Path, "code", string(e.Problem.Code))
		}
		if j.passed != "" {
			log.Warn(j.passed, "event", "passed over")
		}
		return noImage(j.entries)
	}
	// A closed terminal or pipe ends the run like an error of the output folder. Without this
	// it would end the process at the next write.
	signal.Ignore(syscall.SIGPIPE)
	base, end := f.graced(ctx, &j.opts.Policy, w, len(j.entries))
	defer end()
	running, stop := context.WithCancelCause(base)
	defer stop(nil)
	p.broken = func(err error) { stop(fmt.Errorf("write to standard error: %w", err)) }
	if j.res.Memory > 0 {
		debug.SetMemoryLimit(j.res.Memory - engine.Own(j.res.Memory)) // the collector works harder before the run exceeds its budget
	}
	defer raiseHeap(j.res.Memory)()
	p.begin(what, len(j.entries))
	defer p.end()
	p.weigh(j.entries)
	j.opts.Each, j.opts.Ended, j.opts.Moved = w.events.record, p.ended, p.moved
	return do(running, w)
}

// finish reports how the run went. The error is the run's own, or of the report, and has the exit
// code. Images that failed are no error.
func (f *flags) finish(ctx context.Context, c console, w *workplace, j *job, s pipeline.Summary, err error) error {
	if unusable, ok := errors.AsType[*pipeline.OutputError](err); ok {
		return unusable
	}
	w.events.sums()
	if werr := f.conclude(c, w, j, summaryLine(s, f.out), summaryAttrs(s, f.out)...); werr != nil && err == nil {
		return werr
	}
	if t := s.Features; t != nil {
		if werr := f.tell(c, w, featuresLine(t), "event", "features", "path", t.Path, "rows", t.Rows, "empty", t.Empty, "columns", t.Columns, "bytes", t.Bytes); werr != nil && err == nil {
			return werr
		}
	}
	w.log.Debug("time in each stage, summed over the workers", slog.Group("stages", stageAttrs(s.Stages)...))
	switch {
	case errors.Is(err, context.Canceled):
		if cause := context.Cause(ctx); cause == nil || err.Error() != cause.Error() { // there was another error too
			w.log.Error(err.Error(), "event", "error")
		}
		return &exit{exitInterrupted, errors.New("interrupted; finished images stay, and the same command does the rest")}
	case errors.Is(err, pipeline.ErrStopped):
		return &exit{exitFailed, fmt.Errorf("%w, %d left; use --on-error skip to go on after a failure", err, s.Left)}
	case err != nil:
		return fmt.Errorf("%w; %s left, and the same command goes on from here", err, counted(s.Left, "image"))
	}
	return nil
}

// conclude says what was done with a job, and what was passed over.
func (f *flags) conclude(c console, w *workplace, j *job, line string, attrs ...any) error {
	err := f.tell(c, w, line, attrs...)
	if err == nil && j.passed != "" {
		err = f.tell(c, w, j.passed, "event", "passed over")
	}
	return err
}

// tell says a result: in a line on standard output, or, with JSON logs, in an event.
func (f *flags) tell(c console, w *workplace, line string, attrs ...any) error {
	if f.logs == "json" {
		w.log.Info(line, attrs...)
		return nil
	}
	if f.quiet {
		return nil
	}
	if _, err := fmt.Fprintln(c.out, line); err != nil {
		return unwritten(err)
	}
	return nil
}

func hasImages(entries []source.Entry) bool {
	for _, e := range entries {
		if e.Problem == nil {
			return true
		}
	}
	return false
}

// formatsText lists the formats that can be read, a line or two each.
func formatsText() string {
	var lines []string
	for _, f := range decode.Formats() {
		about := f.About
		if f.Matrix {
			about += "; folders give it only with --include"
		}
		lines = append(lines, fmt.Sprintf("  %s\n    %s", strings.Join(f.Extensions, " "), about))
	}
	return strings.Join(lines, "\n")
}
