package digest

import (
	"archive/tar"
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"lukechampine.com/blake3"

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
	samples int   // records that list files in the shard
	there   int64 // the bytes that the file has, once it is read
}

// content is what the manifest says of a member.
type content struct {
	bytes  int64
	blake3 string
}

// list lists the files that a manifest names. Entries are in the order of their paths. A file
// that is listed twice alike is one entry.
func list(records *manifest.Reader, run string) ([]*entry, error) {
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
		return nil, fmt.Errorf("%s: an earlier version did %d of its images and noted no BLAKE3 digests (manifest version 1); run the same command again, which does them again", run, old)
	}
	slices.SortFunc(entries, func(a, b *entry) int {
		return cmp.Or(cmp.Compare(a.path, b.path), cmp.Compare(a.bytes, b.bytes), cmp.Compare(a.blake3, b.blake3))
	})
	return slices.CompactFunc(entries, func(a, b *entry) bool {
		return a.path == b.path && a.bytes == b.bytes && a.blake3 == b.blake3
	}), nil
}

// check reads a file and compares it with what the manifest says.
func (e *entry) check(ctx context.Context, files place) (sum [32]byte, err error) {
	file, size, err := files.open(ctx, string(e.path))
	if err != nil {
		return sum, err
	}
	defer file.Close()
	if e.there = size; e.bytes >= 0 && size != e.bytes {
		return sum, fmt.Errorf("it has %d bytes, and the run wrote %d", size, e.bytes)
	}
	if e.members != nil {
		return e.checkShard(ctx, file)
	}
	digest, err := store.Digest(file)
	if err != nil {
		return sum, err
	}
	if digest != e.blake3 {
		return sum, errors.New("the run wrote other bytes")
	}
	_, err = hex.Decode(sum[:], []byte(digest))
	return sum, err
}

// checkShard reads a shard once, for its own digest and for its members'.
func (e *entry) checkShard(ctx context.Context, file io.Reader) (sum [32]byte, err error) {
	hash := blake3.New(len(sum), nil)
	in := io.TeeReader(file, hash)
	if err := e.checkMembers(ctx, in); err != nil {
		return sum, err
	}
	if _, err := io.Copy(io.Discard, in); err != nil { // what follows the last member
		return sum, err
	}
	hash.Sum(sum[:0])
	return sum, nil
}

// checkMembers compares the members of a shard with what the manifest says. Members that it
// does not list, such as records, are in the shard's own digest only.
func (e *entry) checkMembers(ctx context.Context, file io.Reader) error {
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
