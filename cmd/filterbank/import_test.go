package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// TestFailedImport has a failed import keep the files of an earlier one and leave no other file.
func TestFailedImport(t *testing.T) {
	good, err := os.ReadFile("../../filters/onnx/testdata/net.onnx")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	model, stack := filepath.Join(dir, "net.onnx"), filepath.Join(dir, "stack.yaml")
	o := importOptions{out: stack}
	put := func(data []byte) {
		if err := os.WriteFile(model, data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	put(good)
	if err := o.run(io.Discard, model); err != nil {
		t.Fatal(err)
	}
	before := filesOf(t, dir)

	minusThree, nan := []byte{0, 0, 0x40, 0xc0}, []byte{0, 0, 0xc0, 0x7f}
	put(bytes.Replace(good, minusThree, nan, 1)) // the first weight
	want := model + `: a stack cannot be made of all of it, and --until names an earlier end: ` +
		`Conv "conv1", LeakyRelu "act": weights conv1.weight: filter 0 has NaN at channel 0, row 0, column 0`
	if err := o.run(io.Discard, model); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	put(good)
	after := filesOf(t, dir)
	if len(before) != 3 || len(after) != len(before) {
		t.Errorf("%d files became %d", len(before), len(after))
	}
	for name, data := range before {
		if after[name] != data {
			t.Errorf("%s has changed", name)
		}
	}
}

// filesOf are the contents of a folder's files.
func filesOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(data)
	}
	return files
}

// TestStaleFolders removes what killed imports have left, and nothing of running ones.
func TestStaleFolders(t *testing.T) {
	dir := t.TempDir()
	old := time.Now().Add(-2 * time.Hour)
	put := func(name string, at time.Time) {
		path := filepath.Join(dir, name)
		if err := os.Mkdir(path, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(path, "net.yaml"), nil, 0o666); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	put(workFolder+"1", old)
	put(workFolder+"2", time.Now())
	put("photos", old)
	o := importOptions{out: filepath.Join(dir, "net.yaml")}
	if err := o.run(io.Discard, "../../filters/onnx/testdata/net.onnx"); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if want := []string{workFolder + "2", "net.safetensors", "net.yaml", "photos"}; !slices.Equal(names, want) {
		t.Errorf("%v are there, want %v", names, want)
	}
}
