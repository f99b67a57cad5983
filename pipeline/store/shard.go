package store

import (
	"archive/tar"
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
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

// tarBlock is the size in bytes to which a tar file fills up its headers and contents.
const tarBlock = 512

// shard is a tar file that is being written under a temporary name.
type shard struct {
	folder *Folder
	name   string // the final name
	temp   string
	file   *os.File
	out    *bufio.Writer
	tar    *tar.Writer
	size   int64 // without the end of the tar file
	hashed hashed
	count  int    // number of its samples
	placed func() // called when it has its name; may be nil
}

// hashed is a file that is written from its beginning to its end, with its digest.
type hashed struct {
	file   *os.File
	digest hashTree
	bytes  int64
}

func (h *hashed) Write(p []byte) (int, error) {
	h.digest.Write(p)
	n, err := h.file.Write(p)
	h.bytes += int64(n)
	return n, err
}

// newShard begins a shard with the samples that have been read of another one, or of none.
func newShard(folder *Folder, name string, head *oldShard) (*shard, error) {
	dirs := directories{folder: folder}
	defer dirs.close()
	s := &shard{folder: folder, name: name, temp: folder.temporary(name)}
	in, err := dirs.of(name)
	if errors.Is(err, os.ErrNotExist) {
		if err = dirs.make(ShardsName, func(string) {}); err == nil {
			in, err = dirs.of(name)
		}
	}
	if err != nil {
		return nil, err
	}
	if s.file, err = in.root.OpenFile(base(s.temp), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666); err != nil {
		return nil, err
	}
	s.hashed.file = s.file
	s.out = bufio.NewWriterSize(&s.hashed, 64<<10) // larger members pass it by
	s.tar = tar.NewWriter(s.out)
	if head != nil {
		if n, err := io.Copy(s.out, io.NewSectionReader(head.file, 0, head.end)); err != nil || n < head.end {
			s.discard()
			return nil, errors.Join(err, io.ErrUnexpectedEOF)
		}
		s.size, s.count = head.end, head.read
	}
	return s, nil
}

// add appends a member.
func (s *shard) add(name string, size int64, content func(io.Writer) error) error {
	if err := s.tar.WriteHeader(header(name, size)); err != nil {
		return err
	}
	if err := content(s.tar); err != nil {
		return err
	}
	if err := s.tar.Flush(); err != nil {
		return err
	}
	s.size = s.hashed.bytes + int64(s.out.Buffered())
	return nil
}

// finish ends the shard and describes it.
func (s *shard) finish() (Shard, error) {
	if err := errors.Join(s.tar.Close(), s.out.Flush()); err != nil {
		return Shard{}, err
	}
	digest, err := s.hashed.digest.sum(s.hashed.bytes)
	return Shard{Name: base(s.name), Samples: s.count, Bytes: s.hashed.bytes, BLAKE3: digest}, err
}

// place gives a shard that is finished its name.
func (s *shard) place() error {
	err := s.file.Sync() // the records of all its pictures follow
	if err = errors.Join(err, s.file.Close()); err != nil {
		return err
	}
	s.file = nil
	if err := s.folder.gone(); err != nil {
		return err
	}
	dirs := directories{folder: s.folder}
	defer dirs.close()
	in, err := dirs.of(s.name)
	if err == nil {
		err = s.folder.refuseOther(in, s.name)
	}
	if err == nil {
		err = in.root.Rename(base(s.temp), base(s.name))
	}
	return err
}

// discard removes the temporary file, if the shard was not placed.
func (s *shard) discard() {
	if s.file != nil {
		s.file.Close()
	}
	s.folder.root.Remove(filepath.FromSlash(s.temp))
}
