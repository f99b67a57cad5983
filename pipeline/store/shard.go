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
	"sort"
	"strconv"
	"strings"
)

// ShardName returns the path of a shard of a whole run's pack, counted from 0.
func ShardName(number int) string { return fmt.Sprintf("%s%06d.tar", shardsIn, number) }

// shardsIn begins the names of shards.
const shardsIn = ShardsName + "/"

// shardPath returns the path of a shard below the output folder: of a whole run, or of the part
// with a folder. No two shards of parts have the same base name: readers keep their copies of
// shards by it.
func shardPath(part string, number int) string {
	if index, _, ok := ParsePart(part); ok {
		return fmt.Sprintf("%s/%s%05d-%06d.tar", part, shardsIn, index, number)
	}
	return ShardName(number)
}

// parseShard reads the path of a shard.
func parseShard(file string) (part string, number int, ok bool) {
	part, name := inPart(file)
	digits := strings.TrimSuffix(base(name), ".tar")
	if part != "" {
		digits = digits[strings.IndexByte(digits, '-')+1:]
	}
	number, err := strconv.Atoi(digits)
	return part, number, err == nil && number >= 0 && shardPath(part, number) == file
}

// IsShard says whether a path below the output folder is a shard's, of the whole run or of a
// part.
func IsShard(file string) bool {
	_, _, ok := parseShard(file)
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

// listShards returns the numbers of what has a shard's name, in their order.
func listShards(folder *Folder, below string) (numbers []int, err error) {
	entries, err := fs.ReadDir(folder.root.FS(), ShardsName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, &Error{Path: folder.path(ShardsName), Err: err, shared: true}
	}
	for _, e := range entries {
		if part, number, ok := parseShard(path.Join(below, shardsIn+e.Name())); ok && part == below {
			numbers = append(numbers, number)
		}
	}
	slices.Sort(numbers) // from 1000000 on the order of names is another
	return numbers, nil
}

// shardFile returns the name of a shard in the folder of its run.
func shardFile(below string, number int) string {
	_, name := inPart(shardPath(below, number))
	return name
}

// checkShards refuses what stands in the place of shards or of their index and is not an
// earlier run's. See PackOptions.Known. It returns the numbers of the shards that are there.
func checkShards(folder *Folder, below string, known func() (map[string]bool, error)) (there []int, err error) {
	if info, err := folder.root.Lstat(ShardsName); err == nil && !info.IsDir() {
		return nil, fmt.Errorf("pack %s: it is not a folder; move it away or choose another folder with -o", folder.path(ShardsName))
	}
	if there, err = listShards(folder, below); err != nil {
		return nil, err
	}
	var names []string
	for _, number := range there {
		names = append(names, shardFile(below, number))
	}
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
func removeShards(folder *Folder, below string, number int) error {
	there, err := listShards(folder, below)
	if err != nil {
		return err
	}
	for _, n := range there[sort.SearchInts(there, number):] {
		name := shardFile(below, n)
		if err := folder.root.Remove(filepath.FromSlash(name)); err != nil {
			return &Error{Path: folder.path(name), Err: err, shared: true}
		}
	}
	return nil
}
