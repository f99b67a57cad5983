package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSingle writes a file whole or not at all, and leaves nothing else in its folder.
func TestSingle(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "t.csv")
	for _, other := range []string{"u.csv", ".filterbank-1-1.tmp"} {
		if err := os.WriteFile(filepath.Join(dir, other), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	s, err := OpenSingle(name)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Release()
	broken := errors.New("broken")
	for i, fail := range []error{nil, broken, nil} {
		text := strings.Repeat(fmt.Sprint(i), 3*BufferBytes)
		size, err := s.Write(func(w io.Writer) error {
			if _, err := io.WriteString(w, text); err != nil {
				return err
			}
			return fail
		})
		if !errors.Is(err, fail) || fail == nil && size != int64(len(text)) {
			t.Errorf("write %d: %d bytes, %v", i, size, err)
		}
		if fail != nil {
			text = strings.Repeat("0", 3*BufferBytes)
		}
		if got, err := os.ReadFile(name); err != nil || string(got) != text {
			t.Errorf("write %d: %d other bytes, %v", i, len(got), err)
		}
		if names, err := os.ReadDir(dir); err != nil || len(names) != 3 {
			t.Errorf("write %d: the folder has %v, %v", i, names, err)
		}
	}
}

// TestSingleAfterAKill removes what a killed process has left of this file, and nothing else.
func TestSingleAfterAKill(t *testing.T) {
	dir := t.TempDir()
	name, other := filepath.Join(dir, "t.csv"), filepath.Join(dir, "u.csv")
	for _, n := range []string{name, other} {
		s, err := OpenSingle(n)
		if err != nil {
			t.Fatal(err)
		}
		if file, _, err := s.create(); err != nil || file.Close() != nil {
			t.Fatal(err)
		}
		s.Release()
	}
	s, err := OpenSingle(name)
	if err != nil {
		t.Fatal(err)
	}
	s.Release()
	if names, err := os.ReadDir(dir); err != nil || len(names) != 1 {
		t.Errorf("the folder has %v, %v, want one file of the other", names, err)
	}
}

// TestSingleBesideAnother begins a run while another one writes the same file. Both end, and the
// file is the one that ended last.
func TestSingleBesideAnother(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "t.csv")
	open := func() *Single {
		t.Helper()
		s, err := OpenSingle(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Release() })
		return s
	}
	write := func(s *Single, text string, during func()) {
		t.Helper()
		if _, err := s.Write(func(w io.Writer) error {
			during()
			_, err := io.WriteString(w, text)
			return err
		}); err != nil {
			t.Error(err)
		}
		if got, err := os.ReadFile(name); err != nil || string(got) != text {
			t.Errorf("%q, %v, want %q", got, err, text)
		}
	}
	write(open(), "first", func() { write(open(), "second", func() { open() }) })
	if names, err := os.ReadDir(dir); err != nil || len(names) != 1 {
		t.Errorf("the folder has %v, %v", names, err)
	}
}

// TestSingleRefused names the file and what is wrong with its place.
func TestSingleRefused(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "folder.csv"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("elsewhere.csv", filepath.Join(dir, "link.csv")); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"folder.csv":    "something else than a file has this name; name another file",
		"link.csv":      "something else than a file has this name; name another file",
		"missing/x.csv": "no such file or directory",
	} {
		path := filepath.Join(dir, name)
		if _, err := OpenSingle(path); err == nil || err.Error() != "write "+path+": "+want {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
	}
	if _, err := os.Lstat(filepath.Join(dir, "elsewhere.csv")); err == nil {
		t.Error("a link was followed")
	}
	// A link that appears after the file was opened is not replaced either.
	late := filepath.Join(dir, "late.csv")
	s, err := OpenSingle(late)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Release()
	if err := os.Symlink("elsewhere.csv", late); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Write(func(io.Writer) error { return nil }); err == nil {
		t.Error("a link was replaced")
	}
	if names, err := os.ReadDir(dir); err != nil || len(names) != 3 {
		t.Errorf("the folder has %v, %v", names, err)
	}
}
