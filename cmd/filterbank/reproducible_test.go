package main

import (
	"bytes"
	"context"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestReproducible runs commands with --reproducible in several ways and compares all files by
// their bytes: with one worker and with four, run again on what is there, done in two parts, and
// begun without the flag.
func TestReproducible(t *testing.T) {
	in := t.TempDir()
	small, err := smallPictures()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"textbook.png", "ramp.png", "shapes.png", "balloon.jpg"} {
		data, err := small[name], os.MkdirAll(filepath.Join(in, name[:1]), 0o777)
		if err == nil && os.Getenv("FILTERBANK_LONG") != "" {
			data, err = os.ReadFile(filepath.Join("../../samples", name))
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(in, name[:1], name), data, 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(in, "s", "damaged.png"), []byte("damaged"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, flags := range []string{
		"--bank sobel --sheet --overlay --metadata huggingface --label folder --report",
		"--bank sobel,gabor --format npy,npz --layers all",
		"--bank sobel --format npy --pack webdataset --label folder",
	} {
		t.Run(flags, func(t *testing.T) {
			const out = "out"
			do := func(more ...string) {
				var stderr bytes.Buffer
				args := append([]string{"run", in, "-q", "-o", out, "--reproducible"}, strings.Fields(flags)...)
				if code := execute(context.Background(), console{strings.NewReader(""), &stderr, &stderr}, append(args, more...)); code > 1 { // an image is damaged
					t.Fatalf("exit %d: %s", code, &stderr)
				}
			}
			t.Chdir(t.TempDir())
			do("-j", "1")
			want := tree(t, out)
			if len(want) < 3 || !bytes.Contains(want["run.json"], []byte(`"images": 4,`)) || bytes.Contains(want["run.json"], []byte("seconds")) || bytes.Contains(want["manifest.jsonl"], []byte("seconds")) {
				t.Fatalf("%d files, run.json is %s", len(want), want["run.json"])
			}
			for name, again := range map[string]func(){
				"with four workers":      func() { do("-j", "4") },
				"twice":                  func() { do(); do() },
				"in two parts":           func() { do("--exclude", "r/"); do() },
				"begun without the flag": func() { do("--reproducible=false"); do() },
			} {
				t.Chdir(t.TempDir())
				again()
				sameTrees(t, name, tree(t, out), want)
			}
		})
	}
}

// tree is the contents of all files below dir by their names.
func tree(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files[name], err = os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func sameTrees(t *testing.T, name string, got, want map[string][]byte) {
	t.Helper()
	if g, w := slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)); !slices.Equal(g, w) {
		t.Errorf("%s: files %q, want %q", name, g, w)
		return
	}
	for file, data := range want {
		if !bytes.Equal(got[file], data) {
			t.Errorf("%s: %s has other bytes\ngot  %.3000s\nwant %.3000s", name, file, got[file], data)
		}
	}
}
