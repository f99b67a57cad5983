package diff

import (
	"fmt"
	"iter"
	"os"
	"sync"

	"filterbank/pipeline/manifest"
	"filterbank/pipeline/store"
)

// run is the open output folder of a run.
type run struct {
	dir      string
	root     *os.Root
	manifest *manifest.Reader

	indexing sync.Mutex
	shard    manifest.Path // the shard of members
	members  map[string]store.Span
}

func open(dir string) (*run, error) {
	records, err := manifest.Open(dir)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		records.Close()
		return nil, fmt.Errorf("open run: %w", err)
	}
	return &run{dir: dir, root: root, manifest: records}, nil
}

func (r *run) close() {
	r.root.Close()
	r.manifest.Close()
}

// places yields the pictures of the first run, then the pictures that only the second has.
func places(runs [2]*run) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i, r := range runs {
			for _, place := range r.manifest.Places() {
				if i == 1 && runs[0].manifest.Has(place) {
					continue
				}
				if !yield(place) {
					return
				}
			}
		}
	}
}
