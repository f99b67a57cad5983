package source

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// plant makes a tree in a new folder and makes that the current one. A name that ends in a
// slash is a folder, "a -> b" is a link, and every other name is a file.
func plant(t testing.TB, names ...string) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		link, target, isLink := strings.Cut(name, " -> ")
		path := filepath.Join(dir, filepath.FromSlash(link))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		switch {
		case isLink:
			err = os.Symlink(filepath.FromSlash(target), path)
		case strings.HasSuffix(name, "/"):
			err = os.MkdirAll(path, 0o755)
		default:
			err = os.WriteFile(path, []byte(name), 0o644)
		}
		if err != nil && runtime.GOOS == "windows" {
			t.Skip("links need a privilege here, and some names are refused:", err)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
}

// lines writes entries as "path > rel" and "path ! code".
func lines(entries []Entry) []string {
	var got []string
	for _, e := range entries {
		if e.Problem != nil {
			got = append(got, filepath.ToSlash(e.Path)+" ! "+string(e.Problem.Code))
		} else {
			got = append(got, filepath.ToSlash(e.Path)+" > "+e.Rel)
		}
	}
	return got
}

// list calls List with the extensions of pictures.
func list(ctx context.Context, inputs []string, opts Options) ([]Entry, error) {
	opts.Extensions = []string{".png", ".jpg", ".jpeg", ".jpe", ".jfif"}
	return List(ctx, inputs, opts)
}

// TestListWithoutExtensions checks that folders then give every file that is not hidden.
func TestListWithoutExtensions(t *testing.T) {
	plant(t, "p/a.png", "p/b", "p/c.Txt", "p/.d")
	entries, err := List(t.Context(), []string{"p"}, Options{})
	if err != nil || len(entries) != 3 {
		t.Errorf("got %v (%v), want a.png, b and c.Txt", entries, err)
	}
}

// TestPassedOver counts the files that folders and wildcards would give if their kind were read.
func TestPassedOver(t *testing.T) {
	plant(t, "p/a.png", "p/b.HEIC", "p/c.cr2", "p/d.txt", "p/.e.heic", "p/sub/f.heic", "p/skip/g.heic", "p/folder.heic/h.png",
		"p/link.heic -> b.HEIC", "p/lost.heic -> nothing", "p/out/i.heic", "p/into.heic -> out/i.heic")
	unread := map[string]string{".heic": "HEIC", ".cr2": "CR2"}
	for _, c := range []struct {
		inputs  []string
		include []string
		want    map[string]int
	}{
		{[]string{"p"}, nil, map[string]int{"HEIC": 3, "CR2": 1}},
		{[]string{"p", "p/sub", "p"}, nil, map[string]int{"HEIC": 3, "CR2": 1}}, // each once
		{[]string{"p/*"}, nil, map[string]int{"HEIC": 2, "CR2": 1}},
		{[]string{"p/**/*.heic", "p/c.cr2"}, nil, map[string]int{}}, // taken, to be refused by their content
		{[]string{"p"}, []string{"sub/"}, map[string]int{"HEIC": 1}},
	} {
		var got map[string]int
		opts := Options{Out: "p/out", Include: c.include, Exclude: []string{"skip"}, Unread: unread, PassedOver: func(kinds map[string]int) { got = kinds }}
		if _, err := list(t.Context(), c.inputs, opts); err != nil || !maps.Equal(got, c.want) {
			t.Errorf("%q: passed over %v (%v), want %v", c.inputs, got, err, c.want)
		}
	}
}

