package digest

import (
	"archive/tar"
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"filterbank/pipeline/manifest"
	"filterbank/pipeline/store"
)

// entry is a file that the manifest lists: one with a digest of its own, or a shard of a
// pack, whose members have digests.
type entry struct {
	path    manifest.Path
	bytes   int64 // −1 for a shard
	blake3  string
	members map[string]content
	samples int // records that list files in the shard
}

// content is what the manifest says of a member.
type content struct {
	bytes  int64
	blake3 string
}

// list reads the manifest of an output folder. Entries are in the order of their paths. A file
// that is listed twice alike is one entry.
func list(dir string) ([]*entry, error) {
	records, err := manifest.Open(dir)
	if err != nil {
		return nil, err
	}
	defer records.Close()
	var entries []*entry
	shards := map[manifest.Path]*entry{}
	old := 0
	for _, place := range records.Places() {
		rec, err := records.Record(place)
		if err != nil {
			return nil, err
		}
		if rec.Version != manifest.Version && len(rec.Files) > 0 {
			old++
			continue
		}
		var last *entry
		for _, f := range rec.Files {
			if f.Member == "" {
				entries = append(entries, &entry{path: f.Path, bytes: f.Bytes, blake3: f.BLAKE3})
				continue
			}
			shard := shards[f.Path]
			if shard == nil {
				shard = &entry{path: f.Path, bytes: -1, members: map[string]content{}}
				shards[f.Path] = shard
				entries = append(entries, shard)
			}
			shard.members[string(f.Member)] = content{f.Bytes, f.BLAKE3}
			if shard != last {
				shard.samples++
				last = shard
			}
		}
	}
	if old > 0 {
		return nil, fmt.Errorf("%s: an earlier version did %d of its images and noted no BLAKE3 digests (manifest version 1); run the same command again, which does them again", dir, old)
	}
	slices.SortFunc(entries, func(a, b *entry) int {
		return cmp.Or(cmp.Compare(a.path, b.path), cmp.Compare(a.bytes, b.bytes), cmp.Compare(a.blake3, b.blake3))
	})
	return slices.CompactFunc(entries, func(a, b *entry) bool {
		return a.path == b.path && a.bytes == b.bytes && a.blake3 == b.blake3
	}), nil
}

// check reads a file and compares it with what the manifest says.
func (e *entry) check(ctx context.Context, root *os.Root) (sum [32]byte, err error) {
	name := filepath.FromSlash(string(e.path))
	info, err := root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return sum, errors.New("it is missing")
	case err != nil:
		return sum, store.Plain(root, err)
	case !info.Mode().IsRegular(): // opening a pipe would wait for a writer
		return sum, errors.New("it is not a regular file")
	case e.bytes >= 0 && info.Size() != e.bytes:
		return sum, fmt.Errorf("it has %d bytes, and the run wrote %d", info.Size(), e.bytes)
	}
	file, err := root.Open(name)
	if err != nil {
		return sum, store.Plain(root, err)
	}
	defer file.Close()
	digest, err := store.Digest(file)
	if err != nil {
		return sum, err
	}
	if e.members == nil && digest != e.blake3 {
		return sum, errors.New("the run wrote other bytes")
	}
	if e.members != nil {
		if err := e.checkMembers(ctx, file); err != nil {
			return sum, err
		}
	}
	_, err = hex.Decode(sum[:], []byte(digest))
	return sum, err
}

// checkMembers compares the members of a shard with what the manifest says. Members that it
// does not list, such as records, are in the shard's own digest only.
func (e *entry) checkMembers(ctx context.Context, file io.ReadSeeker) error {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	left := maps.Clone(e.members)
	for in := tar.NewReader(file); ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		header, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("it is damaged: %w", err)
		}
		want, ok := left[header.Name]
		if !ok {
			continue
		}
		digest, err := store.Digest(in)
		if err != nil {
			return fmt.Errorf("it is damaged: %w", err)
		}
		if header.Size != want.bytes || digest != want.blake3 {
			return fmt.Errorf("the run wrote other bytes of %s in it", header.Name)
		}
		delete(left, header.Name)
	}
	if len(left) > 0 {
		return fmt.Errorf("%d of the %d files that the run wrote into it are missing", len(left), len(e.members))
	}
	return nil
}
