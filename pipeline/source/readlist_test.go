package source

import (
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// names are the paths of rows up to the first error, which leaves none.
func names(rows iter.Seq2[Row, error]) (paths []string, err error) {
	for row, err := range rows {
		if err != nil {
			return nil, err
		}
		paths = append(paths, row.Path)
	}
	return paths, nil
}

// listOf is a plain list.
func listOf(names []string) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for _, name := range names {
			if !yield(Row{Path: name}, nil) {
				return
			}
		}
	}
}

func readNames(in string, nul bool) ([]string, error) {
	return names(ReadList(strings.NewReader(in), nul))
}

func TestReadList(t *testing.T) {
	long := strings.Repeat("x", maxName)
	tests := []struct {
		name string
		in   string
		nul  bool
		want []string
		err  string
	}{
		{name: "empty"},
		{name: "lines", in: "a.png\nb/c.png\n", want: []string{"a.png", "b/c.png"}},
		{name: "no end of line at the end", in: "a\nb", want: []string{"a", "b"}},
		{name: "windows lines", in: "a\r\n\r\nb\r\nc\r\r\nd\r", want: []string{"a", "b", "c\r", "d"}},
		{name: "literal otherwise", in: "\n\n  a b \t\n# c\n\"d\"\n-o\n\xff\n*\n-\n\xef\xbb\xbfe", want: []string{"  a b \t", "# c", `"d"`, "-o", "\xff", "*", "-", "\xef\xbb\xbfe"}},
		{name: "names", in: "a\nb\x00\x00 c\r\n\x00d", nul: true, want: []string{"a\nb", " c\r\n", "d"}},
		{name: "longest line", in: long + "\r\n" + long, want: []string{long, long}},
		{name: "longest name", in: long + "\x00" + long, nul: true, want: []string{long, long}},
		{name: "line too long", in: "a\n" + long + "x\nb", err: "line 2 is longer than 131072 bytes"},
		{name: "name too long", in: "a\x00" + strings.Repeat(long, 3), nul: true, err: "name 2 is longer than 131072 bytes"},
		{name: "NUL in a line", in: "a\nb\x00c\x00", err: "line 2 has a NUL byte: use -0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := names(ReadList(iotest.OneByteReader(strings.NewReader(tt.in)), tt.nul))
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) || got != nil {
					t.Errorf("got %d names and error %v, want %s", len(got), err, tt.err)
				}
				return
			}
			if err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("got %.99q, %v, want %.99q", got, err, tt.want)
			}
		})
	}
}

func TestReadListKeepsTheReadersError(t *testing.T) {
	broken := errors.New("broken")
	if got, err := names(ReadList(iotest.ErrReader(broken), false)); !errors.Is(err, broken) || got != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

func FuzzReadList(f *testing.F) {
	f.Add("a.png\nb\r\n\n c ", false)
	f.Add("a\nb\x00c\r\x00\x00d", true)
	f.Add("a\x00", false)
	f.Fuzz(func(t *testing.T, in string, nul bool) {
		names, err := readNames(in, nul)
		if err != nil {
			if nul && len(in) <= maxName || !nul && !strings.Contains(in, "\x00") && len(in) <= maxName {
				t.Fatalf("refused: %v", err)
			}
			return
		}
		end := "\n"
		if nul {
			end = "\x00"
		}
		for _, name := range names {
			if name == "" || strings.ContainsAny(name, end+"\x00") || !strings.Contains(in, name) {
				t.Errorf("name %q", name)
			}
		}
		// Written again, the names give the same list.
		written := strings.Join(names, end) + end
		if !nul {
			written = strings.Join(names, "\r\n") + "\r\n"
		}
		again, err := readNames(written, nul)
		if err != nil || !slices.Equal(again, names) {
			t.Errorf("%q was read again as %q, %v", names, again, err)
		}
	})
}
