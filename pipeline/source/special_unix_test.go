//go:build unix

package source

import (
	"slices"
	"syscall"
	"testing"
)

func TestListRefusesPipes(t *testing.T) {
	plant(t, "p/a.png", "p/l.jpg -> pipe.png")
	if err := syscall.Mkfifo("p/pipe.png", 0o644); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo("p/pipe.txt", 0o644); err != nil {
		t.Fatal(err)
	}
	entries, err := list(t.Context(), []string{"p", "p/pipe.txt", "/dev/null"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"p/a.png > a", "p/l.jpg ! not-a-file", "p/pipe.png ! not-a-file", "p/pipe.txt ! not-a-file", "/dev/null ! not-a-file"}
	if got := lines(entries); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
