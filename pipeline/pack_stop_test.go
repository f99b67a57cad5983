package pipeline

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filterbank/pipeline/manifest"
)

// inShards counts the pictures, maps' files and bytes that the manifest says are done.
func inShards(t *testing.T, opts options) (pictures, files int, bytes int64) {
	t.Helper()
	records, _ := readManifest(t, opts)
	for _, r := range records {
		if r.Status != manifest.OK {
			continue
		}
		pictures++
		files += len(r.Files)
		for _, f := range r.Files {
			bytes += f.Bytes
		}
	}
	return pictures, files, bytes
}

// TestPackCountsWhatIsThere stops runs after every number of pictures. The summary and
// run.json count the pictures whose shards are in place, and no others.
func TestPackCountsWhatIsThere(t *testing.T) {
	entries, opts := packed(t, 24, 5)
	opts.Workers = 3
	less := false
	for stop := range entries {
		opts.Out = filepath.Join(t.TempDir(), "out")
		ctx, cancel := context.WithCancel(context.Background())
		stopped := opts
		ended := 0
		stopped.Ended = func(int, Outcome) {
			if ended++; ended > stop {
				cancel()
			}
		}
		var said Summary
		stopped.About = func(s Summary) (*manifest.Run, error) { said = s; return &manifest.Run{Left: s.Left}, nil }
		s, err := runAll(ctx, entries, stopped)
		cancel()
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		pictures, files, bytes := inShards(t, opts)
		if s.Pictures != pictures || s.Files != files || s.Bytes != bytes || s.Maps != 3*pictures {
			t.Errorf("stopped after %d: %+v, and the manifest has %d pictures, %d files, %d bytes", stop, s, pictures, files, bytes)
		}
		if s.Left != len(entries)-pictures-s.Failed-s.Skipped || said.Left != s.Left || said.Pictures != s.Pictures {
			t.Errorf("stopped after %d: %+v, and run.json has %+v", stop, s, said)
		}
		less = less || s.Left > 0 && pictures > 0
	}
	if !less {
		t.Error("no run was stopped between two shards")
	}
}

// TestPackStoppedAtItsEnd: the last picture fails and stops the run. Every picture has had
// its turn, so that the pack is complete.
func TestPackStoppedAtItsEnd(t *testing.T) {
	for _, over := range []bool{false, true} { // an earlier run's shards, too
		entries, opts := packed(t, 20, 19)
		opts.Workers = 1
		if over {
			if _, err := runAll(context.Background(), entries[1:], opts); err != nil {
				t.Fatal(err)
			}
		}
		stopped := opts
		stopped.StopOnError = true
		s, err := runAll(context.Background(), entries, stopped)
		if !errors.Is(err, ErrStopped) || s.Pictures != 19 || s.Failed != 1 || s.Left != 0 {
			t.Errorf("%+v, %v", s, err)
		}
		truePack(t, opts)
		sameFiles(t, packSnapshot(t, opts.Out), packOf(t, entries, opts))
	}
}

// TestPackCannotEnd: the last shard cannot be placed. The earlier shards stay, with their
// records, and the next run goes on from them.
func TestPackCannotEnd(t *testing.T) {
	entries, opts := packed(t, 20)
	opts.Workers = 1
	want := packOf(t, entries, opts)
	last := ""
	for name := range want {
		if strings.HasSuffix(name, ".tar") {
			last = max(last, name)
		}
	}
	broken := opts
	ended := 0
	broken.Ended = func(int, Outcome) {
		if ended++; ended == len(entries) {
			if err := os.MkdirAll(filepath.Join(opts.Out, last, "in the way"), 0o777); err != nil {
				t.Error(err)
			}
		}
	}
	s, err := runAll(context.Background(), entries, broken)
	pictures, _, _ := inShards(t, opts)
	if err == nil || s.Left == 0 || s.Pictures != pictures || pictures == 0 || s.Left+pictures != len(entries) {
		t.Errorf("%+v of %d, %v", s, pictures, err)
	}
	if err := os.RemoveAll(filepath.Join(opts.Out, last)); err != nil {
		t.Fatal(err)
	}
	truePack(t, opts)
	again(t, entries, opts, s.Left, pictures)
	sameFiles(t, packSnapshot(t, opts.Out), want)
}
