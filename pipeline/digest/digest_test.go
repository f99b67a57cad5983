package digest

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filterbank/pipeline/manifest"
	"filterbank/pipeline/store"
)

// TestLines compares with what b3sum 1.8.7 prints of an empty file with such a name.
func TestLines(t *testing.T) {
	const empty = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
	r := &Report{}
	for _, c := range []struct{ path, line string }{
		{"a/b c.png", empty + "  a/b c.png"},
		{`a\b`, `\` + empty + `  a\\b`},
		{"a\nb", `\` + empty + `  a\nb`},
		{"a\rb\\n", `\` + empty + `  a\rb\\n`},
		{"ü\t", empty + "  ü\t"},
		{"bad\xffname", empty + "  bad\uFFFDname"},
	} {
		f := File{Path: manifest.Path(c.path)}
		copy(f.BLAKE3[:], "\xaf\x13\x49\xb9\xf5\xf9\xa1\xa6\xa0\x40\x4d\xea\x36\xdc\xc9\x49\x9b\xcb\x25\xc9\xad\xc1\x12\xb7\xcc\x9a\x93\xca\xe4\x1f\x32\x62")
		if got := f.line(); got != c.line+"\n" {
			t.Errorf("%q: got %q, want %q", c.path, got, c.line+"\n")
		}
		r.Files = append(r.Files, f)
	}
	if got := r.NotUTF8(); got != 1 {
		t.Errorf("%d names are not UTF-8, want 1", got)
	}
	var lines bytes.Buffer
	if err := r.Write(&lines); err != nil {
		t.Fatal(err)
	}
	if got, err := r.Digest(); got != store.DigestOf(lines.Bytes()) || err != nil {
		t.Errorf("got %s, %v, want the digest of the lines", got, err)
	}
}

// pack writes the output folder of a run of two pictures whose files are in one shard. Its
// manifest says that each member holds "right".
func pack(t *testing.T, members ...string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "shards"), 0o777); err != nil {
		t.Fatal(err)
	}
	var shard, lines bytes.Buffer
	out := tar.NewWriter(&shard)
	for _, m := range members {
		name, data, _ := strings.Cut(m, "=")
		if err := out.WriteHeader(&tar.Header{Name: name, Size: int64(len(data)), Mode: 0o644}); err != nil {
			t.Fatal(err)
		}
		out.Write([]byte(data))
	}
	for _, p := range []string{"a", "b"} {
		rec := manifest.Record{Input: manifest.Path(p), Output: manifest.Path(p), Version: manifest.Version, Status: manifest.OK}
		for _, layer := range []string{"l", "m"} {
			rec.Files = append(rec.Files, manifest.File{
				Path: "shards/000000.tar", Member: manifest.Path(p + "." + layer + ".npy"), Bytes: 5, BLAKE3: store.DigestOf([]byte("right")),
			})
		}
		if err := json.NewEncoder(&lines).Encode(rec); err != nil {
			t.Fatal(err)
		}
	}
	for name, data := range map[string][]byte{"shards/000000.tar": shard.Bytes(), manifest.Name: lines.Bytes()} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestMembers(t *testing.T) {
	for _, c := range []struct {
		members []string
		problem string
	}{
		{[]string{"a.json={}", "a.l.npy=right", "a.m.npy=right", "b.l.npy=right", "b.m.npy=right"}, ""},
		{[]string{"a.l.npy=right", "a.m.npy=wrong", "b.l.npy=right", "b.m.npy=right"}, "the run wrote other bytes of a.m.npy in it"},
		{[]string{"a.l.npy=right", "a.m.npy=righ", "b.l.npy=right", "b.m.npy=right"}, "the run wrote other bytes of a.m.npy in it"},
		{[]string{"a.l.npy=right", "a.l.npy=right", "b.l.npy=right"}, "2 of the 4 files that the run wrote into it are missing"},
		{nil, "4 of the 4 files that the run wrote into it are missing"},
	} {
		r, err := Run(context.Background(), pack(t, c.members...), Options{Jobs: 2})
		switch {
		case err != nil:
			t.Errorf("%q: %v", c.members, err)
		case c.problem == "":
			if len(r.Wrong) != 0 || len(r.Files) != 1 || r.Files[0].Path != "shards/000000.tar" {
				t.Errorf("%q: got %+v, want the shard", c.members, r)
			}
		case len(r.Wrong) != 1 || len(r.Files) != 0 || r.Wrong[0].Err.Error() != c.problem:
			t.Errorf("%q: got %+v, want %q", c.members, r, c.problem)
		}
	}
}
