package pipeline

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// crashed makes the output folder look as a crash leaves it.
func crashed(t *testing.T, opts options) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(opts.Out, ".filterbank.lock"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestPackBesideFolders runs with a pack and without one in the same output folder, over
// different pictures. Each run leaves the other's records alone, after a crash too.
func TestPackBesideFolders(t *testing.T) {
	entries, opts := packed(t, 12)
	folders := opts
	folders.Pack = 0
	have := func(when string, want ...int) {
		t.Helper()
		records, _ := readManifest(t, opts)
		var got []int
		for _, r := range records {
			for i := range entries {
				if string(r.Input) == entries[i].Path {
					got = append(got, i)
				}
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: the manifest has %d, want %d", when, got, want)
		}
	}
	for _, crash := range []bool{false, true} {
		opts.Out = filepath.Join(t.TempDir(), "out")
		folders.Out = opts.Out
		again(t, entries[:3], folders, 3, 0)
		if crash {
			crashed(t, opts)
		}
		again(t, entries[3:], opts, 9, 0)
		have("a pack beside folders", 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
		if crash {
			crashed(t, opts)
		}
		again(t, entries[:2], folders, 0, 2)
		have("folders beside a pack", 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
		again(t, entries[3:], opts, 0, 9)
		again(t, entries[4:], opts, 8, 0)
		have("a smaller pack", 0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11)
	}
}

// TestPackOfAStranger: a shard that no record tells of is refused before the first picture
// and stays as it is.
func TestPackOfAStranger(t *testing.T) {
	entries, opts := packed(t, 20)
	want := packOf(t, entries, opts)
	for _, name := range []string{"000000.tar", "000002.tar", "000777.tar"} {
		opts.Out = filepath.Join(t.TempDir(), "out")
		file := filepath.Join(opts.Out, "shards", name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o777), os.WriteFile(file, []byte("mine"), 0o666)); err != nil {
			t.Fatal(err)
		}
		s, err := runAll(context.Background(), entries, opts)
		if _, ok := errors.AsType[*OutputError](err); !ok || !strings.Contains(err.Error(), filepath.Join("shards", name)) || s.Left != len(entries) {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
		if data, err := os.ReadFile(file); err != nil || string(data) != "mine" {
			t.Errorf("%s has become %q, %v", name, data, err)
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		again(t, entries, opts, len(entries), 0)
		sameFiles(t, packSnapshot(t, opts.Out), want)
	}
}
