package pipeline

import (
	"context"
	"encoding/csv"
	"errors"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"filterbank/filters"
	"filterbank/filters/kernel"
	"filterbank/filters/simd"
	"filterbank/filters/tensor"
	"filterbank/filters/volume"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/moments"
	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
)

// described is a job with a table of features and no files of pictures, whose contents all
// differ.
func described(t *testing.T, n int, broken ...int) ([]source.Entry, options) {
	t.Helper()
	entries, opts := job(t, n, broken...)
	for i, e := range entries {
		if !slices.Contains(broken, i) {
			writeNoise(t, e.Path, 5+i, 4)
		}
	}
	opts.Output.Formats = nil
	opts.Output.Features = filepath.Join(t.TempDir(), "features.csv")
	return entries, opts
}

// tableOf reads the table of a run.
func tableOf(t *testing.T, opts options) string {
	t.Helper()
	data, err := os.ReadFile(opts.Output.Features)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestFeatures compares tables of any number of workers and of every kernel, byte for byte. One
// of the pictures is large, so that several workers share it.
func TestFeatures(t *testing.T) {
	for _, end := range []string{".csv", ".parquet"} {
		entries, opts := described(t, 12, 4, 9)
		opts.Output.Features = strings.TrimSuffix(opts.Output.Features, ".csv") + end
		writeNoise(t, entries[11].Path, 300, 3000)
		var want string
		for _, set := range simd.Sets() {
			for _, workers := range []int{1, 3, 8} {
				opts.Kernel, opts.Workers = kernel.New(set), workers
				opts.Out = filepath.Join(t.TempDir(), "out")
				s, err := runAll(context.Background(), entries, opts)
				if err != nil {
					t.Fatal(err)
				}
				if f := s.Features; f == nil || f.Rows != 12 || f.Empty != 2 || f.Columns != 15 || s.Maps != 0 || s.Files != 0 {
					t.Errorf("the run says %+v of %+v", s, f)
				}
				got := tableOf(t, opts)
				if want == "" {
					want = got
				}
				if got != want {
					t.Errorf("%s, %v, %d workers: another table", end, set, workers)
				}
			}
		}
	}
}

// writeNoise writes a picture of noise.
func writeNoise(t *testing.T, name string, width, height int) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			m.SetRGBA(x, y, color.RGBA{byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32()), 255})
		}
	}
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := png.Encode(file, m); err != nil {
		t.Fatal(err)
	}
}

