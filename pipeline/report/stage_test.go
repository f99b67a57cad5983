package report

import (
	"errors"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestEscapePath checks that an address preserves every byte of a name and ends no attribute,
// query or fragment.
func TestEscapePath(t *testing.T) {
	for _, name := range []string{
		"a/b.png", "ü.png", "100%.png", "a?b#c", `"quoted" 'name'`, "</script><!--", "line\nbreak", "\xff\xfe", "a b", "..", "a:b", `back\slash`,
	} {
		escaped := escapePath(name)
		if strings.ContainsAny(escaped, "\"'<>?#& \n\\:") {
			t.Errorf("%q: %s has characters that mean something", name, escaped)
		}
		if back, err := url.PathUnescape(escaped); err != nil || back != name {
			t.Errorf("%q: %s gives %q back (%v)", name, escaped, back, err)
		}
	}
}

// TestStageReplaces checks that a report's data replaces an earlier report's, with the same
// content or another, and that the remains of a crash are removed.
func TestStageReplaces(t *testing.T) {
	out := filepath.Join(t.TempDir(), "page.html")
	write := func(id, text string) {
		t.Helper()
		s, err := newStage(out)
		if err != nil {
			t.Fatal(err)
		}
		defer s.discard()
		if _, err := s.put("data", text); err != nil {
			t.Fatal(err)
		}
		w := &writer{opts: &Options{}}
		if err := s.publish(id, false, w.html); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(DataFolder(out), "unfinished-1"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(DataFolder(out), marker), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ id, text string }{{"0123456789ab", "1"}, {"0123456789ab", "1"}, {"ba9876543210", "2"}} {
		write(c.id, c.text)
		entries, err := os.ReadDir(DataFolder(out))
		if err != nil || len(entries) != 2 || entries[1].Name() != c.id {
			t.Fatalf("%s: the folder holds %v (%v)", c.id, entries, err)
		}
		data, err := os.ReadFile(filepath.Join(DataFolder(out), c.id, "data.js"))
		if want := `filterbank("data","` + c.text + "\")\n"; err != nil || string(data) != want {
			t.Fatalf("got %q, want %q (%v)", data, want, err)
		}
	}
}

// TestStageGone checks that no folder is made if the folder vanishes while a report is made.
func TestStageGone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	s, err := newStage(filepath.Join(dir, "page.html"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.discard()
	if err := os.Rename(dir, dir+"-moved"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.put("p/1", "data"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("data: got %v", err)
	}
	if err := s.publish("0123456789ab", true, func(io.Writer) error { return nil }); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the page: got %v", err)
	}
	if _, err := os.Lstat(dir); err == nil {
		t.Error("there is a folder again")
	}
}

// TestStageDiscards checks that an abandoned stage leaves nothing and an earlier page unchanged.
func TestStageDiscards(t *testing.T) {
	dir := t.TempDir()
	s, err := newStage(filepath.Join(dir, "page.html"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.put("data", 1); err != nil {
		t.Fatal(err)
	}
	half := errors.New("half way")
	err = s.publish("0123456789ab", false, func(out io.Writer) error {
		if _, err := out.Write(make([]byte, 1<<20)); err != nil {
			return err
		}
		// A crash now leaves files only in the data folder, which the next report clears.
		if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 || entries[0].Name() != "page.files" {
			t.Errorf("half way there are %v (%v)", entries, err)
		}
		return half
	})
	if !errors.Is(err, half) {
		t.Errorf("got %v", err)
	}
	s.discard()
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("left %v (%v)", entries, err)
	}
}

// TestStageKeeps checks a report that fails after its data is published and before its page
// is. It keeps data that the earlier page uses too, and removes other data.
func TestStageKeeps(t *testing.T) {
	out := filepath.Join(t.TempDir(), "page.html")
	for _, c := range []struct {
		id    string
		block bool // something else takes the page's name
		left  bool // whether the data of this id is left
	}{{"0123456789ab", false, true}, {"0123456789ab", true, true}, {"ba9876543210", true, false}} {
		if err := os.RemoveAll(out); err != nil {
			t.Fatal(err)
		}
		s, err := newStage(out)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.put("data", 1); err != nil {
			t.Fatal(err)
		}
		err = s.publish(c.id, false, func(io.Writer) error {
			if c.block {
				return os.Mkdir(out, 0o777)
			}
			return nil
		})
		if (err != nil) != c.block {
			t.Fatalf("%+v: got %v", c, err)
		}
		s.discard()
		_, err = os.Lstat(filepath.Join(DataFolder(out), c.id, "data.js"))
		if (err == nil) != c.left {
			t.Errorf("%+v: the data: %v", c, err)
		}
		if _, err := os.Lstat(filepath.Join(DataFolder(out), "0123456789ab", "data.js")); err != nil {
			t.Errorf("%+v: the earlier page's data: %v", c, err)
		}
	}
}