func TestList(t *testing.T) {
	tests := []struct {
		name   string
		tree   []string
		inputs []string
		opts   Options
		want   []string
	}{
		{
			name:   "file by name, whatever its extension",
			tree:   []string{"a/x.png", "a/y.raw", "a/z", "a/.h.png", "a/v.raw.gz"},
			inputs: []string{"a/x.png", "a/y.raw", "a/z", "a/.h.png", "a/v.raw.gz"},
			want:   []string{"a/x.png > x", "a/y.raw > y", "a/z > z", "a/.h.png > .h", "a/v.raw.gz > v.raw"},
		},
		{
			name:   "names that are all extension",
			tree:   []string{".png", "..jpg", "...jpg", "....png.png"},
			inputs: []string{".png", "..jpg", "...jpg", "....png.png"},
			want:   []string{".png > .png", "..jpg > ..jpg", "...jpg > ...jpg", "....png.png > ....png"},
		},
		{
			name:   "folder in byte order of names, pictures by extension in any case",
			tree:   []string{"p/b.PNG", "p/a.jpg", "p/B.jpeg", "p/a-b.png", "p/a/2.JpE", "p/a/1.jfif", "p/é.png", "p/note.txt", "p/png", "p/c.pngx", "p/empty/"},
			inputs: []string{"p"},
			want:   []string{"p/B.jpeg > B", "p/a/1.jfif > a/1", "p/a/2.JpE > a/2", "p/a-b.png > a-b", "p/a.jpg > a", "p/b.PNG > b", "p/é.png > é"},
		},
		{
			name:   "ways to write a folder",
			tree:   []string{"p/q/x.png"},
			inputs: []string{"p/", "./p", "p/q/..", "."},
			want:   []string{"p/q/x.png > q/x", "p/q/x.png > p/q/x"},
		},
		{
			name:   "hidden names are passed over unless named",
			tree:   []string{"p/.x.png", "p/.d/y.png", "p/z.png"},
			inputs: []string{"p", "p/.d", "p/.x.png"},
			want:   []string{"p/z.png > z", "p/.d/y.png > y", "p/.x.png > .x"},
		},
		{
			name:   "links to files are followed, to folders not",
			tree:   []string{"p/d/x.png", "p/l.png -> d/x.png", "p/up -> ..", "p/e -> d", "p/e.png -> d", "p/text.txt -> d/x.png"},
			inputs: []string{"p"},
			want:   []string{"p/d/x.png > d/x", "p/l.png > l"},
		},
		{
			name:   "a link to a folder that is named is followed",
			tree:   []string{"d/x.png", "l -> d"},
			inputs: []string{"l"},
			want:   []string{"l/x.png > x"},
		},
		{
			name:   "problems stand at their place",
			tree:   []string{"p/a.png", "p/gone.png -> nowhere", "p/gone.txt -> nowhere", "p/loop.jpg -> loop.jpg", "p/z.png", "e/note.txt", "only/gone.png -> nowhere", "l -> nowhere"},
			inputs: []string{"missing.png", "p", "e", "l", "p/a.png/x.png", "only", "no*.png", ""},
			want: []string{"missing.png ! missing", "p/a.png > a", "p/gone.png ! dangling-link", "p/loop.jpg ! dangling-link", "p/z.png > z",
				"e ! empty-folder", "l ! dangling-link", "p/a.png/x.png ! missing", "only/gone.png ! dangling-link", "no*.png ! no-match", " ! missing"},
		},
		{
			name:   "what is listed again is taken once",
			tree:   []string{"p/a.png", "q/b.png", "gone -> nowhere", "e/"},
			inputs: []string{"p", "p/a.png", "./p/a.png", "q/../p/*.png", "missing", "gone", "e", "missing", "gone", "e", "-", "-"},
			want:   []string{"p/a.png > a", "missing ! missing", "gone ! dangling-link", "e ! empty-folder", "- > stdin"},
		},
		{
			name:   "one file under two names is two pictures",
			tree:   []string{"p/q/a.png"},
			inputs: []string{"p", "p/q"},
			want:   []string{"p/q/a.png > q/a", "p/q/a.png > a"},
		},
		{
			name:   "a link's parent is the target's",
			tree:   []string{"deep/d/x.png", "deep/y.png", "y.png", "l -> deep/d"},
			inputs: []string{"l/..", "l/../*.png"},
			want:   []string{"l/../d/x.png > d/x", "l/../y.png > y"},
		},
		{
			name:   "listed names are literal",
			tree:   []string{"a.png", "*.png", "-"},
			inputs: []string{"-"},
			opts:   Options{Listed: listOf([]string{"*.png", "?.png", "-", "a.png"})},
			want:   []string{"- > stdin", "*.png > *", "?.png ! missing", "./- > -", "a.png > a"},
		},
		{
			name:   "include and exclude see the path with its extension",
			tree:   []string{"p/a/x.png", "p/a/y.jpg", "p/b/x.png", "p/b/y.png", "p/c/d/x.png", "named.png", "p/z.jpg"},
			inputs: []string{"p", "named.png", "-"},
			opts:   Options{Include: []string{"*.png", "a/*"}, Exclude: []string{"b/x.*", "d/", "named.png"}},
			want:   []string{"p/a/x.png > a/x", "p/a/y.jpg > a/y", "p/b/y.png > b/y", "- > stdin"},
		},
		{
			name:   "an excluded folder is not entered, nor called empty",
			tree:   []string{"p/thumbs/x.png", "p/thumbs/gone.png -> nowhere", "q/a.png"},
			inputs: []string{"p", "q"},
			opts:   Options{Exclude: []string{"thumbs", "a.png"}},
		},
		{
			name:   "an include pattern can name a folder",
			tree:   []string{"p/a/x.png", "p/b/a/y.png", "p/z.png"},
			inputs: []string{"p"},
			opts:   Options{Include: []string{"a/"}},
			want:   []string{"p/a/x.png > a/x", "p/b/a/y.png > b/a/y"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			plant(t, tt.tree...)
			entries, err := list(context.Background(), tt.inputs, tt.opts)
			if err != nil {
				t.Fatal(err)
			}
			if got := lines(entries); !slices.Equal(got, tt.want) {
				t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(tt.want, "\n  "))
			}
		})
	}
}

