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
	"time"

	"github.com/spf13/cobra"

	"filterbank/pipeline"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
)

func newRun(c console) *cobra.Command {
	var f flags
	var onError, overwrite, cpu string
	var pack string
	var dry, page bool
	cmd := &cobra.Command{
		Use:   "run [flags] INPUT...",
		Short: "Run images through a stack and write their feature maps",
		Long: "Runs images through a stack of convolution layers and writes the feature maps.\n" +
			"INPUT is a file, a folder (with all below it), a quoted pattern with **, or - for\n" +
			"an image on standard input. Formats, and the extensions that folders give:\n\n" + formatsText(),
		RunE: func(cmd *cobra.Command, inputs []string) error {
			j, err := f.job(cmd.Context(), c, inputs)
			if err != nil {
				return err
			}
			switch onError {
			case "skip", "stop":
				j.opts.StopOnError = onError == "stop"
			default:
				return fmt.Errorf("on-error %q: it must be skip or stop", onError)
			}
			switch o := pipeline.Overwrite(overwrite); o {
			case pipeline.Changed, pipeline.Always, pipeline.Never:
				j.opts.Overwrite = o
			default:
				return fmt.Errorf("overwrite %q: it must be changed, always or never", overwrite)
			}
			if err := setPack(j, pack); err != nil {
				return err
			}
			if dry {
				return f.plan(cmd.Context(), c, j, false)
			}
			if page {
				if err := checkReportPlace(f.out, j); err != nil {
					return err
				}
			}
			return profiled(cpu, func() error { return f.run(cmd.Context(), c, j, page) })
		},
	}
	f.register(cmd)
	f.registerWork(cmd, &onError)
	cmd.Flags().StringVar(&overwrite, "overwrite", "changed", "changed: redo images whose files are missing or out of date; always; or never")
	cmd.Flags().StringVar(&pack, "pack", "", "webdataset: write each image's files as one sample into shards/000000.tar and so on, not into folders")
	cmd.Flags().StringVar(&cpu, "cpuprofile", "", "write a CPU profile to a file, for go tool pprof")
	cmd.Flags().BoolVarP(&dry, "dry-run", "n", false, "same as plan")
	cmd.Flags().BoolVar(&page, "report", false, "write a page about the run to report.html in the output folder, as report does")
	must(cmd.RegisterFlagCompletionFunc("pack", cobra.FixedCompletions([]string{webdataset}, cobra.ShellCompDirectiveNoFileComp)))
	must(cmd.RegisterFlagCompletionFunc("overwrite", cobra.FixedCompletions([]string{"changed", "always", "never"}, cobra.ShellCompDirectiveNoFileComp)))
	return cmd
}

// setPack sets the form of the pack.
func setPack(j *job, form string) error {
	switch {
	case form == "":
		return nil
	case form != webdataset:
		return fmt.Errorf("pack %q: it must be %s", form, webdataset)
	case j.opts.Overwrite == pipeline.Never:
		return errors.New("--overwrite never works on files in folders only: leave it out, or leave out --pack")
	case len(j.Output.Tables) > 0:
		return errors.New("--metadata names files in folders: leave it out, or leave out --pack, whose samples have their records")
	}
	j.pack, j.opts.Pack = form, store.ShardBytes
	return nil
}

// webdataset is a form of packs.
const webdataset = "webdataset"

// registerWork registers the flags about the work on each image.
func (f *flags) registerWork(cmd *cobra.Command, onError *string) {
	cmd.Flags().StringVar(onError, "on-error", "skip", "skip an image that fails, or stop")
	cmd.Flags().StringVar(&f.progress, "progress", "auto", "auto, bar, plain or none")
	must(cmd.RegisterFlagCompletionFunc("on-error", cobra.FixedCompletions([]string{"skip", "stop"}, cobra.ShellCompDirectiveNoFileComp)))
	must(cmd.RegisterFlagCompletionFunc("progress", cobra.FixedCompletions([]string{"auto", "bar", "plain", "none"}, cobra.ShellCompDirectiveNoFileComp)))
}

