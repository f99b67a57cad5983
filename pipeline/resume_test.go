package pipeline

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"filterbank/filters"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/render"
	"filterbank/pipeline/scale"
	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
)

// again runs a job and compares what was done with what was to be.
func again(t *testing.T, entries []source.Entry, opts options, done, skipped int) {
	t.Helper()
	s, err := runAll(context.Background(), entries, opts)
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
		files[path] = withoutSeconds(string(data))
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
	records, _ := readManifest(t, opts)
	if records[3].Digest != records[1].Digest || !maps.Equal(records[3].Keys, records[1].Keys) {
		t.Error("the changed picture has not become that which it is a copy of")
	}

	opts.Overwrite = Always
	again(t, entries, opts, 7, 0)
}

// copyLayer is the first layer alone, with filters of the given names.
func copyLayer(t *testing.T, names ...string) []engine.Selected {
	t.Helper()
	spec := testStack(t, "").Layers()[0].(*filters.Conv).Spec()
	spec.Filters, spec.Weights, spec.Bias = names, spec.Weights[:3*len(names)], nil
	conv, err := filters.NewConv(spec)
	if err != nil {
		t.Fatal(err)
	}
	stack, err := filters.NewStack("", 3, conv)
	if err != nil {
		t.Fatal(err)
	}
	return []engine.Selected{{Stack: stack, Layers: []bool{true}}}
}

// TestResumeAfterChanges changes one setting after another: each makes all maps anew.
// What the same layer left in the same format goes; other layers and formats stay.
func TestResumeAfterChanges(t *testing.T) {
	entries, opts := job(t, 3)
	again(t, entries, opts, 3, 0)
	for _, c := range []struct {
		name   string
		change func(*options)
		files  int // for each picture: 3 PNG and 2 .npy at first
	}{
		{"scale", func(o *options) { o.Output.Scale = scale.Scale{Per: scale.Fixed, Fixed: render.Range{Lo: 0, Hi: 2}} }, 5},
		{"range", func(o *options) { o.Output.Scale.Fixed.Hi = 3 }, 5},
		{"percentiles", func(o *options) { o.Output.Scale = scale.Scale{Per: scale.Percentile, Percentiles: [2]float64{1, 99}} }, 5},
		{"one of the percentiles", func(o *options) { o.Output.Scale.Percentiles[0] = 2 }, 5},
		{"colormap", func(o *options) { o.Output.Colormap = render.Colormap{}.For(true) }, 5},
		{"no colormap", func(o *options) { o.Output.Colormap = render.Colormap{} }, 5},
		{"formats", func(o *options) { o.Output.Formats = formats(t, "png16") }, 5},
		{"layers", func(o *options) { o.Stacks[0].Layers = []bool{true, false} }, 5},
		{"filters' names: the same layer of before goes, another one stays", func(o *options) { o.Stacks = copyLayer(t, "red", "blue") }, 4},
		{"fewer filters", func(o *options) { o.Stacks = copyLayer(t, "red") }, 3},
	} {
		c.change(&opts)
		again(t, entries, opts, 3, 0)
		again(t, entries, opts, 0, 3)
		if got, want := len(snapshot(t, opts.Out)), 3*c.files+1; got != want {
			t.Errorf("%s: %d files, want %d", c.name, got, want)
		}
	}
}

