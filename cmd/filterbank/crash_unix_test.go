//go:build unix

package main

import (
	"archive/tar"
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"filterbank/pipeline/manifest"
)

// packed are the flags of a pack with a number of shards.
var packed = []string{"--pack", "webdataset", "--pack-size", "500KB"}

// TestKilled kills runs at random moments. The same command again always ends with the bytes of
// an undisturbed run and leaves no temporary files.
func TestKilled(t *testing.T) {
	t.Run("folders", func(t *testing.T) { killed(t, "") })
	t.Run("pack", func(t *testing.T) { killed(t, "", packed...) })
	t.Run("features", func(t *testing.T) {
		table := filepath.Join(t.TempDir(), "features.parquet")
		killed(t, table, "--features", table)
	})
	t.Run("features and pack", func(t *testing.T) {
		table := filepath.Join(t.TempDir(), "features.csv")
		killed(t, table, append([]string{"--features", table}, packed...)...)
	})
	t.Run("tar file and pack", func(t *testing.T) {
		command, undisturbed, took := interruptibleOf(t, []string{tarred(t)}, packed...)
		killedRuns(t, command, undisturbed, "", 2, took)
	})
}

// tarred is a tar file of the samples.
func tarred(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	name := filepath.Join(t.TempDir(), "samples.tar")
	if err := errors.Join(w.AddFS(os.DirFS(disturbedSamples(t))), w.Close(), os.WriteFile(name, b.Bytes(), 0o666)); err != nil {
		t.Fatal(err)
	}
	return name
}

// killed kills runs of the samples with flags. A table is a file besides the output folder, alone in its own
// folder, or empty.
func killed(t *testing.T, table string, flags ...string) {
	rounds := 3
	if table != "" && slices.Contains(flags, "--pack") { // features and packs have rounds of their own
		rounds = 2
	}
	command, undisturbed, took := interruptibleOf(t, []string{disturbedSamples(t)}, flags...)
	killedRuns(t, command, undisturbed, table, rounds, took)
}

// killedRuns kills runs of a command at any moment of the time that the undisturbed run took. It has
// a number of rounds, and more if every run has ended before its moment.
func killedRuns(t *testing.T, command func(out string) *exec.Cmd, undisturbed map[string]string, table string, rounds int, took time.Duration) {
	if os.Getenv("FILTERBANK_LONG") != "" {
		rounds = 100
	}
	tables := func() map[string]string {
		if table == "" {
			return nil
		}
		return outputs(t, filepath.Dir(table))
	}
	wanted := tables()
	out := filepath.Join(t.TempDir(), "out")
	killed := 0
	for round := 0; round < rounds || killed == 0; round++ {
		os.RemoveAll(out)
		os.Remove(table)
		for range 3 { // a run, a run that resumes it, and a run that resumes that
			if kill(t, command(out), took) {
				killed++
			}
		}
		if text, err := command(out).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		sameOutputs(t, outputs(t, out), undisturbed)
		sameOutputs(t, tables(), wanted)
	}
}

// kill starts a command, kills it at any moment within a time, and says whether it was killed.
func kill(t *testing.T, cmd *exec.Cmd, within time.Duration) bool {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(rand.N(within))
	cmd.Process.Kill()
	return cmd.Wait() != nil
}

// TestInterrupted sends each signal that asks a run to end, after its beginning.
func TestInterrupted(t *testing.T) {
	command, undisturbed := gated(t)
	signals := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}
	// A process inherits what its parent ignores, as nohup has it, and not what its parent catches.
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, syscall.SIGINT, syscall.SIGHUP)
	defer signal.Stop(caught)
	for _, signal := range signals {
		out := filepath.Join(t.TempDir(), "out")
		cmd := command(out)
		said := disturb(t, cmd, out, exitInterrupted, func(func()) { cmd.Process.Signal(signal) })
		if want := "filterbank: interrupted; finished images stay, and the same command does the rest\n"; said != want {
			t.Errorf("%v: said %q, want %q", signal, said, want)
		}
		part := outputs(t, out)
		for name, data := range part {
			if name != manifest.Name && undisturbed[name] != data {
				t.Errorf("%v: %s is half written or should not be there", signal, name)
			}
		}
		if len(part) == len(undisturbed) {
			t.Errorf("%v: the run was not interrupted", signal)
		}
		if text, err := command(out).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		sameOutputs(t, outputs(t, out), undisturbed)
	}
}

