package source

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// TestLabelFolders checks labels and their numbers, which do not depend on the shard.
func TestLabelFolders(t *testing.T) {
	plant(t, "p/b/1.png", "p/b/x/2.png", "p/a/3.png", "p/B/4.png", "p/ä/5.png", "p/a/lost.png -> nothing")
	want := map[string]int{"B": 0, "a": 1, "b": 2, "ä": 3}
	for _, input := range []string{"p", "p/", "p/*/**/*.png"} {
		var all []string
		for i := 1; i <= 3; i++ {
			var numbers map[string]int
			opts := Options{LabelFolders: true, Classes: func(n map[string]int) { numbers = n }, Shard: Shard{i, 3}}
			entries, err := list(t.Context(), []string{input}, opts)
			if err != nil || !maps.Equal(numbers, want) {
				t.Errorf("%s: classes %v (%v), want %v", input, numbers, err, want)
			}
			for _, e := range entries {
				all = append(all, e.Rel+" "+e.Label)
				if e.Class != want[e.Label] {
					t.Errorf("%s: class %d, want %d", e.Path, e.Class, want[e.Label])
				}
			}
		}
		slices.Sort(all)
		if got := strings.Join(all, ", "); got != "B/4 B, a/3 a, a/lost a, b/1 b, b/x/2 b, ä/5 ä" {
			t.Errorf("%s: labels %s", input, got)
		}
	}
}

func TestLabelFoldersRefuses(t *testing.T) {
	plant(t, "p/a/1.png", "p/2.png", "p/3.png", "q/\xff/4.png", "missing/a/")
	for _, c := range []struct {
		inputs []string
		want   string
	}{
		{[]string{"p"}, "label of p/2.png: it lies in no folder below its input, and --label folder takes the name of that folder: " +
			"give the folder above the classes, move the image into a class's folder, or --exclude it (1 more such image)"},
		{[]string{"-"}, "label of standard input (-): it lies in no folder"},
		{[]string{"q"}, `label of "q/\xff/4.png": the folder's name "\xff" is not UTF-8: rename it`},
	} {
		_, err := list(t.Context(), c.inputs, Options{LabelFolders: true})
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%q: %v, want %s", c.inputs, err, c.want)
		}
	}
	// An input that gave no picture is no picture without a label.
	entries, err := list(t.Context(), []string{"missing", "nothing.png"}, Options{LabelFolders: true})
	if err != nil || len(entries) != 2 {
		t.Errorf("got %v, %v", entries, err)
	}
}
