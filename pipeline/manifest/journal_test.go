package manifest

import (
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filterbank/pipeline/store"
)

func readManifest(t *testing.T, root string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, Name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func openJournal(t *testing.T, tr *store.Folder) *Journal {
	t.Helper()
	j, err := OpenJournal(tr)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// TestLongLines checks that a line that no run writes is refused by its number, by a reader
// as by a journal.
func TestLongLines(t *testing.T) {
	tr, root := open(t)
	name := filepath.Join(root, Name)
	if err := os.WriteFile(name, []byte(`{"input":"1","output":"1","status":"ok"}`+"\n"+`{"input":"2","output":"`), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(name, 300<<20); err != nil { // zeros, which take no room
		t.Fatal(err)
	}
	want := "line 2 is longer than 64 MiB, and the record of a picture has 30 MB with 100,000 maps: the file is damaged or no manifest"
	if _, err := Open(root); err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("open: got %v", err)
	}
	if _, err := OpenJournal(tr); err == nil || !strings.HasSuffix(err.Error(), want+"; move the file away or choose another folder with -o") {
		t.Errorf("journal: got %v", err)
	}
	j := openJournal(t, func() *store.Folder { tr, _ := open(t); return tr }())
	if err := j.Add(&Record{Input: "long.png", Error: strings.Repeat("x", maxLine)}); err == nil || !strings.Contains(err.Error(), "the record of long.png has") {
		t.Errorf("add: got %v", err)
	}
}

func open(t *testing.T) (*store.Folder, string) {
	t.Helper()
	root := filepath.Join(t.TempDir(), "a", "out")
	folder, err := store.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	return folder, root
}

func add(t *testing.T, j *Journal, records ...Record) {
	t.Helper()
	for _, r := range records {
		if err := j.Add(&r); err != nil {
			t.Fatal(err)
		}
	}
}

func inOrder(records ...Record) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, r := range records {
			if !yield(string(r.Input), string(r.Output)) {
				return
			}
		}
	}
}

func all(r *Record) *Record { return r }

func TestJournal(t *testing.T) {
	tr, root := open(t)
	index := 0
	a := Record{Input: "a<b>&.png", Output: "a", Status: OK, Files: []File{{Path: "a/l/000-f.png", Layer: "l", Filter: "f", Index: &index, Scale: &[2]float64{0, 0.5}, Bytes: 3}}}
	b := Record{Input: "b\xff.png", Output: "b\xff", Status: Failed, Code: "truncated", Error: "…"}
	gone := Record{Input: "gone.png", Status: Failed}
	lineA := `{"input":"a<b>&.png","output":"a","version":2,"status":"ok","files":[{"path":"a/l/000-f.png","layer":"l","filter":"f","index":0,"scale":[0,0.5],"bytes":3,"blake3":""}]}` + "\n"
	lineB := `{"input":"b\udcff.png","output":"b\udcff","version":2,"status":"failed","code":"truncated","error":"…"}` + "\n"
	lineGone := `{"input":"gone.png","version":2,"status":"failed"}` + "\n"

	// Records as they come; before Close they are there in that order.
	j := openJournal(t, tr)
	add(t, j, gone, b, a)
	if got, want := readManifest(t, root), lineGone+lineB+lineA; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if err := j.Close(inOrder(a, b, gone), nil, all); err != nil {
		t.Fatal(err)
	}
	if got, want := readManifest(t, root), lineA+lineB+lineGone; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}

	// A later run finds them, replaces one, and keeps the records of other pictures at the end.
	j = openJournal(t, tr)
	if r, err := j.Find("b\xff.png", "b\xff"); err != nil || r == nil || r.Code != "truncated" || r.Output != "b\xff" {
		t.Errorf("got %+v, %v", r, err)
	}
	if r, err := j.Find("c.png", "c"); err != nil || r != nil {
		t.Errorf("got %+v, %v, want none", r, err)
	}
	b.Status, b.Code, b.Error = OK, "", ""
	add(t, j, b)
	if err := j.Close(inOrder(b), nil, all); err != nil {
		t.Fatal(err)
	}
	lineB = `{"input":"b\udcff.png","output":"b\udcff","version":2,"status":"ok"}` + "\n"
	if got, want := readManifest(t, root), lineB+lineA+lineGone; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}

	// What was missing is there now. The record of another picture is not wanted, and that of a
	// third one changes.
	j = openJournal(t, tr)
	gone.Output, gone.Status = "gone", OK
	add(t, j, gone)
	judge := func(r *Record) *Record {
		if r.Input == a.Input {
			return nil
		}
		changed := *r
		changed.Width = 7
		return &changed
	}
	if err := j.Close(inOrder(gone), nil, judge); err != nil {
		t.Fatal(err)
	}
	lineB = strings.Replace(lineB, `"ok"`, `"ok","width":7`, 1)
	if got, want := readManifest(t, root), `{"input":"gone.png","output":"gone","version":2,"status":"ok"}`+"\n"+lineB; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// TestTornJournal cuts and damages a manifest as crashes do.
