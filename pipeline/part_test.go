package pipeline

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filterbank/pipeline/manifest"
	"filterbank/pipeline/parts"
	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
)

// runParts runs some of n parts of a job into its output folder.
func runParts(t *testing.T, entries []source.Entry, opts options, n int, indexes ...int) {
	t.Helper()
	for _, i := range indexes {
		from, to := parts.Range(i, n, len(entries))
		opts.Part = Part{i, n}
		s, err := runAll(context.Background(), entries[from:to], opts)
		if err != nil || s.Pictures+s.Skipped+s.Failed != to-from {
			t.Fatalf("part %d: %+v, %v", i, s, err)
		}
	}
}

// merge merges the n parts of a job.
func merge(t *testing.T, entries []source.Entry, opts options, n int) error {
	t.Helper()
	folder, err := store.Open(opts.Out)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Release()
	c := &parts.Config{Shards: n, Inputs: source.SumOf(entries), Pack: opts.Pack > 0}
	if opts.Output.Features != "" {
		c.Features = &parts.Features{File: filepath.Base(opts.Output.Features), Kind: filepath.Ext(opts.Output.Features)}
		if c.Features.Columns, err = opts.FeatureColumns(); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Settle(t.Context(), folder.Place(), opts.Out); err != nil {
		t.Fatal(err)
	}
	_, err = parts.Merge(t.Context(), folder.Place(), parts.MergeOptions{})
	return err
}

// timeless has a run write run.json, and no times anywhere.
func timeless(opts *options) {
	opts.Reproducible = true
	opts.About = func(s Summary) (*manifest.Run, error) {
		return &manifest.Run{Stack: []byte("{}"), Failed: s.Failed}, nil
	}
}

// withoutParts are the files of a merged run, without those of its parts.
func withoutParts(files map[string]string) map[string]string {
	maps.DeleteFunc(files, func(name, _ string) bool {
		return strings.HasPrefix(name, store.PartsName+"/") || name == store.ConfigName || name == manifest.RunName
	})
	return files
}

// TestPartsMakeTheWhole: a run in any number of parts, one of them more than once, has every file
// of the whole run when it is merged, whatever its formats. A later run of the whole has nothing
// to do.
func TestPartsMakeTheWhole(t *testing.T) {
	for _, c := range []struct{ formats, features string }{{"png", ""}, {"npz,npy", ""}, {"png", "f.parquet"}, {"", "f.csv"}} {
		for _, n := range []int{1, 3, 9} { // there are 7 pictures
			entries, opts := job(t, 7, 3)
			timeless(&opts)
			opts.Output.Formats = nil
			if c.formats != "" {
				opts.Output.Formats = formats(t, strings.Split(c.formats, ",")...)
			}
			run := func(in func()) map[string]string {
				opts.Out = t.TempDir()
				if opts.Output.Features = ""; c.features != "" {
					opts.Output.Features = filepath.Join(opts.Out, c.features)
				}
				in()
				return withoutParts(packSnapshot(t, opts.Out))
			}
			whole := run(func() {
				if _, err := runAll(context.Background(), entries, opts); err != nil {
					t.Fatal(err)
				}
			})
			got := run(func() {
				for i := range n {
					runParts(t, entries, opts, n, n-1-i, n-1)
				}
				for range 2 {
					if err := merge(t, entries, opts, n); err != nil {
						t.Fatal(err)
					}
				}
			})
			for name := range whole {
				if name != store.FeaturesName && got[name] != whole[name] { // the pictures are not all different
					t.Errorf("%+v in %d parts: %s has %d bytes, want %d", c, n, name, len(got[name]), len(whole[name]))
				}
			}
			if !slices.Equal(slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(whole))) {
				t.Errorf("%+v in %d parts: %q, want %q", c, n, slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(whole)))
			}
			s, err := runAll(context.Background(), entries, opts)
			if err != nil || s.Skipped != 6 || s.Failed != 1 {
				t.Errorf("%+v in %d parts: the whole run then does %+v, %v", c, n, s, err)
			}
			if got := withoutParts(packSnapshot(t, opts.Out)); !maps.Equal(got, whole) {
				t.Errorf("%+v in %d parts: the whole run changes files", c, n)
			}
			if err := merge(t, entries, opts, n); err != nil {
				t.Errorf("%+v in %d parts, merged after a whole run: %v", c, n, err)
			}
		}
	}
}

