package store

import (
	"archive/tar"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// trueIndex checks that the index of a pack, if there is one, says of every shard what is in
// it. The index is read as any program reads it.
func (r *run) trueIndex() {
	t, root := r.t, r.root
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, IndexName))
	if r.spoiled || errors.Is(err, fs.ErrNotExist) {
		return
	}
	var said struct {
		Shards []struct {
			URL      string
			NSamples int
			FileSize int64
			BLAKE3   string
		} `json:"shardlist"`
	}
	if err := errors.Join(err, json.Unmarshal(data, &said)); err != nil {
		t.Fatal(err)
	}
	there, err := filepath.Glob(filepath.Join(root, ShardsName, "*.tar"))
	if err != nil || len(there) != len(said.Shards) {
		t.Errorf("the index has %d shards of %d, %v", len(said.Shards), len(there), err)
	}
	for _, s := range said.Shards {
		shard, err := os.ReadFile(filepath.Join(root, ShardsName, s.URL))
		if err != nil {
			t.Error(err)
			continue
		}
		n := 0
		for in := tar.NewReader(strings.NewReader(string(shard))); ; {
			h, err := in.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(h.Name, RecordSuffix) {
				n++
			}
		}
		if s.NSamples != n || s.FileSize != int64(len(shard)) || s.BLAKE3 != DigestOf(shard) {
			t.Errorf("the index says of %s %+v, and it has %d samples, %d bytes and the digest %s", s.URL, s, n, len(shard), DigestOf(shard))
		}
	}
}

// packed stores pictures in a new pack of two a shard and returns its folder.
func packed(t *testing.T, list []picture) (*run, func()) {
	t.Helper()
	crashed := true
	var redone []string
	r := newRun(t, func(f *Folder) (Store, error) {
		o := PackOptions{Bytes: 1 << 30, Samples: 2, Redone: func(first string, n int) { redone = append(redone, fmt.Sprint(first, " ", n)) }}
		if !crashed {
			o.Known = func() (map[string]bool, error) {
				known := map[string]bool{}
				for i := range 100 {
					known[ShardName(i)] = true
				}
				return known, nil
			}
		}
		return NewPack(f, o)
	})
	if err := r.work(list, 2, on); err != nil {
		t.Fatal(err)
	}
	if redone != nil {
		t.Errorf("a new pack says %q", redone)
	}
	crashed = false
	return r, func() { crashed = true }
}

