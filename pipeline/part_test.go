package pipeline

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filterbank/pipeline/source"
)

// inParts runs a job in n parts, one after the other, into one folder and returns what is there.
func inParts(t *testing.T, entries []source.Entry, opts options, n int) map[string]string {
	t.Helper()
	opts.Out = filepath.Join(t.TempDir(), "out")
	for _, i := range []int{n - 1, 0, 1} {
		opts.Part = Part{i, n}
		if _, err := runAll(context.Background(), entries[i*len(entries)/n:(i+1)*len(entries)/n], opts); err != nil {
			t.Fatal(err)
		}
	}
	return packSnapshot(t, opts.Out)
}

// TestPartsWriteTheSameFiles: the files of pictures are the whole run's, under the same names,
// and the manifests of the parts, one after the other, are the whole run's manifest.
func TestPartsWriteTheSameFiles(t *testing.T) {
	entries, opts := job(t, 7, 3)
	opts.Reproducible = true
	opts.Output.Formats = formats(t, "png", "npz")
	whole, parts := packOf(t, entries, opts), inParts(t, entries, opts, 3)
	var manifests string
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		if strings.HasPrefix(name, "parts/") {
			if !strings.HasSuffix(name, "/manifest.jsonl") {
				t.Errorf("%s is left", name)
			}
			manifests += parts[name]
			delete(parts, name)
		}
	}
	if manifests != whole["manifest.jsonl"] {
		t.Errorf("the manifests are\n%s\nwant\n%s", manifests, whole["manifest.jsonl"])
	}
	delete(whole, "manifest.jsonl")
	if !maps.Equal(whole, parts) {
		t.Errorf("got %d files %q, want %d", len(parts), slices.Sorted(maps.Keys(parts)), len(whole))
	}
}

// TestPacksOfParts: each part has a pack of its own, whose records name paths below the output
// folder, and a part that is run again leaves it as it is.
func TestPacksOfParts(t *testing.T) {
	entries, opts := packed(t, 7)
	opts.Out = filepath.Join(t.TempDir(), "out")
	for range 2 {
		for i := range 3 {
			opts.Part = Part{i, 3}
			opts.Redone = func(first string, _ int) { t.Errorf("%s is made again", first) }
			s, err := runAll(context.Background(), entries[i*7/3:(i+1)*7/3], opts)
			if err != nil || s.Pictures+s.Skipped != (i+1)*7/3-i*7/3 {
				t.Fatalf("%+v, %v", s, err)
			}
		}
	}
	files := packSnapshot(t, opts.Out)
	for _, part := range []string{"parts/00000-of-00003", "parts/00001-of-00003", "parts/00002-of-00003"} {
		if files[part+"/shards/000000.tar"] == "" || files[part+"/shards/index.json"] == "" {
			t.Errorf("%s has no pack: %q", part, slices.Sorted(maps.Keys(files)))
		}
		if m := files[part+"/manifest.jsonl"]; !strings.Contains(m, `"path":"`+part+`/shards/000000.tar"`) {
			t.Errorf("the manifest of %s is\n%s", part, m)
		}
	}
}
