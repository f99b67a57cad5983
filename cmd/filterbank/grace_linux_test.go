package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"filterbank/pipeline/manifest"
	"filterbank/pipeline/store"
)

// waiting starts a run with one worker that waits for the rest of its first picture on standard
// input. A second picture comes after it. do is called once the worker has read the beginning. It
// may hear the first message of the program.
func waiting(t *testing.T, name, out string, flags []string, do func(cmd *exec.Cmd, hear, feed func())) (code int, said string) {
	t.Helper()
	cmd := exec.Command(name, append([]string{"run", "-j", "1", "--bank", "sobel", "-o", out, "-", "../../samples/textbook.png"}, flags...)...)
	picture, err := os.ReadFile("../../samples/textbook.png")
	if err != nil {
		t.Fatal(err)
	}
	reader, stdin, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	cmd.Stdin = reader
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := stdin.Write(picture[:8]); err != nil {
		t.Fatal(err)
	}
	for unread := 1; unread > 0; time.Sleep(time.Millisecond) {
		if unread, err = unix.IoctlGetInt(int(reader.Fd()), unix.TIOCINQ); err != nil {
			t.Fatal(err)
		}
	}
	messages := bufio.NewReader(stderr)
	do(cmd, func() { messages.Peek(1) }, func() {
		_, err := stdin.Write(picture[8:])
		if err = errors.Join(err, stdin.Close()); err != nil {
			t.Error(err)
		}
	})
	text, err := io.ReadAll(messages)
	if err != nil {
		t.Error(err)
	}
	cmd.Wait()
	return cmd.ProcessState.ExitCode(), string(text)
}

// records are the lines of a manifest.
func records(t *testing.T, out string) []string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(out, manifest.Name))
	if err != nil {
		t.Fatal(err)
	}
	return strings.SplitAfter(string(data), "\n")
}

// TestGrace sends SIGTERM twice, as schedulers do, to a run with a picture in work. The picture is
// finished, the next one is not begun, and the next run does the rest.
func TestGrace(t *testing.T) {
	dir := t.TempDir()
	name := program(t, dir)
	for _, pack := range []bool{false, true} {
		out := filepath.Join(dir, "out")
		flags := []string{"--grace", "5m"}
		if pack {
			out = filepath.Join(dir, "packed")
			flags = append(flags, "--pack", "webdataset", "--pack-count", "1", "--format", "npy")
		}
		code, said := waiting(t, name, out, flags, func(cmd *exec.Cmd, hear, feed func()) {
			cmd.Process.Signal(syscall.SIGTERM)
			cmd.Process.Signal(syscall.SIGTERM)
			hear() // the order of a signal and of what a pipe brings is not sure
			feed()
		})
		want := "WRN a signal has come: no image is begun, and the ones in work have 5m0s\nfilterbank: interrupted; finished images stay, and the same command does the rest\n"
		if code != exitInterrupted || said != want {
			t.Errorf("pack %t: exit %d, said %q, want %q", pack, code, said, want)
		}
		if lines := records(t, out); len(lines) != 2 || !strings.Contains(lines[0], `"output":"stdin"`) || !strings.Contains(lines[0], `"status":"ok"`) {
			t.Errorf("pack %t: manifest %q, want the first picture alone", pack, lines)
		}
		if store.Unfinished(out) {
			t.Errorf("pack %t: the run has not ended well", pack)
		}
	}
}

// TestGraceOver sends SIGTERM to a run whose picture never comes. It is given up, and the run ends
// in order before its time is over.
func TestGraceOver(t *testing.T) {
	dir := t.TempDir()
	name, out := program(t, dir), filepath.Join(dir, "out")
	code, said := waiting(t, name, out, []string{"--grace", "400ms", "-q"}, func(cmd *exec.Cmd, _, _ func()) { cmd.Process.Signal(syscall.SIGTERM) })
	if want := "filterbank: interrupted; finished images stay, and the same command does the rest\n"; code != exitInterrupted || said != want {
		t.Errorf("exit %d, said %q, want %q", code, said, want)
	}
	if lines := records(t, out); len(lines) != 1 {
		t.Errorf("manifest %q, want an empty one", lines)
	}
	if store.Unfinished(out) {
		t.Error("the run has not ended well")
	}
}

// fill writes to a pipe until not even a byte has room.
func fill(t *testing.T, writer *os.File) {
	t.Helper()
	raw, err := writer.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{1024, 1} {
		for err = nil; err == nil; {
			if wrong := raw.Write(func(fd uintptr) bool {
				_, err = unix.Write(int(fd), make([]byte, size))
				return true
			}); wrong != nil {
				t.Fatal(wrong)
			}
		}
		if !errors.Is(err, unix.EAGAIN) {
			t.Fatal(err)
		}
	}
}

// TestGraceOverdue sends SIGTERM to a run that cannot end, because nobody reads its messages. It
// ends in time, and the next run does the rest.
func TestGraceOverdue(t *testing.T) {
	dir := t.TempDir()
	name, out := program(t, dir), filepath.Join(dir, "out")
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	fill(t, writer)
	args := []string{"run", "-v", "--grace", "300ms", "--bank", "sobel", "-o", out, "../../samples/textbook.png", "../../samples/ramp.png"}
	cmd := exec.Command(name, args...)
	cmd.Stderr = writer
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	writer.Close()
	for begun := false; !begun; time.Sleep(time.Millisecond) {
		info, err := os.Stat(filepath.Join(out, manifest.Name))
		begun = err == nil && info.Size() > 0
	}
	cmd.Process.Signal(syscall.SIGTERM)
	cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); got != exitInterrupted {
		t.Errorf("exit %d, want %d", got, exitInterrupted)
	}
	if text, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Errorf("the next run: %v: %s", err, text)
	}
	if lines := records(t, out); len(lines) != 3 || store.Unfinished(out) {
		t.Errorf("manifest %q, want two pictures", lines)
	}
}