// TestClosedPipe closes the reader of standard error. The run ends without a message, and can be
// resumed.
func TestClosedPipe(t *testing.T) {
	command, undisturbed := interruptible(t)
	out := filepath.Join(t.TempDir(), "out")
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	reader.Close()
	cmd := command(out)
	cmd.Args[2] = "-v"
	cmd.Stderr = writer
	err = cmd.Run()
	writer.Close()
	if got := cmd.ProcessState.ExitCode(); got != exitAgain {
		t.Errorf("%v, want exit %d", err, exitAgain)
	}
	if text, err := command(out).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	sameOutputs(t, outputs(t, out), undisturbed)
}

// TestFullDisk limits the size of files, like a full disk. The run ends with the file's name in
// the message and leaves no part of the file. In a pack, this happens in the middle of a shard.
func TestFullDisk(t *testing.T) {
	t.Run("folders", func(t *testing.T) { fullDisk(t) })
	t.Run("pack", func(t *testing.T) { fullDisk(t, packed...) })
}

func fullDisk(t *testing.T, flags ...string) {
	command, undisturbed := interruptible(t, flags...)
	out := filepath.Join(t.TempDir(), "out")
	limited := command(out)
	script := "trap '' XFSZ; ulimit -f 100; exec \"$@\"" // 100 blocks of 512 or 1024 bytes
	cmd := exec.Command("bash", append([]string{"-c", script, "bash"}, limited.Args...)...)
	text, err := cmd.CombinedOutput()
	if got := cmd.ProcessState.ExitCode(); got != exitAgain {
		t.Fatalf("%v, want exit %d: %s", err, exitAgain, text)
	}
	if !strings.Contains(string(text), "filterbank: write "+out) || !strings.Contains(string(text), "file too large; ") {
		t.Errorf("said %s", text)
	}
	for name, data := range outputs(t, out) {
		if name != manifest.Name && undisturbed[name] != data {
			t.Errorf("%s is half written or should not be there", name)
		}
	}
	if text, err := command(out).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	sameOutputs(t, outputs(t, out), undisturbed)
}

// TestFullDiskFeatures has no room for the whole table. The message has its name, nothing of it
// is left, and with room again no picture is done anew.
func TestFullDiskFeatures(t *testing.T) {
	dir := t.TempDir()
	name := program(t, dir)
	small := filepath.Join(dir, "small")
	smallSamples(t, small)
	for _, end := range []string{"csv", "parquet"} {
		file, out := filepath.Join(dir, "tables", "features."+end), filepath.Join(dir, end)
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		args := []string{name, "run", "--bank", "sobel,gabor,kirsch,laws", "--features", file, "-o", out, small}
		script := "trap '' XFSZ; ulimit -f 16; exec \"$@\"" // 16 kB, more than the journals have
		text, err := exec.Command("bash", append([]string{"-c", script, "bash"}, args...)...).CombinedOutput()
		if want := "filterbank: features: write " + file + ": file too large; 0 images left, and the same command goes on from here\n"; !strings.HasSuffix(string(text), want) {
			t.Errorf("%v, said %s", err, text)
		}
		if left, err := os.ReadDir(filepath.Dir(file)); err != nil || len(left) > 0 {
			t.Errorf("%v are left, %v", left, err)
		}
		text, err = exec.Command(args[0], args[1:]...).CombinedOutput()
		if err != nil || !strings.HasPrefix(string(text), "nothing to do: 14 images were done already") {
			t.Errorf("with room: %v, %s", err, text)
		}
		os.Remove(file)
	}
}
