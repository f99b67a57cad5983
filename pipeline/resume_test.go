package pipeline

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filterbank/filters"
	"filterbank/pipeline/render"
	"filterbank/pipeline/sink"
	"filterbank/pipeline/source"
)

// again runs a job and compares what was done with what was to be.
func again(t *testing.T, entries []source.Entry, opts Options, done, skipped int) {
	t.Helper()
	s, err := Run(context.Background(), entries, opts)
	if err != nil {
		t.Fatal(err)
	}
	if s.Pictures != done || s.Skipped != skipped || s.Left != 0 {
		t.Errorf("did %d and skipped %d with %d left, want %d and %d", s.Pictures, s.Skipped, s.Left, done, skipped)
	}
}

// snapshot is every file of an output folder by its name.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		files[path] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func sameFiles(t *testing.T, got, want map[string]string) {
	t.Helper()
	for name, data := range want {
		if got[name] != data {
			t.Errorf("%s: %d bytes, want %d or others", name, len(got[name]), len(data))
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s is there and should not be", name)
		}
	}
}

func TestResume(t *testing.T) {
	entries, opts := job(t, 8, 5)
	again(t, entries, opts, 7, 0)
	undisturbed := snapshot(t, opts.Out)

	again(t, entries, opts, 0, 7)
	sameFiles(t, snapshot(t, opts.Out), undisturbed)

	// A missing map and a map of another size are made again, with their picture only.
	if err := os.Remove(filepath.Join(opts.Out, "p001/copy/000-f0.png")); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(opts.Out, "p002/less.npy"), 10); err != nil {
		t.Fatal(err)
	}
	again(t, entries, opts, 2, 5)
	sameFiles(t, snapshot(t, opts.Out), undisturbed)

	// So is a picture whose bytes have changed.
	data, err := os.ReadFile(entries[1].Path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(entries[3].Path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	again(t, entries, opts, 1, 6)
	records, _ := manifest(t, opts)
	if records[3].Digest != records[1].Digest || records[3].Key != records[1].Key {
		t.Error("the changed picture has not become that which it is a copy of")
	}

	opts.Overwrite = Always
	again(t, entries, opts, 7, 0)
}

// TestResumeAfterChanges changes one setting after another: each makes all maps anew,
// and what no setting asks for any more is gone.
func TestResumeAfterChanges(t *testing.T) {
	entries, opts := job(t, 3)
	again(t, entries, opts, 3, 0)
	for _, c := range []struct {
		name   string
		change func(*Options)
	}{
		{"scale", func(o *Options) { o.Scale = render.Scale{Per: render.PerNone, Fixed: render.Range{Lo: 0, Hi: 2}} }},
		{"range", func(o *Options) { o.Scale.Fixed.Hi = 3 }},
		{"formats", func(o *Options) { o.Formats = []Format{PNG16} }},
		{"layers", func(o *Options) { o.Stacks[0].Taps = []bool{true, false} }},
		{"weights", func(o *Options) {
			spec := o.Stacks[0].Stack.Layers()[0].Spec()
			spec.Weights = append([]float32{0.5}, spec.Weights[1:]...)
			conv, err := filters.NewConv(spec)
			if err != nil {
				t.Fatal(err)
			}
			stack, err := filters.NewStack("", 3, conv)
			if err != nil {
				t.Fatal(err)
			}
			o.Stacks = []Selected{{stack, []bool{true}}}
		}},
	} {
		c.change(&opts)
		s, err := Run(context.Background(), entries, opts)
		if err != nil || s.Pictures != 3 {
			t.Errorf("%s: %v, %d pictures done, want 3", c.name, err, s.Pictures)
		}
		again(t, entries, opts, 0, 3)
		want := s.Files + 1 // and the manifest
		if got := len(snapshot(t, opts.Out)); got != want {
			t.Errorf("%s: %d files, want %d", c.name, got, want)
		}
	}
}

func TestNever(t *testing.T) {
	entries, opts := job(t, 3)
	mine := filepath.Join(opts.Out, "p001/copy/001-f1.png")
	if err := os.MkdirAll(filepath.Dir(mine), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(mine, []byte("mine"), 0o666); err != nil {
		t.Fatal(err)
	}
	opts.Overwrite = Never
	again(t, entries, opts, 2, 1)
	files := snapshot(t, filepath.Join(opts.Out, "p001"))
	if len(files) != 1 || files[mine] != "mine" {
		t.Errorf("p001 holds %d files, and its own is %q", len(files), files[mine])
	}
	records, _ := manifest(t, opts)
	if records[1].Status != sink.Kept {
		t.Errorf("the picture that was left alone has the status %q", records[1].Status)
	}
	opts.Scale.Per = render.PerLayer // a change that never has no eyes for
	again(t, entries, opts, 0, 3)
}

// TestCrash leaves behind what a crash does: a lock, temporary files, a torn manifest
// and a map that lost its content but not its size.
func TestCrash(t *testing.T) {
	entries, opts := job(t, 6)
	again(t, entries, opts, 6, 0)
	undisturbed := snapshot(t, opts.Out)

	_, text := manifest(t, opts)
	torn := text[:strings.LastIndexByte(text[:len(text)-1], '\n')+20]
	zeros := filepath.Join(opts.Out, "p002/less/000-f0.png")
	for name, data := range map[string]string{
		filepath.Join(opts.Out, sink.ManifestName):               torn,
		filepath.Join(opts.Out, ".filterbank.lock"):              "",
		filepath.Join(opts.Out, ".filterbank-1-1.tmp"):           "x",
		filepath.Join(opts.Out, "p005/copy/.filterbank-1-2.tmp"): "x",
		zeros: strings.Repeat("\x00", len(undisturbed[zeros])),
	} {
		if err := os.WriteFile(name, []byte(data), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	again(t, entries, opts, 2, 4)
	sameFiles(t, snapshot(t, opts.Out), undisturbed)
}

func TestSecondRunIsRefused(t *testing.T) {
	entries, opts := job(t, 2)
	tree, err := sink.Open(opts.Out)
	if err != nil {
		t.Fatal(err)
	}
	lock, err := tree.Lock()
	if err != nil {
		t.Fatal(err)
	}
	s, err := Run(context.Background(), entries, opts)
	if !errors.Is(err, sink.ErrLocked) || s.Left != 2 {
		t.Errorf("got %v, %+v", err, s)
	}
	if err := lock.Unlock(); err != nil {
		t.Fatal(err)
	}
	again(t, entries, opts, 2, 0)
}
