package source

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// table reads rows up to the first error.
func table(in io.Reader, name string, c Columns) (rows []Row, err error) {
	for row, err := range ReadTable(in, name, c) {
		if err != nil {
			return rows, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func TestReadTable(t *testing.T) {
	all := Columns{Path: "path", Key: "id", Label: "class"}
	for _, c := range []struct {
		name, file, in string
		columns        Columns
		want           []Row
	}{
		{"the columns in any place", "l.csv", "class,x,path,id\ncat,1,a.png,k\ndog,,b/c.png,l/m", all,
			[]Row{{"a.png", "k", "cat", 2}, {"b/c.png", "l/m", "dog", 3}}},
		{"paths alone", "l.CSV", "path\na b.png\n", Columns{Path: "path"}, []Row{{Path: "a b.png", Line: 2}}},
		{"byte order mark, CRLF, empty lines", "l.csv", "\xef\xbb\xbfpath,class\r\na.png,cat\r\n\r\nb.png,dog\r\n", Columns{Path: "path", Label: "class"},
			[]Row{{Path: "a.png", Label: "cat", Line: 2}, {Path: "b.png", Label: "dog", Line: 4}}},
		{"quotes", "l.csv", "path,\"class\"\n\"a,\"\"b\"\".png\",\"two\nlines\"\nc.png,\"x\"\n", Columns{Path: "path", Label: "class"},
			[]Row{{Path: `a,"b".png`, Label: "two\nlines", Line: 2}, {Path: "c.png", Label: "x", Line: 4}}},
		{"blanks belong to fields", "l.tsv", "path\tclass\n a.png \t cat \n", Columns{Path: "path", Label: "class"}, []Row{{Path: " a.png ", Label: " cat ", Line: 2}}},
		{"one column for two purposes", "l.csv", "path\ncat/a.png\n", Columns{Path: "path", Key: "path"}, []Row{{Path: "cat/a.png", Key: "cat/a.png", Line: 2}}},
		{"bytes that are not UTF-8", "l.csv", "path\n\xff.png\n", Columns{Path: "path"}, []Row{{Path: "\xff.png", Line: 2}}},
		{"a header alone", "l.csv", "path", Columns{Path: "path"}, nil},
		{"objects", "l.jsonl", "{\"path\":\"ä\\n.png\",\"class\":3,\"x\":[1]}\n\n{\"class\":\"cat\",\"path\":\"b\"}", Columns{Path: "path", Label: "class"},
			[]Row{{Path: "ä\n.png", Label: "3", Line: 1}, {Path: "b", Label: "cat", Line: 3}}},
		{"objects with a byte order mark and CRLF", "l.jsonl", "\xef\xbb\xbf{\"path\":\"a\"}\r\n", Columns{Path: "path"}, []Row{{Path: "a", Line: 1}}},
	} {
		got, err := table(iotest.OneByteReader(strings.NewReader(c.in)), c.file, c.columns)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: got %+v, %v, want %+v", c.name, got, err, c.want)
		}
	}
}

func TestReadTableRefuses(t *testing.T) {
	long := strings.Repeat("x", maxRow)
	labelled := Columns{Path: "path", Label: "class"}
	for _, c := range []struct {
		file, in string
		columns  Columns
		rows     int
		want     string
	}{
		{"l.csv", "", labelled, 0, "it is empty, and its first line must name the columns"},
		{"l.csv", "path,klass\n", labelled, 0, "line 1: there is no column class: the columns are path, klass"},
		{"l.csv", "a,b,c,d,e,f,g,h,i,j,k,l,m,n\n", labelled, 0, "line 1: there is no column path: the columns are a, b, c, d, e, f, g, h, i, j, k, l and 2 more"},
		{"l.csv", "path;class\n", labelled, 0, "the columns are path;class; columns of a .csv are separated by commas, not by semicolons"},
		{"l.csv", "path\tclass\n", labelled, 0, `the columns are "path\tclass"; a list separated by tabs ends in .tsv`},
		{"l.csv", "path,class\rx,y\r", labelled, 0, "its lines end in CR alone: save it with line ends of LF or CR LF"},
		{"l.csv", "class,path,class\n", labelled, 0, "line 1: two columns are called class: rename one"},
		{"l.csv", "path,class\na,cat\nb\n", labelled, 1, "line 3: the row has not the 2 fields of the header: put a field with a separator in it into quotes"},
		{"l.csv", "path,class\na,cat\nb,c,d\n", labelled, 1, "line 3: the row has not the 2 fields"},
		{"l.csv", "path,class\na,cat\nb,\n", labelled, 1, "line 3: the column class is empty: fill it, or leave the row out"},
		{"l.csv", "path,class\n,cat\n", labelled, 0, "line 2: the column path is empty"},
		{"l.csv", "path,class\n\"a\nb\",c\na\"b,cat\n", labelled, 1, "line 4, column 2: a quote in a field without quotes"},
		{"l.csv", "path,class\n\"a\nb\"c,cat\n", labelled, 0, "line 2: a quote is not closed, or text follows a closed one"},
		{"l.csv", "path,class\n\"a,cat\nb,cat\n", labelled, 0, "line 2: a quote is not closed"},
		{"l.csv", "path,class\na,cat\n\"" + long + long, labelled, 1, "the row after line 2 has more than 4 MiB: is a quote left open?"},
		{"l.csv", "path,class\na\x00b,cat\n", labelled, 0, "line 2: the column path has a NUL byte"},
		{"l.csv", "p\x00a\x00t\x00h\x00", labelled, 0, "it has NUL bytes, as UTF-16 has: save it as UTF-8"},
		{"l.csv", "\xff\xfep\x00", labelled, 0, "it is UTF-16: save it as UTF-8"},
		{"l.jsonl", "\xfe\xff\x00{", labelled, 0, "it is UTF-16: save it as UTF-8"},
		{"l.csv", "path,class\na,caf\xe9\n", labelled, 0, `line 2: the label "caf\xe9" is not UTF-8`},
		{"l.jsonl", `{"path":"a","class":"x"}` + "\n" + `{"path":"a","klass":1}`, labelled, 1, "line 2: there is no column class: the columns are klass, path"},
		{"l.jsonl", `{"path":"a","class":null}`, labelled, 0, "line 1: the column class is empty"},
		{"l.jsonl", `{"path":"a","class":1.5}`, labelled, 0, "line 1: the column class is 1.5: it must be text or a whole number"},
		{"l.jsonl", `{"path":["a"],"class":1}`, labelled, 0, `line 1: the column path is ["a"]: it must be text or a whole number`},
		{"l.jsonl", `{"path":"\udcff","class":1}`, labelled, 0, "line 1: the column path is not UTF-8: pass such names by a plain list"},
		{"l.jsonl", `{"path":"a","x":{"class":1},"class":"x","class":"x"}`, labelled, 0, "line 1: the object has the column class twice: leave one out"},
		{"l.jsonl", `{"path":"a","class":"x","path":"b"}`, labelled, 0, "line 1: the object has the column path twice"},
		{"l.jsonl", `{"path":"a","x":1,"x":2,"y":{"path":1},"class":"x"}` + "\n{}", labelled, 1, "line 2: there is no column path"},
		{"l.jsonl", `{"path":"a","class":"\udcff"}`, labelled, 0, "line 1: the column class is not UTF-8: save the list as UTF-8"},
		{"l.csv", "path,id\na,k\nb,../k\n", Columns{Path: "path", Key: "id"}, 1, "line 3: the key ../k leads out of the output folder"},
		{"l.jsonl", `{"path":"\u0000","class":1}`, labelled, 0, "line 1: the column path has a NUL byte"},
		{"l.jsonl", "[\n{\"path\":\"a\"}]", labelled, 0, "line 1: it is a JSON array: a .jsonl has an object a line"},
		{"l.jsonl", "path,class\n", labelled, 0, `line 1: it is no JSON object: "path,class"`},
		{"l.jsonl", "null\n", labelled, 0, `line 1: it is no JSON object: "null"`},
		{"l.jsonl", "{\x00\"\x00", labelled, 0, "line 1: it has NUL bytes, as UTF-16 has"},
		{"l.jsonl", `{"path":"a","class":"x"}` + "\n" + long + long, labelled, 1, "line 2 has more than 4 MiB: a .jsonl has an object a line"},
		{"l.txt", "path\n", labelled, 0, "a list with columns ends in .csv, .tsv or .jsonl"},
	} {
		rows, err := table(strings.NewReader(c.in), c.file, c.columns)
		if err == nil || !strings.Contains(err.Error(), c.want) || len(rows) != c.rows {
			t.Errorf("%s %.40q: %d rows, %v, want %d, %s", c.file, c.in, len(rows), err, c.rows, c.want)
		}
	}
	broken := errors.New("broken")
	for file, begin := range map[string]string{"l.csv": "path\na", "l.jsonl": `{"path":"a"}`} {
		if rows, err := table(io.MultiReader(strings.NewReader(begin), iotest.ErrReader(broken)), file, Columns{Path: "path"}); !errors.Is(err, broken) || len(rows) > 0 {
			t.Errorf("%s: %v, want the reader's error", file, err)
		}
	}
}

// generated is a list of n rows that exists nowhere as a whole.
type generated struct {
	row     func(i int) string
	n, next int
	left    string
}

func (g *generated) Read(p []byte) (int, error) {
	if g.left == "" {
		if g.next == g.n {
			return 0, io.EOF
		}
		g.left = g.row(g.next)
		g.next++
	}
	n := copy(p, g.left)
	g.left = g.left[n:]
	return n, nil
}

// TestReadTableHoldsOneRow reads 300,000 rows of fields, with FILTERBANK_LONG a million, and a third
// as many objects. The memory in use in between does not grow: it stays within a byte a row.
func TestReadTableHoldsOneRow(t *testing.T) {
	used := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	for file, row := range map[string]func(int) string{
		"l.csv": func(i int) string {
			if i == 0 {
				return "path,class\n"
			}
			return fmt.Sprintf("images/%07d.png,class %d\n", i, i%100)
		},
		"l.jsonl": func(i int) string {
			return fmt.Sprintf("{\"path\":\"images/%07d.png\",\"class\":\"class %d\"}\n", i, i%100)
		},
	} {
		n := 300_000
		if os.Getenv("FILTERBANK_LONG") != "" {
			n = 1_000_000
		}
		if file == "l.jsonl" {
			n /= 3
		}
		rows, first := 0, uint64(0)
		for row, err := range ReadTable(&generated{row: row, n: n}, file, Columns{Path: "path", Label: "class"}) {
			if err != nil || !strings.HasPrefix(row.Path, "images/") {
				t.Fatal(row, err)
			}
			if rows++; rows == n/10 {
				first = used()
			}
		}
		if last := used(); rows < n-1 || last > first+uint64(n) {
			t.Errorf("%s: %d rows, %d bytes in use after the first tenth and %d at the end", file, rows, first, last)
		}
	}
}

// TestListRows checks what becomes of the rows of a list with a header.
func TestListRows(t *testing.T) {
	plant(t, "in/a/1.png", "in/b/1.png", "in/a/2.jpg", "in/folder/", "out/", "in/raw", "in/v.2", "in/link.png -> a/1.png")
	for _, c := range []struct {
		name    string
		in      string
		columns Columns
		opts    Options
		want    string // entries, or the error
	}{
		{"the last part of the path, as for a file by name", "path,class\nin/a/1.png,x\nin/a/2.jpg,y\n", Columns{Path: "path", Label: "class"}, Options{},
			"in/a/1.png > 1 x0, in/a/2.jpg > 2 y1"},
		{"a key stays when its image moves; it loses the extension of the path", "path,class,id\nin/a/1.png,x,k/v.1\nin/b/1.png,y,k/v.2.PNG\nin/raw,z,v.3\nin/v.2,z,v.2\n",
			Columns{"path", "id", "class"}, Options{}, "in/a/1.png > k/v.1 x0, in/b/1.png > k/v.2 y1, in/raw > v.3 z2, in/v.2 > v z2"},
		{"the path as the key", "path\n./in/a/1.png\nin//b/1.png\n", Columns{Path: "path", Key: "path"}, Options{}, "./in/a/1.png > in/a/1 0, in//b/1.png > in/b/1 0"},
		{"folders of keys as labels", "path\nin/a/1.png\nin/b/1.png\n", Columns{Path: "path", Key: "path"}, Options{LabelFolders: true}, "in/a/1.png > in/a/1 in0, in/b/1.png > in/b/1 in0"},
		{"rows that give no image", "path,class\nin/folder,x\nlost.png,y\nin/none/3.png,y\n", Columns{Path: "path", Label: "class"}, Options{},
			"in/folder ! not-a-file x0, lost.png ! missing y1, in/none/3.png ! missing y1"},
		{"include and exclude see the key", "path,id\nin/a/1.png,k/1\nin/b/1.png,k/2\nin/a/2.jpg,l/3\n", Columns{Path: "path", Key: "id"},
			Options{Include: []string{"k/"}, Exclude: []string{"2.png"}}, "in/a/1.png > k/1 0"},
		{"an image twice", "path,class\nin/a/1.png,x\n./in/a/1.png,x\n", Columns{Path: "path", Label: "class"}, Options{}, "in/a/1.png > 1 x0"},
		{"names that clash", "path\nin/a/1.png\nin/b/1.png\n", Columns{Path: "path"}, Options{},
			"the maps of in/a/1.png (line 2) and in/b/1.png (line 3) would both go to 1: leave one line out, or give the list a column with a name for each image and name the column with --key-column"},
		{"keys that clash", "path,id\nin/a/1.png,k\nin/b/1.png,k.png\n", Columns{Path: "path", Key: "id"}, Options{}, "(line 3) would both go to k"},
		{"two labels for an image", "path,class\nin/a/1.png,x\nin/a/2.jpg,x\n./in/a/1.png,y\n", Columns{Path: "path", Label: "class"}, Options{},
			"label of ./in/a/1.png: line 2 of the list has x, and line 4 has y: leave one of the lines out"},
		{"two labels for an image under two keys", "path,id,class\nin/a/1.png,k,x\n./in/a/1.png,l,y\n", Columns{"path", "id", "class"}, Options{},
			"label of ./in/a/1.png: line 2 of the list has x, and line 3 has y"},
		{"two labels for an image in two spellings", "path,id,class\nin/a/1.png,k,x\nin//b/../a/./1.png,l,y\n", Columns{"path", "id", "class"}, Options{},
			"label of in//b/../a/./1.png: line 2 of the list has x, and line 3 has y"},
		{"a key that leads out", "path,id\nin/a/1.png,k/../../x\n", Columns{Path: "path", Key: "id"}, Options{},
			"line 2: the key k/../../x leads out of the output folder: a key is a path below it, as in cat/001"},
		{"an absolute key", "path,id\nin/a/1.png,/x\n", Columns{Path: "path", Key: "id"}, Options{}, "line 2: the key /x leads out"},
		{"a key of the run", "path,id\nin/a/1.png,run.json\n", Columns{Path: "path", Key: "id"}, Options{}, "would go to run.json, which is a file of the run itself"},
		{"a wrong row", "path,id\nin/a/1.png,x\nin/a/1.png\n", Columns{Path: "path", Key: "id"}, Options{}, "line 3: the row has not"},
	} {
		c.opts.Listed = ReadTable(strings.NewReader(c.in), "l.csv", c.columns)
		entries, err := list(t.Context(), nil, c.opts)
		got := lines(entries)
		for i, e := range entries {
			got[i] += fmt.Sprintf(" %s%d", e.Label, e.Class)
		}
		if text := strings.Join(got, ", "); err == nil && text != c.want || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %s, %v, want %s", c.name, text, err, c.want)
		}
	}
}

// TestListRowsBesideInputs checks labels of images that a folder gives as well.
func TestListRowsBesideInputs(t *testing.T) {
	plant(t, "in/1.png", "in/2.png")
	for in, want := range map[string]string{
		"path,class\nin/1.png,x\nin/2.png,y\n": "",
		"path,class\nin/1.png,x\n":             "label of in/2.png: only images of the list have labels: put it into the list, or leave it out",
	} {
		var numbers map[string]int
		opts := Options{Listed: ReadTable(strings.NewReader(in), "l.csv", Columns{Path: "path", Label: "class"}), Classes: func(n map[string]int) { numbers = n }}
		entries, err := list(t.Context(), []string{"in"}, opts)
		switch {
		case want != "" && (err == nil || err.Error() != want):
			t.Errorf("got %v, want %s", err, want)
		case want == "" && (err != nil || len(entries) != 2 || !maps.Equal(numbers, map[string]int{"x": 0, "y": 1}) || entries[1].Label != "y"):
			t.Errorf("got %v, %v", entries, err)
		}
	}
}

func FuzzReadTable(f *testing.F) {
	f.Add("path,class,id\na.png,x,y\n\"b\n\",\"\"\"\",z", byte(0))
	f.Add("path\tclass\tid\r\na\tb\tc\r\n", byte(1))
	f.Add(`{"path":"a","class":1,"id":"x"}`, byte(2))
	f.Fuzz(func(t *testing.T, in string, form byte) {
		file := []string{"l.csv", "l.tsv", "l.jsonl"}[form%3]
		last := 0
		for row, err := range ReadTable(strings.NewReader(in), file, Columns{"path", "id", "class"}) {
			if err != nil {
				if err.Error() == "" || row != (Row{}) && row.Line <= last {
					t.Errorf("row %+v with %q", row, err)
				}
				return
			}
			if row.Path == "" || row.Key == "" || row.Label == "" || row.Line <= last || row.Line > 1+strings.Count(in, "\n") {
				t.Errorf("row %+v after line %d", row, last)
			}
			last = row.Line
		}
	})
}
