package pipeline

import (
	"fmt"
	"strings"

	"filterbank/pipeline/source"
)

// CheckPlaces looks for a picture whose folder would have to lie where another one has a
// map. That two pictures share a folder is source.List's to refuse.
func CheckPlaces(entries []source.Entry, opts Options) error {
	var files []string // "/layer/000-filter.png" and the like
	for _, s := range opts.Stacks {
		for l, tapped := range s.Taps {
			if !tapped {
				continue
			}
			for _, format := range opts.Formats {
				for _, f := range layerFileNames(format, s.Stack, l) {
					files = append(files, "/"+f.name)
				}
			}
		}
	}
	var owner map[string]string // of folders; made when a name asks for it
	for i := range entries {
		rel := output(&entries[i]) + "/"
		if !strings.Contains(rel, ".png/") && !strings.Contains(rel, ".npy/") {
			continue
		}
		if owner == nil {
			owner = make(map[string]string, len(entries))
			for k := range entries {
				owner[output(&entries[k])] = entries[k].Path
			}
		}
		for _, f := range files {
			at := strings.Index(rel, f+"/")
			if at < 0 {
				continue
			}
			if other, ok := owner[rel[:at]]; ok {
				return fmt.Errorf("the maps of %s would need a folder where %s has the map %s: rename one, leave one out with --exclude, or run one by itself with another -o",
					source.Display(entries[i].Path), source.Display(other), source.Display(rel[:at]+f))
			}
		}
	}
	return nil
}