// TestIndexOfKeptShards: a digest that the index has is taken for a shard that stays, unless
// the run before has crashed or the index does not fit the shard.
func TestIndexOfKeptShards(t *testing.T) {
	list := pictures(6)
	for _, c := range []struct {
		what  string
		spoil func(shards []Shard) []Shard
		crash bool
		keeps bool
	}{
		{"another digest", func(s []Shard) []Shard { s[1].BLAKE3 = strings.Repeat("0", 64); return s }, false, true},
		{"another digest and a crash", func(s []Shard) []Shard { s[1].BLAKE3 = strings.Repeat("0", 64); return s }, true, false},
		{"another size", func(s []Shard) []Shard { s[1].Bytes++; s[1].BLAKE3 = strings.Repeat("0", 64); return s }, false, false},
		{"another count", func(s []Shard) []Shard { s[1].Samples++; s[1].BLAKE3 = strings.Repeat("0", 64); return s }, false, false},
		{"fewer", func(s []Shard) []Shard { return s[:1] }, false, false},
		{"more", func(s []Shard) []Shard { return append(s, s[0]) }, false, false},
		{"another place", func(s []Shard) []Shard { s[0].Name = "../000000.tar"; return s }, false, false},
		{"none", func(s []Shard) []Shard { return nil }, false, false},
	} {
		r, crash := packed(t, list)
		name := filepath.Join(r.root, IndexName)
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		shards, err := DecodeIndex(want, "")
		if err != nil || len(shards) != 3 {
			t.Fatal(shards, err)
		}
		spoiled, err := encodeIndex(c.spoil(shards))
		if err == nil {
			err = os.WriteFile(name, spoiled, 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
		if c.crash {
			crash()
		}
		r.spoiled = true
		if err := r.work(list, 2, on); err != nil || r.reused != len(list) {
			t.Fatal(r.reused, err)
		}
		got, err := os.ReadFile(name)
		if err != nil || (string(got) == string(want)) == c.keeps {
			t.Errorf("%s: the index is now %s, %v", c.what, got, err)
		}
	}
}

// TestRedone counts the shards that are made again.
func TestRedone(t *testing.T) {
	list := pictures(7) // in shards of two: 0 1, 2 3, 4 5, 6
	changed := func(i int) []picture {
		c := slices.Clone(list)
		c[i].files = slices.Clone(c[i].files)
		c[i].files[0].data = []byte("changed")
		return c
	}
	for _, c := range []struct {
		what string
		list []picture
		want string
	}{
		{"nothing", list, "[]"},
		{"the first", changed(0), "[shards/000000.tar 4]"},
		{"the fourth", changed(3), "[shards/000001.tar 3]"},
		{"the last", changed(6), "[shards/000003.tar 1]"},
		{"one more", append(slices.Clone(list), picture{"more", list[0].files}), "[shards/000003.tar 1]"},
		{"two more", append(slices.Clone(list), picture{"more", list[0].files}, picture{"most", list[0].files}), "[shards/000003.tar 1]"},
		{"without the last", list[:6], "[shards/000003.tar 1]"},
		{"without three", list[:4], "[shards/000002.tar 2]"},
		{"without half a shard", list[:5], "[shards/000002.tar 2]"},
		{"without the first", list[1:], "[shards/000000.tar 4]"},
	} {
		r, _ := packed(t, list)
		var redone []string
		open := r.open
		r.open = func(f *Folder) (Store, error) {
			s, err := open(f)
			if p, ok := s.(*Pack); ok {
				p.redone = func(first string, n int) { redone = append(redone, fmt.Sprint(first, " ", n)) }
			}
			return s, err
		}
		if err := r.work(c.list, 3, on); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(redone); got != c.want {
			t.Errorf("%s: %s is said, want %s", c.what, got, c.want)
		}
	}
}

// TestIndexOfAStranger: an index that no run has written is refused, and so is whatever else
// stands in its place.
func TestIndexOfAStranger(t *testing.T) {
	folder, root := openFolder(t)
	name := filepath.Join(root, IndexName)
	known := func(names ...string) func() (map[string]bool, error) {
		return func() (map[string]bool, error) {
			m := map[string]bool{}
			for _, n := range names {
				m[n] = true
			}
			return m, nil
		}
	}
	if err := errors.Join(os.Mkdir(filepath.Dir(name), 0o777), os.WriteFile(name, []byte("mine"), 0o666)); err != nil {
		t.Fatal(err)
	}
	if _, err := NewPack(folder, PackOptions{Bytes: 1, Known: known()}); err == nil || !strings.Contains(err.Error(), "index.json: no record in manifest.jsonl names it") {
		t.Errorf("got %v", err)
	}
	p, err := NewPack(folder, PackOptions{Bytes: 1, Known: known(ShardName(0))})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Close(true); err != nil || len(tree(t, root)) > 0 {
		t.Errorf("a pack without shards leaves %q, %v", tree(t, root), err)
	}
	if err := os.MkdirAll(name, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := NewPack(folder, PackOptions{Bytes: 1, Known: known(ShardName(0))}); err == nil || !strings.Contains(err.Error(), "index.json: it is not a regular file") {
		t.Errorf("got %v", err)
	}
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	link(t, "../x", name)
	if _, err := NewPack(folder, PackOptions{Bytes: 1}); err == nil || !strings.Contains(err.Error(), "index.json: it is not a regular file") {
		t.Errorf("got %v", err)
	}
	if _, err := ReadIndex(folder.root); err == nil || !strings.Contains(err.Error(), "it is not a regular file") {
		t.Errorf("got %v", err)
	}
}

func TestDecodeIndexRefuses(t *testing.T) {
	entry := `{"url":"000000.tar","nsamples":1,"filesize":2,"blake3":"` + strings.Repeat("0", 64) + `"}`
	for _, c := range []struct{ data, err string }{
		{`{"__kind__":"wids-shard-index-v1","wids_version":1,"shardlist":[` + entry + `]}`, ""},
		{``, "unexpected end"},
		{`[]`, "cannot unmarshal"},
		{`{}`, "it is no index of shards"},
		{`{"__kind__":"wids-shard-index-v1","wids_version":2}`, "it is no index of shards"},
		{`{"__kind__":"wids-shard-index-v1","wids_version":1,"shardlist":[` + entry + `,` + entry + `]}`, `entry 1, of "000000.tar", is not of the shard that comes there`},
		{`{"__kind__":"wids-shard-index-v1","wids_version":1,"shardlist":[` + strings.Replace(entry, "000000", "/etc/x", 1) + `]}`, "entry 0"},
		{`{"__kind__":"wids-shard-index-v1","wids_version":1,"shardlist":[` + strings.Replace(entry, `s":1`, `s":0`, 1) + `]}`, "entry 0"},
		{`{"__kind__":"wids-shard-index-v1","wids_version":1,"shardlist":[` + strings.Replace(entry, ":2", ":-2", 1) + `]}`, "entry 0"},
		{`{"__kind__":"wids-shard-index-v1","wids_version":1,"shardlist":[` + strings.Replace(entry, "00000000\"}", "0000000g\"}", 1) + `]}`, "entry 0"},
		{`{"__kind__":"wids-shard-index-v1","wids_version":1,"shardlist":[` + strings.Replace(entry, "00000000\"}", "\"}", 1) + `]}`, "entry 0"},
	} {
		_, err := DecodeIndex([]byte(c.data), "")
		if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%s: got %v, want %q", c.data, err, c.err)
		}
	}
}

// TestMergedIndex: the index of a merged run has the packs of its parts in their order, and no
// path leads anywhere else.
func TestMergedIndex(t *testing.T) {
	for _, c := range []struct {
		below string
		names []string
		ok    bool
	}{
		{"", []string{"../parts/00000-of-00003/shards/00000-000000.tar", "../parts/00000-of-00003/shards/00000-000001.tar", "../parts/00002-of-00003/shards/00002-000000.tar"}, true},
		{"", []string{"../parts/00001-of-00003/shards/00001-000000.tar"}, true},
		{"", []string{"../parts/00001-of-00003/shards/00001-000001.tar"}, false},
		{"", []string{"../parts/00001-of-00003/shards/00001-000000.tar", "../parts/00000-of-00003/shards/00000-000000.tar"}, false},
		{"", []string{"../parts/00001-of-00003/shards/00001-000000.tar", "../parts/00002-of-00004/shards/00002-000000.tar"}, false},
		{"", []string{"../parts/00001-of-00003/shards/00001-000000.tar", "000000.tar"}, false},
		{"", []string{"000000.tar", "../parts/00001-of-00003/shards/00001-000000.tar"}, false},
		{"", []string{"../parts/00001-of-00003/shards/000000.tar"}, false},
		{"", []string{"../parts/00001-of-00003/shards/../../../shards/000000.tar"}, false},
		{"", []string{"../shards/000000.tar"}, false},
		{"", []string{"00001-000000.tar"}, false},
		{"parts/00001-of-00003", []string{"00001-000000.tar", "00001-000001.tar"}, true},
		{"parts/00001-of-00003", []string{"00002-000000.tar"}, false},
		{"parts/00001-of-00003", []string{"000000.tar"}, false},
		{"parts/00001-of-00003", []string{"../../../parts/00001-of-00003/shards/00001-000000.tar"}, false},
	} {
		var shards []Shard
		for _, name := range c.names {
			shards = append(shards, Shard{name, 1, 1024, strings.Repeat("a", 64)})
		}
		data, err := encodeIndex(shards)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := DecodeIndex(data, c.below); (err == nil) != c.ok || c.ok && !reflect.DeepEqual(back, shards) {
			t.Errorf("%q of %q: got %v, %v", c.names, c.below, back, err)
		}
	}
	s := Shard{Name: "00005-000001.tar"}
	if got := s.In(5, 512).Name; got != "../parts/00005-of-00512/shards/00005-000001.tar" {
		t.Errorf("got %s", got)
	}
}

func FuzzIndex(f *testing.F) {
	for _, n := range []int{0, 1, 3} {
		var shards []Shard
		for i := range n {
			shards = append(shards, Shard{base(ShardName(i)), 1 + i, 1024, strings.Repeat("a", 64)})
			if n == 3 {
				shards[i].Name = shardFile(PartName(i, n), 0)[len(shardsIn):]
				shards[i] = shards[i].In(i, n)
			}
		}
		data, err := encodeIndex(shards)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		shards, err := DecodeIndex(data, "")
		if err != nil {
			return
		}
		again, err := encodeIndex(shards)
		if err != nil {
			t.Fatal(err)
		}
		back, err := DecodeIndex(again, "")
		if err != nil || len(shards)+len(back) > 0 && !reflect.DeepEqual(shards, back) {
			t.Errorf("%v becomes %v, %v", shards, back, err)
		}
	})
}
