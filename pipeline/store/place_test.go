package store

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// write is a fill that writes a text.
func write(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

// TestPlace is the suite of places: what every kind of them does.
func TestPlace(t *testing.T) {
	dir := t.TempDir()
	folder, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Release()
	p, ctx := folder.Place(), t.Context()
	if _, err := p.Read(ctx, "a/b.json", 10); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	if err := p.Create(ctx, "a/b.json", []byte("first")); err != nil {
		t.Fatal(err)
	}
	if err := p.Create(ctx, "a/b.json", []byte("second")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a file that is there: %v", err)
	}
	if data, err := p.Read(ctx, "a/b.json", 5); string(data) != "first" || err != nil {
		t.Errorf("got %q, %v", data, err)
	}
	if _, err := p.Read(ctx, "a/b.json", 4); err == nil || !strings.Contains(err.Error(), "at most 4 are read") {
		t.Errorf("a large file: %v", err)
	}
	if err := p.Replace(ctx, "a/b.json", 0, func(io.Writer) error { return io.ErrClosedPipe }); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a fill that fails: %v", err)
	}
	long := strings.Repeat("long", BufferBytes)
	for _, name := range []string{"a/b.json", "a/c/d", "a-b", "a.b/e"} {
		if err := p.Replace(ctx, name, 0, write(long)); err != nil {
			t.Fatal(err)
		}
	}
	in, err := p.Open(ctx, "a/b.json")
	if err != nil {
		t.Fatal(err)
	}
	if data, err := io.ReadAll(in); string(data) != long || err != nil || in.Close() != nil {
		t.Errorf("got %d bytes, %v", len(data), err)
	}
	list := func(folder string) (names []string) {
		for f, err := range p.List(ctx, folder) {
			if err != nil || f.Bytes != int64(len(long)) || f.Modified.IsZero() {
				t.Errorf("%+v, %v", f, err)
			}
			names = append(names, f.Name)
		}
		return names
	}
	if got := list("a"); !slices.Equal(got, []string{"a/b.json", "a/c/d"}) {
		t.Errorf("below a: %q", got)
	}
	if got := list("none"); got != nil {
		t.Errorf("below nothing: %q", got)
	}
	for range 2 {
		if err := p.Remove(ctx, "a/b.json"); err != nil {
			t.Fatal(err)
		}
	}
	if got := list("a"); !slices.Equal(got, []string{"a/c/d"}) {
		t.Errorf("after Remove: %q", got)
	}
}

// TestCreateRaces has several goroutines create the same files: one of them succeeds.
func TestCreateRaces(t *testing.T) {
	dir := t.TempDir()
	folder, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Release()
	for _, name := range []string{"a", "b/c"} {
		var won sync.Map
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				switch err := folder.Place().Create(context.Background(), name, bytes.Repeat([]byte{byte('0' + i)}, 1000)); {
				case err == nil:
					won.Store(i, true)
				case !errors.Is(err, fs.ErrExist):
					t.Error(err)
				}
			})
		}
		all.Wait()
		n := 0
		won.Range(func(i, _ any) bool {
			data, err := os.ReadFile(filepath.Join(dir, name))
			if want := bytes.Repeat([]byte{byte('0' + i.(int))}, 1000); err != nil || !bytes.Equal(data, want) {
				t.Errorf("%s is not as its writer wrote it: %v", name, err)
			}
			n++
			return true
		})
		if n != 1 {
			t.Errorf("%s was created %d times", name, n)
		}
	}
	for f, err := range folder.Place().List(t.Context(), ".") {
		if err != nil || f.Name != "a" && f.Name != "b/c" {
			t.Errorf("%s is left, %v", f.Name, err)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 2 {
		t.Errorf("%v is left, %v", left, err)
	}
}

// TestPlaceLinks: nothing is written or read behind a link that leads out of the folder.
func TestPlaceLinks(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "x"), []byte("outside"), 0o666); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{"parts": outside, "file": filepath.Join(outside, "x")} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Skip(err)
		}
	}
	folder, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Release()
	p, ctx := folder.Place(), t.Context()
	for _, name := range []string{"parts/x", "file"} {
		if _, err := p.Read(ctx, name, 100); err == nil {
			t.Errorf("%s is read", name)
		}
		if err := p.Create(ctx, name, nil); err == nil {
			t.Errorf("%s is created", name)
		}
		if err := p.Replace(ctx, name, 0, write("new")); err == nil {
			t.Errorf("%s is replaced", name)
		}
	}
	if _, err := folder.Sub("parts/00000-of-00001"); err == nil {
		t.Error("a folder is made behind a link")
	}
	left, err := os.ReadDir(outside)
	data, _ := os.ReadFile(filepath.Join(outside, "x"))
	if err != nil || len(left) != 1 || string(data) != "outside" {
		t.Errorf("%v is there, %q, %v", left, data, err)
	}
}

