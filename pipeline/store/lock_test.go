package store

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLock(t *testing.T) {
	tr, root := openFolder(t)
	first, err := tr.Lock()
	if err != nil || first.Crashed {
		t.Fatal(first, err)
	}
	if _, err := tr.Lock(); !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), root) {
		t.Errorf("a second lock: got %v", err)
	}
	if err := first.Unlock(false); err != nil {
		t.Fatal(err)
	}
	if got := tree(t, root); len(got) != 0 {
		t.Errorf("unlocked, %q is left", got)
	}
	// The lock of another run, in a folder that has come in this one's place, stays.
	if first, err = tr.Lock(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(root, root+".moved"); err != nil {
		t.Fatal(err)
	}
	other, err := Open(root)
	if err != nil {
		t.Fatal(err)
	}
	second, err := other.Lock()
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Unlock(false); err != nil {
		t.Fatal(err)
	}
	if got := tree(t, root); len(got) != 1 {
		t.Errorf("the other run's folder holds %q, want its lock", got)
	}
	if err := second.Unlock(false); err != nil {
		t.Fatal(err)
	}
	// A crash leaves the file behind, without the lock.
	if err := os.WriteFile(filepath.Join(root, lockName), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	again, err := other.Lock()
	if err != nil || !again.Crashed {
		t.Fatal(again, err)
	}
	if err := again.Unlock(false); err != nil {
		t.Fatal(err)
	}
}

func TestSweepAndRemove(t *testing.T) {
	tr, root := openFolder(t)
	for _, name := range []string{"a/l/.filterbank-1-2.tmp", "a/.filterbank-1-3.tmp", "a/l/000-x.png", "b/.filterbank-9-9.tmp", ".filterbank-7-7.tmp", ".filterbank-8.tmp/x.png"} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("x"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := tr.Sweep(); err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(tree(t, root), " "), ".filterbank-8.tmp/ .filterbank-8.tmp/x.png a/ a/l/ a/l/000-x.png b/"; got != want {
		t.Errorf("swept: %s, want %s", got, want)
	}
	has := func(bytes int64, digest string) bool {
		return tr.Has([]Written{{Path: "a/l/000-x.png", Bytes: bytes, BLAKE3: digest}})
	}
	const digest = "3ae7d805f6789a6402acb70ad4096a85a56bf6804eaf25c0493ac697548d30b5"
	if !has(1, digest) {
		t.Error("the file is there and has this digest")
	}
	if has(1, "0") || !has(1, "") {
		t.Error("another digest is seen when asked for, and only then")
	}
	if has(2, "") {
		t.Error("another size is seen")
	}
	if err := tr.Remove("a/l/000-x.png"); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(tree(t, root), " "); got != ".filterbank-8.tmp/ .filterbank-8.tmp/x.png b/" {
		t.Errorf("removed: %s", got)
	}
	if err := tr.Remove("../other"); err == nil {
		t.Error("a name outside the tree is no error")
	}
}
