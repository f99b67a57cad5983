package store

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filterbank/pipeline/bucket"
)

// sparse is a file in memory without its contents: it only bounds where bytes are written.
type sparse struct{ most int64 }

func (s *sparse) WriteAt(p []byte, at int64) (int, error) {
	s.most = max(s.most, at+int64(len(p)))
	return len(p), nil
}

func (s *sparse) Truncate(size int64) error {
	s.most = max(s.most, size)
	return nil
}

func (s *sparse) Close() error { return nil }

// tarOf returns a shard of members.
func tarOf(t testing.TB, members ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, m := range members {
		name, data, _ := strings.Cut(m, "=")
		h, err := header(name, int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		b.Write(h)
		b.WriteString(data)
		b.Write(make([]byte, padded(int64(len(data)))-int64(len(data))))
	}
	b.Write(make([]byte, tarEnd))
	return b.Bytes()
}

// TestListOfMembers makes a file from the list of a shard. It has the shard's headers and short
// contents, and its size.
func TestListOfMembers(t *testing.T) {
	long := strings.Repeat("x", 3000)
	name := "a/" + strings.Repeat("ä", 120) + ".png"
	shard := tarOf(t, "a/b.cls=3", "a/b.json={}", "a/b.npy="+long, name+"="+long)
	l := newMemberList()
	in := bytes.NewReader(shard)
	if err := l.read(in); err != nil || in.Len() > 512 { // a block of the end
		t.Fatal(err, in.Len())
	}
	list, err := l.end(listHead{"etag", Shard{Name: "000000.tar", Samples: 2, Bytes: int64(len(shard)), BLAKE3: "sum"}})
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(filepath.Join(t.TempDir(), "x"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	b := headers{file: file}
	about, err := b.make(bytes.NewReader(list), &bucket.Info{ETag: "etag", Size: int64(len(shard))})
	if err != nil || about.Samples != 2 || about.BLAKE3 != "sum" {
		t.Fatalf("%+v, %v", about, err)
	}
	got, err := io.ReadAll(io.NewSectionReader(file, 0, 1<<20))
	want := bytes.ReplaceAll(shard, []byte(long), make([]byte, len(long)))
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes, want %d, %v", len(got), len(want), err)
	}
	for _, wrong := range []bucket.Info{{ETag: "other", Size: int64(len(shard))}, {ETag: "etag", Size: int64(len(shard)) + 512}} {
		b := headers{file: new(sparse)}
		if _, err := b.make(bytes.NewReader(list), &wrong); err == nil {
			t.Errorf("%+v: the list is taken", wrong)
		}
	}
	for cut := range len(list) {
		b := headers{file: new(sparse)}
		if _, err := b.make(bytes.NewReader(list[:cut]), &bucket.Info{ETag: "etag", Size: int64(len(shard))}); err == nil {
			t.Errorf("%d of %d bytes of the list are taken", cut, len(list))
		}
	}
}

// FuzzMembers reads lists that anyone may have made. Nothing is written behind the shard's size.
func FuzzMembers(f *testing.F) {
	for _, lines := range []string{
		`{"etag":"e","filesize":1536}` + "\n" + `{"name":"a.cls","size":1,"data":"MQ=="}`,
		`{"etag":"e","filesize":1536}` + "\n" + `{"name":"a","size":-1}`,
		`{"etag":"e","filesize":1536}` + "\n" + `{"name":"a","size":9223372036854775807}`,
		`{"etag":"e"}`, "{}", "", "\n\n", "[",
	} {
		f.Add([]byte(lines))
	}
	f.Fuzz(func(t *testing.T, lines []byte) {
		const size = 2048
		var b bytes.Buffer
		zip := gzip.NewWriter(&b)
		_, err := zip.Write(lines)
		if err := errors.Join(err, zip.Close()); err != nil {
			t.Fatal(err)
		}
		file := new(sparse)
		made := headers{file: file}
		about, err := made.make(&b, &bucket.Info{ETag: "e", Size: size})
		if err == nil && (about.Bytes != size || file.most != size) {
			t.Errorf("%+v with %d bytes is taken", about, file.most)
		}
		if file.most > size+maxListLine {
			t.Errorf("%d bytes are written for a shard of %d bytes", file.most, size)
		}
	})
}
