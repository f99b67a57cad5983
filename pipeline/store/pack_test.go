package store

import (
	"archive/tar"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// samples counts the records in the shards of a folder by their names.
func samples(t *testing.T, root string) map[string]int {
	t.Helper()
	shards, err := filepath.Glob(filepath.Join(root, ShardsName, "*.tar"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for _, name := range shards {
		file, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		for in := tar.NewReader(file); ; {
			h, err := in.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if strings.HasSuffix(h.Name, RecordSuffix) {
				found[h.Name]++
			}
		}
		file.Close()
	}
	return found
}

// TestPackIsNeverTwoRuns stops a run over an earlier run's shards at every step. Its shards
// have other bounds. A reader meets no picture twice.
func TestPackIsNeverTwoRuns(t *testing.T) {
	list := pictures(9)
	changed := slices.Clone(list)
	changed[0].files = changed[0].files[:2]
	errStop := errors.New("stop")
	replaced := false
	for stop := 0; ; stop++ {
		r := newRun(t, func(f *Folder) (Store, error) { return NewPack(f, PackOptions{Bytes: BufferBytes}) })
		if err := r.work(list, 1, on); err != nil {
			t.Fatal(err)
		}
		steps := 0
		err := r.work(changed, 1, func() error {
			if steps++; steps > stop {
				return errStop
			}
			return nil
		})
		found := samples(t, r.root)
		for name, n := range found {
			if n > 1 {
				t.Errorf("stopped after %d steps: %s is there %d times", stop, name, n)
			}
		}
		replaced = replaced || err != nil && len(found) > 0 && len(found) < len(list)
		if err == nil {
			break
		}
	}
	if !replaced {
		t.Error("no run was stopped between two shards")
	}
}

// TestPackStop stops at the second of three pictures. The third is not kept in its place, and
// another run makes only the two that were left.
func TestPackStop(t *testing.T) {
	folder, root := openFolder(t)
	commit := func(p *Pack, turn int) error {
		b := p.Begin(turn, string(rune('a'+turn)))
		b.Create(".npy").Write([]byte("arrays"))
		b.Note(RecordSuffix, func([]Written) ([]byte, error) { return []byte("{}"), nil })
		_, err := b.Commit()
		return err
	}
	file := Written{Path: ShardName(0), Member: "a.npy", Bytes: 6}
	p, err := NewPack(folder, PackOptions{Bytes: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := commit(p, 0); err != nil {
		t.Fatal(err)
	}
	p.Stop(1)
	p.Skip(1)
	if err := commit(p, 2); !errors.Is(err, ErrLeft) {
		t.Errorf("got %v", err)
	}
	if stay, _ := p.Reuse(3, []Written{file}); stay[0] {
		t.Error("a later picture stays")
	}
	if err := p.Close(false); err != nil {
		t.Fatal(err)
	}
	if got := tree(t, root); !slices.Equal(got, []string{"shards/", "shards/000000.tar", "shards/index.json"}) {
		t.Errorf("there is %q", got)
	}
	redone := func(string, int) { t.Error("a shard is made again") }
	if p, err = NewPack(folder, PackOptions{Bytes: 1, Redone: redone}); err != nil {
		t.Fatal(err)
	}
	if stay, _ := p.Reuse(0, []Written{file}); !stay[0] {
		t.Error("the first picture does not stay")
	}
	for turn := 1; turn < 3; turn++ {
		if err := commit(p, turn); err != nil {
			t.Error(err)
		}
	}
	if err := p.Close(true); err != nil {
		t.Error(err)
	}
}

// TestPackKeepsItsError has a shard of the earlier run that cannot be read when it ends. No
// later picture is kept or stored.
func TestPackKeepsItsError(t *testing.T) {
	folder, _ := openFolder(t)
	file := Written{Path: ShardName(0), Member: "a.npy", Bytes: 6}
	for _, again := range []bool{false, true} {
		p, err := NewPack(folder, PackOptions{Bytes: 1})
		if err != nil {
			t.Fatal(err)
		}
		if again {
			if !p.old.has([]Written{file}) {
				t.Fatal("the sample is not there")
			}
			p.old.file.Close()
			p.endOld()
			if p.old.file, err = folder.root.Open(ShardName(0)); err != nil { // it can be read again
				t.Fatal(err)
			}
			if stay, _ := p.Reuse(0, []Written{file}); stay[0] || p.err == nil {
				t.Errorf("a picture stays, %v", p.err)
			}
		}
		b := p.Begin(0, "a")
		b.Create(".npy").Write([]byte("arrays"))
		b.Note(RecordSuffix, func([]Written) ([]byte, error) { return []byte("{}"), nil })
		if _, err := b.Commit(); (err != nil) != again {
			t.Errorf("Commit: %v", err)
		}
		if err := p.Close(true); (err != nil) != again || p.open != nil {
			t.Errorf("Close: %v", err)
		}
	}
}

// TestPackRemovesFirst ends a run between the removal of the earlier run's shards and the
// first new shard: a folder in the place of a shard cannot be removed. The new shard, which
// would have the pictures of all three, does not appear.
func TestPackRemovesFirst(t *testing.T) {
	folder, root := openFolder(t)
	commit := func(p *Pack, turn int, content string) error {
		b := p.Begin(turn, string(rune('a'+turn)))
		b.Create(".npy").Write([]byte(content))
		b.Note(RecordSuffix, func([]Written) ([]byte, error) { return []byte("{}"), nil })
		_, err := b.Commit()
		return err
	}
	store := func(count int, content string) error {
		p, err := NewPack(folder, PackOptions{Bytes: 1 << 30, Samples: count})
		if err != nil {
			t.Fatal(err)
		}
		if count > 1 {
			second := filepath.Join(root, ShardName(1))
			if err := errors.Join(os.Remove(second), os.MkdirAll(filepath.Join(second, "in the way"), 0o777)); err != nil {
				t.Fatal(err)
			}
			defer os.RemoveAll(second)
		}
		for turn := range 3 {
			if err = commit(p, turn, content); err != nil {
				break
			}
		}
		return errors.Join(err, p.Close(err == nil))
	}
	if err := store(1, "arrays"); err != nil {
		t.Fatal(err)
	}
	if err := store(3, "others"); err == nil {
		t.Error("a folder was removed")
	}
	for name, n := range samples(t, root) {
		if n > 1 {
			t.Errorf("%s is there %d times", name, n)
		}
	}
}
