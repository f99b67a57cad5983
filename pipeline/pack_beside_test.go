package pipeline

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filterbank/pipeline/manifest"
	"filterbank/pipeline/source"
)

// TestPackBesideFolders: a pack and files in folders each need an output folder of their own.
// A run that would mix them is refused before the first picture, and changes nothing.
func TestPackBesideFolders(t *testing.T) {
	entries, pack := packed(t, 6)
	folders := pack
	folders.Pack = 0
	for _, c := range []struct {
		first, second options
		want          string
	}{
		{folders, pack, "it has the files of an earlier run in folders, and a pack needs a folder of its own: leave --pack out"},
		{pack, folders, "it has the pack of an earlier run, and files in folders need a folder of their own: add --pack"},
	} {
		out := filepath.Join(t.TempDir(), "out")
		c.first.Out, c.second.Out = out, out
		again(t, entries[:3], c.first, 3, 0)
		tear(t, filepath.Join(out, manifest.Name))
		before := snapshot(t, out)
		for _, some := range [][]source.Entry{entries[:2], entries[3:]} {
			c.second.Overwrite = Always
			s, err := runAll(context.Background(), some, c.second)
			if _, ok := errors.AsType[*OutputError](err); !ok || !strings.Contains(err.Error(), c.want) || s.Left != len(some) {
				t.Errorf("%+v, %v, want %q", s, err, c.want)
			}
			sameFiles(t, snapshot(t, out), before)
		}
		again(t, entries[:3], c.first, 0, 3)
		again(t, entries[:4], c.first, 1, 3)
	}
}

// tear appends a line as a crash leaves it, longer than a record.
func tear(t *testing.T, name string) {
	t.Helper()
	file, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = fmt.Fprintf(file, `{"input":%q`, strings.Repeat("x", 10_000))
	}
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
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
