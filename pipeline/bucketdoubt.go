package pipeline

import (
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"

	"filterbank/pipeline/manifest"
	"filterbank/pipeline/store"
)

// doubt finds the objects that a run that has not ended well may have removed, or put in place of
// the ones that records of earlier runs tell of. Their records lose the keys of the objects' formats. It
// makes no request if all records are of that run, and otherwise lists the objects between the
// first and the last that records name.
func (m *remote) doubt(ctx context.Context, own *store.Folder) error {
	first, last, since, err := m.doubtful(own)
	if err != nil || first == "" {
		return err
	}
	changed := map[uint64]time.Time{} // by the hash of the path
	var there []uint64                // the hashes of all paths: 8 bytes an object
	for o, err := range m.objects.List(ctx, m.prefix, before(m.prefix+first)) {
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(o.Key, m.prefix)
		if name > last {
			break
		}
		hash := xxhash.Sum64String(name)
		if there = append(there, hash); !o.Modified.Before(since) {
			changed[hash] = o.Modified
		}
	}
	slices.Sort(there)
	return manifest.Doubts(own, m.session.Regions, func(region store.Region, path string) bool {
		hash := xxhash.Sum64String(path)
		at, ok := changed[hash]
		_, found := slices.BinarySearch(there, hash)
		return ok && !at.Before(region.Doubted) || !found
	})
}

// before is a key just before another one, which ends in a letter.
func before(key string) string {
	last := len(key) - 1
	return key[:last] + string(key[last]-1)
}

// doubtful returns the first and the last path that doubtful records name, and the time since which
// any of them is doubted. Without such records first is empty.
func (m *remote) doubtful(own *store.Folder) (first, last string, since time.Time, err error) {
	file, err := own.OpenFile(manifest.Name)
	if err != nil {
		return "", "", since, err
	}
	defer file.Close()
	from := int64(0)
	for _, r := range m.session.Regions {
		in := io.NewSectionReader(file, from, r.End-from)
		if r.End > from && !r.Doubted.IsZero() {
			if since.IsZero() {
				since = r.Doubted
			}
			err := manifest.EachFile(in, func(path string) {
				if first == "" || path < first {
					first = path
				}
				last = max(last, path)
			})
			if err != nil {
				return "", "", since, err
			}
		}
		from = r.End
	}
	return first, last, since, nil
}
