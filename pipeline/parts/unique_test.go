package parts

import (
	"fmt"
	"os"
	"testing"
)

// TestUnique looks for texts that come twice, with hashes in memory and in temporary files.
func TestUnique(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	for _, files := range []int{0, 1, 2, 3, mostFiles} {
		for _, again := range []int{-1, 0, 500, 999} {
			u, err := newUnique(files * inMemory)
			if err != nil {
				t.Fatal(err)
			}
			if len(u.files) != files {
				t.Errorf("%d files, want %d", len(u.files), files)
			}
			for i := range 1000 {
				if err := u.add(fmt.Sprint(i)); err != nil {
					t.Fatal(err)
				}
			}
			if again >= 0 {
				if err := u.add(fmt.Sprint(again)); err != nil {
					t.Fatal(err)
				}
			}
			h, found, err := u.twice(t.Context())
			if err != nil || found != (again >= 0) || found && h != hashText(fmt.Sprint(again)) {
				t.Errorf("%d files, %d comes twice: got %x, %t, %v", files, again, h, found, err)
			}
			if err := u.close(); err != nil {
				t.Error(err)
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
				t.Errorf("%v is left, %v", left, err)
			}
		}
	}
}
