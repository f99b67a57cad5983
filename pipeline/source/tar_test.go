package source

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// packed is a tar file of headers. A regular file without a size has its name as content.
func packed(t testing.TB, headers ...tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range headers {
		content := ""
		if h.Typeflag == 0 || h.Typeflag == tar.TypeReg {
			h.Typeflag, h.Mode, content = tar.TypeReg, 0o644, h.Name
			h.Size = int64(len(content))
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// files are headers of regular files.
func files(names ...string) []tar.Header {
	headers := make([]tar.Header, len(names))
	for i, name := range names {
		headers[i].Name = name
	}
	return headers
}

func put(t testing.TB, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// content is what an entry gives.
func content(t testing.TB, e *Entry) string {
	t.Helper()
	in, err := e.Open(t.Context())
	if err != nil {
		return err.Error()
	}
	defer in.Close()
	data, err := in.ReadAll()
	if err != nil || int64(len(data)) != in.Size || e.Bytes() != in.Size {
		t.Errorf("%s: %d bytes (%v), want %d", e.Path, len(data), err, in.Size)
	}
	return string(data)
}

func TestTar(t *testing.T) {
	plant(t, "d/b.png", "out/", "e/", "d/folder.tar/c.png")
	long := strings.Repeat("long/", 60) + "ä.png" // a PAX header, or GNU's @LongLink
	var headers []tar.Header
	headers = append(headers, tar.Header{Name: "./", Typeflag: tar.TypeDir}, tar.Header{Name: "pax_global_header", Typeflag: tar.TypeXGlobalHeader, PAXRecords: map[string]string{"comment": "x"}})
	headers = append(headers, files("./z/2.PNG", "z/1.jpg", "a.png", long, "z/1.cls", "z/.h.png", ".h/x.png", "old.png", "z//3.png", "x.heic")...)
	headers = append(headers, tar.Header{Name: "l.png", Linkname: "/etc/passwd", Typeflag: tar.TypeSymlink}, tar.Header{Name: "h.png", Linkname: "a.png", Typeflag: tar.TypeLink},
		tar.Header{Name: "dev.png", Typeflag: tar.TypeBlock}, tar.Header{Name: "fifo.png", Typeflag: tar.TypeFifo})
	headers = append(headers, files("./old.png")...)
	put(t, "d/t.v1.tar", packed(t, headers...))
	put(t, "out/o.tar", packed(t, files("a.png")...))
	put(t, "d/u.tar.gz", []byte("x"))
	for _, name := range []string{"e/pic.zip", "e/pic.tar", "e/pic.bin"} {
		put(t, name, []byte("\xff\xd8\xff"))
	}
	passed := map[string]int{PassedLink: 2, PassedSpecial: 2, PassedReplaced: 1, PassedMember: 3, "HEIC": 1}
	all := []string{"d/t.v1.tar/z/2.PNG > t.v1/z/2", "d/t.v1.tar/z/1.jpg > t.v1/z/1", "d/t.v1.tar/a.png > t.v1/a", "d/t.v1.tar/" + long + " > t.v1/" + strings.TrimSuffix(long, ".png"),
		"d/t.v1.tar/old.png > t.v1/old", "d/t.v1.tar/z/3.png > t.v1/z/3"}
	for _, c := range []struct {
		name   string
		inputs []string
		opts   Options
		want   []string
		passed map[string]int
	}{
		{"members in their order, the last of a name", []string{"d/t.v1.tar", "d/t.v1.tar"}, Options{}, all, passed},
		{"a pattern that spells the extension", []string{"d/*.tar"}, Options{}, all, passed},
		{"folders and wildcards pass tar files over", []string{"d", "d/*"}, Options{}, []string{"d/b.png > b", "d/folder.tar/c.png > folder.tar/c"}, map[string]int{PassedTar: 2}},
		{"include and exclude see the members", []string{"d/t.v1.tar"}, Options{Include: []string{"*.png"}, Exclude: []string{"t.v1/long/", "3.*"}}, []string{"d/t.v1.tar/a.png > t.v1/a", "d/t.v1.tar/old.png > t.v1/old"},
			map[string]int{PassedLink: 2, PassedSpecial: 2, PassedReplaced: 1, PassedMember: 4}},
		{"an excluded tar file", []string{"d/*.tar", "d/b.png"}, Options{Exclude: []string{"*.tar"}}, []string{"d/b.png > b"}, map[string]int{}},
		{"members by name", []string{"d/t.v1.tar/z/1.jpg", "d/t.v1.tar/old.png", "d/t.v1.tar/nothing.png", "d/b.png/x.png"}, Options{},
			[]string{"d/t.v1.tar/z/1.jpg > 1", "d/t.v1.tar/old.png > old", "d/t.v1.tar/nothing.png ! missing", "d/b.png/x.png ! missing"}, map[string]int{}},
		{"in the output folder", []string{"out/o.tar", "out/o.tar/a.png", "d/b.png"}, Options{}, []string{"out/o.tar ! inside-output", "out/o.tar/a.png ! inside-output", "d/b.png > b"}, map[string]int{}},
		{"compressed", []string{"d/u.tar.gz"}, Options{}, []string{"d/u.tar.gz ! unsupported"}, map[string]int{}},
		{"endings of archives alone are refused, whatever is in the file", []string{"e/pic.zip", "e/pic.tar", "e/pic.bin"}, Options{}, []string{"e/pic.zip ! unsupported", "e/pic.tar ! damaged-tar", "e/pic.bin > pic"}, map[string]int{}},
	} {
		var got map[string]int
		c.opts.Out, c.opts.Unread, c.opts.PassedOver = "out", map[string]string{".heic": "HEIC"}, func(k map[string]int) { got = k }
		entries, err := list(t.Context(), c.inputs, c.opts)
		if err != nil || !slices.Equal(lines(entries), c.want) || !maps.Equal(got, c.passed) {
			t.Errorf("%s:\ngot  %q\nwant %q\npassed over %v (%v), want %v", c.name, lines(entries), c.want, got, err, c.passed)
		}
		for _, e := range entries {
			_, inside, _ := strings.Cut(e.Path, ".tar/")
			switch {
			case e.Problem != nil || !strings.HasPrefix(e.Path, "d/t"):
			case strings.TrimPrefix(strings.ReplaceAll(content(t, &e), "//", "/"), "./") != inside:
				t.Errorf("%s holds %q", e.Path, content(t, &e))
			}
		}
	}
}

// TestTarCovers has other members behind a picture of the same name. The last one counts, as when
// the tar file is unpacked: links and pipes are refused.
func TestTarCovers(t *testing.T) {
	picture, again := tar.Header{Name: "a.png"}, tar.Header{Name: "./a.png"}
	behind := func(kind byte, target string) tar.Header {
		return tar.Header{Name: "./a.png", Linkname: target, Typeflag: kind}
	}
	for _, c := range []struct {
		name    string
		members []tar.Header
		want    string // of the picture
	}{
		{"a picture", []tar.Header{picture, again}, "./a.png"},
		{"a symbolic link", []tar.Header{picture, behind(tar.TypeSymlink, "/etc/passwd")}, "a link of the same name follows"},
		{"a hard link", []tar.Header{{Name: "b.png"}, picture, behind(tar.TypeLink, "b.png")}, "a link of the same name follows"},
		{"a hard link to itself", []tar.Header{picture, behind(tar.TypeLink, "a.png")}, "a.png"},
		{"a link and a picture", []tar.Header{picture, behind(tar.TypeSymlink, "b.png"), again}, "./a.png"},
		{"a link before it", []tar.Header{behind(tar.TypeSymlink, "b.png"), picture}, "a.png"},
		{"a pipe", []tar.Header{picture, behind(tar.TypeFifo, "")}, "a device or a pipe of the same name follows"},
		{"a folder's link", []tar.Header{picture, {Name: "a", Linkname: "b", Typeflag: tar.TypeSymlink}}, "a.png"},
	} {
		plant(t, "d/")
		put(t, "d/t.tar", packed(t, c.members...))
		for _, input := range []string{"d/t.tar", "d/t.tar/a.png"} {
			entries, err := list(t.Context(), []string{input}, Options{})
			at := slices.IndexFunc(entries, func(e Entry) bool { return e.Path == "d/t.tar/a.png" })
			if err != nil || at < 0 {
				t.Fatalf("%s behind it, %s: %q, %v", c.name, input, lines(entries), err)
			}
			got := ""
			if e := entries[at]; e.Problem != nil {
				got = e.Problem.Err.Error()
			} else {
				got = content(t, &e)
			}
			if !strings.HasPrefix(got, c.want) {
				t.Errorf("%s behind it, %s: got %q, want %q", c.name, input, got, c.want)
			}
		}
	}
}

// TestTarLabels checks that folders in a tar file are classes, as folders in a folder are.
func TestTarLabels(t *testing.T) {
	plant(t, "d/")
	put(t, "d/t.tar", packed(t, files("cat/1.png", "dog/x/2.png")...))
	put(t, "d/flat.tar", packed(t, files("1.png")...))
	entries, err := list(t.Context(), []string{"d/t.tar"}, Options{LabelFolders: true})
	if err != nil || len(entries) != 2 || entries[0].Label != "cat" || entries[1].Label != "dog" || entries[1].Class != 1 {
		t.Errorf("got %+v, %v", entries, err)
	}
	if _, err := list(t.Context(), []string{"d/*.tar"}, Options{LabelFolders: true}); err == nil || !strings.HasPrefix(err.Error(), "label of d/flat.tar/1.png: it lies in no folder") {
		t.Errorf("got %v", err)
	}
}

// TestTarRows checks that rows of lists name members, with keys and labels.
func TestTarRows(t *testing.T) {
	plant(t, "d/")
	put(t, "d/t.tar", packed(t, files("cat/1.png", "2.png")...))
	in := "path,id,class\nd/t.tar/cat/1.png,k/1,x\nd/t.tar/2.png,k/2,y\nd/t.tar/3.png,k/3,y\nd/t.tar,k/4,y\n"
	entries, err := list(t.Context(), nil, Options{Listed: ReadTable(strings.NewReader(in), "l.csv", Columns{"path", "id", "class"})})
	want := []string{"d/t.tar/cat/1.png > k/1", "d/t.tar/2.png > k/2", "d/t.tar/3.png ! missing", "d/t.tar ! not-a-file"}
	if err != nil || !slices.Equal(lines(entries), want) || entries[0].Label != "x" || entries[2].Label != "y" || content(t, &entries[1]) != "2.png" {
		t.Errorf("got %q, %v", lines(entries), err)
	}
}

// TestTarNames checks names that lead out of the tar file, and names that are very long. No such
// name becomes a place.
func TestTarNames(t *testing.T) {
	plant(t, "d/")
	bad := []string{"/etc/x.png", "../x.png", "a/../../x.png", "a/../x.png", strings.Repeat("x", 5000) + ".png", "./../x.png"}
	put(t, "d/t.tar", packed(t, files(append(bad, "ok.png")...)...))
	entries, err := list(t.Context(), []string{"d/t.tar"}, Options{})
	if err != nil || len(entries) != len(bad)+1 {
		t.Fatalf("got %q, %v", lines(entries), err)
	}
	for i, e := range entries {
		switch {
		case i == len(bad):
			if content(t, &e) != "ok.png" || e.Rel != "t/ok" {
				t.Errorf("%+v", e)
			}
		case e.Problem == nil || e.Problem.Code != CodeBadName || e.Rel != "" || len(e.Path) > 200:
			t.Errorf("%+v, want a bad name", e)
		case !strings.Contains(e.Problem.Error(), "tar -C FOLDER -cf FILE.tar . does"):
			t.Errorf("%v says no way out", e.Problem)
		}
	}
}

// block is where a member's header begins.
func block(data []byte, name string) int { return bytes.Index(data, []byte(name)) }

// checksum makes a header right again.
func checksum(header []byte) {
	copy(header[148:156], "        ")
	sum := 0
	for _, b := range header[:512] {
		sum += int(b)
	}
	copy(header[148:156], fmt.Sprintf("%06o\x00 ", sum))
}

// TestTarDamaged checks tar files that end too early, lie about sizes or are something else. What
// lies before the damage is taken.
func TestTarDamaged(t *testing.T) {
	whole := packed(t, files("a.png", "b.png", "c.png")...)
	edited := func(edit func(header []byte)) []byte {
		data := bytes.Clone(whole)
		header := data[block(data, "b.png"):][:512]
		edit(header)
		checksum(header)
		return data
	}
	pax := func(key, fill, end string) []byte { // a record of key and end, with the fill between
		data := packed(t, tar.Header{Name: "a.png"}, tar.Header{Name: "b.png", PAXRecords: map[string]string{"VENDOR.x": strings.Repeat("x", 40)}}, tar.Header{Name: "c.png"})
		at := bytes.Index(data, []byte("VENDOR.x"))
		at = bytes.LastIndexByte(data[:at], 0) + 1
		old := bytes.IndexByte(data[at:], '\n') + 1
		copy(data[at:], fmt.Sprintf("%d %s%s%s\n", old, key, strings.Repeat(fill, old-len(key)-len(end)-4), end))
		return data
	}
	for _, c := range []struct {
		name string
		data []byte
		want string // of the last entry
		ok   int    // number of pictures
	}{
		{"empty", nil, "the file has no bytes", 0},
		{"text", []byte("hello"), "it is no tar file", 0},
		{"long text", bytes.Repeat([]byte("hello "), 1000), "it is no tar file", 0},
		{"gzip", append([]byte("\x1f\x8b\x08"), make([]byte, 2000)...), "it is a compressed archive, and images are read in uncompressed tar files alone: decompress it first, as in gunzip", 0},
		{"zeros", make([]byte, 10240), "no picture in this tar file", 0},
		{"no pictures", packed(t, files("a.txt")...), "no picture in this tar file", 0},
		{"cut in a member", whole[:block(whole, "c.png")+512+3], "it ends before its member c.png does, which has 5 bytes: fetch it or make it again", 2},
		{"cut in a header", whole[:block(whole, "c.png")+100], "it ends in the middle, behind its member b.png: fetch it or make it again", 2},
		{"cut between members", whole[:block(whole, "c.png")], "it has no end mark behind its member b.png, so members may be missing", 2},
		{"cut in the padding", whole[:block(whole, "c.png")-10], "it has no end mark behind its member b.png", 2},
		{"a bad checksum", func() []byte {
			data := bytes.Clone(whole)
			data[block(data, "b.png")+1] ^= 1
			return data
		}(), "it is damaged behind its member a.png: fetch it or make it again", 1},
		{"a huge size", edited(func(h []byte) { copy(h[124:136], "77777777777\x00") }), "it ends before its member b.png does, which has 8589934591 bytes", 1},
		{"the largest size", edited(func(h []byte) { copy(h[124:136], "\x80\x00\x00\x00\x7f\xff\xff\xff\xff\xff\xff\xff") }), "which has 9223372036854775807 bytes", 1},
		{"a size below 0", edited(func(h []byte) { copy(h[124:136], bytes.Repeat([]byte{0xff}, 12)) }), "it is damaged behind its member a.png", 1},
		{"a size that is no number", edited(func(h []byte) { copy(h[124:136], "hello world\x00") }), "it is damaged behind its member a.png", 1},
		{"PAX: a huge size", pax("size=", "0", "9223372036854775807"), "it ends before its member b.png does, which has 9223372036854775807 bytes", 1},
		{"PAX: a size below 0", pax("size=-", "0", "5"), "it is damaged behind its member a.png", 1},
		{"PAX: an absolute path", pax("path=/etc/", "x", ".png"), "the member's name is absolute, has .. in it or is very long", 2},
		{"sparse", edited(func(h []byte) { h[156] = tar.TypeGNUSparse; copy(h[257:], "ustar  \x00"); h[482] = 0 }), "the member is stored as a sparse file, in pieces: make the tar file without --sparse", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			plant(t, "d/")
			put(t, "d/t.tar", c.data)
			entries, err := list(t.Context(), []string{"d/t.tar"}, Options{})
			if err != nil || len(entries) == 0 {
				t.Fatalf("got %q, %v", lines(entries), err)
			}
			ok, said := 0, ""
			for i := range entries {
				if e := &entries[i]; e.Problem != nil {
					said += e.Problem.Error() + "\n"
				} else if ok++; content(t, e) != strings.TrimPrefix(e.Path, "d/t.tar/") {
					t.Errorf("%s holds %q", e.Path, content(t, e))
				}
			}
			if ok != c.ok || !strings.Contains(said, c.want) || said == "" {
				t.Errorf("%d pictures, %q, want %d, %s", ok, said, c.ok, c.want)
			}
		})
	}
}

// TestTarSparse checks a sparse member as GNU tar writes it, with PAX records.
func TestTarSparse(t *testing.T) {
	plant(t, "d/")
	sparse := tar.Header{Name: "./s.png", PAXRecords: map[string]string{"VENDOR.sparse.major": "1"}}
	data := packed(t, sparse, tar.Header{Name: "t.png"})
	data = bytes.Replace(data, []byte("VENDOR.sparse.major=1"), []byte("GNU.sparse.realsize=9"), 1)
	put(t, "d/t.tar", data)
	entries, err := list(t.Context(), []string{"d/t.tar"}, Options{})
	if err != nil || !slices.Equal(lines(entries), []string{"d/t.tar/s.png ! unsupported", "d/t.tar/t.png > t/t"}) {
		t.Errorf("got %q, %v", lines(entries), err)
	}
}

// TestTarSparseWithoutEnd checks that the end mark is missed behind a sparse member, whose bytes
// may be zeros.
func TestTarSparseWithoutEnd(t *testing.T) {
	plant(t, "d/")
	old := make([]byte, 512, 1536) // one piece of 512 bytes, which are zeros, in a file of 4096
	copy(old, "s.png")
	copy(old[100:], "0000644\x00")
	copy(old[124:], "00000001000\x00")
	copy(old[136:], "00000000000\x00")
	old[156] = tar.TypeGNUSparse
	copy(old[257:], "ustar  \x00")
	copy(old[386:], "00000000000\x0000000001000\x00")
	copy(old[483:], "00000010000\x00")
	checksum(old)
	old = append(old, make([]byte, 512)...)
	for _, c := range []struct {
		name  string
		marks int // blocks of the end mark
		want  []string
	}{
		{"no end mark", 0, []string{"d/t.tar/s.png ! unsupported", "d/t.tar ! damaged-tar"}},
		{"one block", 1, []string{"d/t.tar/s.png ! unsupported"}},
		{"two blocks", 2, []string{"d/t.tar/s.png ! unsupported"}},
	} {
		put(t, "d/t.tar", append(old, make([]byte, 512*c.marks)...))
		entries, err := list(t.Context(), []string{"d/t.tar"}, Options{})
		if err != nil || !slices.Equal(lines(entries), c.want) {
			t.Errorf("%s: got %q, %v, want %q", c.name, lines(entries), err, c.want)
		}
	}
}

// TestTarChanges checks that a tar file that changes after the listing gives no member of another.
func TestTarChanges(t *testing.T) {
	plant(t, "d/")
	put(t, "d/t.tar", packed(t, files("a.png", "b.png")...))
	entries, err := list(t.Context(), []string{"d/t.tar"}, Options{})
	if err != nil || len(entries) != 2 {
		t.Fatal(lines(entries), err)
	}
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes("d/t.tar", later, later); err != nil {
		t.Fatal(err)
	}
	_, err = entries[0].Open(t.Context())
	if p, ok := errors.AsType[*Problem](err); !ok || p.Code != CodeDamagedTar {
		t.Errorf("got %v, want that the tar file has changed", err)
	}
	if err := os.Remove("d/t.tar"); err != nil {
		t.Fatal(err)
	}
	if _, err = entries[0].Open(t.Context()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want that there is no file", err)
	}
}

// TestFinder checks entries by the paths that records have.
func TestFinder(t *testing.T) {
	plant(t, "d/x.tar/y.png", "d/p.png")
	put(t, "d/t.tar", packed(t, files("a/b.png", "a/b.png", "c")...))
	put(t, "d/dot.tar", packed(t, files("./a/b.png")...))
	var f Finder
	for path, want := range map[string]string{
		"d/t.tar/a/b.png": "a/b.png", "d/t.tar/c": "c", "d/x.tar/y.png": "d/x.tar/y.png", "d/p.png": "d/p.png",
		"d/dot.tar/./a/b.png": "./a/b.png", "d/dot.tar/a/b.png": "./a/b.png", "d/dot.tar/a//b.png": "./a/b.png", "d/t.tar/./c": "c",
		"d/dot.tar/x/../a/b.png": "d/dot.tar/x/../a/b.png: the tar file d/dot.tar has no such file: name one as tar -t prints it, or the tar file itself with --include",
		"d/t.tar/none":           "d/t.tar/none: the tar file d/t.tar has no such file: name one as tar -t prints it, or the tar file itself with --include", "d/none/x": "read: ",
	} {
		e, _ := f.Entry(t.Context(), path)
		got := ""
		if e.Problem != nil {
			got = e.Problem.Error()
		} else {
			got = content(t, &e)
		}
		if got != want && (want != "read: " || !strings.HasPrefix(got, want)) {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

// FuzzTar reads anything as a tar file: each picture lies inside the file, and a place is local.
func FuzzTar(f *testing.F) {
	f.Add(packed(f, files("a.png", "./b/c.jpg", "/d.png")...))
	f.Add(packed(f, tar.Header{Name: strings.Repeat("long/", 60) + "x.png"}, tar.Header{Name: "l", Linkname: "a", Typeflag: tar.TypeLink}))
	f.Fuzz(func(t *testing.T, data []byte) {
		name := t.TempDir() + "/t.tar"
		put(t, name, data)
		entries, err := list(t.Context(), []string{name}, Options{})
		if _, clash := errors.AsType[*CollisionError](err); err != nil && !clash {
			t.Fatal(err)
		}
		for _, e := range entries {
			if e.Problem != nil {
				continue
			}
			if e.at.offset < 0 || e.at.size < 0 || e.at.offset+e.at.size > int64(len(data)) || !strings.HasPrefix(e.Rel, "t/") || strings.Contains("/"+e.Rel+"/", "/../") {
				t.Errorf("%+v at %+v", e, e.at)
			}
			if got := content(t, &e); got != string(data[e.at.offset:][:e.at.size]) {
				t.Errorf("%s has other bytes", e.Path)
			}
		}
	})
}
