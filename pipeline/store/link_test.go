package store

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

func link(t *testing.T, target, name string) {
	t.Helper()
	if err := os.Symlink(target, name); err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, tr *Folder, dir, name string, data []byte) error {
	t.Helper()
	b := tr.Begin(0, dir)
	if _, err := b.Create("/" + name).Write(data); err != nil {
		b.Abort()
		return err
	}
	_, err := b.Commit()
	return err
}

// TestLinksOut puts links that lead out of the folder, nowhere, or in a circle in the way of
// files.
func TestLinksOut(t *testing.T) {
	for _, c := range []struct{ target, at, says string }{
		{"../victim", "p", "p is a link to ../victim, which leads out of the output folder"},
		{"../../victim", "p/l", "p/l is a link to ../../victim, which leads out of"},
		{"nowhere", "p", "p is a link to nowhere, which leads nowhere"},
		{"p", "p", "p is a link to p, which leads out of"},
		{"victim.png", "p/l/000-x.png", "p/l/000-x.png: it is a link, which is neither followed nor replaced"},
		{"../../../victim/000-x.png", "p/l/000-x.png", "p/l/000-x.png: it is a link, which is neither"},
	} {
		for _, data := range [][]byte{[]byte("small"), large} {
			tr, root := openFolder(t)
			victim := filepath.Join(filepath.Dir(root), "victim")
			for _, dir := range []string{victim, filepath.Dir(filepath.Join(root, c.at))} {
				if err := os.MkdirAll(dir, 0o777); err != nil {
					t.Fatal(err)
				}
			}
			for _, name := range []string{"000-x.png", ".filterbank-1-1.tmp"} {
				if err := os.WriteFile(filepath.Join(victim, name), []byte("mine"), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			link(t, c.target, filepath.Join(root, c.at))
			before := tree(t, filepath.Dir(root))
			check := func(what string, err error) {
				t.Helper()
				failed, ok := errors.AsType[*Error](err)
				if !ok || !failed.OfOne() || !strings.Contains(filepath.ToSlash(err.Error()), c.says) {
					t.Errorf("%s: %s: got %v, want an error of one file with %q", c.at, what, err, c.says)
				}
			}
			check("write", put(t, tr, "p", "l/000-x.png", data))
			if c.says[len(c.says)-7:] != "nowhere" {
				check("remove", tr.Remove("p/l/000-x.png"))
			}
			if tr.Has([]Written{{Path: "p/l/000-x.png", Bytes: 4}}) {
				t.Errorf("%s: a file behind the link is seen", c.at)
			}
			if err := tr.Sweep(); err != nil {
				t.Error(err)
			}
			if after := tree(t, filepath.Dir(root)); !slices.Equal(after, before) {
				t.Errorf("%s: there is %q, want %q", c.at, after, before)
			}
			if data, err := os.ReadFile(filepath.Join(victim, "000-x.png")); string(data) != "mine" {
				t.Errorf("%s: the file outside is %q, %v", c.at, data, err)
			}
			if err := put(t, tr, "q", "l/000-x.png", data); err != nil {
				t.Errorf("%s: another picture: %v", c.at, err)
			}
			tr.Release()
		}
	}
}

// TestLinksInside follows links that stay inside the folder. They stay when all behind them
// is removed.
func TestLinksInside(t *testing.T) {
	for _, target := range []string{"b", "./b", "d/../b"} {
		tr, root := openFolder(t)
		if err := os.MkdirAll(filepath.Join(root, "b/c"), 0o777); err != nil {
			t.Fatal(err)
		}
		link(t, target, filepath.Join(root, "p"))
		link(t, "../d", filepath.Join(root, "b", "l"))
		if err := os.Mkdir(filepath.Join(root, "d"), 0o777); err != nil {
			t.Fatal(err)
		}
		for _, data := range [][]byte{[]byte("small"), large} {
			if err := put(t, tr, "p", "l/deep/000-x.png", data); err != nil {
				t.Fatalf("%s: %v", target, err)
			}
			file := Written{Path: "p/l/deep/000-x.png", Bytes: int64(len(data))}
			if !tr.Has([]Written{file}) || !tr.Has([]Written{file, {Path: "d/deep/000-x.png", Bytes: file.Bytes}}) {
				t.Errorf("%s: the file is not seen", target)
			}
			if err := tr.Remove("p/l/deep/000-x.png"); err != nil {
				t.Fatal(err)
			}
			if got, want := strings.Join(tree(t, root), " "), "b/ b/c/ b/l d/ p"; got != want {
				t.Errorf("%s: %s is left, want %s", target, got, want)
			}
		}
	}
}

// TestFolderBehindLinks opens an output folder whose own path has links.
func TestFolderBehindLinks(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "real/deep"), 0o777); err != nil {
		t.Fatal(err)
	}
	link(t, "real", filepath.Join(dir, "here"))
	for _, name := range []string{"here", "here/deep"} {
		tr, err := Open(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		lock, err := tr.Lock()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name, ".filterbank-1-1.tmp"), nil, 0o666); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(tr.Sweep(), put(t, tr, "p", "x", nil), tr.Remove("p/x"), lock.Unlock(false), tr.Release()); err != nil {
			t.Error(err)
		}
	}
	if got, want := strings.Join(tree(t, dir), " "), "here real/ real/deep/"; got != want {
		t.Errorf("%s is left, want %s", got, want)
	}
}

// TestLockIsOfOne takes the lock from many goroutines, each with the folder opened anew.
func TestLockIsOfOne(t *testing.T) {
	_, root := openFolder(t)
	var holders, taken atomic.Int64
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			tr, err := Open(root)
			if err != nil {
				t.Error(err)
				return
			}
			defer tr.Release()
			for range 50 {
				lock, err := tr.Lock()
				if errors.Is(err, ErrLocked) {
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				if holders.Add(1) > 1 {
					t.Error("two hold the lock")
				}
				taken.Add(1)
				holders.Add(-1)
				if err := lock.Unlock(false); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if taken.Load() == 0 {
		t.Error("the lock was never taken")
	}
	if got := tree(t, root); len(got) > 0 {
		t.Errorf("%q is left", got)
	}
}
