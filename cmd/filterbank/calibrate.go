package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"filterbank/pipeline"
	"filterbank/pipeline/calibrate"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/output"
	"filterbank/pipeline/stats"
	"filterbank/pipeline/store"
)

// calibration are the flags of calibrate, without the flags about images and stack.
type calibration struct {
	flags
	file       string
	duplicates float64
	json       bool
	font       string
	folder     *store.Folder // the folder of the statistics file
}

func newCalibrate(c console) *cobra.Command {
	f := calibration{flags: flags{noMaps: true}}
	var onError string
	cmd := &cobra.Command{
		Use:   "calibrate [flags] INPUT...",
		Short: "Gather statistics of every filter over a folder of images, and audit the filters",
		Long: "Runs images through a stack and gathers, for each filter, the range, mean, standard\n" +
			"deviation, percentiles and zeros of all its maps, and the places of its strongest\n" +
			"answers. run --scale dataset:FILE then gives every image the same scale. calibrate\n" +
			"prints an audit: filters that are dead, saturated or near duplicates on these images.",
		Example: "  filterbank calibrate photos/ -c stack.yaml -o stats.json\n" +
			"  filterbank run photos/ -c stack.yaml --scale dataset:stats.json\n" +
			"  filterbank calibrate photos/ --patches patches/\n" +
			"  filterbank calibrate photos/ --shard 1/20   # a sample is often enough",
		RunE: func(cmd *cobra.Command, inputs []string) error {
			if err := f.checkWork(onError); err != nil {
				return err
			}
			if err := f.check(); err != nil {
				return err
			}
			j, err := f.job(cmd.Context(), c, inputs)
			if err != nil {
				return err
			}
			j.opts.StopOnError = onError == "stop"
			if f.font != "" {
				if j.Output.Sheet.Font, err = output.ReadFont(f.font); err != nil {
					return err
				}
			}
			if err := f.open(); err != nil {
				return err
			}
			return f.work(cmd.Context(), c, j, "calibrating", "", func(running context.Context, w *workplace) error {
				file, s, err := calibrate.Run(running, j.entries, j.Job, j.res, j.opts.Policy, f.duplicates)
				w.end()
				return f.finish(cmd.Context(), c, w, j, file, s, err)
			})
		},
	}
	f.registerInput(cmd)
	s := cmd.Flags()
	s.StringVarP(&f.file, "out", "o", "stats.json", "statistics file")
	s.StringVar(&f.layers, "layers", "all", "layers whose maps are examined: last, all or names and patterns such as conv1.*, separated by commas")
	s.Float64Var(&f.duplicates, "duplicates", 0.98, "least correlation, of either sign, at which filters count as near duplicates")
	s.BoolVar(&f.json, "json", false, "print the audit as JSON")
	s.StringVar(&f.out, "patches", "", "folder for pictures of the patches that each filter answers to most strongly")
	s.StringVar(&f.font, "font", "", "TrueType font for names on these pictures in scripts other than Latin, Greek and Cyrillic")
	f.registerWork(cmd, &onError)
	must(cmd.MarkFlagDirname("patches"))
	must(cmd.MarkFlagFilename("font", "ttf", "ttc"))
	must(cmd.RegisterFlagCompletionFunc("layers", f.completeLayers))
	must(cmd.MarkFlagFilename("out", "json"))
	return cmd
}

// check checks the flags' values.
func (f *calibration) check() error {
	if !(f.duplicates > 0 && f.duplicates <= 1) {
		return fmt.Errorf("duplicates must be above 0 and at most 1, got %v", f.duplicates)
	}
	if info, err := os.Stat(f.out); err == nil && !info.IsDir() {
		return fmt.Errorf("patches %s: it is a file; name a folder", f.out)
	}
	if f.font != "" && f.out == "" {
		return errors.New("--font is for the names on the pictures of patches: add --patches DIR")
	}
	return nil
}

// open checks, before the first image, that the statistics file and the patches can be
// written. Only a statistics file is replaced.
func (f *calibration) open() error {
	if f.file == "" {
		return errors.New("the statistics file has no name; give it one with -o")
	}
	info, err := os.Lstat(f.file)
	switch {
	case err == nil && info.IsDir(), os.IsPathSeparator(f.file[len(f.file)-1]):
		return fmt.Errorf("statistics file %s: it is a folder; name a file with -o", f.file)
	case err == nil && !info.Mode().IsRegular():
		return fmt.Errorf("statistics file %s: %w", f.file, regular(f.file))
	case err == nil:
		if _, err := stats.Read(f.file); err != nil {
			return fmt.Errorf("statistics file %s: another file has this name; choose another name with -o, or remove the file (%w)", f.file, err)
		}
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("statistics file %s: %w", f.file, bare(err))
	}
	if f.folder, err = store.Open(filepath.Dir(f.file)); err != nil {
		return err
	}
	if err := f.folder.Writable(); err != nil || f.out == "" {
		return err
	}
	patches, err := store.Open(f.out)
	if err != nil {
		return fmt.Errorf("patches: %w", err)
	}
	return errors.Join(patches.Writable(), patches.Release())
}

