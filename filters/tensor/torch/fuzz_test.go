package torch

import (
	"archive/zip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzCheckpoint reads both forms.
func FuzzCheckpoint(f *testing.F) {
	files, err := filepath.Glob("testdata/*.pth")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) { readAll(t, data) })
}

// FuzzPickle reads pickles in a ZIP file.
func FuzzPickle(f *testing.F) {
	f.Add([]byte("}" + text("a") + tensorOf(storageOf("0", "FloatStorage", 4), 0, sequence(2, 2), sequence(1, 2)) + "s"))
	f.Add([]byte("ccollections\nOrderedDict\n)R}b" + text("a") + "]q\x00h\x00as\x94"))
	f.Fuzz(func(t *testing.T, pickle []byte) {
		readAll(t, checkpoint(t, zip.Store, string(pickle), map[string]string{"0": strings.Repeat("x", 16)}))
	})
}

// readAll reads a file of which nothing is known. What it has is not larger than the file.
func readAll(t *testing.T, data []byte) {
	all, err := read(data)
	if err != nil {
		return
	}
	for _, m := range all[:min(len(all), 100)] {
		const limit = 1 << 20
		a, err := m.Read(limit)
		if err == nil && len(a.Data) > limit {
			t.Errorf("%s: %d values", m.Name, len(a.Data))
		}
	}
}
