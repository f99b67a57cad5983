package pipeline

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRefusedPackLeavesNothingOpen: a run whose pack or manifest is refused has closed
// everything in the output folder, and has made nothing in it.
func TestRefusedPackLeavesNothingOpen(t *testing.T) {
	entries, opts := packed(t, 4)
	again(t, entries, opts, 4, 0)
	manifest := filepath.Join(opts.Out, "manifest.jsonl")
	for _, spoil := range []func() error{
		func() error { return os.WriteFile(filepath.Join(opts.Out, "shards", "000007.tar"), nil, 0o666) },
		func() error { return os.WriteFile(manifest, []byte("my notes\n"), 0o666) },
		func() error {
			return errors.Join(os.Remove(manifest), os.RemoveAll(filepath.Join(opts.Out, "run.json")))
		},
	} {
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		before := snapshot(t, opts.Out)
		if _, err := runAll(t.Context(), entries, opts); err == nil {
			t.Error("no error")
		}
		sameFiles(t, snapshot(t, opts.Out), before)
		open, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		for _, fd := range open {
			if file, err := os.Readlink("/proc/self/fd/" + fd.Name()); err == nil && strings.HasPrefix(file, opts.Out) {
				t.Errorf("%s is still open", file)
			}
		}
	}
}
