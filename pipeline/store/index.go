package store

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// IndexName is the name of a pack's index.
const IndexName = shardsIn + "index.json"

// Shard describes a shard of a pack.
type Shard struct {
	Name    string `json:"url"` // relative to the folder of the index, slash-separated
	Samples int    `json:"nsamples"`
	Bytes   int64  `json:"filesize"`
	BLAKE3  string `json:"blake3"` // hexadecimal
}

// index lists the shards of a pack, in their order. wids reads it, the part of webdataset that
// opens samples in any order.
type index struct {
	Kind    string  `json:"__kind__"`
	Version int     `json:"wids_version"`
	Shards  []Shard `json:"shardlist"`
}

const (
	indexKind    = "wids-shard-index-v1"
	indexVersion = 1
	maxIndex     = 64 << 20 // bytes, of about 400,000 shards
)

// Path returns the path of a shard below the output folder. below is the folder of the part whose
// index has the shard, or empty.
func (s *Shard) Path(below string) string { return path.Join(below, ShardsName, s.Name) }

// In returns the shard of a part's pack as the index of the whole run has it. Parts count from 0.
func (s Shard) In(index, count int) Shard {
	s.Name = "../" + s.Path(PartName(index, count))
	return s
}

// WriteIndex writes an index, a shard a line, and returns the number of shards. An error ends
// them.
func WriteIndex(w io.Writer, shards iter.Seq2[Shard, error]) (n int, err error) {
	if _, err := fmt.Fprintf(w, "{\"__kind__\": %q, \"wids_version\": %d, \"shardlist\": [", indexKind, indexVersion); err != nil {
		return 0, err
	}
	for s, err := range shards {
		if err != nil {
			return n, err
		}
		line, err := json.Marshal(s)
		if err != nil {
			return n, err
		}
		comma := ","
		if n == 0 {
			comma = ""
		}
		if _, err := fmt.Fprintf(w, "%s\n%s", comma, line); err != nil {
			return n, err
		}
		n++
	}
	_, err = io.WriteString(w, "\n]}\n")
	return n, err
}

// encodeIndex returns the content of an index.
func encodeIndex(shards []Shard) ([]byte, error) {
	var b bytes.Buffer
	_, err := WriteIndex(&b, func(yield func(Shard, error) bool) {
		for _, s := range shards {
			if !yield(s, nil) {
				return
			}
		}
	})
	return b.Bytes(), err
}

// follows says whether a shard with a path may come behind another one in an index, whose path
// is empty before the first one. Shards of one pack have all numbers from 0. Packs of parts come
// in the order of the parts, of which some may have no shard.
func follows(file, before string) bool {
	part, number, ok := parseShard(file)
	if !ok {
		return false
	}
	partBefore, last, _ := parseShard(before)
	if before != "" && part == partBefore {
		return number == last+1
	}
	if number > 0 || before == "" {
		return number == 0
	}
	index, count, ok := ParsePart(part)
	indexBefore, countBefore, okBefore := ParsePart(partBefore)
	return ok && okBefore && count == countBefore && index > indexBefore
}

// DecodeIndex reads the index of a whole run, for which below is empty, or of the part with a
// folder. Anyone may have made it: only names of shards are accepted, in their order.
func DecodeIndex(data []byte, below string) ([]Shard, error) {
	var x index
	if err := json.Unmarshal(data, &x); err != nil {
		return nil, err
	}
	if x.Kind != indexKind || x.Version != indexVersion {
		return nil, fmt.Errorf("it is no index of shards of the kind %s", indexKind)
	}
	before := ""
	for i, s := range x.Shards {
		sum, err := hex.DecodeString(s.BLAKE3)
		file := s.Path(below)
		plain := s.Name == base(s.Name) || strings.HasPrefix(file, PartsName) && below == "" && s.Name == "../"+file
		if !plain || !follows(file, before) || s.Samples < 1 || s.Bytes < 0 || err != nil || len(sum) != 32 {
			return nil, fmt.Errorf("entry %d, of %q, is not of the shard that comes there", i, s.Name)
		}
		before = file
	}
	return x.Shards, nil
}

// ReadIndex reads the index of a pack in an output folder: its shards in their order. The
// error is fs.ErrNotExist if there is none.
func ReadIndex(root *os.Root) ([]Shard, error) { return readIndex(root, "") }

func readIndex(root *os.Root, below string) ([]Shard, error) {
	data, err := indexData(root)
	if err != nil {
		return nil, err
	}
	shards, err := DecodeIndex(data, below)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", IndexName, err)
	}
	return shards, nil
}

func indexData(root *os.Root) ([]byte, error) {
	name := filepath.FromSlash(IndexName)
	info, err := root.Lstat(name)
	if err == nil && !info.Mode().IsRegular() { // opening a pipe would wait for a writer
		err = errors.New("it is not a regular file")
	}
	var file *os.File
	if err == nil {
		file, err = root.Open(name)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", IndexName, bare(err))
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxIndex+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", IndexName, bare(err))
	}
	if len(data) > maxIndex {
		return nil, fmt.Errorf("read %s: it has more than %d bytes", IndexName, maxIndex)
	}
	return data, nil
}

// indexer keeps the index of a pack true: before the first shard changes, the earlier run's
// index goes, and the new one is written when the pack is closed.
type indexer struct {
	folder *Folder
	below  string  // of PackOptions
	there  bool    // a file has the index's name
	known  []Shard // of the earlier run's index; nil after a crash
	shelf  *shelf  // in a bucket; nil otherwise
	shards []Shard // of the new index, so far
}

func newIndexer(folder *Folder, below string, trusted bool) *indexer {
	x := &indexer{folder: folder, below: below, there: folder.Exists(IndexName)}
	if trusted {
		x.known, _ = readIndex(folder.root, below) // without it, shards are read anew
	}
	return x
}

// drop removes the earlier run's index.
func (x *indexer) drop() error {
	if !x.there {
		return nil
	}
	if x.shelf != nil {
		if err := x.shelf.drop(IndexName); err != nil {
			return err
		}
	}
	if err := x.folder.root.Remove(filepath.FromSlash(IndexName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	x.there = false
	return nil
}

// keep adds an earlier run's shard of a name that stays. All its samples have been read. Its digest is
// the known one if count and size fit.
func (x *indexer) keep(o *oldShard, name string) error {
	info, err := o.file.Stat()
	if err != nil {
		return err
	}
	s := Shard{Name: base(name), Samples: o.read, Bytes: info.Size()}
	if part, _ := inPart(name); part != "" {
		s.Name = "../" + name
	}
	if d := o.described; d != nil {
		s.BLAKE3 = d.BLAKE3
	} else if n := len(x.shards); n < len(x.known) && x.known[n].Name == s.Name && x.known[n].Samples == s.Samples && x.known[n].Bytes == s.Bytes {
		s.BLAKE3 = x.known[n].BLAKE3
	} else if s.BLAKE3, err = Digest(io.NewSectionReader(o.file, 0, s.Bytes)); err != nil {
		return err
	}
	x.shards = append(x.shards, s)
	return nil
}

// write writes the index, unless it is there. A pack without shards has none.
func (x *indexer) write() error {
	if len(x.shards) == 0 {
		return x.drop()
	}
	data, err := encodeIndex(x.shards)
	if err != nil {
		return err
	}
	if x.there {
		if there, err := indexData(x.folder.root); err == nil && bytes.Equal(there, data) {
			return nil
		}
	}
	if err := x.folder.WriteFile(IndexName, data); err != nil || x.shelf == nil {
		return err
	}
	return x.shelf.index()
}