// TestParts reads names of parts back, and refuses others.
func TestParts(t *testing.T) {
	for _, c := range [][2]int{{0, 1}, {5, 512}, {99_999, 100_000}, {123_456, 1_000_000}} {
		if i, n, ok := ParsePart(PartName(c[0], c[1])); !ok || i != c[0] || n != c[1] {
			t.Errorf("%v: got %d of %d, %t", c, i, n, ok)
		}
	}
	for _, name := range []string{"", "parts", "parts/00001-of-00001", "parts/0-of-1", "parts/00000-of-00001x", "parts/-0001-of-00002", "parts/00000-of-99999999", "x/00000-of-00001"} {
		if _, _, ok := ParsePart(name); ok {
			t.Errorf("%q is taken", name)
		}
	}
	for name, want := range map[string]bool{
		"shards/000000.tar": true, "parts/00005-of-00512/shards/00005-000001.tar": true, "parts/00005-of-00512/shards/000001.tar": false, "parts/00005-of-00512/shards/00006-000001.tar": false, "shards/00005-000001.tar": false,
		"parts/shards/000000.tar": false, "parts/00005-of-00512/000000.tar": false, "parts/00005-of-00512/../shards/000000.tar": false, "parts/00512-of-00512/shards/000000.tar": false,
	} {
		if IsShard(name) != want {
			t.Errorf("%s: got %t", name, !want)
		}
	}
}

// TestSharedTemporaries: in a folder that tasks share, a task replaces the temporary files that
// it left when it was killed, and no other's.
func TestSharedTemporaries(t *testing.T) {
	dir := t.TempDir()
	tasks := map[string]*Folder{}
	for _, mark := range []string{"parts/00000-of-00002", "parts/00001-of-00002"} {
		f, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Release()
		f.ShareWithTasks(mark)
		tasks[mark] = f
	}
	killed := func(mark, stem string) {
		b := tasks[mark].Begin(0, stem)
		if _, err := b.Create("/l.npy").Write(make([]byte, 2*BufferBytes)); err != nil {
			t.Fatal(err)
		}
	}
	count := func() (temps int) {
		filepath.WalkDir(dir, func(_ string, e fs.DirEntry, _ error) error {
			if isTemporary(e.Name()) {
				temps++
			}
			return nil
		})
		return temps
	}
	killed("parts/00000-of-00002", "a")
	killed("parts/00000-of-00002", "b")
	killed("parts/00001-of-00002", "c")
	if n := count(); n != 3 {
		t.Fatalf("%d temporary files", n)
	}
	b := tasks["parts/00000-of-00002"].Begin(0, "a")
	if _, err := b.Create("/l.npy").Write([]byte("a")); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Commit(); err != nil {
		t.Fatal(err)
	}
	tasks["parts/00000-of-00002"].RemoveTemporary("b/l.npy")
	tasks["parts/00000-of-00002"].RemoveTemporary("c/l.npy") // another's
	if data, err := os.ReadFile(filepath.Join(dir, "a", "l.npy")); string(data) != "a" || err != nil {
		t.Errorf("got %d bytes, %v", len(data), err)
	}
	if n := count(); n != 1 {
		t.Errorf("%d temporary files, want the other task's", n)
	}
}

// TestPlacePart checks that a file of any size that a store takes has at most 10,000 parts, with a
// tenth to spare.
func TestPlacePart(t *testing.T) {
	for _, size := range []int64{0, 1, 70e9, 84e9, 200e9, 5e12} {
		part := placePart(size)
		if part%(1<<20) != 0 || part < 8<<20 || float64(part)*10_000 < 1.1*float64(size) || part > max(8<<20, size/8000) {
			t.Errorf("%d bytes: parts of %d", size, part)
		}
	}
}
