package store

import (
	"archive/tar"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestPackClasses stores classes beside pictures. A sample stays only if its class does.
func TestPackClasses(t *testing.T) {
	folder, root := openFolder(t)
	store := func(class string) {
		p, err := NewPack(folder, PackOptions{Bytes: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		b := p.Begin(0, "a/b")
		b.Create(".npz").Write([]byte("arrays"))
		note := func(suffix, text string) {
			b.Note(suffix, func([]Written) ([]byte, error) { return []byte(text), nil })
		}
		note(RecordSuffix, "{}")
		if class != "" {
			note(ClassSuffix, class)
		}
		if _, err := b.Commit(); err != nil {
			t.Fatal(err)
		}
		if err := p.Close(true); err != nil {
			t.Fatal(err)
		}
	}
	file := Written{Path: ShardName(0), Member: "a/b.npz", Bytes: 6, BLAKE3: DigestOf([]byte("arrays"))}
	class := func(text string) Written { return NoteMember(ShardName(0), "a/b", ClassSuffix, []byte(text)) }
	for _, c := range []struct {
		stored string
		files  []Written
		stay   bool
	}{
		{"", []Written{file}, true},
		{"", []Written{file, class("1")}, false},
		{"1", []Written{file, class("1")}, true},
		{"1", []Written{file, class("2")}, false},
		{"1", []Written{file, class("10")}, false},
		{"1", []Written{file}, false},
	} {
		store(c.stored)
		p, err := NewPack(folder, PackOptions{Bytes: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		stay, _ := p.Reuse(0, c.files)
		if slices.Contains(stay, false) == c.stay || len(stay) != len(c.files) {
			t.Errorf("class %q and %+v: %v, want %t", c.stored, c.files, stay, c.stay)
		}
		p.Skip(0)
		if err := p.Close(false); err != nil {
			t.Fatal(err)
		}
	}
	if got := tree(t, root); !slices.Equal(got, []string{"shards/", "shards/000000.tar", "shards/index.json"}) {
		t.Errorf("there is %q", got)
	}
}

// TestPackHeaders reads the headers of members: plain ustar, or pax where a name needs it,
// sorted, with the same owner, mode and time.
func TestPackHeaders(t *testing.T) {
	list := pictures(2)
	list[1].stem = strings.Repeat("ü/", 60) + "x"
	r, _ := packed(t, list)
	file, err := os.Open(filepath.Join(r.root, ShardName(0)))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var names []string
	pax := 0
	for in := tar.NewReader(file); ; {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if names = append(names, h.Name); h.Format == tar.FormatPAX {
			pax++
			h.PAXRecords = nil
		} else if h.Format != tar.FormatUSTAR {
			t.Errorf("%s: format %v", h.Name, h.Format)
		}
		want := tar.Header{Typeflag: tar.TypeReg, Name: h.Name, Size: h.Size, Mode: 0o644, ModTime: time.Unix(0, 0), Format: h.Format}
		if !reflect.DeepEqual(*h, want) {
			t.Errorf("got %+v, want %+v", *h, want)
		}
	}
	if len(names) != 8 || pax != 4 || !slices.IsSorted(names[:4]) || !slices.IsSorted(names[4:]) {
		t.Errorf("%d of %q have pax headers", pax, names)
	}
}

// TestCheckNames has names that are the same in lower case, or without a filter's number.
func TestCheckNames(t *testing.T) {
	for _, c := range []struct {
		suffixes []string
		err      string
	}{
		{[]string{"/l.npy", "/l/000-x.png", "/l/001-y.png", ".npz"}, ""},
		{[]string{"/l/000-x.png", "/l/001-X.png"}, "l/000-x.png and l/001-X.png of an image would have the same name in a pack, l.x.png: rename a layer or a filter"},
		{[]string{"/a/B.npy", "/A/b.npy"}, "a.b.npy"},
		{[]string{"/l.npy", ".json"}, "the record and .json"},
	} {
		var names []Name
		for _, s := range c.suffixes {
			names = append(names, Name{s, filepath.Ext(s)})
		}
		err := CheckNames(names)
		if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%q: got %v, want %q", c.suffixes, err, c.err)
		}
	}
}
