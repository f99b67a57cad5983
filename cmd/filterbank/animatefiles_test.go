package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestFramesAllOrNone checks that no frame stays if a later one cannot be written.
func TestFramesAllOrNone(t *testing.T) {
	dir := t.TempDir()
	names := []string{filepath.Join(dir, "a.png"), filepath.Join(dir, "b.png"), filepath.Join(dir, "c.png")}
	if err := os.Mkdir(names[2], 0o777); err != nil {
		t.Fatal(err)
	}
	files := [][]byte{[]byte("a"), []byte("b"), []byte("c")}
	if err := writeAll(t.Context(), names, files); err == nil {
		t.Error("a folder was replaced")
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("%v are left, %v", left, err)
	}
}
