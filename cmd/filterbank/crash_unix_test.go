//go:build unix

package main

import (
	"archive/tar"
	"bytes"
	"errors"
	"io/fs"
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

// outputs returns every file below a folder except run.json, which counts and times the run. The
// manifest is without its seconds.
func outputs(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == manifest.RunName {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		files[rel] = string(data)
		if rel == manifest.Name {
			files[rel] = withoutSeconds(files[rel])
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func sameOutputs(t *testing.T, got, want map[string]string) {
	t.Helper()
	for name, data := range want {
		if got[name] != data {
			t.Errorf("%s has %d bytes, which the undisturbed run does not have", name, len(got[name]))
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s is left, the undisturbed run has no such file", name)
		}
	}
}

// interruptible makes a run that takes a while, with optional flags: its program and arguments
// for an output folder, and its files when nothing disturbs it.
func interruptible(t *testing.T, flags ...string) (command func(out string) *exec.Cmd, undisturbed map[string]string) {
	t.Helper()
	samples, err := filepath.Abs("../../samples")
	if err != nil {
		t.Fatal(err)
	}
	return interruptibleOf(t, samples, flags...)
}

// interruptibleOf makes such a run of an input.
func interruptibleOf(t *testing.T, input string, flags ...string) (command func(out string) *exec.Cmd, undisturbed map[string]string) {
	t.Helper()
	dir := t.TempDir()
	name := program(t, dir)
	formats := []string{"--format", "png", "--format", "npy"}
	if os.Getenv("FILTERBANK_LONG") != "" {
		formats = append(formats, "--sheet", "--overlay")
	}
	if slices.Contains(flags, "--features") && !slices.Contains(flags, "--pack") {
		formats = nil
	}
	command = func(out string) *exec.Cmd {
		return exec.Command(name, slices.Concat([]string{"run", "-q", "--layers", "all"}, flags, formats, []string{"-o", out, input})...)
	}
	out := filepath.Join(dir, "undisturbed")
	if text, err := command(out).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return command, outputs(t, out)
}

// packed are the flags of a pack with a number of shards.
var packed = []string{"--pack", "webdataset", "--pack-size", "3MB"}

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
		command, undisturbed := interruptibleOf(t, tarred(t), packed...)
		killedRuns(t, command, undisturbed, "", 2, anyTime)
	})
}

// tarred is a tar file of the samples.
func tarred(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	name := filepath.Join(t.TempDir(), "samples.tar")
	if err := errors.Join(w.AddFS(os.DirFS("../../samples")), w.Close(), os.WriteFile(name, b.Bytes(), 0o666)); err != nil {
		t.Fatal(err)
	}
	return name
}

// anyTime is a time in milliseconds at which a run of the samples is killed.
func anyTime() int { return rand.IntN(400) }

// killed kills runs of the samples with flags. A table is a file besides the output folder, alone in its own
// folder, or empty.
func killed(t *testing.T, table string, flags ...string) {
	rounds, wait := 3, anyTime
	switch pack := slices.Contains(flags, "--pack"); {
	case table != "" && pack: // features and packs have rounds of their own
		rounds = 2
	case table != "": // such a run takes a tenth of a second or less
		wait = func() int { return rand.IntN(1 + rand.IntN(200)) }
	}
	command, undisturbed := interruptible(t, flags...)
	killedRuns(t, command, undisturbed, table, rounds, wait)
}

// killedRuns kills runs of a command after a number of milliseconds, in a number of rounds.
func killedRuns(t *testing.T, command func(out string) *exec.Cmd, undisturbed map[string]string, table string, rounds int, wait func() int) {
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
	for range rounds {
		os.RemoveAll(out)
		os.Remove(table)
		for range 3 { // a run, a run that resumes it, and a run that resumes that
			cmd := command(out)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Duration(wait()) * time.Millisecond)
			cmd.Process.Kill()
			if cmd.Wait() != nil {
				killed++
			}
		}
		if text, err := command(out).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		sameOutputs(t, outputs(t, out), undisturbed)
		sameOutputs(t, tables(), wanted)
	}
	if killed == 0 {
		t.Error("every run ended before it was killed, nothing was tested")
	}
}

// TestInterrupted sends each signal that asks a run to end, after its beginning.
func TestInterrupted(t *testing.T) {
	command, undisturbed := interruptible(t)
	signals := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}
	// A process inherits what its parent ignores, as nohup has it, and not what its parent catches.
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, syscall.SIGINT, syscall.SIGHUP)
	defer signal.Stop(caught)
	for _, signal := range signals {
		out := filepath.Join(t.TempDir(), "out")
		cmd := command(out)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for begun := false; !begun; time.Sleep(time.Millisecond) {
			info, err := os.Stat(filepath.Join(out, manifest.Name))
			begun = err == nil && info.Size() > 0
		}
		cmd.Process.Signal(signal)
		cmd.Wait()
		if got := cmd.ProcessState.ExitCode(); got != exitInterrupted {
			t.Errorf("%v: exit %d, want %d", signal, got, exitInterrupted)
		}
		if want := "filterbank: interrupted; finished images stay, and the same command does the rest\n"; stderr.String() != want {
			t.Errorf("%v: said %q, want %q", signal, &stderr, want)
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
	script := "trap '' XFSZ; ulimit -f 2000; exec \"$@\"" // 2000 blocks of 512 or 1024 bytes
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
	for _, end := range []string{"csv", "parquet"} {
		file, out := filepath.Join(dir, "tables", "features."+end), filepath.Join(dir, end)
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		args := []string{name, "run", "--bank", "sobel,gabor,kirsch,laws", "--features", file, "-o", out, "../../samples"}
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

// TestInterruptedBeforeItBegins makes the program wait for pipes that nobody writes to.
func TestInterruptedBeforeItBegins(t *testing.T) {
	dir := t.TempDir()
	name := program(t, dir)
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o666); err != nil {
		t.Fatal(err)
	}
	ending := map[string]string{"animate": ".gif", "export": ".onnx"}
	for _, args := range [][]string{
		{"run", "-"}, {"run", "--files-from", "-"}, {"plan", "-c", fifo, "../../samples"}, {"run", "-c", fifo, "../../samples"},
		{"animate", "-c", fifo, "../../samples/textbook.png"}, {"export", fifo},
	} {
		reader, writer, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(name, append(args, "-o", filepath.Join(dir, "out"+ending[args[0]]))...)
		cmd.Stdin = reader
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(300 * time.Millisecond) // by then the program waits
		cmd.Process.Signal(syscall.SIGTERM)
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		select {
		case <-ended:
			if got := cmd.ProcessState.ExitCode(); got != exitInterrupted {
				t.Errorf("%q: exit %d, want %d", args, got, exitInterrupted)
			}
		case <-time.After(20 * time.Second):
			cmd.Process.Kill()
			t.Errorf("%q: goes on waiting", args)
		}
		reader.Close()
		writer.Close()
	}
}
