package pipeline

import (
	"strings"
	"testing"

	"filterbank/pipeline/source"
)

func TestCheckPlaces(t *testing.T) {
	_, opts := job(t, 0)
	for _, c := range []struct {
		rels []string
		want string // part of the error
	}{
		{[]string{"a", "a/copy", "a/copy/000-f0"}, ""},
		{[]string{"a", "b/copy/000-f0.png"}, ""},
		{[]string{"a", "a/copy/000-f0.png"}, "a/copy/000-f0.png.png would need a folder where a.png has the file a/copy/000-f0.png"},
		{[]string{"a/less.npy/b", "a"}, "a.png has the file a/less.npy"},
		{[]string{"a", "a/copy/000-f0.pngs"}, ""},
	} {
		var entries []source.Entry
		for _, rel := range c.rels {
			entries = append(entries, source.Entry{Job: source.Job{Path: rel + ".png", Rel: rel}})
		}
		err := CheckPlaces(entries, opts.Job)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%q: got %v, want %q", c.rels, err, c.want)
		}
	}
}