func TestListCarriesNamesUnharmed(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems refuse some of these names")
	}
	names := []string{
		" leading and trailing .png", "--out=x.png", "-o.png", "100%d.png", "a\nb.png", "back\\slash.png", "c:con.png",
		"invalid\xff\xfe.png", `quo"te's.png`, "tab\t.png", strings.Repeat("x", 251) + ".png",
	}
	dir := "d\xff\n"
	var tree []string
	for _, name := range names {
		tree = append(tree, dir+"/"+name)
	}
	plant(t, tree...)
	for _, input := range []string{".", "**/*.png"} {
		entries, err := list(t.Context(), []string{input}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range entries {
			if _, err := os.Stat(e.Path); err != nil {
				t.Errorf("%s: %v", input, err)
			}
			got = append(got, e.Rel+".png")
		}
		if !slices.Equal(got, tree) {
			t.Errorf("%s: got %q, want %q", input, got, tree)
		}
	}
}

func TestListReportsFoldersItCannotRead(t *testing.T) {
	t.Run("permission", func(t *testing.T) {
		if os.Geteuid() == 0 || runtime.GOOS == "windows" {
			t.Skip("this user may read everything")
		}
		plant(t, "p/a.png", "p/b/", "p/c.png", "q/")
		for _, dir := range []string{"p/b", "q"} {
			if err := os.Chmod(dir, 0); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { os.Chmod(dir, 0o755) })
		}
		entries, err := list(t.Context(), []string{"p", "q", "q/x.png"}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"p/a.png > a", "p/b ! unreadable", "p/c.png > c", "q ! unreadable", "q/x.png ! unreadable"}
		if got := lines(entries); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		for _, e := range entries {
			if e.Problem != nil && !errors.Is(e.Problem, fs.ErrPermission) {
				t.Errorf("%v: does not wrap fs.ErrPermission", e.Problem)
			}
		}
	})
	t.Run("too deep", func(t *testing.T) {
		if runtime.GOOS != "linux" && runtime.GOOS != "darwin" {
			t.Skip("the limit of a path's length is another here")
		}
		plant(t, "p/a.png", "p/z.png")
		name := strings.Repeat("d", 250)
		root, err := os.OpenRoot("p")
		if err != nil {
			t.Fatal(err)
		}
		for range 17 { // 17·251 bytes are more than PATH_MAX
			if err := root.Mkdir(name, 0o755); err != nil {
				t.Fatal(err)
			}
			down, err := root.OpenRoot(name)
			if err != nil {
				t.Fatal(err)
			}
			root.Close()
			root = down
		}
		root.Close()
		entries, err := list(t.Context(), []string{"p"}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if len(entries) != 3 || entries[0].Rel != "a" || entries[1].Problem == nil || entries[1].Problem.Code != CodeUnreadable || entries[2].Rel != "z" {
			t.Errorf("got %s", lines(entries))
		}
	})
}