// profiled runs do. If a file is named, it writes a CPU profile of do to the file.
func profiled(file string, do func() error) error {
	if file == "" {
		return do()
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
	j.opts.About = func(s pipeline.Summary) (*manifest.Run, error) { return f.runFile(j, s, ctx.Err() != nil) }
	return f.work(ctx, c, j, func(running context.Context, log *slog.Logger, p *progress) error {
		j.opts.Outdated = func(images int) {
			done := fmt.Sprintf("%d images are", images)
			if images == 1 {
				done = "1 image is"
			}
			log.Warn(fmt.Sprintf("%s was written by an earlier version (manifest version 1): %s done again", f.out, done))
		}
		s, err := pipeline.Run(running, j.entries, j.Job, j.res, j.opts)
		p.end()
		if ended := f.finish(ctx, c, log, j, s, err); !page || err != nil {
			return ended
		} else if err := f.page(ctx, c); err != nil {
			return f.say(log, err.code, err.err)
		} else {
			return ended
		}
	})
}

// page writes the report of a run that has just ended.
func (f *flags) page(ctx context.Context, c console) *exit {
	r := reportFlags{limit: defaultLimit, pixels: f.pixels, jobs: f.jobs, progress: f.progress, quiet: f.quiet}
	err := r.report(ctx, c, f.out)
	if ended, ok := errors.AsType[*exit](err); ok || err == nil {
		return ended
	}
	return &exit{exitFailed, err}
}

// work prepares progress and logs and runs do, which works on a job's images one by one.
func (f *flags) work(ctx context.Context, c console, j *job, do func(context.Context, *slog.Logger, *progress) error) error {
	p, err := newProgress(c.err, f.progress, len(j.entries), f.quiet)
	if err != nil {
		return err
	}
	log, err := newLogger(p, f.logs, f.level(), isTerminal(c.err))
	if err != nil {
		return err
	}
	if !hasImages(j.entries) && len(j.entries) > 0 {
		for _, e := range j.entries {
			log.Error(e.Problem.Error(), "code", string(e.Problem.Code))
		}
		if j.passed != "" {
			log.Warn(j.passed)
		}
		return f.say(log, exitUsage, errors.New("there is no image among the inputs"))
	}
	// A closed terminal or pipe ends the run like an error of the output folder. Without this
	// it would end the process at the next write.
	signal.Ignore(syscall.SIGPIPE)
	running, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	p.broken = func(err error) { stop(fmt.Errorf("write to standard error: %w", err)) }
	if j.res.Memory > 0 {
		debug.SetMemoryLimit(j.res.Memory) // the collector works harder before the run exceeds its budget
	}
	defer raiseHeap(j.res.Memory)()
	said := map[string]bool{}
	j.opts.Each = func(r *manifest.Record) { logRecord(log, r, said) }
	j.opts.Ended = p.add
	return do(running, log, p)
}

// finish reports how the run went and returns its exit code.
func (f *flags) finish(ctx context.Context, c console, log *slog.Logger, j *job, s pipeline.Summary, err error) error {
	if unusable, ok := errors.AsType[*pipeline.OutputError](err); ok {
		return f.say(log, exitUsage, unusable)
	}
	if !f.quiet {
		text := summaryLine(s, f.out)
		if j.passed != "" {
			text += "\n" + j.passed
		}
		if _, werr := fmt.Fprintln(c.out, text); werr != nil && err == nil {
			return f.say(log, exitFailed, fmt.Errorf("write to standard output: %w", werr))
		}
	}
	log.Debug("time in each stage, summed over the workers", stageAttrs(s.Stages)...)
	switch {
	case errors.Is(err, context.Canceled):
		if cause := context.Cause(ctx); cause == nil || err.Error() != cause.Error() { // there was another error too
			log.Error(err.Error())
		}
		return f.say(log, exitInterrupted, errors.New("interrupted; finished images stay, and the same command does the rest"))
	case errors.Is(err, pipeline.ErrStopped):
		return f.say(log, exitFailed, fmt.Errorf("%w, %d left; use --on-error skip to go on after a failure", err, s.Left))
	case err != nil:
		return f.say(log, exitFailed, fmt.Errorf("%w; %d images left, and the same command goes on from here", err, s.Left))
	case s.Failed > 0:
		return &exit{code: exitFailed}
	}
	return nil
}

// say returns an error that ends the program. With JSON logs it logs the error instead.
func (f *flags) say(log *slog.Logger, code int, err error) error {
	if f.logs == "json" {
		log.Error(err.Error())
		return &exit{code: code}
	}
	return &exit{code, err}
}

func hasImages(entries []source.Entry) bool {
	for _, e := range entries {
		if e.Problem == nil {
			return true
		}
	}
	return false
}

// logRecord logs the messages of a record. It says only once for each layer that the layer
// leaves rows or columns uncovered.
func logRecord(log *slog.Logger, r *manifest.Record, said map[string]bool) {
	if r.Status == manifest.Failed {
		log.Error(r.Error, "code", r.Code)
		return
	}
	for _, w := range r.Warnings {
		log.Warn(source.Display(string(r.Input)) + ": " + w)
	}
	for _, l := range r.Layers {
		name := l.Layer
		if l.Stack != "" {
			name = l.Stack + "/" + name
		}
		if l.Uncovered != "" && !said[name] {
			said[name] = true
			log.Warn(fmt.Sprintf("layer %s: %s (first met in %s)", name, l.Uncovered, source.Display(string(r.Input))))
		}
	}
	line := fmt.Sprintf("%s: %d×%d", source.Display(string(r.Input)), r.Width, r.Height)
	if len(r.Files) > 0 {
		line += fmt.Sprintf(", %d files in %s", len(r.Files), source.Display(string(r.Output)))
	}
	log.Debug(line)
}

func summaryLine(s pipeline.Summary, out string) string {
	line := fmt.Sprintf("%d images, %d maps, %d failed", s.Pictures, s.Maps, s.Failed)
	if s.Skipped > 0 {
		line += fmt.Sprintf(", %d were done already", s.Skipped)
	}
	if s.Left > 0 {
		line += fmt.Sprintf(", %d left", s.Left)
	}
	seconds := s.Elapsed.Seconds()
	return line + fmt.Sprintf(" in %.2f s (%.1f images/s), written to %s", seconds, float64(s.Pictures)/max(seconds, 1e-9), out)
}

func stageAttrs(s engine.Stages) []any {
	var attrs []any
	for _, st := range s.List() {
		attrs = append(attrs, st.Name, st.Time.Round(time.Millisecond).String())
	}
	return attrs
}

// formatsText lists the formats that can be read, a line or two each.
func formatsText() string {
	var lines []string
	for _, f := range decode.Formats() {
		lines = append(lines, fmt.Sprintf("  %s\n    %s", strings.Join(f.Extensions, " "), f.About))
	}
	return strings.Join(lines, "\n")
}
