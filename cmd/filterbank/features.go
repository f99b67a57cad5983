package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"filterbank/pipeline/bucket"
	"filterbank/pipeline/features"
	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
)

// featuresFile is the file of --features, or empty.
func (f *flags) featuresFile() (string, error) {
	switch len(f.features) {
	case 0:
		return "", nil
	case 1:
		if bucket.IsURL(f.features[0]) {
			if _, _, err := bucket.Split(f.features[0]); err != nil { // the name may hold a password
				return "", fmt.Errorf("features: %w", err)
			}
		}
		return f.features[0], features.CheckName(f.features[0])
	}
	return "", fmt.Errorf("--features names %s and %s: a run writes one table of features", source.Display(f.features[0]), source.Display(f.features[1]))
}

// checkFeatures refuses a table of features in the place of something else: of an input, of a
// file that the run reads, of what it writes to the output folder, or of any file that is not
// such a table.
func (f *flags) checkFeatures(j *job) error {
	name := j.Output.Features
	columns, err := j.FeatureColumns()
	if err != nil {
		return err
	}
	j.columns = len(columns)
	refuse := func(format string, args ...any) error {
		return fmt.Errorf("features %s: %w", source.Display(name), fmt.Errorf(format, args...))
	}
	below, inside, err := f.belowOut(name)
	switch {
	case err != nil:
		return refuse("%w", err)
	case inside && strings.Contains(below, "/"):
		return refuse("it lies among the images' files in %s: name a file at the top of that folder, or outside", f.out)
	case inside:
		if taken, ok := store.Taken(below, store.Report, store.Packs, store.Metadata, store.Features); ok {
			return refuse("this name is %s: name another file", taken.Owner)
		}
		for i := range j.entries {
			if top, _, _ := strings.Cut(j.entries[i].Place(), "/"); strings.EqualFold(top, below) {
				return refuse("the files of %s have this name: name another file", source.Display(j.entries[i].Path))
			}
		}
	}
	if bucket.IsURL(name) { // the run looks at the object
		return nil
	}
	there, err := os.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return refuse("%w", source.Shown(err))
	case !there.Mode().IsRegular():
		return refuse("it is not a regular file: name another file")
	}
	if err := f.checkRead(j, there, refuse); err != nil {
		return err
	}
	if err := features.CheckPlace(name); err != nil {
		return refuse("%w", source.Shown(err))
	}
	return nil
}

// checkRead refuses a table in the place of a file that the run reads.
func (f *flags) checkRead(j *job, there os.FileInfo, refuse func(string, ...any) error) error {
	same := func(name string) bool {
		info, err := os.Stat(name)
		return err == nil && os.SameFile(there, info)
	}
	dataset, _, _ := datasetFile(f.scale)
	read := []string{f.config, f.from, dataset}
	for o, value := range f.options {
		if o.Word == "FILE" {
			read = append(read, *value)
		}
	}
	for _, name := range read {
		if name != "" && same(name) {
			return refuse("the run reads this file: name another file")
		}
	}
	for i := range j.entries {
		if e := &j.entries[i]; e.Path != source.Stdin && same(e.Path) {
			return refuse("it is one of the inputs: name another file")
		}
	}
	return nil
}

// belowOut says whether a file lies in the output folder, which may not be there yet, and gives
// its slash-separated name there. It is an error if the file's folder is missing.
func (f *flags) belowOut(name string) (below string, inside bool, err error) {
	if bucket.IsURL(name) {
		return f.belowBucket(name)
	}
	dir := filepath.Dir(name)
	if filepath.Clean(f.out) == dir {
		return filepath.Base(name), true, nil
	}
	if dir, err = filepath.EvalSymlinks(dir); err == nil {
		dir, err = filepath.Abs(dir)
	}
	if err != nil {
		return "", false, fmt.Errorf("there is no folder %s: make it first", source.Display(filepath.Dir(name)))
	}
	out, err := os.Stat(f.out)
	if err != nil {
		return "", false, nil
	}
	below = filepath.Base(name)
	for {
		if info, err := os.Stat(dir); err == nil && os.SameFile(info, out) {
			return below, true, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", false, nil
		}
		below = filepath.Base(dir) + "/" + below
		dir = parent
	}
}

// featuresLine says what a table of features has.
func featuresLine(w *features.Written) string {
	line := fmt.Sprintf("%s: %s of %s", source.Display(w.Path), counted(w.Rows, "row"), counted(w.Columns, "feature"))
	if w.Empty > 0 {
		line += fmt.Sprintf(", %d without values", w.Empty)
	}
	return line
}

// plannedFeatures says what a run would write into a table of features.
func plannedFeatures(j *job) string {
	return fmt.Sprintf("%s of %s to %s", counted(len(j.entries), "row"), counted(j.columns, "feature"), source.Display(j.Output.Features))
}