// TestFeaturesOfArrays computes the table anew from the run's own arrays. Package moments
// compares its sums with sums in rational numbers.
func TestFeaturesOfArrays(t *testing.T) {
	entries, opts := described(t, 5, 2)
	stacks, err := engine.Select([]*filters.Stack{testStack(t, "one"), testStack(t, "two")}, "one/copy,two/less")
	if err != nil {
		t.Fatal(err)
	}
	opts.Stacks = stacks
	opts.Output.Formats = formats(t, "npy")
	if _, err := runAll(context.Background(), entries, opts); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(strings.NewReader(tableOf(t, opts))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := "input output label status width height sha256 " +
		"one.copy.f0.mean one.copy.f0.std one.copy.f0.max one.copy.f0.energy one.copy.f0.active " +
		"one.copy.f1.mean one.copy.f1.std one.copy.f1.max one.copy.f1.energy one.copy.f1.active " +
		"two.less.f0.mean two.less.f0.std two.less.f0.max two.less.f0.energy two.less.f0.active"
	if got := strings.Join(lines[0], " "); got != want {
		t.Fatalf("columns %s, want %s", got, want)
	}
	records, _ := readManifest(t, opts)
	for i, rec := range records {
		line := lines[1+i]
		if line[0] != string(rec.Input) || line[3] != string(rec.Status) || line[6] != rec.SHA256 {
			t.Errorf("row %d begins with %q", i, line[:7])
		}
		if rec.Status == manifest.Failed {
			if strings.Join(line[7:], "") != "" {
				t.Errorf("row %d has %q", i, line[7:])
			}
			continue
		}
		var values []float32
		for _, f := range rec.Files {
			values = append(values, statisticsOf(t, filepath.Join(opts.Out, string(f.Path)))...)
		}
		for k, cell := range line[7:] {
			got, err := strconv.ParseFloat(cell, 32)
			if err != nil || float32(got) != values[k] {
				t.Errorf("row %d, %s is %s, want %v", i, lines[0][7+k], cell, values[k])
			}
		}
	}
}

// statisticsOf computes the statistics of an array's maps, column by column.
func statisticsOf(t *testing.T, name string) (values []float32) {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	a, err := tensor.ReadNPY(file, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	v := volume.Volume{Shape: volume.Shape{C: a.Shape[0], H: a.Shape[1], W: a.Shape[2]}, Data: a.Data}
	for k := range v.C {
		var s moments.Sums
		for x := range v.W {
			rows := v.Rows(0, v.H)
			rows.Data, rows.W = rows.Data[x:], 1
			s.AddRows(kernel.New(simd.Generic), new(moments.Bins), rows, k)
		}
		st := s.Statistics()
		values = append(values, st.Mean, st.Std, st.Max, st.Energy, st.Active)
	}
	return values
}

// TestFeaturesResumed stops runs after every number of pictures. There is no table until a run
// comes to its end, which has the bytes of an undisturbed run. No picture is done twice.
func TestFeaturesResumed(t *testing.T) {
	for _, pack := range []int64{0, 20_000} {
		entries, opts := described(t, 12, 5)
		opts.Workers = 3
		if opts.Pack = pack; pack > 0 {
			opts.Output.Formats = formats(t, "npy")
		}
		whole := opts
		whole.Out = filepath.Join(t.TempDir(), "out")
		again(t, entries, whole, 11, 0)
		table, files := tableOf(t, whole), packSnapshot(t, whole.Out)
		for stop := range len(entries) {
			opts.Out = filepath.Join(t.TempDir(), "out")
			if err := os.Remove(opts.Output.Features); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(context.Background())
			stopped, ended := opts, 0
			stopped.Ended = func(int, Outcome) {
				if ended++; ended > stop {
					cancel()
				}
			}
			first, err := runAll(ctx, entries, stopped)
			cancel()
			if first.Left > 0 {
				if _, statErr := os.Stat(opts.Output.Features); !errors.Is(err, context.Canceled) || first.Features != nil || statErr == nil {
					t.Errorf("stopped after %d: %v, %v, %v", stop, err, first.Features, statErr)
				}
			}
			second, err := runAll(context.Background(), entries, opts)
			if err != nil {
				t.Fatal(err)
			}
			if first.Left > 0 && first.Pictures+second.Pictures != 11 {
				t.Errorf("pack %d, stopped after %d: did %d and %d pictures", pack, stop, first.Pictures, second.Pictures)
			}
			if tableOf(t, opts) != table {
				t.Errorf("stopped after %d: another table", stop)
			}
			sameFiles(t, packSnapshot(t, opts.Out), files)
		}
	}
}

// TestFeaturesAgain runs a finished run again. Nothing is done but what is missing.
func TestFeaturesAgain(t *testing.T) {
	entries, opts := described(t, 6, 5)
	again(t, entries, opts, 5, 0)
	table := tableOf(t, opts)
	rows, err := os.ReadFile(filepath.Join(opts.Out, store.FeaturesName))
	if err != nil {
		t.Fatal(err)
	}
	same := func(what string, done, skipped int) {
		t.Helper()
		s, err := runAll(context.Background(), entries, opts)
		if err != nil || s.Pictures != done || s.Skipped != skipped || s.Features == nil {
			t.Errorf("%s: did %d and skipped %d, %v, %v", what, s.Pictures, s.Skipped, s.Features, err)
		}
		if tableOf(t, opts) != table {
			t.Errorf("%s: another table", what)
		}
		if got, err := os.ReadFile(filepath.Join(opts.Out, store.FeaturesName)); err != nil || string(got) != string(rows) {
			t.Errorf("%s: another journal, %v", what, err)
		}
	}
	change := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	same("finished", 0, 5)
	change(os.Remove(opts.Output.Features))
	same("no table", 0, 5)
	change(os.WriteFile(opts.Output.Features, []byte("input,output,label,status,old\n"), 0o666))
	same("another table in its place", 0, 5)
	change(os.Truncate(opts.Output.Features, 0))
	same("an empty file in its place", 0, 5)
	change(os.WriteFile(opts.Output.Features, []byte("item,price\n"), 0o666))
	if _, err := runAll(context.Background(), entries, opts); err == nil || !strings.Contains(err.Error(), "this file is not a table of features, and a run would replace it") {
		t.Errorf("another file in its place: %v", err)
	}
	if got := tableOf(t, opts); got != "item,price\n" {
		t.Errorf("another file in its place was replaced by %q", got)
	}
	change(os.Remove(opts.Output.Features))
	change(os.Truncate(filepath.Join(opts.Out, store.FeaturesName), int64(len(rows)-1)))
	same("a torn row", 1, 4)
	change(os.Remove(filepath.Join(opts.Out, store.FeaturesName)))
	same("no journal", 5, 0)
	slices.Reverse(entries)
	again(t, entries, opts, 0, 5)
	slices.Reverse(entries)
	same("after another order", 0, 5)

	// A format that is added leaves the features, and the other way round.
	opts.Output.Formats = formats(t, "npy")
	same("with arrays", 5, 0)
	same("with arrays again", 0, 5)
	change(os.Remove(filepath.Join(opts.Out, store.FeaturesName)))
	same("no journal, arrays", 5, 0)

	// A picture that has changed leaves no row behind.
	opts.Output.Formats = nil
	writeNoise(t, entries[0].Path, 9, 9)
	again(t, entries, opts, 1, 4)
	if tableOf(t, opts) == table {
		t.Error("a changed picture has the same row")
	}
	if got, err := os.ReadFile(filepath.Join(opts.Out, store.FeaturesName)); err != nil || len(got) != len(rows) {
		t.Errorf("a journal of %d bytes, %v, want %d", len(got), err, len(rows))
	}
}

// TestFeaturesOfOthers keeps the rows of pictures that are not among the run's.
func TestFeaturesOfOthers(t *testing.T) {
	entries, opts := described(t, 6)
	again(t, entries[:4], opts, 4, 0)
	again(t, entries[3:], opts, 2, 1)
	again(t, entries, opts, 0, 6)
	if n := strings.Count(tableOf(t, opts), ",ok,"); n != 6 {
		t.Errorf("%d rows, want 6", n)
	}
}

// TestFeaturesAndPack has the same shards with and without features.
func TestFeaturesAndPack(t *testing.T) {
	entries, opts := packed(t, 12, 3)
	want := packOf(t, entries, opts)
	opts.Output.Features = filepath.Join(t.TempDir(), "features.parquet")
	got := packOf(t, entries, opts)
	for name, data := range want {
		if name != manifest.Name && got[name] != data {
			t.Errorf("%s is another", name)
		}
	}
	opts.Out = filepath.Join(t.TempDir(), "out")
	again(t, entries, opts, 11, 0)
	again(t, entries, opts, 0, 11)
	opts.Output.Features = ""
	again(t, entries, opts, 0, 11)
	truePack(t, opts)
}

// TestFeaturesRefusedByStore leaves a folder of other files as it was, and a journal with rows
// too.
func TestFeaturesRefusedByStore(t *testing.T) {
	entries, opts := described(t, 2)
	opts.Output.Formats = formats(t, "npy")
	mixed := opts
	mixed.Pack = 20_000
	plain := opts
	plain.Output.Features = ""
	for _, first := range []options{plain, opts} {
		again(t, entries, first, 2, 0)
		want := packSnapshot(t, opts.Out)
		if _, err := runAll(context.Background(), entries, mixed); err == nil || !strings.Contains(err.Error(), "a pack needs a folder of its own") {
			t.Errorf("got %v", err)
		}
		sameFiles(t, packSnapshot(t, opts.Out), want)
	}
}

// TestFeaturesAddedToPack asks for features of a finished pack. Its shards stay, and manifest
// and table are as if the features had been asked for at once. If a picture has changed too,
// the shards from there on are made again.
func TestFeaturesAddedToPack(t *testing.T) {
	entries, opts := packed(t, 24, 3)
	opts.Reproducible, opts.Workers = true, 3
	for _, changed := range []bool{false, true} {
		opts.Out, opts.Output.Features = filepath.Join(t.TempDir(), "out"), ""
		again(t, entries, opts, 23, 0)
		before := packSnapshot(t, opts.Out)
		if changed {
			writeNoise(t, entries[15].Path, 9, 9)
		}
		opts.Output.Features = filepath.Join(t.TempDir(), "features.csv")
		redone := 0
		opts.Redone = func(string, int) { redone++ }
		s, err := runAll(context.Background(), entries, opts)
		if err != nil || s.Pictures != 23 || s.Failed != 1 || changed != (s.Files > 0) || changed != (redone > 0) || changed != (s.Maps > 0) {
			t.Errorf("changed %t: %+v, %d shards, %v", changed, s, redone, err)
		}
		got, table := packSnapshot(t, opts.Out), tableOf(t, opts)
		for name, data := range before {
			if !changed && name != manifest.Name && got[name] != data {
				t.Errorf("%s is another", name)
			}
		}
		truePack(t, opts)
		want := packOf(t, entries, opts)
		delete(got, store.FeaturesName) // its rows stand in the order in which pictures ended
		delete(want, store.FeaturesName)
		sameFiles(t, got, want)
		if tableOf(t, opts) != table {
			t.Errorf("changed %t: another table", changed)
		}
		again(t, entries, opts, 0, 23)
	}
}

// TestFeaturesRefused refuses what cannot work before any picture.
func TestFeaturesRefused(t *testing.T) {
	entries, opts := described(t, 1)
	dir := filepath.Dir(opts.Output.Features)
	for _, c := range []struct {
		change func(o *options)
		want   string
	}{
		{func(o *options) { o.Output.Features = "x.txt" }, "name a file that ends in"},
		{func(o *options) { o.Overwrite = Never }, "overwrite never"},
		{func(o *options) { o.Output.Features = filepath.Join(dir, "missing", "x.csv") }, "no such file"},
		{func(o *options) { o.Output.Features = filepath.Join(dir, "folder.csv") }, "something else than a file"},
		{func(o *options) {
			o.Output.Features, o.Memory = filepath.Join(dir, "x.parquet"), 21_000_000
		}, "takes about 22 MB of memory and the run may have 21 MB"},
		{func(o *options) { o.Stacks = copyLayer(t, "a", "a") }, "would both have the columns copy.a.mean"},
	} {
		if err := os.MkdirAll(filepath.Join(dir, "folder.csv"), 0o777); err != nil {
			t.Fatal(err)
		}
		o := opts
		o.Out = filepath.Join(t.TempDir(), "out")
		c.change(&o)
		if s, err := runAll(context.Background(), entries, o); err == nil || !strings.Contains(err.Error(), c.want) || s.Left != 1 {
			t.Errorf("got %v, want %q", err, c.want)
		}
		if _, err := os.Stat(filepath.Join(o.Out, store.FeaturesName)); err == nil {
			t.Errorf("%s: a journal is left", c.want)
		}
	}
	if names, err := os.ReadDir(dir); err != nil || len(names) != 1 {
		t.Errorf("%v are left, %v", names, err)
	}
}