func TestTornJournal(t *testing.T) {
	tr, root := open(t)
	one := `{"input":"1","output":"1","status":"ok"}` + "\n"
	two := `{"input":"2","output":"2","status":"ok"}` + "\n"
	for _, c := range []struct{ text, kept string }{
		{one + two, one + two},
		{one + two[:20], one},
		{one + two[:len(two)-1], one},
		{one + "\x00\x00\x00\n" + two, one + two},
		{one + one + two, one + two},
		{"", ""},
		{one[:5], ""},
	} {
		if err := os.WriteFile(filepath.Join(root, Name), []byte(c.text), 0o666); err != nil {
			t.Fatal(err)
		}
		j := openJournal(t, tr)
		add(t, j, Record{Input: "3", Output: "3", Status: OK})
		if err := j.Close(inOrder(), nil, all); err != nil {
			t.Fatal(err)
		}
		if got := readManifest(t, root); got != c.kept {
			t.Errorf("%q became %q, want %q", c.text, got, c.kept)
		}
	}
	for _, mine := range []string{"my notes\n", "my notes", `{"mine": 1}`, "{\n"} {
		if err := os.WriteFile(filepath.Join(root, Name), []byte(mine), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenJournal(tr); err == nil || !strings.Contains(err.Error(), "first line is not a record") {
			t.Errorf("somebody's own file: got %v", err)
		}
		if got := readManifest(t, root); got != mine {
			t.Errorf("somebody's own file became %q", got)
		}
	}
}

// TestMadeUpManifest has manifests that no run has written. What they say of files
// elsewhere than in a picture's folder is not believed.
func TestMadeUpManifest(t *testing.T) {
	tr, root := open(t)
	name := filepath.Join(root, Name)
	for _, file := range []string{"../1/a.png", "1/../../a.png", "1/../a.png", "run.json", "2/a.png", "/1/a.png", "1"} {
		line := fmt.Sprintf(`{"input":"1","output":"1","status":"ok","files":[{"path":%q}]}`+"\n", file)
		if err := os.WriteFile(name, []byte(line), 0o666); err != nil {
			t.Fatal(err)
		}
		j := openJournal(t, tr)
		if r, err := j.Find("1", "1"); r != nil || err != nil {
			t.Errorf("file %s: got %v, %v, want no record", file, r, err)
		}
		if err := j.Close(inOrder(), nil, all); err != nil {
			t.Fatal(err)
		}
		if got := readManifest(t, root); got != "" {
			t.Errorf("file %s: %q is kept", file, got)
		}
	}

	if err := os.Truncate(name, maxLine+1); err != nil { // of zeros, which take no room
		t.Fatal(err)
	}
	if _, err := OpenJournal(tr); err == nil || !strings.Contains(err.Error(), "first line is not a record") {
		t.Errorf("zeros: got %v", err)
	}
	if _, err := ReadFile(name); err == nil || !strings.HasSuffix(err.Error(), "it has 67108865 bytes, and at most 67108864 are read") {
		t.Errorf("zeros: got %v", err)
	}
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	victim := filepath.Join(t.TempDir(), "victim")
	if err := os.Symlink(victim, name); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenJournal(tr); err == nil || !strings.HasSuffix(err.Error(), "it is not a regular file; move it away or choose another folder with -o") {
		t.Errorf("a link: got %v", err)
	}
	if _, err := os.Lstat(victim); err == nil {
		t.Error("a link was followed")
	}
	if err := errors.Join(os.Remove(name), os.Mkdir(name, 0o777)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(root); err == nil || !strings.HasSuffix(err.Error(), ": it is not a regular file") {
		t.Errorf("a folder: got %v", err)
	}
}

// TestHeld holds records until their shard is in place. The manifest has the bytes of records
// that were added at once. Records that are not added are dropped, with their file.
func TestHeld(t *testing.T) {
	records := make([]Record, 9)
	for i := range records {
		name := fmt.Sprintf("%d", i)
		records[i] = Record{Input: Path(name + ".png"), Output: Path(name), Status: OK, Warnings: []string{strings.Repeat("w", 40_000*(i%3))}}
	}
	pictures := func(yield func(string, string) bool) {
		for _, r := range records {
			if !yield(string(r.Input), string(r.Output)) {
				return
			}
		}
	}
	manifest := func(held bool) string {
		tr, root := open(t)
		j := openJournal(t, tr)
		for i := range 8 {
			keep := j.Add
			if held {
				keep = j.Hold
			}
			if err := keep(&records[i]); err != nil {
				t.Fatal(err)
			}
			if i%4 == 3 {
				if err := j.AddHeld(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if held {
			size := j.size
			if err := j.Hold(&records[8]); err != nil || j.size != size {
				t.Errorf("a held record is in the manifest, %v", err)
			}
		}
		if err := j.Close(pictures, nil, nil); err != nil {
			t.Fatal(err)
		}
		if left, err := os.ReadDir(root); err != nil || len(left) != 1 {
			t.Errorf("%v are left, %v", left, err)
		}
		return readManifest(t, root)
	}
	if manifest(true) != manifest(false) {
		t.Error("another manifest")
	}
}

// TestTornLine opens a manifest with a torn last line. The line stays in a run that is refused,
// also if there is no other, and goes with the first record of a run.
func TestTornLine(t *testing.T) {
	const whole = `{"input":"1","output":"1","status":"ok"}` + "\n"
	for _, before := range []string{"", whole} {
		tr, root := open(t)
		torn := before + `{"input":"2",` + strings.Repeat(" ", 1000)
		if err := os.WriteFile(filepath.Join(root, Name), []byte(torn), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := openJournal(t, tr).Release(); err != nil {
			t.Fatal(err)
		}
		if got := readManifest(t, root); got != torn {
			t.Errorf("after a refusal: %q, want %q", got, torn)
		}
		j := openJournal(t, tr)
		r := Record{Input: "2.png", Output: "2", Status: OK}
		add(t, j, r)
		line, err := encode(&Record{Input: r.Input, Output: r.Output, Status: OK, Version: Version})
		if err != nil {
			t.Fatal(err)
		}
		if got := readManifest(t, root); got != before+string(line) {
			t.Errorf("after a record: %q, want %q", got, before+string(line))
		}
	}
}
