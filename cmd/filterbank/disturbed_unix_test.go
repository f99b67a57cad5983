//go:build unix

package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"filterbank/pipeline/manifest"
	"filterbank/pipeline/store"
)

// disturb runs a command that waits for a picture from standard input, and calls a function after
// the command has written its first record. feed brings the picture. The command must exit with the
// code. disturb returns its messages.
func disturb(t *testing.T, cmd *exec.Cmd, out string, code int, do func(feed func())) string {
	t.Helper()
	picture := cmd.Stdin
	cmd.Stdin = nil
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for begun := false; !begun; time.Sleep(time.Millisecond) {
		info, err := os.Stat(filepath.Join(out, manifest.Name))
		begun = err == nil && info.Size() > 0
	}
	do(func() {
		io.Copy(stdin, picture) // which fails if the command has ended
		stdin.Close()
	})
	cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); got != code {
		t.Errorf("exit %d, want %d: %s", got, code, &stderr)
	}
	return stderr.String()
}

// TestVanishingOutput moves the output folder away during a run, and puts another one in its
// place. The run ends, makes no other folder, and can be resumed in the moved folder.
func TestVanishingOutput(t *testing.T) {
	command, undisturbed := gated(t, "-j", "1")
	for _, replaced := range []bool{false, true} {
		out := filepath.Join(t.TempDir(), "out")
		moved := out + ".moved"
		said := disturb(t, command(out), out, exitAgain, func(feed func()) {
			if err := os.Rename(out, moved); err != nil {
				t.Fatal(err)
			}
			if replaced {
				if err := os.Mkdir(out, 0o777); err != nil {
					t.Fatal(err)
				}
			}
			feed()
		})
		if want := "filterbank: write " + out + ": " + store.ErrGone.Error() + "; "; !strings.HasPrefix(said, want) || strings.Count(said, "\n") != 1 {
			t.Errorf("said %q, want %q", said, want)
		}
		if left, err := os.ReadDir(out); len(left) > 0 || replaced != (err == nil) {
			t.Errorf("in the folder's place are %v, %v", left, err)
		}
		if text, err := command(moved).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		sameOutputs(t, outputs(t, moved), undisturbed)
	}
}

// TestReadOnlyOutput removes the permission to write, before a run and during it. The superuser
// may write everywhere, so the test then runs as nobody.
func TestReadOnlyOutput(t *testing.T) {
	command, undisturbed := gated(t, "-j", "1")
	dir, err := os.MkdirTemp("", "filterbank")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "out")
	if err := os.Mkdir(out, 0o777); err != nil {
		t.Fatal(err)
	}
	mode := func(path string, m os.FileMode) {
		t.Helper()
		if err := os.Chmod(path, m); err != nil {
			t.Fatal(err)
		}
	}
	mode(dir, 0o777)
	// Only the test's user may enter its folders, so the program and the samples move here.
	args := command(out).Args
	samples := len(args) - 2
	asNobody := func() *exec.Cmd {
		cmd := command(out)
		cmd.Path, cmd.Args[samples] = filepath.Join(dir, "filterbank"), "samples"
		cmd.Dir = dir
		if os.Geteuid() == 0 {
			const nobody = 65534
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		}
		return cmd
	}
	program(t, dir)
	if err := os.CopyFS(filepath.Join(dir, "samples"), os.DirFS(args[samples])); err != nil {
		t.Fatal(err)
	}

	mode(out, 0o555)
	cmd := asNobody()
	text, err := cmd.CombinedOutput()
	want := "filterbank: lock output folder: open " + out + "/.filterbank.lock: permission denied\n"
	if got := cmd.ProcessState.ExitCode(); got != exitUsage || string(text) != want {
		t.Errorf("before: exit %d, %v, said %q, want %q", got, err, text, want)
	}
	mode(out, 0o777)
	said := disturb(t, asNobody(), out, exitUsage, func(feed func()) {
		mode(out, 0o555)
		feed()
	})
	if !strings.HasPrefix(said, "filterbank: write "+out+"/") || !strings.Contains(said, ": permission denied") {
		t.Errorf("under it: said %q", said)
	}
	mode(out, 0o777)
	if text, err := asNobody().CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	got := outputs(t, out)
	undisturbed[manifest.Name] = strings.ReplaceAll(undisturbed[manifest.Name], args[samples], "samples")
	sameOutputs(t, got, undisturbed)
}

// TestSecondRun starts a run in a folder in which another run waits for its picture.
func TestSecondRun(t *testing.T) {
	dir := t.TempDir()
	name := program(t, dir)
	out := filepath.Join(dir, "out")
	first := exec.Command(name, "run", "-q", "--bank", "sobel", "-o", out, "-")
	stdin, err := first.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	for begun := false; !begun; time.Sleep(time.Millisecond) {
		_, err := os.Stat(filepath.Join(out, manifest.Name))
		begun = err == nil
	}
	second := func() (int, string) {
		cmd := exec.Command(name, "run", "-q", "--bank", "sobel", "-o", out, "../../samples/textbook.png")
		text, _ := cmd.CombinedOutput()
		return cmd.ProcessState.ExitCode(), string(text)
	}
	want := "filterbank: output folder " + out + ": another run is writing to it; wait for that one or choose another folder with -o\n"
	if code, said := second(); code != exitAgain || said != want {
		t.Errorf("exit %d, want %d; said %q, want %q", code, exitAgain, said, want)
	}
	picture, err := os.ReadFile("../../samples/textbook.png")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stdin.Write(picture); err != nil {
		t.Fatal(err)
	}
	stdin.Close()
	if err := first.Wait(); err != nil {
		t.Errorf("the first run: %v", err)
	}
	if code, said := second(); code != 0 {
		t.Errorf("after it: exit %d, %s", code, said)
	}
}
