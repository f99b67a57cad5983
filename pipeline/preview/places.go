package preview

import (
	"fmt"
	"iter"
	"path"
	"slices"
	"strings"

	"filterbank/pipeline"
	"filterbank/pipeline/output"
	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
)

// CheckPlaces refuses a picture whose files would have a name that belongs to the run, or
// whose folder would have to lie where another one has a file. The run takes names for the
// uses besides store.Every. For store.Packs, two files of a picture must not have the same
// name in a pack. Two pictures that share a folder are refused by source.List.
func CheckPlaces(entries []source.Entry, job pipeline.Job, uses ...store.Use) error {
	files := job.View().Files()
	if err := checkNames(entries, files, uses); err != nil {
		return err
	}
	var names, ends []string // what follows a picture's place in the names of its files, and how they end
	for _, p := range files {
		names = append(names, p.Suffix)
		if end := path.Ext(p.Suffix) + "/"; !slices.Contains(ends, end) {
			ends = append(ends, end)
		}
	}
	if slices.Contains(uses, store.Metadata) {
		for _, t := range job.Output.Tables {
			if err := t.CheckNames(job.View()); err != nil {
				return err
			}
		}
	}
	if slices.Contains(uses, store.Packs) {
		var members []store.Name
		for _, p := range files {
			members = append(members, p.Name())
		}
		if err := store.CheckNames(members); err != nil {
			return err
		}
		if err := store.CheckKeys(stems(entries)); err != nil {
			return err
		}
	}
	var owner map[string]string // of folders; made when a name asks for it
	for i := range entries {
		folder := entries[i].Place() + "/"
		if !slices.ContainsFunc(ends, func(end string) bool { return strings.Contains(folder, end) }) {
			continue
		}
		if owner == nil {
			owner = make(map[string]string, len(entries))
			for k := range entries {
				owner[entries[k].Place()] = entries[k].Path
			}
		}
		for _, name := range names {
			at := strings.Index(folder, name+"/")
			if at < 0 {
				continue
			}
			if other, ok := owner[folder[:at]]; ok {
				return fmt.Errorf("the maps of %s would need a folder where %s has the file %s: rename one, leave one out with --exclude, or run one by itself with another -o",
					source.Display(entries[i].Path), source.Display(other), source.Display(folder[:at]+name))
			}
		}
	}
	return nil
}

// stems gives the names that the files of pictures begin with.
func stems(entries []source.Entry) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range entries {
			if entries[i].Problem == nil && !yield(entries[i].Rel) {
				return
			}
		}
	}
}

// checkNames refuses a picture whose files would have a name that belongs to the run.
func checkNames(entries []source.Entry, files []output.Planned, uses []store.Use) error {
	var suffixes []string // "/", or of files beside the picture's folder
	for _, p := range files {
		suffix := p.Suffix
		if strings.HasPrefix(suffix, "/") {
			suffix = "/"
		}
		if !slices.Contains(suffixes, suffix) {
			suffixes = append(suffixes, suffix)
		}
	}
	for i := range entries {
		if entries[i].Problem != nil {
			continue
		}
		for _, suffix := range suffixes {
			name := entries[i].Rel + suffix
			if taken, ok := store.Taken(name, uses...); ok {
				return fmt.Errorf("the maps of %s would need the name %s in the output folder, which is %s: rename the image, or leave it out with --exclude",
					source.Display(entries[i].Path), taken.Name, taken.Owner)
			}
		}
	}
	return nil
}