// finish writes the file, prints the audit, draws the patches and returns the exit code.
func (f *calibration) finish(ctx context.Context, c console, w *workplace, j *job, file *stats.File, s pipeline.Summary, err error) error {
	w.events.sums()
	switch {
	case ctx.Err() != nil:
		return &exit{exitInterrupted, errors.New("interrupted; no statistics were written")}
	case errors.Is(err, pipeline.ErrStopped):
		return &exit{exitFailed, fmt.Errorf("%w, %d left; no statistics were written; use --on-error skip to go on after a failure", err, s.Left)}
	case err != nil:
		return err
	case file == nil && len(j.entries) == 0:
		w.log.Warn("no statistics were written: choose another part, or fewer parts", "event", "empty part")
		return nil
	case file == nil:
		return &exit{exitFailed, errors.New("every image failed; no statistics were written")}
	}
	file.Filterbank = version()
	data, err := file.Encode()
	if err == nil {
		err = f.folder.WriteFile(filepath.Base(f.file), data)
	}
	if err != nil {
		return err
	}
	if err := f.printAudit(c, w, j, file, s); err != nil {
		return err
	}
	failed := s.Failed
	if f.out != "" {
		undrawn, err := f.draw(ctx, w, j, file)
		if err != nil {
			return err
		}
		failed += undrawn
	}
	return f.verdict(c, w, failed, len(j.entries))
}

// draw draws the patches and returns the number of images of which it cannot.
func (f *calibration) draw(ctx context.Context, w *workplace, j *job, file *stats.File) (failed int, err error) {
	err = calibrate.WritePatches(ctx, file, j.Job, j.res, f.out, calibrate.PatchWatch{
		Begin: func(pictures int) { w.begin("drawing patches", pictures) },
		Ended: w.next,
		Failed: func(r *manifest.Record) {
			failed++
			w.log.Error("draw patches: "+r.Error, "event", "failed", "path", string(r.Input), "code", r.Code)
		},
	})
	w.end()
	if ctx.Err() != nil {
		err = &exit{exitInterrupted, errors.New("interrupted; the statistics are written, but not all patches")}
	}
	return failed, err
}

// kinds are the kinds of findings, in the order of the summary and in words.
var kinds = [...]struct {
	kind stats.Kind
	word string
}{
	{stats.NotFinite, "not finite"}, {stats.Dead, "dead"}, {stats.Faint, "faint"}, {stats.Rare, "nearly dead"}, {stats.Constant, "constant"},
	{stats.Saturated, "saturated"}, {stats.Duplicate, "near duplicate"},
}

// printAudit prints the audit and the closing line.
func (f *calibration) printAudit(c console, w *workplace, j *job, file *stats.File, s pipeline.Summary) error {
	var err error
	switch {
	case f.json:
		err = printJSON(c.out, file.Audit)
	case !f.quiet:
		_, err = io.WriteString(c.out, auditTable(file))
	}
	if err != nil {
		return unwritten(err)
	}
	if f.json && f.logs != "json" {
		return nil
	}
	return f.conclude(c, w, j, auditLine(file, s, f.file), "event", "summary", "done", s.Pictures, "failed", s.Failed,
		"findings", len(file.Audit), "seconds", seconds(s.Elapsed), "out", f.file)
}

// auditTable has a line for each finding.
func auditTable(file *stats.File) string {
	if len(file.Audit) == 0 {
		return ""
	}
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "layer\tfilter\tfinding\t")
	for i := range file.Audit {
		a := &file.Audit[i]
		layer := engine.LayerName(a.Stack, a.Layer)
		fmt.Fprintf(t, "%s\t%03d-%s\t%s\n", layer, a.Index, a.Filter, finding(a, file.Pictures))
	}
	t.Flush()
	return b.String() + "\n"
}

// auditLine sums an audit up.
func auditLine(file *stats.File, s pipeline.Summary, name string) string {
	count := map[stats.Kind]int{}
	for i := range file.Audit {
		count[file.Audit[i].Kind]++
	}
	filters := 0
	for _, l := range file.Layers {
		filters += len(l.Filters)
	}
	var found []string
	for _, k := range kinds {
		switch n := count[k.kind]; {
		case n > 0 && k.kind == stats.Duplicate:
			found = append(found, counted(n, k.word))
		case n > 0:
			found = append(found, fmt.Sprintf("%d %s", n, k.word))
		}
	}
	if found == nil {
		found = []string{"no findings"}
	}
	return fmt.Sprintf("%s, %d failed, %s: %s; written to %s",
		counted(s.Pictures, "image"), s.Failed, counted(filters, "filter"), strings.Join(found, ", "), name)
}

// finding puts an audit's finding in words.
func finding(a *stats.Finding, pictures int) string {
	switch a.Kind {
	case stats.NotFinite:
		return fmt.Sprintf("not finite: %s of values are NaN or infinite", percent(a.Share))
	case stats.Dead:
		return fmt.Sprintf("dead: 0 everywhere on %s", allImages(a.Pictures))
	case stats.Faint:
		return fmt.Sprintf("faint: never beyond %.3g, a trace of the layer's largest value", a.Largest)
	case stats.Rare:
		return fmt.Sprintf("nearly dead: not 0 at %s of places, on %d of %s", percent(a.Share), a.Pictures, counted(pictures, "image"))
	case stats.Constant:
		if pictures == 1 {
			return "constant: one value everywhere"
		}
		return fmt.Sprintf("constant: one value everywhere on each of %d images", pictures)
	case stats.Saturated:
		return fmt.Sprintf("saturated: %s of values are at the upper limit", percent(a.Share))
	}
	return fmt.Sprintf("near duplicate of %03d-%s: correlation %.4f", *a.Of, a.OfFilter, a.Correlation)
}

// allImages is all 2 images, or the image.
func allImages(n int) string {
	if n == 1 {
		return "the image"
	}
	return "all " + counted(n, "image")
}

func percent(share float64) string { return fmt.Sprintf("%.3g%%", 100*share) }
