package source

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
)

func TestListCollisions(t *testing.T) {
	tests := []struct {
		name   string
		tree   []string
		inputs []string
		opts   Options
		want   *CollisionError // nil: no collision
	}{
		{"two extensions", []string{"a/x.png", "a/x.jpg"}, []string{"."}, Options{}, &CollisionError{Rel: "a/x", First: "a/x.jpg", Second: "a/x.png"}},
		{"two folders", []string{"a/x.png", "b/x.png"}, []string{"b", "a"}, Options{}, &CollisionError{Rel: "x", First: "b/x.png", Second: "a/x.png"}},
		{"the others are counted", []string{"x.png", "x.jpg", "x.jpe", "y.png", "y.jpg"}, []string{"."}, Options{}, &CollisionError{Rel: "x", First: "x.jpe", Second: "x.jpg", Others: 2}},
		{"standard input", []string{"stdin.png"}, []string{"stdin.png", "-"}, Options{}, &CollisionError{Rel: "stdin", First: "stdin.png", Second: "-"}},
		{"the manifest", []string{"manifest.jsonl.png"}, []string{"."}, Options{}, &CollisionError{Rel: "manifest.jsonl", First: "manifest.jsonl.png"}},
		{"below run.json", []string{"run.json/a.png"}, []string{"."}, Options{}, &CollisionError{Rel: "run.json/a", First: "run.json/a.png"}},
		{"run.json further down", []string{"a/run.json.png", "a/manifest.jsonl.png"}, []string{"."}, Options{}, nil},
		{"excluded", []string{"x.png", "x.jpg"}, []string{"."}, Options{Exclude: []string{"*.jpg"}}, nil},
		{"a problem writes nothing", []string{"x.png", "x.jpg -> nowhere"}, []string{"."}, Options{}, nil},
		{"before sharding", []string{"x.png", "x.jpg"}, []string{"."}, Options{Shard: Shard{1, 1000}}, &CollisionError{Rel: "x", First: "x.jpg", Second: "x.png"}},
		{"links to one file", []string{"x.png", "x.jpg -> x.png"}, []string{"."}, Options{}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			plant(t, tt.tree...)
			_, err := list(t.Context(), tt.inputs, tt.opts)
			got, _ := errors.AsType[*CollisionError](err)
			if (got == nil) != (err == nil) {
				t.Fatal(err)
			}
			if got != nil {
				got.First, got.Second = filepath.ToSlash(got.First), filepath.ToSlash(got.Second)
			}
			if (got == nil) != (tt.want == nil) || got != nil && *got != *tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

// TestCollisionWays runs the commands that a collision offers, as far as they list pictures.
func TestCollisionWays(t *testing.T) {
	for _, tt := range []struct {
		inputs []string
		want   string
	}{
		{[]string{"a", "b"}, "\n  filterbank run . --include a/ --include b/ -o out\n  filterbank run a -o out/a\n  filterbank run b -o out/b"},
		{[]string{"c/a b", "./c/d/"}, "\n  filterbank run c --include 'a b/' --include d/ -o out\n  filterbank run 'c/a b' -o 'out/a b'\n  filterbank run ./c/d/ -o out/d"},
		{[]string{"a/*.png", "b/x.png"}, "\n  filterbank run . --include 'a/*.png' --include b/x.png -o out\n  filterbank run 'a/*.png' -o out/a\n  filterbank run b/x.png -o out/b"},
		{[]string{"a", "x.png"}, ""}, // its own folder is the output folder
		{[]string{"."}, ""},
		{[]string{"a", "e/../b"}, "\n  filterbank run . --include a/ --include b/ -o out\n  filterbank run a -o out/a\n  filterbank run e/../b -o out/b"},
	} {
		plant(t, "a/x.png", "b/x.png", "c/a b/x.png", "c/d/x.png", "x.png", "x.jpg", "e/y.png")
		_, err := list(t.Context(), tt.inputs, Options{Out: "out"})
		collision, ok := errors.AsType[*CollisionError](err)
		if !ok || filepath.ToSlash(collision.Ways) != tt.want {
			t.Errorf("%q: got %v", tt.inputs, err)
			continue
		}
		if tt.want == "" {
			continue
		}
		whole, _, _ := strings.Cut(tt.want[1:], " -o")
		args := strings.Split(whole, " --include ")
		opts := Options{Out: "out"}
		for _, a := range args[1:] {
			opts.Include = append(opts.Include, strings.Trim(a, "'"))
		}
		entries, err := list(t.Context(), []string{strings.Fields(args[0])[2]}, opts)
		if err != nil || len(entries) < 2 {
			t.Errorf("%s: got %v, %v", whole, entries, err)
		}
	}
}

func TestDistinctCase(t *testing.T) {
	entries := func() []Entry {
		return []Entry{{Job: Job{Path: "a/X.png", Rel: "a/X"}}, {Job: Job{Path: "a/x.png", Rel: "a/x"}}, {Job: Job{Path: "Run.JSON.png", Rel: "Run.JSON"}}}
	}
	plant(t, "a/X.png", "Run.JSON.png")
	if got, err := distinct(entries(), false); err != nil || len(got) != 3 {
		t.Errorf("where case matters: got %s, %v", lines(got), err)
	}
	_, err := distinct(entries(), true)
	collision, ok := errors.AsType[*CollisionError](err)
	if !ok {
		t.Fatalf("where case does not matter: got error %v", err)
	}
	if collision.Rel != "a/x" && collision.Rel != "Run.JSON" { // the former unless this system folds case too
		t.Errorf("got %+v", collision)
	}
}

func TestCollisionErrorText(t *testing.T) {
	tests := []struct {
		err  CollisionError
		want []string
	}{
		{CollisionError{Rel: "a/x", First: "a/x.png", Second: "a/x.jpg"}, []string{"a/x.png and a/x.jpg would both go to a/x", "rename one", "--exclude one", "another -o"}},
		{CollisionError{Rel: "stdin", First: "-", Second: "stdin.png", Others: 2}, []string{"standard input (-) and stdin.png", "(2 more such pictures)"}},
		{CollisionError{Rel: "run.json", First: "run.json.png"}, []string{"run.json.png would go to run.json", "a file of the run itself", "rename it or --exclude it"}},
		{CollisionError{Rel: "a\nb", First: "a\nb.png", Second: "\xff"}, []string{`"a\nb.png" and "\xff" would both go to "a\nb"`}},
	}
	for _, tt := range tests {
		for _, want := range tt.want {
			if got := tt.err.Error(); !strings.Contains(got, want) {
				t.Errorf("%q does not say %q", got, want)
			}
		}
	}
}
