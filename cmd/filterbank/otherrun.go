package main

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"filterbank/filters"
	"filterbank/filters/config"
	"filterbank/pipeline"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/output"
	"filterbank/pipeline/source"
)

// otherRun says what a run finds in its output folder if another stack's results are there, and
// what becomes of them. It is empty if there are none, or none that can be read.
func (f *flags) otherRun(j *job) string {
	there, err := manifest.ReadRun(f.out)
	if err != nil || there.Images+there.Skipped == 0 || len(there.Formats) == 0 || there.Pack != j.pack { // the run refuses another form
		return ""
	}
	now, err := f.runFile(j, pipeline.Summary{}, false)
	if err != nil || now.StackSHA256 == there.StackSHA256 {
		return ""
	}
	line := fmt.Sprintf("%s has results of another stack", source.Display(f.out))
	var replaced, kept []string
	for _, name := range layersOf(there) {
		if slices.Contains(engine.LayerNames(stacksOf(j)), name) {
			replaced = append(replaced, name)
		} else {
			kept = append(kept, name)
		}
	}
	if names := slices.Concat(replaced, kept); len(names) > 0 {
		line += ", with " + layersText(names)
	}
	switch {
	case there.Pack != "":
		return line + ": a pack holds the images of its last run, and loses all others; -o names another folder"
	case len(replaced) == 0 && len(kept) > 0:
		line += ": these files are kept"
	case len(kept) == 0:
		line += ": files of images that are done again are replaced"
	default:
		line += fmt.Sprintf(": of images that are done again, files of %s are replaced, and files of %s are kept", layersText(replaced), layersText(kept))
	}
	return line + "; run.json is replaced; -o names another folder"
}

// warnStale says which outputs of an earlier run as a whole this run has not written anew.
func (f *flags) warnStale(log *slog.Logger, j *job) {
	for _, t := range output.Tables() {
		name := filepath.Join(f.out, t.File)
		if _, err := os.Lstat(name); err != nil || slices.Contains(j.Output.Tables, t) {
			continue
		}
		log.Warn(fmt.Sprintf("%s is as an earlier run wrote it, and does not know this run's images: add --%s %s to have it written anew",
			source.Display(name), t.Option, t.Name), "event", "stale", "path", source.Display(name))
	}
}

func layersText(names []string) string {
	if len(names) == 1 {
		return "layer " + names[0]
	}
	return "layers " + strings.Join(names, ", ")
}

// layersOf are the layers of a run's stacks, as far as its account tells.
func layersOf(r *manifest.Run) []string {
	file, err := config.Parse(filepath.Join(string(r.Folder), string(r.StackFolder), manifest.RunName), r.Stack)
	if err != nil {
		return nil
	}
	model, err := file.Build()
	if err != nil {
		return nil
	}
	return engine.LayerNames(model.Stacks)
}

func stacksOf(j *job) (stacks []*filters.Stack) {
	for _, s := range j.Stacks {
		stacks = append(stacks, s.Stack)
	}
	return stacks
}
