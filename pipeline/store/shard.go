package store

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
)

// ShardName returns the name of a pack's shard, counted from 0.
func ShardName(number int) string { return fmt.Sprintf("%s%06d.tar", shardsIn, number) }

// shardsIn begins the names of shards.
const shardsIn = ShardsName + "/"

// shardNumber reads the name of a shard.
func shardNumber(name string) (number int, ok bool) {
	_, err := fmt.Sscanf(name, shardsIn+"%d.tar", &number)
	return number, err == nil && number >= 0 && ShardName(number) == name
}

// IsShard says whether a path below the output folder is a shard's, of the whole run or of a
// part.
func IsShard(file string) bool {
	_, name := inPart(file)
	_, ok := shardNumber(name)
	return ok
}

// Span is a part of a file, in bytes.
type Span struct{ At, Bytes int64 }

// Members says where the contents of a shard's members lie, by their names.
func Members(in io.ReadSeeker) (map[string]Span, error) {
	spans := map[string]Span{}
	for members := tar.NewReader(in); ; {
		h, err := members.Next()
		if errors.Is(err, io.EOF) {
			return spans, nil
		}
		if err != nil {
			return nil, err
		}
		at, err := in.Seek(0, io.SeekCurrent)
		if err != nil {
			return nil, err
		}
		if h.Typeflag == tar.TypeReg {
			spans[h.Name] = Span{at, h.Size}
		}
	}
}

// listShards lists what has a shard's name, in the order of the names.
func listShards(folder *Folder) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(folder.root.FS(), ShardsName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, &Error{Path: folder.path(ShardsName), Err: err, shared: true}
	}
	return slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return !IsShard(shardsIn + e.Name()) }), nil
}

// checkShards refuses what stands in the place of shards or of their index and is not an
// earlier run's. See PackOptions.Known. It returns the numbers of the shards that are there.
func checkShards(folder *Folder, below string, known func() (map[string]bool, error)) (there []int, err error) {
	if info, err := folder.root.Lstat(ShardsName); err == nil && !info.IsDir() {
		return nil, fmt.Errorf("pack %s: it is not a folder; move it away or choose another folder with -o", folder.path(ShardsName))
	}
	shards, err := listShards(folder)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, s := range shards {
		names = append(names, shardsIn+s.Name())
		number, _ := shardNumber(shardsIn + s.Name())
		there = append(there, number)
	}
	slices.Sort(there) // from 1000000 on the order of names is another
	if folder.Exists(IndexName) {
		names = append(names, IndexName)
	}
	if len(names) == 0 {
		return nil, nil
	}
	var recorded map[string]bool
	if known != nil {
		if recorded, err = known(); err != nil {
			return nil, err
		}
		if len(recorded) > 0 {
			recorded[path.Join(below, IndexName)] = true
		}
	}
	for _, name := range names {
		info, err := folder.root.Lstat(filepath.FromSlash(name))
		switch {
		case err != nil:
			return nil, &Error{Path: folder.path(name), Err: err, shared: true}
		case !info.Mode().IsRegular():
			return nil, fmt.Errorf("pack %s: it is not a regular file; move it away or choose another folder with -o", folder.path(name))
		case known != nil && !recorded[path.Join(below, name)]:
			return nil, fmt.Errorf("pack %s: no record in %s names it, and the pack would replace it; move it away or choose another folder with -o", folder.path(name), ManifestName)
		}
	}
	return there, nil
}

// removeShards removes the shards from a number on.
func removeShards(folder *Folder, number int) error {
	shards, err := listShards(folder)
	if err != nil {
		return err
	}
	for _, s := range shards {
		name := shardsIn + s.Name()
		if n, _ := shardNumber(name); n < number {
			continue
		}
		if err := folder.root.Remove(filepath.FromSlash(name)); err != nil {
			return &Error{Path: folder.path(name), Err: err, shared: true}
		}
	}
	return nil
}
