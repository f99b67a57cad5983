package preview

import (
	"strings"
	"testing"

	"filterbank/filters/config"
	"filterbank/pipeline"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/output"
	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
)

func TestCheckPlaces(t *testing.T) {
	job := testJob(t, stackOf("copy", "f0", "f1"))
	var err error
	if job.Output.Formats, err = output.Parse([]string{"png", "npy"}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		rels []string
		want string // part of the error
		uses []store.Use
	}{
		{[]string{"a", "a/copy", "a/copy/000-f0"}, "", nil},
		{[]string{"a", "b/copy/000-f0.png"}, "", nil},
		{[]string{"a", "a/copy/000-f0.png"}, "a/copy/000-f0.png.png would need a folder where a.png has the file a/copy/000-f0.png", nil},
		{[]string{"a/less.npy/b", "a"}, "a.png has the file a/less.npy", nil},
		{[]string{"a", "a/copy/000-f0.pngs"}, "", nil},
		{[]string{"a", "Run.JSON/a"}, "Run.JSON/a.png would need the name run.json in the output folder, which is the run's account", nil},
		{[]string{"manifest.jsonl"}, "the name manifest.jsonl", nil},
		{[]string{"report.files/a", "shards/a"}, "", nil},
		{[]string{"report.files/a"}, "the name report.files in the output folder, which is the report's data", []store.Use{store.Report}},
		{[]string{"shards"}, "the name shards", []store.Use{store.Packs}},
	} {
		var entries []source.Entry
		for _, rel := range c.rels {
			entries = append(entries, source.Entry{Job: source.Job{Path: rel + ".png", Rel: rel}})
		}
		err := CheckPlaces(entries, job, c.uses...)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%q: got %v, want %q", c.rels, err, c.want)
		}
	}
}

// TestCheckPlacesOfPacks has names that differ, and are the same for readers of packs.
func TestCheckPlacesOfPacks(t *testing.T) {
	entries := []source.Entry{{Job: source.Job{Path: "a.png", Rel: "a"}}}
	for _, c := range []struct {
		layer, first, second string
		want                 string // part of the error; empty: there is none
	}{
		{"copy", "f", "g", ""},
		{"copy", "X", "x", "copy/000-X.png and copy/001-x.png of an image would have the same name in a pack, copy.x.png: rename a layer or a filter"},
	} {
		job := testJob(t, stackOf(c.layer, c.first, c.second))
		var err error
		if job.Output.Formats, err = output.Parse([]string{"png", "npy"}); err != nil {
			t.Fatal(err)
		}
		if err := CheckPlaces(entries, job); err != nil {
			t.Errorf("%+v in folders: %v", c, err)
		}
		err = CheckPlaces(entries, job, store.Packs)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%+v: got %v", c, err)
		}
	}
}

// stackOf is a stack of two layers: one of two named filters, and less.
func stackOf(layer, first, second string) string {
	return "version: 1\nlayers:\n" +
		"  - conv: {name: " + layer + ", kernels: [{name: " + first + ", weights: [[[1]], [[0]], [[0]]]}, {name: " + second + ", weights: [[[0]], [[0]], [[1]]]}]}\n" +
		"  - conv: {name: less, kernels: [[[[1]], [[-1]]]]}\n"
}

// testJob has a stack and no formats.
func testJob(t *testing.T, stack string) pipeline.Job {
	t.Helper()
	file, err := config.Parse("stack.yaml", []byte(stack))
	if err != nil {
		t.Fatal(err)
	}
	model, err := file.Build()
	if err != nil {
		t.Fatal(err)
	}
	selected, err := engine.Select(model.Stacks, "all")
	if err != nil {
		t.Fatal(err)
	}
	decoder, err := decode.New(decode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return pipeline.Job{Stacks: selected, Decoder: decoder}
}
