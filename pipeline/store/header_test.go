package store

import (
	"archive/tar"
	"bytes"
	"strings"
	"testing"
	"time"
)

// FuzzHeader compares the headers of members with those of package archive/tar, byte by byte.
func FuzzHeader(f *testing.F) {
	for _, name := range []string{"a.npy", "", "/", "a/", "\x00", "a\x00b", "ü.json", "\xff", strings.Repeat("n", 100), strings.Repeat("n", 101), strings.Repeat("d/", 49) + "nn", strings.Repeat("d/", 60) + "n"} {
		for _, size := range []int64{0, 1, 511, 1 << 20, 1<<33 - 1, 1 << 33, -1} {
			f.Add(name, size)
		}
	}
	f.Fuzz(func(t *testing.T, name string, size int64) {
		var want bytes.Buffer
		wantErr := tar.NewWriter(&want).WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o644, ModTime: time.Unix(0, 0)})
		got, err := header(name, size)
		if (err != nil) != (wantErr != nil) || err == nil && !bytes.Equal(got, want.Bytes()) {
			t.Errorf("%q of %d bytes: got %q, %v, want %q, %v", name, size, got, err, want.Bytes(), wantErr)
		}
	})
}
