package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
)

// TestPackInterrupted stops runs after every number of pictures. The manifest is true, and
// the next run ends with what an undisturbed one writes.
func TestPackInterrupted(t *testing.T) {
	entries, opts := packed(t, 24, 5)
	want := packOf(t, entries, opts)
	opts.Workers = 3
	for _, over := range []bool{false, true} { // an earlier run's shards, too
		for stop := 0; stop < len(entries); stop += 3 {
			opts.Out = filepath.Join(t.TempDir(), "out")
			if over {
				if _, err := runAll(context.Background(), entries[1:], opts); err != nil {
					t.Fatal(err)
				}
			}
			ctx, cancel := context.WithCancel(context.Background())
			stopped := opts
			ended := 0
			stopped.Ended = func(int, Outcome) {
				if ended++; ended > stop {
					cancel()
				}
			}
			if _, err := runAll(ctx, entries, stopped); err != nil && !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			cancel()
			if !over {
				truePack(t, opts)
			}
			if _, err := runAll(context.Background(), entries, opts); err != nil {
				t.Fatal(err)
			}
			truePack(t, opts)
			sameFiles(t, packSnapshot(t, opts.Out), want)
		}
	}
}

// TestPackAndMemory gives a run just the memory for its first picture, which is large and
// is decoded last: pictures that wait for their turn in the pack hold none of it.
func TestPackAndMemory(t *testing.T) {
	entries, opts := packed(t, 12)
	var large bytes.Buffer
	if err := png.Encode(&large, image.NewGray(image.Rect(0, 0, 300, 300))); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(entries[2].Path, large.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	opts.Workers = 4
	want := packOf(t, entries, opts)
	for memory := int64(1 << 16); ; memory += memory / 8 {
		opts.Memory = memory
		opts.Out = filepath.Join(t.TempDir(), "out")
		s, err := runAll(context.Background(), entries, opts)
		if err != nil {
			t.Fatal(err)
		}
		if s.Failed == 0 {
			break
		}
	}
	sameFiles(t, packSnapshot(t, opts.Out), want)
}

// TestPackChanges runs over packs of other settings and inputs. The result is that of a new
// folder.
func TestPackChanges(t *testing.T) {
	entries, opts := packed(t, 20)
	for i, change := range []func() []source.Entry{
		func() []source.Entry { return entries },
		func() []source.Entry { return entries[:11] },
		func() []source.Entry { return entries },
		func() []source.Entry { return entries[3:] },
		func() []source.Entry { opts.Output.Formats = formats(t, "npy"); return entries },
		func() []source.Entry { opts.Output.Formats = formats(t, "npz", "sheet"); return entries },
		func() []source.Entry { opts.Pack = 5000; return entries },
		func() []source.Entry { opts.Pack = 1 << 30; return entries },
		func() []source.Entry { opts.Pack = 20_000; return slices.Concat(entries[10:], entries[:10]) },
	} {
		some := change()
		if _, err := runAll(context.Background(), some, opts); err != nil {
			t.Fatal(err)
		}
		want := packOf(t, some, opts)
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			sameFiles(t, packSnapshot(t, opts.Out), want)
			truePack(t, opts)
		})
	}
}

// TestPackFailures: pictures that fail have no samples, and a run that stops at one places no
// shard that is not full.
func TestPackFailures(t *testing.T) {
	entries, opts := packed(t, 10, 0, 1, 9)
	entries[4].Problem = &source.Problem{Code: source.CodeMissing, Path: "gone", Err: errors.New("missing")}
	opts.Workers = 3
	s, err := runAll(context.Background(), entries, opts)
	if err != nil || s.Failed != 4 || s.Pictures != 6 {
		t.Fatal(s, err)
	}
	truePack(t, opts)
	opts.StopOnError = true
	if _, err := runAll(context.Background(), entries, opts); !errors.Is(err, ErrStopped) {
		t.Errorf("got %v", err)
	}
	truePack(t, opts)
}

// TestPackOfFailures has a pack of which no picture can be read any more. Its folder goes.
func TestPackOfFailures(t *testing.T) {
	entries, opts := packed(t, 3)
	opts.Workers = 2
	packOf(t, entries, opts)
	for i := range entries {
		entries[i].Problem = &source.Problem{Code: source.CodeMissing, Path: "gone", Err: errors.New("missing")}
	}
	if s, err := runAll(context.Background(), entries, opts); err != nil || s.Failed != 3 {
		t.Fatal(s, err)
	}
	if _, err := os.Stat(filepath.Join(opts.Out, store.ShardsName)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder of the shards: %v", err)
	}
}
