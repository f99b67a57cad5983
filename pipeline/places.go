package pipeline

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"filterbank/pipeline/source"
)

// CheckPlaces looks for a picture whose folder would have to lie where another one has a
// file. That two pictures share a folder is source.List's to refuse.
func CheckPlaces(entries []source.Entry, job Job) error {
	j := job.withDefaults()
	var names, ends []string // what follows a picture's place in the names of its files, and how they end
	for _, p := range j.view(j.Output.Formats).Files() {
		names = append(names, p.Suffix)
		if end := path.Ext(p.Suffix) + "/"; !slices.Contains(ends, end) {
			ends = append(ends, end)
		}
	}
	var owner map[string]string // of folders; made when a name asks for it
	for i := range entries {
		folder := rel(&entries[i]) + "/"
		if !slices.ContainsFunc(ends, func(end string) bool { return strings.Contains(folder, end) }) {
			continue
		}
		if owner == nil {
			owner = make(map[string]string, len(entries))
			for k := range entries {
				owner[rel(&entries[k])] = entries[k].Path
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