// TestChangedPicture changes a picture and writes it in fewer formats: what was made of
// the picture as it was goes altogether.
func TestChangedPicture(t *testing.T) {
	entries, opts := job(t, 2)
	again(t, entries, opts, 2, 0)
	data, err := os.ReadFile(entries[1].Path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(entries[0].Path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	opts.Output.Formats = formats(t, "png")
	again(t, entries, opts, 1, 1)
	for i, want := range []int{3, 5} {
		records, _ := readManifest(t, opts)
		if got := len(snapshot(t, filepath.Join(opts.Out, entries[i].Rel))); got != want || len(records[i].Files) != want {
			t.Errorf("picture %d has %d files, %d of them in the manifest, want %d", i, got, len(records[i].Files), want)
		}
	}
}

// TestKeptFilesOfOtherFormats writes .npy, fails, and writes PNG: the .npy stay and stay
// in the manifest, until somebody deletes them; then nobody asks for them any more.
func TestKeptFilesOfOtherFormats(t *testing.T) {
	entries, opts := job(t, 1)
	opts.Output.Formats = formats(t, "npy")
	again(t, entries, opts, 1, 0)
	opts.Output.Formats, opts.Timeout = formats(t, "png"), 1
	if s, err := runAll(context.Background(), entries, opts); err != nil || s.Failed != 1 {
		t.Fatal(s, err)
	}
	opts.Timeout = 0
	again(t, entries, opts, 1, 0)
	again(t, entries, opts, 0, 1)
	if records, _ := readManifest(t, opts); len(records) != 1 || len(records[0].Files) != 5 {
		t.Errorf("the manifest has %+v, want 3 PNG and 2 .npy", records)
	}
	for _, name := range []string{"p000/copy.npy", "p000/less.npy"} {
		if err := os.Remove(filepath.Join(opts.Out, name)); err != nil {
			t.Fatal(err)
		}
	}
	again(t, entries, opts, 0, 1)
	if records, _ := readManifest(t, opts); len(records) != 1 || len(records[0].Files) != 3 {
		t.Errorf("the manifest has %+v, want 3 PNG", records)
	}
}

// TestKeysPerFormat adds formats one by one and changes the scale. Files that do not change are
// not written again.
func TestKeysPerFormat(t *testing.T) {
	entries, opts := job(t, 2)
	opts, want, written := formatByFormat(t, entries, opts, "png", "npy", "npz", "sheet")
	opts.Output.Scale = scale.Scale{Per: scale.Fixed, Fixed: render.Range{Hi: 2}}
	clear(written)
	again(t, entries, opts, 2, 0)
	if len(written) != 2 || written["png"] == 0 || written["sheet"] == 0 {
		t.Errorf("another scale wrote %v, want png and sheet", written)
	}
	age(t, opts.Out)
	opts.Output.Formats = formats(t, "npy", "npz")
	again(t, entries, opts, 0, 2)
	if records, _ := readManifest(t, opts); len(records[0].Files) != len(want[0].Files) {
		t.Errorf("%d files are left in the record, want %d", len(records[0].Files), len(want[0].Files))
	}
}

// TestKeysBesideUncoloured adds a format without colours to formats whose maps have colours,
// since they can be negative.
func TestKeysBesideUncoloured(t *testing.T) {
	entries, opts := job(t, 2)
	conv, err := filters.NewConv(filters.ConvSpec{Name: "signed", InChannels: 3, KernelSize: [2]int{1, 1}, Weights: []float32{1, -1, 0}, Activation: filters.None})
	if err != nil {
		t.Fatal(err)
	}
	stack, err := filters.NewStack("", 3, conv)
	if err != nil {
		t.Fatal(err)
	}
	opts.Stacks = []engine.Selected{{Stack: stack, Layers: []bool{true}}}
	formatByFormat(t, entries, opts, "sheet", "overlay", "png16")
}

// formatByFormat runs a job with one format more each time. It is an error if a run writes files
// of another format too, or if the records differ from the records of one run with all formats.
// It returns the options of the last run, these records, and the map in which later runs count
// the files that they write.
func formatByFormat(t *testing.T, entries []source.Entry, opts options, names ...string) (last options, want []manifest.Record, written map[string]int) {
	t.Helper()
	opts.Output.Formats = formats(t, names...)
	again(t, entries, opts, 2, 0)
	want, _ = readManifest(t, opts)
	opts.Out += "2"
	written = map[string]int{}
	opts.Each = func(r *manifest.Record) {
		for _, f := range r.Files {
			if info, err := os.Stat(filepath.Join(opts.Out, string(f.Path))); err == nil && info.ModTime().After(long) {
				written[f.Format]++
			}
		}
	}
	for i := range names {
		opts.Output.Formats = formats(t, names[:i+1]...)
		clear(written)
		again(t, entries, opts, 2, 0)
		if len(written) != 1 || written[names[i]] == 0 {
			t.Errorf("with %s added, %v were written", names[i], written)
		}
		age(t, opts.Out)
	}
	records, _ := readManifest(t, opts)
	for i := range records {
		if !slices.EqualFunc(records[i].Files, want[i].Files, func(a, b manifest.File) bool { return a.Path == b.Path && a.BLAKE3 == b.BLAKE3 }) || records[i].Digest != want[i].Digest || !maps.Equal(records[i].Keys, want[i].Keys) {
			t.Errorf("format by format the record is\n%+v, want\n%+v", records[i], want[i])
		}
	}
	return opts, want, written
}

// long is before every file that a test writes, and after the files that age has made old.
var long = time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)

// age makes all files below a folder old.
func age(t *testing.T, dir string) {
	t.Helper()
	for name := range snapshot(t, dir) {
		if err := os.Chtimes(name, long.AddDate(-1, 0, 0), long.AddDate(-1, 0, 0)); err != nil {
			t.Fatal(err)
		}
	}
}

// TestFailedAfterDone makes pictures fail that were done before. When the file has
// changed its maps go; when it is only out of reach they stay, and in the record.
func TestFailedAfterDone(t *testing.T) {
	entries, opts := job(t, 3)
	again(t, entries, opts, 3, 0)
	before := snapshot(t, opts.Out)
	if err := os.Truncate(entries[0].Path, 50); err != nil {
		t.Fatal(err)
	}
	hidden := entries[1].Path + ".hidden"
	if err := os.Rename(entries[1].Path, hidden); err != nil {
		t.Fatal(err)
	}
	s, err := runAll(context.Background(), entries, opts)
	if err != nil || s.Failed != 2 || s.Skipped != 1 {
		t.Fatal(s, err)
	}
	if _, err := os.Stat(filepath.Join(opts.Out, "p000")); err == nil {
		t.Error("maps of what the file was before are left")
	}
	records, _ := readManifest(t, opts)
	if len(records[0].Files) != 0 || len(records[1].Files) != 5 {
		t.Errorf("the records have %d and %d files, want 0 and 5", len(records[0].Files), len(records[1].Files))
	}
	if err := os.Rename(hidden, entries[1].Path); err != nil {
		t.Fatal(err)
	}
	s, err = runAll(context.Background(), entries, opts)
	if err != nil || s.Pictures != 1 || s.Failed != 1 {
		t.Fatal(s, err)
	}
	for name, data := range snapshot(t, opts.Out) {
		if filepath.Base(name) != manifest.Name && before[name] != data {
			t.Errorf("%s has other bytes than before", name)
		}
	}
}

// TestPanic has the program fail on pictures that were done before: the files of one that
// has changed go, the files of the other stay, and both are done by the next run.
func TestPanic(t *testing.T) {
	entries, opts := job(t, 3)
	again(t, entries, opts, 3, 0)
	data, err := os.ReadFile(entries[1].Path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(entries[0].Path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	opts.Output.Scale = scale.Scale{Per: scale.Dataset} // without the ranges
	s, err := runAll(context.Background(), entries[:2], opts)
	if err != nil || s.Failed != 2 {
		t.Fatal(s, err)
	}
	records, _ := readManifest(t, opts)
	for i, files := range []int{0, 5, 5} {
		there := 0
		for name := range snapshot(t, opts.Out) {
			if strings.HasPrefix(name, filepath.Join(opts.Out, entries[i].Rel)) {
				there++
			}
		}
		if there != files || len(records[i].Files) != files {
			t.Errorf("picture %d has %d files, %d of them in the manifest, want %d", i, there, len(records[i].Files), files)
		}
		if i < 2 && (records[i].Code != "internal" || !strings.HasPrefix(records[i].Error, entries[i].Path+": internal error, please report it: ")) {
			t.Errorf("picture %d: %s, %s", i, records[i].Code, records[i].Error)
		}
	}
	opts.Output.Scale = scale.Scale{}
	again(t, entries, opts, 2, 1)
}

// TestProblemBesidePicture lists a link that leads nowhere and a picture whose maps
// would have had the same folder: both are in the manifest.
func TestProblemBesidePicture(t *testing.T) {
	entries, opts := job(t, 1)
	dangling := source.Entry{Job: source.Job{Path: "p000.jpg", Rel: "p000"}, Problem: &source.Problem{Path: "p000.jpg", Code: source.CodeDanglingLink, Err: errors.New("the link leads nowhere")}}
	for range 2 {
		s, err := runAll(context.Background(), []source.Entry{dangling, entries[0]}, opts)
		if err != nil || s.Failed != 1 || s.Pictures+s.Skipped != 1 {
			t.Fatal(s, err)
		}
		records, _ := readManifest(t, opts)
		if len(records) != 2 || records[0].Status != manifest.Failed || records[1].Status != manifest.OK {
			t.Errorf("the manifest has %+v", records)
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
	records, _ := readManifest(t, opts)
	if records[1].Status != manifest.Kept {
		t.Errorf("the picture that was left alone has the status %q", records[1].Status)
	}
	opts.Output.Scale.Per = scale.PerLayer // a change that never has no eyes for
	again(t, entries, opts, 0, 3)
}

// TestCrash leaves behind what a crash does: a lock, temporary files, a torn manifest
// and a map that lost its content but not its size.
func TestCrash(t *testing.T) {
	entries, opts := job(t, 6)
	again(t, entries, opts, 6, 0)
	undisturbed := snapshot(t, opts.Out)

	_, text := readManifest(t, opts)
	torn := text[:strings.LastIndexByte(text[:len(text)-1], '\n')+20]
	zeros := filepath.Join(opts.Out, "p002/less/000-f0.png")
	for name, data := range map[string]string{
		filepath.Join(opts.Out, manifest.Name):                   torn,
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

// TestCrashIsRemembered looks at some of the pictures only after a crash: the others are
// still to be looked at by the next run.
func TestCrashIsRemembered(t *testing.T) {
	entries, opts := job(t, 3)
	again(t, entries, opts, 3, 0)
	undisturbed := snapshot(t, opts.Out)
	zeros := filepath.Join(opts.Out, "p002/less/000-f0.png")
	for name, data := range map[string]string{
		filepath.Join(opts.Out, ".filterbank.lock"):              "",
		filepath.Join(opts.Out, "p002/copy/.filterbank-1-2.tmp"): "x",
		zeros: strings.Repeat("\x00", len(undisturbed[zeros])),
	} {
		if err := os.WriteFile(name, []byte(data), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	again(t, entries[:1], opts, 0, 1)
	again(t, entries, opts, 1, 2)
	sameFiles(t, snapshot(t, opts.Out), undisturbed)
}

// TestCrashBeforeRecord leaves a picture as a crash does between its files and its record: the
// files are of the new stack, and the record is of the old one, or there is none. The run that
// follows ends as if nothing had happened.
func TestCrashBeforeRecord(t *testing.T) {
	entries, old := job(t, 3)
	renamed := old
	renamed.Stacks = copyLayer(t, "red", "blue")
	for _, first := range []bool{false, true} {
		out := filepath.Join(t.TempDir(), "undisturbed")
		old.Out, renamed.Out = out, out
		if first {
			again(t, entries, old, 3, 0)
		}
		again(t, entries, renamed, 3, 0)
		undisturbed := packSnapshot(t, out)

		out = filepath.Join(t.TempDir(), "out")
		old.Out, renamed.Out = out, out
		if first {
			again(t, entries, old, 3, 0)
		}
		for name, data := range undisturbed {
			if name == manifest.Name {
				continue
			}
			path := filepath.Join(out, filepath.FromSlash(name))
			if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, []byte(data), 0o666)); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(out, ".filterbank.lock"), nil, 0o666); err != nil {
			t.Fatal(err)
		}
		again(t, entries, renamed, 3, 0)
		sameFiles(t, packSnapshot(t, out), undisturbed)
	}
}

// TestOthersAfterCrash runs one of three pictures after a crash. The others have lost a map, or
// a map's content. Their records stay and name all files, and the next run of them makes the
// format again.
func TestOthersAfterCrash(t *testing.T) {
	entries, opts := job(t, 3)
	opts.Output.Formats = formats(t, "png", "npy")
	again(t, entries, opts, 3, 0)
	undisturbed := snapshot(t, opts.Out)
	before, _ := readManifest(t, opts)
	zeros := filepath.Join(opts.Out, "p002/less/000-f0.png")
	err := errors.Join(
		os.WriteFile(filepath.Join(opts.Out, ".filterbank.lock"), nil, 0o666),
		os.Remove(filepath.Join(opts.Out, "p001/less.npy")),
		os.WriteFile(zeros, make([]byte, len(undisturbed[zeros])), 0o666),
	)
	if err != nil {
		t.Fatal(err)
	}
	again(t, entries[:1], opts, 0, 1)
	after, _ := readManifest(t, opts)
	if len(after) != 3 {
		t.Fatalf("the manifest has %d records, want 3", len(after))
	}
	for i, damaged := range []string{"", "npy", "png"} {
		got, want := after[i], before[i]
		want.Keys = maps.Clone(want.Keys)
		delete(want.Keys, damaged)
		if got.Input != want.Input || !reflect.DeepEqual(got.Files, want.Files) || !maps.Equal(got.Keys, want.Keys) {
			t.Errorf("the record is now %+v, want %+v", got, want)
		}
	}
	again(t, entries, opts, 2, 1)
	sameFiles(t, snapshot(t, opts.Out), undisturbed)
}

func TestSecondRunIsRefused(t *testing.T) {
	entries, opts := job(t, 2)
	tree, err := store.Open(opts.Out)
	if err != nil {
		t.Fatal(err)
	}
	lock, err := tree.Lock()
	if err != nil {
		t.Fatal(err)
	}
	s, err := runAll(context.Background(), entries, opts)
	if !errors.Is(err, store.ErrLocked) || s.Left != 2 {
		t.Errorf("got %v, %+v", err, s)
	}
	if err := lock.Unlock(false); err != nil {
		t.Fatal(err)
	}
	again(t, entries, opts, 2, 0)
}

// TestVersion1 goes on with a folder of version 1 when all pictures fail: their files stay
// listed, with digests of what lies there, unless they are gone.
func TestVersion1(t *testing.T) {
	entries, opts := job(t, 3)
	again(t, entries, opts, 3, 0)
	want, _ := readManifest(t, opts)
	file := filepath.Join(opts.Out, manifest.Name)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	old := strings.NewReplacer(`"version":2,`, "", `"blake3":`, `"sha256":`).Replace(string(data))
	if err := os.WriteFile(file, []byte(old), 0o666); err != nil {
		t.Fatal(err)
	}
	gone := want[1].Files[0]
	if err := os.Remove(filepath.Join(opts.Out, string(gone.Path))); err != nil {
		t.Fatal(err)
	}
	want[1].Files = want[1].Files[1:]
	said := 0
	opts.Outdated = func(pictures int) { said += pictures }
	opts.Timeout = 1
	if s, err := runAll(context.Background(), entries, opts); err != nil || s.Failed != 3 {
		t.Fatalf("%d failed, %v, want 3", s.Failed, err)
	}
	if said != 3 {
		t.Errorf("%d pictures are said to be done again, want 3", said)
	}
	records, _ := readManifest(t, opts)
	for i, r := range records {
		same := func(a, b manifest.File) bool { return a.Path == b.Path && a.BLAKE3 == b.BLAKE3 }
		if r.Version != manifest.Version || r.Status != manifest.Failed || !slices.EqualFunc(r.Files, want[i].Files, same) {
			t.Errorf("got %+v, want the files of %+v", r, want[i])
		}
	}
	said, opts.Timeout = 0, 0
	again(t, entries, opts, 3, 0)
	again(t, entries, opts, 0, 3)
	if said != 0 {
		t.Errorf("%d pictures are said to be done again, want none", said)
	}
}
