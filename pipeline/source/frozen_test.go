package source

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// memoryFile is a file in memory.
type memoryFile struct{ bytes.Buffer }

func (m *memoryFile) ReadAt(p []byte, at int64) (int, error) {
	return bytes.NewReader(m.Bytes()).ReadAt(p, at)
}

// freeze freezes inputs in memory.
func freeze(inputs []string, opts Options, o FreezeOptions) ([]byte, Account, error) {
	var out memoryFile
	account, err := Freeze(context.Background(), &out, inputs, opts, o)
	return out.Bytes(), account, err
}

// thawed opens a list and gives the entries of lines.
func thawed(data []byte, from, to int, opts Options) ([]Entry, error) {
	f, err := OpenFrozen(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	if to < 0 {
		to = f.Count()
	}
	return f.All(context.Background(), from, to, opts)
}

// shown is what a run sees of entries.
func shownEntries(entries []Entry) string {
	var b strings.Builder
	for i := range entries {
		e := &entries[i]
		fmt.Fprintf(&b, "%q %q %q %d", e.Path, e.Rel, e.Label, e.Class)
		if e.Problem != nil {
			fmt.Fprintf(&b, " %s %v", e.Problem.Code, e.Problem.Err)
		}
		if e.at != nil {
			fmt.Fprintf(&b, " at %d %d in %s", e.at.offset, e.at.size, e.at.tar.path)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// manyFiles makes folders with files, a tar file, odd names and things that are no images.
func manyFiles(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for i := range 2100 {
		name := filepath.Join(dir, "in", fmt.Sprintf("class-%d", i%7), fmt.Sprintf("%04d.png", i))
		if i < 7 {
			if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(name, make([]byte, i%11), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"class-0/\"quoted\" \u2028.png", "class-1/caf\xe9.png", "class-2/x.heic", "class-2/-.jpg"} {
		if err := os.WriteFile(filepath.Join(dir, "in", name), []byte("x"), 0o666); err != nil && !strings.Contains(name, "\xe9") {
			t.Fatal(err)
		}
	}
	put(t, filepath.Join(dir, "in", "t.tar"), packed(t, files("class-8/a.png", "class-8/b.png", "class-8/a.png")...))
	return dir
}

// TestFrozenIsTheList freezes inputs and reads the list again, whole and in parts. It has the same
// entries as the inputs themselves.
func TestFrozenIsTheList(t *testing.T) {
	t.Chdir(manyFiles(t))
	options := Options{Extensions: []string{".png", ".jpg"}, Unread: map[string]string{".heic": "HEIC"}}
	labelled := options
	labelled.LabelFolders = true
	for _, c := range []struct {
		name   string
		inputs []string
		opts   Options
		rows   string
	}{
		{"folder", []string{"in"}, options, ""},
		{"labels", []string{"in"}, labelled, ""},
		{"tar", []string{"in/t.tar", "in/class-1"}, options, ""},
		{"twice", []string{"in/class-0", "./in/class-0", "in/class-3/*.png", "in/class-0/0007.png", "in/class-3"}, options, ""},
		{"problems", []string{"none", "in/class-0", "none", "in/*.gif", "in/t.tar/none.png"}, options, ""},
		{"empty", []string{"in/class-0/0007.png"}, options, ""},
		{"list", nil, options, "in/class-0\nin/t.tar/class-8/b.png\nin/class-1\nin/class-0\n"},
	} {
		opts := c.opts
		var classes, again map[string]int
		opts.Classes = func(numbers map[string]int) { classes = numbers }
		rows := func() Options {
			o := opts
			if c.rows != "" {
				o.Listed = ReadList(strings.NewReader(c.rows), false)
			}
			return o
		}
		want, err := List(t.Context(), c.inputs, rows())
		if err != nil {
			t.Fatal(c.name, err)
		}
		for _, hash := range []bool{false, true} {
			data, account, err := freeze(c.inputs, rows(), FreezeOptions{Hash: hash, Jobs: 3})
			if err != nil {
				t.Fatal(c.name, err)
			}
			same, _, err := freeze(c.inputs, rows(), FreezeOptions{Hash: hash, Jobs: 1})
			if err != nil || !bytes.Equal(same, data) {
				t.Errorf("%s: two lists of the same inputs differ, %v", c.name, err)
			}
			got, err := thawed(data, 0, -1, Options{Classes: func(numbers map[string]int) { again = numbers }})
			if err != nil || shownEntries(got) != shownEntries(want) || account.Count != len(want) {
				t.Errorf("%s, hash %t: %v, %d lines, want %d:\n%.2000s\nwant\n%.2000s", c.name, hash, err, account.Count, len(want), shownEntries(got), shownEntries(want))
			}
			if fmt.Sprint(classes) != fmt.Sprint(again) {
				t.Errorf("%s: classes %v, want %v", c.name, again, classes)
			}
			var parts []Entry
			for i, n := 0, 5; i < n; i++ {
				part, err := thawed(data, len(want)*i/n, len(want)*(i+1)/n, Options{})
				if err != nil {
					t.Fatal(err)
				}
				parts = append(parts, part...)
			}
			if shownEntries(parts) != shownEntries(want) {
				t.Errorf("%s: the parts are not the whole", c.name)
			}
			for i := range got {
				if got[i].Problem != nil {
					continue
				}
				in, err := got[i].Open(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if _, sum, err := in.Sum(0); err != nil || hash && sum != in.want || got[i].Bytes() != in.Size {
					t.Errorf("%s: %s: %v", c.name, got[i].Path, err)
				}
				in.Close()
			}
		}
	}
}

// TestFrozenIsGzip reads a list as any reader of gzip and JSON Lines does.
func TestFrozenIsGzip(t *testing.T) {
	t.Chdir(manyFiles(t))
	data, account, err := freeze([]string{"in"}, Options{Extensions: []string{".png"}}, FreezeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	in, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(strings.TrimSuffix(string(text), "\n"), "\n")
	if len(lines) != account.Count+1 {
		t.Errorf("%d lines, want %d and the index", len(lines), account.Count)
	}
	for _, line := range lines {
		if !json.Valid([]byte(line)) {
			t.Errorf("%q is not JSON", line)
		}
	}
	if want := `{"path":"in/class-0/0007.png","output":"class-0/0007","size":7,"modified":"20`; !strings.HasPrefix(lines[2], want) {
		t.Errorf("the third line is %s, want %s", lines[2], want)
	}
}

// TestFrozenRefuses freezes inputs that List refuses.
func TestFrozenRefuses(t *testing.T) {
	t.Chdir(manyFiles(t))
	for _, name := range []string{"in/class-0/0007.jpg", "manifest.jsonl.png"} {
		if err := os.WriteFile(name, nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	all := Options{Extensions: []string{".png", ".jpg"}}
	labelled := all
	labelled.LabelFolders = true
	table := func(text string, c Columns) Options {
		o := all
		o.Listed = ReadTable(strings.NewReader(text), "l.csv", c)
		return o
	}
	keyed := Columns{"f", "k", "l"}
	for _, c := range []struct {
		inputs []string
		opts   Options
		want   string
	}{
		{[]string{"in"}, all, "the maps of in/class-0/0007.jpg and in/class-0/0007.png would both go to class-0/0007"},
		{[]string{"in/class-1", "in/class-1/0001.png", "in/class-2/0002.png", "in/class-0"}, all, "would both go to 0007"},
		{[]string{"in/class-2", "in/class-3/../class-2/0002.png", "in/class-1/0001.png", "in/t.tar"}, labelled, "label of in/class-2/-.jpg: it lies in no folder below its input"},
		{[]string{"manifest.jsonl.png"}, all, "would go to manifest.jsonl, which is a file of the run itself"},
		{[]string{"-"}, all, "standard input cannot be in a list"},
		{nil, table("f,k,l\nin/class-1/0001.png,a,x\nin/class-1/0001.png,b,y\n", keyed), "line 3 of the list has y, and a line before it has x"},
		{nil, table("f,k,l\nin/class-1/0001.png,a,x\nin/class-1/0001.png,a,y\n", keyed), "listed twice, with the label x and with y"},
		{[]string{"in/class-1/0001.png"}, table("f,k,l\nin/class-2/0002.png,a,x\n", keyed), "label of in/class-1/0001.png: only images of the list have labels"},
	} {
		if _, _, err := freeze(c.inputs, c.opts, FreezeOptions{Jobs: 2}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.inputs, err, c.want)
		}
	}
}

// TestFrozenChanged changes files after a list was made.
func TestFrozenChanged(t *testing.T) {
	t.Chdir(t.TempDir())
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	then := time.Now().Add(-time.Hour)
	names := []string{"grown.png", "touched.png", "same.png", "gone.png"}
	for _, name := range names {
		write(name, name)
		if err := os.Chtimes(name, then, then); err != nil {
			t.Fatal(err)
		}
	}
	put(t, "t.tar", packed(t, files("a.png")...))
	plain, _, err := freeze(append(names, "t.tar"), Options{}, FreezeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	hashed, _, err := freeze(append(names, "t.tar"), Options{}, FreezeOptions{Hash: true})
	if err != nil {
		t.Fatal(err)
	}
	write("grown.png", "grown.png and more")
	write("touched.png", "TOUCHED.png")
	if err := os.Chtimes("same.png", time.Now(), time.Now()); err != nil {
		t.Fatal(err)
	}
	os.Remove("gone.png")
	put(t, "t.tar", packed(t, files("a.png", "b.png", "c.png")...))
	for _, c := range []struct {
		data []byte
		want [5]string // codes
	}{
		{plain, [5]string{"changed", "changed", "changed", "gone", "damaged-tar"}},
		{hashed, [5]string{"changed", "changed", "", "gone", "damaged-tar"}},
	} {
		entries, err := thawed(c.data, 0, -1, Options{})
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range c.want {
			in, err := entries[i].Open(t.Context())
			if err == nil {
				_, _, err = in.Sum(0)
				in.Close()
			}
			got := ""
			if problem, ok := errors.AsType[*Problem](err); ok {
				got = string(problem.Code)
			} else if errors.Is(err, os.ErrNotExist) {
				got = "gone"
			}
			if got != want {
				t.Errorf("%s: %v, want %q", entries[i].Path, err, want)
			}
		}
	}
}
