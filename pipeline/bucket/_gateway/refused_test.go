package gateway

import (
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// long is the name of a picture whose maps are files of 255 bytes at most, and whose safetensors
// file would have 258.
var long = strings.Repeat("n", 246)

// withLong makes a folder of pictures, of which one has the long name.
func withLong(t *testing.T) string {
	t.Helper()
	in := pictures(t, 1)
	if err := os.Rename(filepath.Join(in, "ä 0", "000+logo.png"), filepath.Join(in, long+".png")); err != nil {
		t.Fatal(err)
	}
	return in
}

// TestRefusedName checks that a picture whose file's name the store refuses fails alone, and leaves
// no object. If the store does not remove its other objects, the run may be tried again.
func TestRefusedName(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	in := withLong(t)
	args := []string{"run", in, "-q", "--format", "npy,safetensors", "-o", "s3://photos/names"}
	stays := newProxy(t, s, func(r *http.Request) fault {
		if r.Method == http.MethodDelete && strings.Contains(r.URL.Path, long) {
			return busy
		}
		return none
	})
	cmd := s.command(stays.here(), append(args, "--max-failed", "1")...)
	cmd.Env = append(cmd.Env, "AWS_MAX_ATTEMPTS=2")
	if said := ended(t, cmd, 75, s); !strings.Contains(said, "has not removed all files") {
		t.Errorf("said %s", said)
	}
	for range 2 {
		if said := s.filterbank(t, s.address, 1, args...); !strings.Contains(said, long+".safetensors: put s3://") || !strings.Contains(said, "KeyTooLongError") {
			t.Errorf("said %s", said)
		}
		for name, content := range tree(t, filepath.Join(s.root, "photos", "names")) {
			if strings.Contains(name, long) {
				t.Errorf("%s is there", name)
			}
			if name == manifestName && strings.Count(content, `"code":"output"`) != 1 {
				t.Errorf("the manifest is %s", content)
			}
		}
	}
}

// TestMergedTable checks that merge replaces a table of features and no other object.
func TestMergedTable(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	in, table := pictures(t, 1), filepath.Join(s.root, "photos", "table", "f.csv")
	for _, shard := range []string{"1/2", "2/2"} {
		s.filterbank(t, s.address, 0, "run", in, "-q", "-o", "s3://photos/table", "--features", "s3://photos/table/f.csv", "--shards", "2", "--shard", shard)
	}
	const mine = "mine\n"
	if err := os.WriteFile(table, []byte(mine), 0o666); err != nil {
		t.Fatal(err)
	}
	if said := s.filterbank(t, s.address, 2, "merge", "s3://photos/table"); !strings.Contains(said, "s3://photos/table/f.csv: this file is not a table of features") {
		t.Errorf("said %s", said)
	}
	if data, err := os.ReadFile(table); string(data) != mine {
		t.Errorf("the object is %q, %v", data, err)
	}
	if err := os.Remove(table); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		s.filterbank(t, s.address, 0, "merge", "s3://photos/table")
	}
}

// TestFailingList checks that a list is not written while the store fails.
func TestFailingList(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	photos(t, filepath.Join(s.bucket(t, "photos"), "p"), 2, 96, 64)
	dir := t.TempDir()
	rows, frozen := filepath.Join(dir, "rows.txt"), filepath.Join(dir, "frozen.jsonl.gz")
	if err := os.WriteFile(rows, []byte("s3://photos/p/cat/img 000.png\ns3://photos/p/dog/img 001.jpg\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	fails := newProxy(t, s, func(r *http.Request) fault {
		if strings.HasSuffix(r.URL.Path, "img 001.jpg") {
			return busy
		}
		return none
	})
	cmd := s.command(fails.here(), "list", "--files-from", rows, "-o", frozen)
	cmd.Env = append(cmd.Env, "AWS_MAX_ATTEMPTS=2")
	if said := ended(t, cmd, 75, s); !strings.Contains(said, "no list is written, because the cause may pass: s3://photos/p/dog/img 001.jpg: cannot be read") {
		t.Errorf("said %s", said)
	}
	if _, err := os.Stat(frozen); !os.IsNotExist(err) {
		t.Errorf("there is a list, %v", err)
	}
	s.filterbank(t, s.address, 0, "list", "--files-from", rows, "-o", frozen)
}

// TestReadRuns checks digest and diff of runs in buckets: they say what they say of the same runs in
// folders.
func TestReadRuns(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	in, dir := pictures(t, 2), t.TempDir()
	for name, form := range map[string][]string{
		"files": {"--format", "png,npy", "--bank", "sobel"}, "other": {"--format", "png,npy", "--bank", "sobel", "--set", "layers.0.conv.activation=abs"},
		"packs": {"--format", "npy", "--pack", "webdataset", "--pack-count", "3"},
	} {
		for _, out := range []string{filepath.Join(dir, name), "s3://photos/" + name} {
			s.ok(t, s.address, dir, append([]string{"run", in, "-q", "-o", out}, form...)...)
		}
		for _, flags := range [][]string{{"digest"}, {"digest", "--list"}} {
			if got, want := s.ok(t, s.address, dir, append(flags, "s3://photos/"+name)...), s.ok(t, s.address, dir, append(flags, name)...); got != want || want == "" {
				t.Errorf("%s: %q prints %s, want %s", name, flags, got, want)
			}
		}
		if got := s.ok(t, s.address, dir, "diff", "s3://photos/"+name, name); !strings.HasPrefix(got, "equal: 10 images") {
			t.Errorf("%s: diff prints %s", name, got)
		}
	}
	want := s.runIn(t, s.address, dir, "diff", "files", "other")
	got := s.runIn(t, s.address, dir, "diff", "s3://photos/files", "s3://photos/other")
	if got.code != 1 || want.code != 1 || got.out != want.out || got.err != want.err {
		t.Errorf("diff ends with %+v, want %+v", got, want)
	}
	damage(t, filepath.Join(s.root, "photos", "files"), ".npy", os.Remove)
	damage(t, filepath.Join(s.root, "photos", "packs"), ".tar", flip)
	for name, want := range map[string]string{"files": "it is missing", "packs": "the run wrote other bytes"} {
		if r := s.runIn(t, s.address, dir, "digest", "s3://photos/"+name); r.code != 1 || !strings.Contains(r.err, want) {
			t.Errorf("%s: %+v", name, r)
		}
		if r := s.runIn(t, s.address, dir, "diff", "s3://photos/"+name, name); name == "files" && (r.code != 1 || !strings.Contains(r.out, "there is no such object")) {
			t.Errorf("%s: diff says %+v", name, r)
		}
	}
	if r := s.runIn(t, s.address, dir, "digest", "s3://photos/none"); r.code != 2 || !strings.Contains(r.err, "there is no such object") {
		t.Errorf("%+v", r)
	}
}

// damage does something to the first file of a kind below a folder.
func damage(t *testing.T, dir, ending string, do func(name string) error) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(tree(t, dir))) {
		if strings.HasSuffix(name, ending) {
			if err := do(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatalf("there is no file that ends in %s", ending)
}

// flip changes a byte in the middle of a file.
func flip(name string) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	data[len(data)/2]++
	return os.WriteFile(name, data, 0o666)
}
