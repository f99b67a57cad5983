package gateway

import (
	"net/http"
	"os"
	"path/filepath"
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
