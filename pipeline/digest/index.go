package digest

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"filterbank/pipeline/manifest"
	"filterbank/pipeline/store"
)

// checkIndex compares the shards of a pack with their index, which knows their records too.
// A run that was killed may have left none.
func (r *Report) checkIndex(root *os.Root, listed []*entry) {
	var shards []*entry
	for _, e := range listed {
		if e.members != nil {
			shards = append(shards, e)
		}
	}
	if len(shards) == 0 {
		return
	}
	index, err := store.ReadIndex(root)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err == nil {
		err = r.compare(root, index, shards)
	}
	if err != nil {
		r.Wrong = append(r.Wrong, Problem{store.IndexName, err})
		slices.SortStableFunc(r.Wrong, func(a, b Problem) int { return cmp.Compare(a.Path, b.Path) })
	}
}

// compare compares an index with the shards in the manifest and with their files.
func (r *Report) compare(root *os.Root, index []store.Shard, shards []*entry) error {
	known := map[manifest.Path]store.Shard{}
	for _, s := range index {
		known[manifest.Path(s.Path(""))] = s
	}
	for _, e := range shards {
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
		info, err := root.Lstat(filepath.FromSlash(string(f.Path)))
		if err != nil {
			return store.Plain(root, err)
		}
		if s.Bytes != info.Size() || s.BLAKE3 != hex.EncodeToString(f.BLAKE3[:]) {
			return fmt.Errorf("it has another size or digest of %s: one of them has changed since the run", f.Path)
		}
	}
	return nil
}
