package store

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// tree lists a folder's files and, with a slash at the end, its folders.
func tree(t *testing.T, root string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || p == root {
			return err
		}
		rel, err := filepath.Rel(root, p)
		if d.IsDir() {
			rel += "/"
		}
		names = append(names, filepath.ToSlash(rel))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func openFolder(t *testing.T) (*Folder, string) {
	t.Helper()
	root := filepath.Join(t.TempDir(), "a", "out")
	tr, err := Open(root)
	if err != nil {
		t.Fatal(err)
	}
	return tr, root
}

// large does not fit a file's buffer.
var large = bytes.Repeat([]byte("0123456789abcdef"), BufferBytes/16+BufferBytes/32)

func TestBatchAppearsWhole(t *testing.T) {
	tr, root := openFolder(t)
	b := tr.Begin(0, "pic/ture")
	contents := map[string][]byte{"edges/000-x.png": []byte("small"), "edges/001-y.png": large, "edges.npy": nil}
	for _, name := range []string{"edges/000-x.png", "edges/001-y.png"} {
		f := b.Create("/" + name)
		for part := range slices.Chunk(contents[name], 1000) {
			if n, err := f.Write(part); n != len(part) || err != nil {
				t.Fatal(n, err)
			}
		}
	}
	contents["edges.npy"] = slices.Concat(large, []byte("tail"))
	f := b.Create("/edges.npy")
	if err := f.Size(int64(len(large) + 4)); err != nil {
		t.Fatal(err)
	}
	f.WriteAt([]byte("tail"), int64(len(large)))
	f.WriteAt(large, 0)
	for _, name := range tree(t, root) {
		if !strings.HasSuffix(name, "/") && !strings.HasSuffix(name, ".tmp") {
			t.Errorf("%s is there before the batch is committed", name)
		}
	}
	written, err := b.Commit()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"pic/", "pic/ture/", "pic/ture/edges/", "pic/ture/edges/000-x.png", "pic/ture/edges/001-y.png", "pic/ture/edges.npy"}
	if got := tree(t, root); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, w := range written {
		data, err := os.ReadFile(filepath.Join(root, w.Path))
		if err != nil || int64(len(data)) != w.Bytes || DigestOf(data) != w.BLAKE3 {
			t.Errorf("%+v: %d bytes, %v", w, len(data), err)
		}
		if !bytes.Equal(data, contents[strings.TrimPrefix(w.Path, "pic/ture/")]) {
			t.Errorf("%s has other bytes than were written", w.Path)
		}
	}
}

