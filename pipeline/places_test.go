package pipeline

import (
	"strings"
	"testing"

	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
)

func TestCheckPlaces(t *testing.T) {
	_, opts := job(t, 0)
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
		err := CheckPlaces(entries, opts.Job, c.uses...)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%q: got %v, want %q", c.rels, err, c.want)
		}
	}
}
