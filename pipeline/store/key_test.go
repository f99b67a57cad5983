package store

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// sample is how the webdataset library (tariterators.py) and datasets (webdataset.py) cut a
// member's name into key and field.
var sample = regexp.MustCompile(`^((?:.*/|)[^.]+)[.]([^/]*)$`)

func TestMemberNames(t *testing.T) {
	for _, c := range []struct{ stem, suffix, ext, key, field string }{
		{"scene", "/edges.npy", ".npy", "scene", "edges.npy"},
		{"a/b.c/d.e", "/edges/000-sobel-x.png", ".png", "a/b%2ec/d%2ee", "edges.sobel-x.png"},
		{"x", "/Stack/Layer 1.5/1000-F.png", ".png", "x", "stack.layer 1%2e5.f.png"},
		{"x", "/l/003-a.overlay.png", ".overlay.png", "x", "l.a.overlay.png"},
		{"x", "/l.sheet.png", ".sheet.png", "x", "l.sheet.png"},
		{"x", "/l/01-f.png", ".png", "x", "l.01-f.png"},
		{"x", "/000-l.npy", ".npy", "x", "000-l.npy"},
		{"x", ".npz", ".npz", "x", "npz"},
		{".a", ".json", ".json", "%2ea", "json"},
		{"50%/ü.\xff", ".npz", ".npz", "50%25/ü%2e%ff", "npz"},
		{"__a/__key__", "/__l/000-__f.png", ".png", "%5f_a/%5f_key__", "%5f_l.%5f_f.png"},
		{"_a__", ".npz", ".npz", "_a__", "npz"},
		{" a ", ".npz", ".npz", "%20a%20", "npz"},
		{"a\nb", ".npz", ".npz", "a%0ab", "npz"},
		{"x", "/l/003-a.sheet.png", ".png", "x", "l.a%2esheet.png"},
		{"x", "/l/003-a.b", "", "x", "l.a%2eb"},
	} {
		parts := sample.FindStringSubmatch(key(c.stem) + field(Name{c.suffix, c.ext}))
		if parts == nil || parts[1] != c.key || parts[2] != c.field || keyOf(parts[0]) != c.key {
			t.Errorf("%q with %q: %q, want %q and %q", c.stem, c.suffix, parts, c.key, c.field)
		}
	}
}

// TestLongKeys cuts keys to 128 characters. They stay different, and whole characters.
func TestLongKeys(t *testing.T) {
	seen := map[string]bool{}
	for _, stem := range []string{
		strings.Repeat("x", 128), strings.Repeat("x", 129), strings.Repeat("x", 128) + "y", strings.Repeat("ü", 200), strings.Repeat(".", 60),
		strings.Repeat("abc/", 50) + "d", strings.Repeat("abc/", 50) + "e", strings.Repeat("x", 110) + "/y/z.z.z.z.z",
	} {
		k := key(stem)
		if n := utf8.RuneCountInString(k); n > 128 || n < 100 || seen[k] || !utf8.ValidString(k) || strings.Contains(base(k), ".") {
			t.Errorf("%q: key %q of %d characters", stem, k, n)
		}
		seen[k] = true
	}
}

// TestCheckKeys chooses names so that two pictures have the same key.
func TestCheckKeys(t *testing.T) {
	long := strings.Repeat("x", 129)
	for _, c := range []struct {
		stems []string
		same  bool
	}{
		{[]string{"a", "A", "a.b", "a%2eb", "a/b"}, false},
		{[]string{long, long + "y", strings.Repeat("x", 128)}, false},
		{[]string{"a", key(long), long}, true},
		{[]string{long, "a", key(long)}, true},
		{[]string{long, "a", long}, false}, // the same picture
	} {
		err := CheckKeys(slices.Values(c.stems))
		if c.same != (err != nil) || err != nil && !strings.Contains(err.Error(), "would have the same key in a pack") {
			t.Errorf("%q: %v", c.stems, err)
		}
	}
}

func TestTaken(t *testing.T) {
	for _, c := range []struct {
		output string
		uses   []Use
		owner  string
	}{
		{"manifest.jsonl", nil, "the manifest"},
		{"Manifest.JSONL/a", nil, "the manifest"},
		{"a/manifest.jsonl", nil, ""},
		{"manifest", nil, ""},
		{"run.json", nil, "the run's account"},
		{".filterbank.lock/x", nil, "the run's lock"},
		{".filterbank-1.tmp", nil, "temporary files"},
		{"shards/a", nil, ""},
		{"SHARDS/a", []Use{Report, Packs}, "the pack's shards"},
		{"report.files", []Use{Packs}, ""},
		{"report.files", []Use{Report}, "the report's data"},
	} {
		if r, ok := Taken(c.output, c.uses...); r.Owner != c.owner || ok != (c.owner != "") {
			t.Errorf("%s with %q: got %+v, %t", c.output, c.uses, r, ok)
		}
	}
}