// TestPacksOfParts: each part has a pack of its own, whose records name paths below the output
// folder, and a part that is run again leaves it as it is.
func TestPacksOfParts(t *testing.T) {
	entries, opts := packed(t, 7)
	timeless(&opts)
	opts.Out = t.TempDir()
	opts.Redone = func(first string, _ int) { t.Errorf("%s is made again", first) }
	runParts(t, entries, opts, 3, 0, 1, 2)
	for i := range 3 {
		if err := os.Remove(filepath.Join(opts.Out, store.PartName(i, 3), parts.CompleteName)); err != nil {
			t.Fatal(err)
		}
	}
	before := packSnapshot(t, opts.Out)
	runParts(t, entries, opts, 3, 0, 1, 2)
	files := packSnapshot(t, opts.Out)
	for i := range 3 {
		part := store.PartName(i, 3)
		shard := fmt.Sprintf("%s/shards/%05d-000000.tar", part, i)
		if files[shard] == "" || files[shard] != before[shard] || files[part+"/shards/index.json"] == "" {
			t.Errorf("%s has no pack: %q", part, slices.Sorted(maps.Keys(files)))
		}
		if m := files[part+"/manifest.jsonl"]; !strings.Contains(m, `"path":"`+shard+`"`) {
			t.Errorf("the manifest of %s is\n%s", part, m)
		}
	}
	if err := merge(t, entries, opts, 3); err != nil {
		t.Fatal(err)
	}
	opts.Part = Part{}
	if s, err := runAll(context.Background(), entries, opts); err != nil || s.Skipped != 7 {
		t.Errorf("a whole run of the merged pack: %+v, %v", s, err)
	}
}

// TestMergeRefuses: parts that are missing, changed, or of other inputs are not merged, and
// nothing that a run has changed since is lost.
func TestMergeRefuses(t *testing.T) {
	entries, opts := job(t, 6)
	timeless(&opts)
	for _, c := range []struct {
		name string
		harm func(part string) error
		want string
	}{
		{"missing", func(part string) error { return os.Remove(filepath.Join(part, parts.CompleteName)) }, "1 shards are not done"},
		{"no manifest", func(part string) error { return os.Remove(filepath.Join(part, manifest.Name)) }, "manifest.jsonl: it is gone; remove complete.json beside it"},
		{"cut", func(part string) error { return os.Truncate(filepath.Join(part, manifest.Name), 1000) }, "it is not as the shard's task wrote it"},
		{"empty", func(part string) error { return os.Truncate(filepath.Join(part, manifest.Name), 0) }, "it is not as the shard's task wrote it"},
		{"another's", func(part string) error {
			return copyTo(filepath.Join(part, "../00000-of-00003", manifest.Name), filepath.Join(part, manifest.Name))
		}, "it is not as the shard's task wrote it"},
		{"longer", func(part string) error { return appendTo(filepath.Join(part, manifest.Name), "{\"input\":\"x\"}\n") }, "it is not as the shard's task wrote it"},
		{"another's account", func(part string) error {
			return copyTo(filepath.Join(part, "../00000-of-00003", parts.CompleteName), filepath.Join(part, parts.CompleteName))
		}, "it is of shard 0 of 3; remove complete.json beside it and run the shard again"},
		{"changed since", func(part string) error {
			return appendTo(filepath.Join(part, "../..", manifest.Name), "{\"input\":\"x\"}\n")
		}, parts.ErrChanged.Error()},
	} {
		t.Run(c.name, func(t *testing.T) {
			opts.Out = t.TempDir()
			runParts(t, entries, opts, 3, 0, 1, 2)
			if err := merge(t, entries, opts, 3); err != nil {
				t.Fatal(err)
			}
			if err := c.harm(filepath.Join(opts.Out, store.PartName(1, 3))); err != nil {
				t.Fatal(err)
			}
			before := withoutParts(packSnapshot(t, opts.Out))
			err := merge(t, entries, opts, 3)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if !maps.Equal(withoutParts(packSnapshot(t, opts.Out)), before) {
				t.Error("files have changed")
			}
		})
	}
}

// TestMergeRefusesTwice: a list that has an image twice, in two parts, is not merged.
func TestMergeRefusesTwice(t *testing.T) {
	entries, opts := job(t, 4)
	timeless(&opts)
	opts.Out = t.TempDir()
	entries = append(entries, entries[0])
	runParts(t, entries, opts, 2, 0, 1)
	err := merge(t, entries, opts, 2)
	if want := entries[0].Path + " and " + entries[0].Path + " have the same place"; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
	if _, err := os.Stat(filepath.Join(opts.Out, manifest.Name)); err == nil {
		t.Error("there is a manifest")
	}
}

func copyTo(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o666)
}

func appendTo(name, text string) error {
	file, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	return errors.Join(err, file.Close())
}
