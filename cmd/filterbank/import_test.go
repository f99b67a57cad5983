package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
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

// TestImportNamesTheFile imports a network of a .npz file with a damaged array, which is found when the
// array is read. The message names the file and the array.
func TestImportNamesTheFile(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, shape := range map[string][]int{
		"conv1.weight": {10, 3, 3, 3}, "conv1.bias": {10}, "prelu1.weight": {10}, "conv2.weight": {16, 10, 3, 3}, "conv2.bias": {16}, "prelu2.weight": {16},
		"conv3.weight": {32, 16, 3, 3}, "conv3.bias": {32}, "prelu3.weight": {32}, "conv4_1.weight": {2, 32, 1, 1}, "conv4_1.bias": {2},
		"conv4_2.weight": {4, 32, 1, 1}, "conv4_2.bias": {4},
	} {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name + ".npy", Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		values, text := 1, ""
		for _, side := range shape {
			values *= side
			text += fmt.Sprint(side, ", ")
		}
		data := make([]byte, 4*values)
		if name == "conv3.weight" {
			copy(data[1000:], "damage")
		}
		header := "{'descr': '<f4', 'fortran_order': False, 'shape': (" + text + "), }\n"
		if _, err := fmt.Fprintf(w, "\x93NUMPY\x01\x00%c\x00%s%s", len(header), header, data); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	model, o := filepath.Join(dir, "pnet.npz"), importOptions{out: filepath.Join(dir, "net.yaml"), arch: "pnet"}
	if err := os.WriteFile(model, bytes.Replace(b.Bytes(), []byte("damage"), []byte("DAMAGE"), 1), 0o666); err != nil {
		t.Fatal(err)
	}
	err := o.run(io.Discard, model)
	if want := model + ": array conv3.weight cannot be read: "; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
	if left := filesOf(t, dir); len(left) != 1 {
		t.Errorf("%d files are left, want the model alone", len(left))
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
