package main

import (
	"cmp"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"filterbank/filters/tensor"
	"filterbank/pipeline"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/source"
)

// events logs what happens to images. In text, only the first shownLines failures and the
// first shownLines warnings have a line.
type events struct {
	log   *slog.Logger
	all   bool   // every failure and warning has a line
	where string // the file that has all failures; empty if there is none

	codes            map[string]int // failures by their codes
	failed, warnings int
	uncovered        map[string]bool // layers of which it is said
}

func (f *flags) events(log *slog.Logger, where string) *events {
	return &events{log: log, all: f.verbose || f.logs == "json", where: where, codes: map[string]int{}, uncovered: map[string]bool{}}
}

// record logs the messages of a record. It says only once for each layer that the layer
// leaves rows or columns uncovered.
func (e *events) record(r *manifest.Record) {
	if r.Status == manifest.Failed {
		e.failure(r)
		return
	}
	for _, w := range r.Warnings {
		e.warning(r, w)
	}
	for i := range r.Files {
		if f := &r.Files[i]; f.Overflowed > 0 {
			e.warning(r, fmt.Sprintf("%s in %s %s beyond %d, the largest float16, and infinite there; --dtype f32 keeps the numbers",
				counted(f.Overflowed, "value"), source.Display(string(f.Name())), verb(int(f.Overflowed), "is", "are"), tensor.MaxHalf))
		}
	}
	name := source.Display(string(r.Input))
	for _, l := range r.Layers {
		layer := engine.LayerName(l.Stack, l.Layer)
		if l.Uncovered != "" && !e.uncovered[layer] {
			e.uncovered[layer] = true
			e.log.Warn(fmt.Sprintf("layer %s: %s (first met in %s)", layer, l.Uncovered, name),
				"event", "uncovered", "path", string(r.Input), "layer", layer)
		}
	}
	line := fmt.Sprintf("%s: %d×%d", name, r.Width, r.Height)
	if len(r.Files) > 0 {
		line += fmt.Sprintf(", %s in %s", counted(len(r.Files), "file"), source.Display(string(r.Output)))
	}
	e.log.Debug(line, "event", "done", "path", string(r.Input), "width", r.Width, "height", r.Height,
		"files", len(r.Files), "seconds", r.Seconds)
}

func (e *events) failure(r *manifest.Record) {
	e.codes[r.Code]++
	if e.failed++; e.all || e.failed <= shownLines {
		e.log.Error(r.Error, "event", "failed", "path", string(r.Input), "code", r.Code, "seconds", r.Seconds)
	}
	if !e.all && e.failed == shownLines+1 {
		e.log.Error("more images failed; from here on they are only counted" + e.more())
	}
}

func (e *events) warning(r *manifest.Record, text string) {
	if e.warnings++; e.all || e.warnings <= shownLines {
		e.log.Warn(source.Display(string(r.Input))+": "+text, "event", "warning", "path", string(r.Input))
	}
	if !e.all && e.warnings == shownLines+1 {
		e.log.Warn("there are more warnings" + e.more())
	}
}

// more says where the lines are that are left out.
func (e *events) more() string {
	if e.where != "" {
		return "; " + e.where + " has all"
	}
	return "; -v shows all"
}

// sums says how many images failed, and why.
func (e *events) sums() {
	if e.failed == 0 {
		return
	}
	line := fmt.Sprintf("%d failed: %s", e.failed, codesText(e.codes))
	if e.where != "" {
		line += " (" + e.where + ")"
	}
	e.log.Error(line, "event", "failures", "failed", e.failed, "codes", e.codes)
}

// codesText lists codes with their numbers, the most frequent first.
func codesText(codes map[string]int) string {
	names := slices.SortedFunc(maps.Keys(codes), func(a, b string) int {
		return cmp.Or(codes[b]-codes[a], strings.Compare(a, b))
	})
	for i, name := range names {
		names[i] = fmt.Sprintf("%d %s", codes[name], name)
	}
	return strings.Join(names, ", ")
}

// summaryAttrs are the fields of a run's closing event.
func summaryAttrs(s pipeline.Summary, out string) []any {
	return []any{
		"event", "summary", "done", s.Pictures, "skipped", s.Skipped, "failed", s.Failed, "left", s.Left,
		"maps", s.Maps, "files", s.Files, "bytes", s.Bytes, "seconds", seconds(s.Elapsed), "out", out,
	}
}

// attrs are the fields of an event of plain progress.
func (t *tally) attrs(f figures, now time.Time) []any {
	attrs := []any{
		"event", "progress", "doing", cmp.Or(t.what, "run"), "images", t.total, "ended", t.ended(), "failed", t.failed, "skipped", t.old.images,
		"fraction", float64(int(1000*f.fraction)) / 1000, "seconds", seconds(now.Sub(t.begun)),
	}
	if f.rate > 0 {
		attrs = append(attrs, "seconds_left", seconds(f.left))
	}
	return attrs
}

func seconds(d time.Duration) float64 { return d.Round(time.Millisecond).Seconds() }

// summaryLine says what a run did.
func summaryLine(s pipeline.Summary, out string) string {
	if s.Pictures+s.Failed+s.Left == 0 && s.Skipped > 0 {
		return fmt.Sprintf("nothing to do: %s %s done already, in %s", counted(s.Skipped, "image"), verb(s.Skipped, "was", "were"), out)
	}
	line := fmt.Sprintf("%s, %s, %d failed", counted(s.Pictures, "image"), counted(s.Maps, "map"), s.Failed)
	if s.Skipped > 0 {
		line += fmt.Sprintf(", %d done already", s.Skipped)
	}
	if s.Left > 0 {
		line += fmt.Sprintf(", %d left", s.Left)
	}
	line += fmt.Sprintf(" in %.2f s", s.Elapsed.Seconds())
	if s.Pictures > 0 {
		line += fmt.Sprintf(" (%s), written to %s", rateText(float64(s.Pictures)/max(s.Elapsed.Seconds(), 1e-9)), out)
	}
	return line
}

// stageAttrs are the times of the stages, which text shows too.
func stageAttrs(s engine.Stages) []any {
	var attrs []any
	for _, st := range s.List() {
		attrs = append(attrs, st.Name, st.Time.Round(time.Millisecond).String())
	}
	return attrs
}
