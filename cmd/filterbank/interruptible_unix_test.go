//go:build unix

package main

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"filterbank/pipeline/manifest"
	"filterbank/pipeline/source"
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

// interruptible makes a run of the small samples that tests disturb, with optional flags: its program
// and arguments for an output folder, and its files when nothing disturbs it.
func interruptible(t *testing.T, flags ...string) (command func(out string) *exec.Cmd, undisturbed map[string]string) {
	t.Helper()
	command, undisturbed, _ = interruptibleOf(t, []string{disturbedSamples(t)}, flags...)
	return command, undisturbed
}

// gated makes such a run that ends with a picture from standard input. A test that holds it back
// disturbs the run before its end.
func gated(t *testing.T, flags ...string) (command func(out string) *exec.Cmd, undisturbed map[string]string) {
	t.Helper()
	command, undisturbed, _ = interruptibleOf(t, []string{disturbedSamples(t), source.Stdin}, flags...)
	return command, undisturbed
}

// disturbedSamples is a folder of the small samples, or with FILTERBANK_LONG of the samples.
func disturbedSamples(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../../samples")
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("FILTERBANK_LONG") == "" {
		dir = t.TempDir()
		smallSamples(t, dir)
	}
	return dir
}

// interruptibleOf makes such a run of inputs, and measures how long it takes.
func interruptibleOf(t *testing.T, inputs []string, flags ...string) (command func(out string) *exec.Cmd, undisturbed map[string]string, took time.Duration) {
	t.Helper()
	dir := t.TempDir()
	name := program(t, dir)
	small, err := smallPictures()
	if err != nil {
		t.Fatal(err)
	}
	formats := []string{"--format", "png", "--format", "npy"}
	if os.Getenv("FILTERBANK_LONG") != "" {
		formats = append(formats, "--sheet", "--overlay")
	}
	if slices.Contains(flags, "--features") && !slices.Contains(flags, "--pack") {
		formats = nil
	}
	command = func(out string) *exec.Cmd {
		cmd := exec.Command(name, slices.Concat([]string{"run", "-q", "--layers", "all"}, flags, formats, []string{"-o", out}, inputs)...)
		if slices.Contains(inputs, source.Stdin) {
			cmd.Stdin = bytes.NewReader(small["text.png"])
		}
		return cmd
	}
	out := filepath.Join(dir, "undisturbed")
	begin := time.Now()
	if text, err := command(out).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return command, outputs(t, out), time.Since(begin)
}
