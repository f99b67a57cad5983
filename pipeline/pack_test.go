package pipeline

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filterbank/pipeline/manifest"
	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
)

// packed is a job whose files become shards of a few pictures each.
func packed(t *testing.T, n int, broken ...int) ([]source.Entry, options) {
	t.Helper()
	entries, opts := job(t, n, broken...)
	opts.Pack = 20_000
	return entries, opts
}

// packSnapshot is every file of an output folder by its name in the folder.
func packSnapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	for name, data := range snapshot(t, dir) {
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.ToSlash(rel)] = data
	}
	return files
}

// packOf runs a job into a new folder and returns what is there.
func packOf(t *testing.T, entries []source.Entry, opts options) map[string]string {
	t.Helper()
	opts.Out = filepath.Join(t.TempDir(), "out")
	if _, err := runAll(context.Background(), entries, opts); err != nil {
		t.Fatal(err)
	}
	return packSnapshot(t, opts.Out)
}

// truePack checks that every record names members that are there, and that every sample has
// a record.
func truePack(t *testing.T, opts options) {
	t.Helper()
	files := packSnapshot(t, opts.Out)
	members, samples := map[string]int64{}, 0
	for name, data := range files {
		if !strings.HasSuffix(name, ".tar") {
			continue
		}
		in := tar.NewReader(strings.NewReader(data))
		for {
			h, err := in.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			members[name+":"+h.Name] = h.Size
			if strings.HasSuffix(h.Name, ".json") {
				samples++
			}
		}
	}
	trueIndex(t, opts.Out, files)
	records, _ := readManifest(t, opts)
	for _, r := range records {
		if r.Status != manifest.OK {
			continue
		}
		samples--
		for _, f := range r.Files {
			if size, ok := members[string(f.Path)+":"+string(f.Member)]; !ok || size != f.Bytes {
				t.Errorf("%s: %s of %s has %d bytes, %t, want %d", r.Input, f.Member, f.Path, size, ok, f.Bytes)
			}
		}
	}
	if samples != 0 {
		t.Errorf("%d samples more than records", samples)
	}
}

// trueIndex checks that the index of a pack, if there is one, has the shards among the files.
func trueIndex(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	index, err := store.ReadIndex(root)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range index {
		data, ok := files[store.ShardName(i)]
		if n := strings.Count(data, ".json\x00"); !ok || s.Bytes != int64(len(data)) || s.Samples != n || s.BLAKE3 != store.DigestOf([]byte(data)) {
			t.Errorf("the index says %+v of %s, which has %d samples and %d bytes", s, store.ShardName(i), n, len(data))
		}
	}
	if _, more := files[store.ShardName(len(index))]; more {
		t.Errorf("the index has %d shards, and there are more", len(index))
	}
}

// TestPackOfACount has shards of so many pictures. A run into the same folder tells how many
// shards are made again.
func TestPackOfACount(t *testing.T) {
	entries, opts := packed(t, 12, 4)
	opts.Pack, opts.PackCount = 1<<30, 3
	var redone []string
	opts.Redone = func(first string, n int) { redone = append(redone, fmt.Sprint(first, " ", n)) }
	opts.Out = filepath.Join(t.TempDir(), "out")
	for _, c := range []struct {
		entries []source.Entry
		count   int
		shards  int
		redone  string
	}{
		{entries, 3, 4, "[]"},
		{entries, 3, 4, "[]"},
		{entries[:11], 3, 4, "[shards/000003.tar 1]"},
		{entries, 3, 4, "[shards/000003.tar 1]"},
		{entries[1:], 3, 4, "[shards/000000.tar 4]"},
		{entries[1:], 5, 2, "[shards/000000.tar 4]"},
		{entries[1:6], 5, 1, "[shards/000000.tar 2]"},
	} {
		redone = nil
		opts.PackCount = c.count
		if _, err := runAll(context.Background(), c.entries, opts); err != nil {
			t.Fatal(err)
		}
		truePack(t, opts)
		shards := 0
		for name := range packSnapshot(t, opts.Out) {
			if store.IsShard(name) {
				shards++
			}
		}
		if got := fmt.Sprint(redone); got != c.redone || shards != c.shards {
			t.Errorf("%d pictures, %d a shard: %d shards, %s, want %d, %s", len(c.entries), c.count, shards, got, c.shards, c.redone)
		}
	}
	for _, o := range []RunOptions{{Pack: -1}, {Pack: 1, PackCount: -1}, {PackCount: 1}} {
		opts.RunOptions = o
		if _, err := runAll(context.Background(), entries, opts); err == nil || !strings.Contains(err.Error(), "pack") {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

// TestPackOfLabels has the numbers of labels in samples. A sample is made again if its label has
// another number.
func TestPackOfLabels(t *testing.T) {
	entries, opts := packed(t, 9, 4)
	opts.PackCount = 3
	opts.Out = filepath.Join(t.TempDir(), "out")
	for _, c := range []struct {
		classes string // numbers of the labels, which are the digits modulo 3
		done    int
	}{
		{"012012012", 8}, {"012012012", 0}, {"012012112", 3}, {"012012012", 3}, {"        ", 8}, {"012012012", 8}, {"345345345", 8},
	} {
		for i := range entries {
			entries[i].Label, entries[i].Class = "", 0
			if c.classes[i%len(c.classes)] != ' ' {
				entries[i].Class = int(c.classes[i] - '0')
				entries[i].Label = fmt.Sprint("label ", i%3)
			}
		}
		again(t, entries, opts, c.done, 8-c.done)
		truePack(t, opts)
		sameFiles(t, packSnapshot(t, opts.Out), packOf(t, entries, opts))
		var classes []byte
		for _, data := range packSnapshot(t, opts.Out) {
			for in := tar.NewReader(strings.NewReader(data)); ; {
				h, err := in.Next()
				if err != nil {
					break
				}
				if strings.HasSuffix(h.Name, ".cls") {
					content, err := io.ReadAll(in)
					if err != nil {
						t.Fatal(err)
					}
					classes = append(classes, content...)
				}
			}
		}
		want := []byte(strings.TrimSpace(c.classes[:4] + c.classes[5:]))
		slices.Sort(classes)
		slices.Sort(want)
		if string(classes) != string(want) {
			t.Errorf("%q: the samples have the classes %q", c.classes, classes)
		}
	}
}

func TestPackIsTheSame(t *testing.T) {
	entries, opts := packed(t, 40, 7, 31)
	opts.Workers = 1
	want := packOf(t, entries, opts)
	if len(want) < 4 {
		t.Fatalf("only %d files", len(want))
	}
	for _, workers := range []int{2, 8} {
		opts.Workers = workers
		sameFiles(t, packOf(t, entries, opts), want)
	}
	opts.Out = filepath.Join(t.TempDir(), "out")
	again(t, entries, opts, 38, 0)
	again(t, entries, opts, 0, 38)
	sameFiles(t, packSnapshot(t, opts.Out), want)
	truePack(t, opts)
}
