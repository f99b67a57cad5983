package digest

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"filterbank/pipeline/bucket"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/store"
)

// checkIndex compares the shards of a pack with their index, which knows their records too.
// A run that was killed may have left none. The error is a store's that fails.
func (r *Report) checkIndex(ctx context.Context, files place, listed []*entry) error {
	var shards []*entry
	for _, e := range listed {
		if e.members != nil {
			shards = append(shards, e)
		}
	}
	if len(shards) == 0 {
		return nil
	}
	index, err := files.index(ctx)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case bucket.TryAgain(err) || ctx.Err() != nil:
		return err
	case err == nil:
		err = r.compare(index, shards)
	}
	if err != nil {
		r.Wrong = append(r.Wrong, Problem{store.IndexName, err})
		slices.SortStableFunc(r.Wrong, func(a, b Problem) int { return cmp.Compare(a.Path, b.Path) })
	}
	return nil
}

// compare compares an index with the shards in the manifest and with their files.
func (r *Report) compare(index []store.Shard, shards []*entry) error {
	known, there := map[manifest.Path]store.Shard{}, map[manifest.Path]int64{}
	for _, s := range index {
		known[manifest.Path(s.Path(""))] = s
	}
	for _, e := range shards {
		there[e.path] = e.there
		s, ok := known[e.path]
		if !ok {
			return fmt.Errorf("it does not list %s", e.path)
		}
		if s.Samples != e.samples {
			return fmt.Errorf("it has %d samples in %s, and the manifest %d", s.Samples, e.path, e.samples)
		}
	}
	if len(index) > len(shards) {
		return fmt.Errorf("it lists %d shards, and the manifest has %d", len(index), len(shards))
	}
	for _, f := range r.Files {
		s, ok := known[f.Path]
		if !ok {
			continue
		}
		if s.Bytes != there[f.Path] || s.BLAKE3 != hex.EncodeToString(f.BLAKE3[:]) {
			return fmt.Errorf("it has another size or digest of %s: one of them has changed since the run", f.Path)
		}
	}
	return nil
}
