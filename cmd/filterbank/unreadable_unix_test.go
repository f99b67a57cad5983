//go:build unix

package main

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"filterbank/pipeline/manifest"
)

// program puts the program into a folder. It is this test's own binary, which TestMain runs as
// main under this name. The folder has a copy of it where it cannot have a link.
func program(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "filterbank")
	if os.Link(os.Args[0], path) == nil {
		return path
	}
	data, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestUnreadable runs the program on a file and a folder without permission. The superuser may
// read everything, so the test then runs as nobody.
func TestUnreadable(t *testing.T) {
	dir, err := os.MkdirTemp("", "filterbank")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 9, 9))); err != nil {
		t.Fatal(err)
	}
	write := func(name string, data []byte, mode os.FileMode) {
		if err := os.WriteFile(filepath.Join(dir, name), data, mode); err != nil {
			t.Fatal(err)
		}
	}
	for _, d := range []string{"in", "in/sub", "out"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o777); err != nil {
			t.Fatal(err)
		}
		os.Chmod(filepath.Join(dir, d), 0o777)
	}
	write("in/a.png", picture.Bytes(), 0o644)
	write("in/b.png", picture.Bytes(), 0)
	write("in/sub/c.png", picture.Bytes(), 0o644)
	os.Chmod(dir, 0o755)
	os.Chmod(filepath.Join(dir, "in/sub"), 0)

	cmd := exec.Command(program(t, dir), "run", "--bank", "sobel", "in")
	cmd.Dir = dir
	if os.Geteuid() == 0 {
		const nobody = 65534
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	if cmd.ProcessState.ExitCode() != exitFailed {
		t.Errorf("%v, want exit %d", err, exitFailed)
	}
	for _, want := range []string{"in/b.png: permission denied", "in/sub"} {
		if strings.Count(stderr.String(), want) != 1 {
			t.Errorf("want %q once in\n%s", want, &stderr)
		}
	}
	manifest, err := os.ReadFile(filepath.Join(dir, "out", manifest.Name))
	if got := bytes.Count(manifest, []byte(`"status":"failed","code":"unreadable"`)); got != 2 {
		t.Errorf("%d records have the code unreadable, want 2: %v\n%s", got, err, manifest)
	}
	if want := "1 image, 2 maps, 2 failed"; !strings.HasPrefix(stdout.String(), want) {
		t.Errorf("got %q, want %q", &stdout, want)
	}
}
