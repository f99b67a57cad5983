//go:build unix

package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestInterruptedBeforeItBegins interrupts the program while it waits for pipes that nobody writes
// to. A named pipe is opened by nobody else, or by a writer.
func TestInterruptedBeforeItBegins(t *testing.T) {
	name := program(t, t.TempDir())
	const fifo = "fifo"
	samples, err := filepath.Abs("../../samples")
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"run", "-", "-o", "out"}, {"run", "--files-from", "-", "-o", "out"},
		{"plan", "-c", fifo, samples}, {"run", "-c", fifo, samples, "-o", "out"},
		{"animate", "-c", fifo, samples + "/textbook.png", "-o", "out.gif"}, {"export", fifo, "-o", "out.onnx"},
	} {
		t.Run(strings.Join(args[:2], " "), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := syscall.Mkfifo(filepath.Join(dir, fifo), 0o666); err != nil {
				t.Fatal(err)
			}
			start := func() *exec.Cmd {
				cmd := exec.Command(name, args...)
				cmd.Dir = dir
				return cmd
			}
			interruptedWaiting(t, start)
			if slices.Contains(args, fifo) {
				interruptedReading(t, start(), filepath.Join(dir, fifo))
			}
		})
	}
}

// interruptedWaiting interrupts a program some time after its start. If the program does not catch
// the signal by then, it is given twice the time.
func interruptedWaiting(t *testing.T, start func() *exec.Cmd) {
	t.Helper()
	for wait := 40 * time.Millisecond; ; wait *= 2 {
		reader, writer, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		cmd := start()
		cmd.Stdin = reader
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(wait)
		interrupt(t, cmd)
		reader.Close()
		writer.Close()
		switch status := cmd.ProcessState.Sys().(syscall.WaitStatus); {
		case status.Signaled() && wait < time.Minute:
			continue
		case status.ExitStatus() != exitInterrupted:
			t.Errorf("%q: %v, want exit %d", cmd.Args, cmd.ProcessState, exitInterrupted)
		}
		return
	}
}

// interruptedReading interrupts a program once it reads a named pipe, which has a writer then.
func interruptedReading(t *testing.T, cmd *exec.Cmd, fifo string) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for {
		writer, err := os.OpenFile(fifo, os.O_WRONLY|syscall.O_NONBLOCK, 0)
		if err == nil {
			defer writer.Close()
			break
		}
		if !errors.Is(err, syscall.ENXIO) { // nobody reads
			t.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
	interrupt(t, cmd)
	if got := cmd.ProcessState.ExitCode(); got != exitInterrupted {
		t.Errorf("%q, reading: %v, want exit %d", cmd.Args, cmd.ProcessState, exitInterrupted)
	}
}

// interrupt asks a program to end and waits for that.
func interrupt(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	hangs := time.AfterFunc(2*time.Minute, func() {
		t.Errorf("%q: goes on waiting", cmd.Args)
		cmd.Process.Kill()
	})
	cmd.Wait()
	hangs.Stop()
}
