package digest

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"filterbank/pipeline/manifest"
	"filterbank/pipeline/store"
)

// checkIndex compares the shards of a pack with their index, which knows their records too.
// A run that was killed may have left none.
func (r *Report) checkIndex(root *os.Root, listed []*entry) {
	var shards []manifest.Path
	for _, e := range listed {
		if e.members != nil {
			shards = append(shards, e.path)
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
		err = r.compare(index, shards)
	}
	if err != nil {
		r.Wrong = append(r.Wrong, Problem{store.IndexName, err})
		slices.SortStableFunc(r.Wrong, func(a, b Problem) int { return cmp.Compare(a.Path, b.Path) })
	}
}

// compare compares an index with the paths of the shards in the manifest and their digests.
func (r *Report) compare(index []store.Shard, shards []manifest.Path) error {
	digests := map[manifest.Path]string{}
	for i, s := range index {
		digests[manifest.Path(store.ShardName(i))] = s.BLAKE3
	}
	for _, path := range shards {
		if digests[path] == "" {
			return fmt.Errorf("it does not list %s", path)
		}
	}
	if len(index) > len(shards) {
		return fmt.Errorf("it lists %d shards, and the manifest has %d", len(index), len(shards))
	}
	for _, f := range r.Files {
		if want := digests[f.Path]; want != "" && want != hex.EncodeToString(f.BLAKE3[:]) {
			return fmt.Errorf("it has another digest of %s: one of them has changed since the run", f.Path)
		}
	}
	return nil
}