func TestSizedFile(t *testing.T) {
	tr, root := openFolder(t)
	b := tr.Begin(0, "p")
	f := b.Create("/l.npy")
	if err := f.Size(6); err != nil {
		t.Fatal(err)
	}
	f.WriteAt([]byte("def"), 3)
	f.WriteAt([]byte("abc"), 0)
	big := b.Create("/big.npy")
	if err := big.Size(2 * BufferBytes); err != nil {
		t.Fatal(err)
	}
	for _, past := range []struct {
		file *File
		at   int64
	}{{f, 4}, {f, 6}, {f, 100}, {f, -1}, {big, 2*BufferBytes - 2}, {big, -1}} {
		if n, err := past.file.WriteAt([]byte("xyz"), past.at); n != 0 || err == nil || !strings.Contains(err.Error(), "do not lie in a file of") {
			t.Errorf("%d bytes at %d, %v", n, past.at, err)
		}
	}
	for _, half := range []int64{BufferBytes, 0} {
		big.WriteAt(large[:BufferBytes], half)
	}
	if _, err := b.Commit(); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(filepath.Join(root, "p/l.npy")); string(data) != "abcdef" || err != nil {
		t.Errorf("got %q, %v", data, err)
	}
	b = tr.Begin(1, "q")
	part := b.Create("/big.npy")
	if err := part.Size(2 * BufferBytes); err != nil {
		t.Fatal(err)
	}
	part.WriteAt([]byte("xyz"), 7)
	if _, err := b.Commit(); err == nil || !strings.Contains(err.Error(), "3 bytes were written to a file of 524288 bytes") {
		t.Errorf("a part of a file: %v", err)
	}
	if got, want := tree(t, root), []string{"p/", "p/big.npy", "p/l.npy"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAbortLeavesNothing(t *testing.T) {
	tr, root := openFolder(t)
	if err := tr.WriteFile("kept/run.json", []byte("{}")); err != nil {
		t.Fatal(err)
	}
	b := tr.Begin(0, "kept/new/deep")
	b.Create("/l/000-a.png").Write(large)
	b.Create("/l/001-b.png").Write([]byte("b"))
	f := b.Create("/l.npy")
	if err := f.Size(2 * BufferBytes); err != nil {
		t.Fatal(err)
	}
	b.Abort()
	if got, want := tree(t, root), []string{"kept/", "kept/run.json"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCommitThatFailsLeavesNothing(t *testing.T) {
	tr, root := openFolder(t)
	if err := os.MkdirAll(filepath.Join(root, "p/l/001-b.png/taken"), 0o777); err != nil {
		t.Fatal(err)
	}
	before := tree(t, root)
	b := tr.Begin(0, "p")
	b.Create("/l/000-a.png").Write([]byte("a"))
	b.Create("/l/001-b.png").Write([]byte("b"))
	_, err := b.Commit()
	if err == nil || !strings.Contains(err.Error(), filepath.Join("p", "l", "001-b.png")) {
		t.Errorf("got %v, want an error that names the file", err)
	}
	if got := tree(t, root); !slices.Equal(got, before) {
		t.Errorf("got %q, want %q", got, before)
	}
}

// TestGone removes or replaces the folder under a batch: nothing appears in its place.
func TestGone(t *testing.T) {
	for name, replaced := range map[string]bool{"removed": false, "replaced": true} {
		for _, data := range [][]byte{[]byte("small"), large} {
			tr, root := openFolder(t)
			b := tr.Begin(0, "p")
			b.Create("/l/000-a.png").Write(data)
			if err := os.Rename(root, root+".moved"); err != nil {
				t.Fatal(err)
			}
			if replaced {
				if err := os.Mkdir(root, 0o777); err != nil {
					t.Fatal(err)
				}
			}
			written, err := b.Commit()
			if !errors.Is(err, ErrGone) || written != nil || err.Error() != "write "+root+": "+ErrGone.Error() {
				t.Errorf("%s: got %v, %v", name, written, err)
			}
			b.Create("/l/001-b.png").Write(large) // the folder is still open, wherever it is now
			if _, err := b.Commit(); !errors.Is(err, ErrGone) {
				t.Errorf("%s: after a large file: got %v", name, err)
			}
			if left := tree(t, root+".moved"); len(left) > 0 {
				t.Errorf("%s: the folder holds %q", name, left)
			}
			if left, err := os.ReadDir(root); len(left) > 0 || replaced != (err == nil) {
				t.Errorf("%s: the folder in its place holds %v, %v", name, left, err)
			}
		}
	}
}

func TestOpenOnAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "out")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(file); err == nil || !strings.Contains(err.Error(), "it is a file") {
		t.Errorf("got %v", err)
	}
}

// TestBuffersAreHandedOn lets files follow each other in the same memory: none shows
// what was in it.
func TestBuffersAreHandedOn(t *testing.T) {
	tr, root := openFolder(t)
	write := func(name string, end func(b *Batch), fill func(f *File)) {
		b := tr.BeginOwn()
		fill(b.Create(name))
		end(b)
	}
	commit := func(b *Batch) {
		if _, err := b.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	noise := func(f *File) { f.Write(large[:BufferBytes-1]) }
	write("first", commit, noise)
	write("aborted", (*Batch).Abort, noise)
	write("short", commit, func(f *File) { f.Write([]byte("short")) })
	write("sized", commit, func(f *File) {
		if err := f.Size(100); err != nil {
			t.Fatal(err)
		}
		f.WriteAt([]byte("end"), 97)
	})
	want := map[string][]byte{"first": large[:BufferBytes-1], "short": []byte("short"), "sized": append(make([]byte, 97), "end"...)}
	for name, data := range want {
		got, err := os.ReadFile(filepath.Join(root, name))
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("%s: got %d bytes, %v, want %d others", name, len(got), err, len(data))
		}
	}
}

// TestFilesOfABatchGrowTogether writes files of one batch from several goroutines, each
// of which makes folders; aborted, it leaves none of them. The race detector looks on.
func TestFilesOfABatchGrowTogether(t *testing.T) {
	tr, root := openFolder(t)
	b := tr.Begin(0, "picture")
	var group sync.WaitGroup
	for i := range 8 {
		f := b.Create(fmt.Sprintf("/%d/%d/map.png", i/2, i))
		group.Go(func() {
			if _, err := f.Write(large); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if folders := len(b.made); folders != 1+4+8 {
		t.Errorf("%d folders were made, want 13", folders)
	}
	b.Abort()
	if left := tree(t, root); len(left) > 0 {
		t.Errorf("%q are left", left)
	}
}
