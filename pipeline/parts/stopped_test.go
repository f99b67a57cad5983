package parts

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"

	"filterbank/pipeline/manifest"
	"filterbank/pipeline/store"
)

// stopping is a place whose writing stops after a number of files.
type stopping struct {
	store.Place
	left int
}

var errStopped = errors.New("stopped")

func (s *stopping) Replace(ctx context.Context, name string, size int64, fill func(io.Writer) error) error {
	if s.left--; s.left < 0 {
		return errStopped
	}
	return s.Place.Replace(ctx, name, size, fill)
}

// TestMergeStopped: a merging that is stopped at any place can be done again, also after a shard
// was done again. A manifest that a run has changed is kept.
func TestMergeStopped(t *testing.T) {
	dir := t.TempDir()
	folder, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Release()
	place := folder.Place()
	synthetic(t, place, dir, 3, 10)
	merged := func() bool {
		s, err := StatusOf(t.Context(), place, StatusOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return s.Merged
	}
	if _, err := Merge(t.Context(), place, MergeOptions{}); err != nil || !merged() {
		t.Fatal(err)
	}
	for stop := range 100 {
		redo(t, place, dir, 1, 3)
		if merged() {
			t.Fatal("it counts as merged although a shard was done again")
		}
		_, err := Merge(t.Context(), &stopping{place, stop}, MergeOptions{})
		if err == nil {
			if stop < 3 {
				t.Errorf("only %d files are written", stop)
			}
			break
		}
		if !errors.Is(err, errStopped) || merged() {
			t.Fatalf("stopped after %d files: %v", stop, err)
		}
		if _, err := Merge(t.Context(), place, MergeOptions{}); err != nil || !merged() {
			t.Fatalf("after it was stopped after %d files: %v", stop, err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, manifest.Name), []byte("{}\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Merge(t.Context(), place, MergeOptions{}); !errors.Is(err, ErrChanged) {
		t.Errorf("a changed manifest: %v", err)
	}
}

// redo does a shard again, with another manifest.
func redo(t *testing.T, place store.Place, dir string, index, count int) {
	t.Helper()
	c, err := ReadComplete(t.Context(), place, index, count)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, filepath.FromSlash(nameIn(index, count, manifest.Name)))
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var lines []byte
	for text, err := range manifest.Lines(file) {
		if err != nil {
			t.Fatal(err)
		}
		lines = append(append(lines, bytes.TrimSuffix(text, []byte("}\n"))...), " }\n"...)
	}
	c.Own[manifest.Name] = OwnFile{int64(len(lines)), store.DigestOf(lines)}
	account, err := c.Encode()
	err = errors.Join(err, os.WriteFile(name, lines, 0o666), os.WriteFile(filepath.Join(filepath.Dir(name), CompleteName), account, 0o666))
	if err != nil {
		t.Fatal(err)
	}
}

// vanishing is a place in which an account goes after it was listed.
type vanishing struct {
	store.Place
	name string
}

func (v vanishing) Read(ctx context.Context, name string, most int64) ([]byte, error) {
	if name == v.name {
		return nil, os.ErrNotExist
	}
	return v.Place.Read(ctx, name, most)
}

// writing is a place whose config is half written when it is read first.
type writing struct {
	store.Place
	reads *int
}

func (w writing) Read(ctx context.Context, name string, most int64) ([]byte, error) {
	data, err := w.Place.Read(ctx, name, most)
	if *w.reads++; *w.reads < 3 {
		data = data[:len(data)*max(0, *w.reads-1)/2]
	}
	return data, err
}

// TestSettleWaits: a task waits for another one that is writing the config.
func TestSettleWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder, err := store.Open(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer folder.Release()
		if err := config(3, 7).Settle(t.Context(), folder.Place(), "out"); err != nil {
			t.Fatal(err)
		}
		if err := config(3, 7).Settle(t.Context(), writing{folder.Place(), new(int)}, "out"); err != nil {
			t.Error(err)
		}
		always := -1000
		if err := config(3, 7).Settle(t.Context(), writing{folder.Place(), &always}, "out"); err == nil {
			t.Error("half a config is taken")
		}
	})
}

// TestVanishingAccount: a shard whose account goes while it is read is not done.
func TestVanishingAccount(t *testing.T) {
	dir := t.TempDir()
	folder, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Release()
	synthetic(t, folder.Place(), dir, 3, 10)
	place := vanishing{folder.Place(), nameIn(1, 3, CompleteName)}
	s, err := StatusOf(t.Context(), place, StatusOptions{})
	if err != nil || len(s.Done) != 2 || len(s.Missing)+len(s.Running) != 1 {
		t.Errorf("%+v, %v", s, err)
	}
	_, err = Merge(t.Context(), place, MergeOptions{})
	if missing, ok := errors.AsType[*MissingError](err); !ok || len(missing.Missing) != 1 || missing.Missing[0] != 1 {
		t.Error(err)
	}
}
