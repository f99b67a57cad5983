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
	job := testJob(t)
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

// testJob has two layers, copy and less, and no formats.
func testJob(t *testing.T) pipeline.Job {
	t.Helper()
	file, err := config.Parse("stack.yaml", []byte("version: 1\nlayers:\n"+
		"  - conv: {name: copy, kernels: [[[[1]], [[0]], [[0]]], [[[0]], [[0]], [[1]]]]}\n"+
		"  - conv: {name: less, kernels: [[[[1]], [[-1]]]]}\n"))
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
