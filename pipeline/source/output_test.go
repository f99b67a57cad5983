package source

import (
	"path/filepath"
	"slices"
	"testing"
)

func TestListNeverReadsTheOutput(t *testing.T) {
	tree := []string{
		"a.png", "out/a/000.png", "out/b.png", "d/out/c.png", "d/x.png",
		"into.png -> out/b.png", "chain.png -> into.png", "d/o -> ../out", "l -> out", "inner -> out/a",
	}
	tests := []struct {
		name   string
		inputs []string
		out    string
		want   []string
	}{
		{"inside the walked folder", []string{"."}, "out", []string{"a.png > a", "d/out/c.png > d/out/c", "d/x.png > d/x"}},
		{"under another name", []string{"."}, "l", []string{"a.png > a", "d/out/c.png > d/out/c", "d/x.png > d/x"}},
		{"deeper", []string{"d"}, "./d/../d/out", []string{"d/x.png > x"}},
		{"by pattern", []string{"*/*.png"}, "out", []string{"d/x.png > d/x"}},
		{"by pattern through links", []string{"*/*/*.png"}, "out", []string{"d/out/c.png > d/out/c"}},
		{"named", []string{"out", "out/", "l", "inner", "out/b.png", "into.png", "out/*.png", "inner/*", "a.png"}, "out",
			[]string{"out ! inside-output", "out/ ! inside-output", "l ! inside-output", "inner ! inside-output",
				"out/b.png ! inside-output", "into.png ! inside-output", "out/*.png ! inside-output", "inner/* ! inside-output", "a.png > a"}},
		{"does not exist yet", []string{"d"}, "new", []string{"d/out/c.png > out/c", "d/x.png > x"}},
		{"holds the inputs", []string{"d", "a.png"}, ".", []string{"d ! inside-output", "a.png ! inside-output"}},
	}
	for _, tt := range tests {
		for _, absolute := range []bool{false, true} {
			t.Run(tt.name, func(t *testing.T) {
				plant(t, tree...)
				out := tt.out
				if absolute {
					var err error
					if out, err = filepath.Abs(out); err != nil {
						t.Fatal(err)
					}
				}
				entries, err := list(t.Context(), tt.inputs, Options{Out: out})
				if err != nil {
					t.Fatal(err)
				}
				if got := lines(entries); !slices.Equal(got, tt.want) {
					t.Errorf("-o %s: got %q, want %q", out, got, tt.want)
				}
			})
		}
	}
}