func TestListRefuses(t *testing.T) {
	plant(t, "a.png")
	done, cancel := context.WithCancel(context.Background())
	cancel()
	tests := []struct {
		name string
		ctx  context.Context
		opts Options
		want string
	}{
		{"malformed include", t.Context(), Options{Include: []string{"[a"}}, `include "[a": malformed pattern`},
		{"malformed exclude", t.Context(), Options{Exclude: []string{"*.png", "{a"}}, `exclude "{a": malformed pattern`},
		{"empty exclude", t.Context(), Options{Exclude: []string{""}}, `exclude "": malformed pattern`},
		{"absolute include", t.Context(), Options{Include: []string{"/a/*.png"}}, `leave out the first slash`},
		{"shard out of range", t.Context(), Options{Shard: Shard{Index: 3, Count: 2}}, "shard 3/2: must be I/N"},
		{"shard without an index", t.Context(), Options{Shard: Shard{Count: 2}}, "shard 0/2: must be I/N"},
		{"context at its end", done, Options{}, "context canceled"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			entries, err := list(tt.ctx, []string{"."}, tt.opts)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %s and error %v, want an error with %q", lines(entries), err, tt.want)
			}
		})
	}
}

// fading is a context that ends after its Err has been called a number of times.
type fading struct {
	context.Context
	left int
}

func (c *fading) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

func TestListStopsWithinAFolder(t *testing.T) {
	plant(t, "a/x.png", "b/c/y.png", "d/z.png")
	for _, input := range []string{".", "**/*.png"} {
		for left := range 6 { // once for the input, once for each of five folders
			entries, err := list(&fading{t.Context(), left}, []string{input}, Options{})
			if !errors.Is(err, context.Canceled) || entries != nil {
				t.Errorf("%s, ended after %d: got %s, %v", input, left, lines(entries), err)
			}
		}
	}
}

func TestProblemText(t *testing.T) {
	plant(t, "l -> nowhere")
	tests := []struct{ input, want string }{
		{"no such.png", "no such.png: no such file or directory: check the name and the current folder"},
		{"a\nb", `"a\nb": no such file or directory: check the name and the current folder`},
		{"l", "l: the link leads nowhere: no such file or directory: restore its target or remove it"},
		{"", `"": the name is empty: give a file, a folder, a pattern or -`},
	}
	if runtime.GOOS == "windows" {
		t.Skip("the system's own words differ")
	}
	for _, tt := range tests {
		entries, err := list(t.Context(), []string{tt.input}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if len(entries) != 1 || entries[0].Problem == nil || entries[0].Problem.Error() != tt.want {
			t.Errorf("%q: got %+v, want %s", tt.input, entries, tt.want)
		} else if tt.input != "" && !errors.Is(entries[0].Problem, fs.ErrNotExist) {
			t.Errorf("%q: does not wrap fs.ErrNotExist", tt.input)
		}
	}
}

func FuzzStem(f *testing.F) {
	for _, name := range []string{"a.png", ".png", "..png", "...png", "a.b.c", "a", "-", "..", ". .png", "\xff.\xfe"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\x00") {
			t.Skip("no file has this name")
		}
		for _, rel := range []string{stem(name), namedRel(filepath.Join("dir", name))} {
			out := filepath.Join("out", "maps")
			if rel == "" || !filepath.IsLocal(rel) || filepath.Dir(filepath.Join(out, rel)) != out || !strings.HasPrefix(name, rel) {
				t.Errorf("%q becomes %q", name, rel)
			}
		}
		if got, want := stem("sub/"+name), "sub/"+stem(name); got != want {
			t.Errorf("below a folder %q becomes %q, want %q", name, got, want)
		}
	})
}
