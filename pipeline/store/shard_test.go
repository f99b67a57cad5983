package store

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestPackRefusesStrangers: NewPack refuses what it would replace and did not make.
func TestPackRefusesStrangers(t *testing.T) {
	folder, root := openFolder(t)
	if err := os.Mkdir(filepath.Join(root, ShardsName), 0o777); err != nil {
		t.Fatal(err)
	}
	known := func(names ...string) func() (map[string]bool, error) {
		return func() (map[string]bool, error) {
			m := map[string]bool{}
			for _, n := range names {
				m[n] = true
			}
			return m, nil
		}
	}
	for _, name := range []string{"000000.tar", "000005.tar", "1000000.tar", "00001.tar", "mine.tar", "000001.tar.gz"} {
		if err := os.WriteFile(filepath.Join(root, ShardsName, name), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		known func() (map[string]bool, error)
		err   string
	}{
		{nil, ""},
		{known("shards/000000.tar", "shards/000005.tar", "shards/1000000.tar"), ""},
		{known("shards/000000.tar", "shards/1000000.tar"), "000005.tar: no record in manifest.jsonl names it"},
		{known(), "000000.tar: no record"},
		{func() (map[string]bool, error) { return nil, errors.New("unreadable") }, "unreadable"},
	} {
		p, err := NewPack(folder, PackOptions{Bytes: 1, Known: c.known})
		if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("got %v, want %q", err, c.err)
		}
		if err == nil {
			p.Close(false)
		}
	}
	// A complete run without a picture removes shards after a gap, and nothing else.
	p, err := NewPack(folder, PackOptions{Bytes: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Close(true); err != nil {
		t.Fatal(err)
	}
	if got := tree(t, root); !slices.Equal(got, []string{"shards/", "shards/000001.tar.gz", "shards/00001.tar", "shards/mine.tar"}) {
		t.Errorf("%q is left", got)
	}
	link(t, "mine.tar", filepath.Join(root, ShardsName, "000003.tar"))
	if _, err := NewPack(folder, PackOptions{Bytes: 1}); err == nil || !strings.Contains(err.Error(), "it is not a regular file; move it away") {
		t.Errorf("got %v", err)
	}
}
