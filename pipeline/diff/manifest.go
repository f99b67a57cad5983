package diff

import (
	"context"
	"fmt"
	"iter"
	"sync"

	"filterbank/pipeline/bucket"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/store"
)

// run is the open output folder, or the prefix of a bucket, of a run.
type run struct {
	dir      string // for messages
	files    place
	release  func() error // of files; may be nil
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
	root, err := store.OpenRoot(dir)
	if err != nil {
		records.Close()
		return nil, fmt.Errorf("open run: %w", err)
	}
	return &run{dir: dir, files: folder{root}, release: root.Close, manifest: records}, nil
}

// openIn opens a run in a bucket.
func openIn(ctx context.Context, client *bucket.Client, name string) (*run, error) {
	b, prefix, err := store.OpenPrefix(client, name)
	if err != nil {
		return nil, err
	}
	records, err := manifest.Fetch(ctx, store.BucketPlace(b, prefix), name)
	if err != nil {
		return nil, err
	}
	return &run{dir: name, files: objects{b, prefix}, manifest: records}, nil
}

func (r *run) close() {
	if r.release != nil {
		r.release()
	}
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
