//go:build unix

package main

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"filterbank/pipeline/store"
)

// shardsOf are the tasks of a run in n shards, as commands.
type shardsOf struct {
	n       int
	command func(out string) *exec.Cmd
}

// task is the command of a task, counted from 0.
func (s shardsOf) task(out string, i int) *exec.Cmd {
	cmd := s.command(out)
	cmd.Args = append(cmd.Args, fmt.Sprintf("--shards=%d", s.n), "--shard=auto")
	cmd.Env = append(os.Environ(), fmt.Sprintf("SLURM_ARRAY_TASK_ID=%d", i))
	return cmd
}

// merged merges a run and returns its files, without those of its shards.
func (s shardsOf) merged(t *testing.T, out string) map[string]string {
	t.Helper()
	cmd := s.command(out)
	cmd.Args = []string{cmd.Args[0], "merge", out}
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	files := outputs(t, out)
	for name := range files {
		if strings.HasSuffix(name, ".tmp") || filepath.Base(name) == ".filterbank.lock" {
			t.Errorf("%s is left", name)
		}
		if name == store.ConfigName || strings.HasPrefix(name, store.PartsName+string(filepath.Separator)) || strings.HasPrefix(name, store.ShardsName) {
			delete(files, name)
		}
	}
	return files
}

// samples are the members of a run's tar files, by name. Records are left out, since they name
// their tar file.
func samplesIn(t *testing.T, out, pattern string) map[string]string {
	t.Helper()
	members := map[string]string{}
	shards, err := filepath.Glob(filepath.Join(out, pattern))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range shards {
		file, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		for in := tar.NewReader(file); ; {
			h, err := in.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			data, readErr := io.ReadAll(in)
			if err = errors.Join(err, readErr); err != nil {
				t.Fatal(err)
			}
			if _, twice := members[h.Name]; twice {
				t.Errorf("%s is there twice", h.Name)
			}
			if !strings.HasSuffix(h.Name, ".json") {
				members[h.Name] = string(data)
			}
		}
	}
	return members
}

// TestShardsKilled kills tasks at random moments. Tasks that run again go on, and the merged run is
// the undisturbed one.
func TestShardsKilled(t *testing.T) {
	rounds := 1
	if os.Getenv("FILTERBANK_LONG") != "" {
		rounds = 50
	}
	for name, flags := range map[string][]string{"folders": nil, "pack": append([]string{"--include", "[st]*.png"}, packed...)} {
		t.Run(name, func(t *testing.T) {
			command, undisturbed, took := interruptibleOf(t, []string{disturbedSamples(t)}, flags...)
			s := shardsOf{2, command}
			whole := filepath.Join(t.TempDir(), "whole")
			if text, err := command(whole).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, text)
			}
			killed := 0
			for round := 0; round < rounds || killed == 0; round++ {
				out := filepath.Join(t.TempDir(), "out")
				for i := range s.n {
					for range 3 {
						if kill(t, s.task(out, i), took/2) { // a shard is half of the work
							killed++
						}
					}
					if text, err := s.task(out, i).CombinedOutput(); err != nil {
						t.Fatalf("%v: %s", err, text)
					}
				}
				got := s.merged(t, out)
				if flags == nil {
					sameOutputs(t, got, undisturbed)
					continue
				}
				sameOutputs(t, samplesIn(t, out, "parts/*/shards/*.tar"), samplesIn(t, whole, "shards/*.tar"))
			}
		})
	}
}

// TestShardsRace has several tasks of each shard run at the same time, all of which want to be the
// first one. One of them does each shard, and the others end as done or are told to try again.
func TestShardsRace(t *testing.T) {
	command, undisturbed := interruptible(t, "--include", "[st]*.png")
	s := shardsOf{2, command}
	out := filepath.Join(t.TempDir(), "out")
	var all sync.WaitGroup
	codes := make([]int, 3*s.n)
	for k := range codes {
		all.Go(func() {
			cmd := s.task(out, k%s.n)
			text, err := cmd.CombinedOutput()
			codes[k] = cmd.ProcessState.ExitCode()
			if want := fmt.Sprintf("another task is at work on shard %d: wait for it", k%s.n); codes[k] == exitAgain && !strings.Contains(string(text), want) {
				t.Errorf("%v: said %s, want %s", err, text, want)
			}
		})
	}
	all.Wait()
	for i := range s.n {
		done := 0
		for k := i; k < len(codes); k += s.n {
			switch codes[k] {
			case 0:
				done++
			case exitAgain:
			default:
				t.Errorf("a task of shard %d ends with %d", i, codes[k])
			}
		}
		if done == 0 {
			t.Errorf("no task has done shard %d", i)
		}
	}
	sameOutputs(t, s.merged(t, out), undisturbed)
}

// TestShardsHeld looks at a run while a task is at work.
func TestShardsHeld(t *testing.T) {
	command, _ := interruptible(t, "--include", "s*.png")
	s := shardsOf{2, command}
	out := filepath.Join(t.TempDir(), "out")
	if text, err := s.task(out, 0).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	status := func() string {
		cmd := command(out)
		cmd.Args = []string{cmd.Args[0], "status", out}
		text, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		return string(text)
	}
	folder, err := store.Open(filepath.Join(out, store.PartName(1, 2)))
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Release()
	lock, err := folder.Lock()
	if err != nil {
		t.Fatal(err)
	}
	if text := status(); !strings.Contains(text, "\nrunning  1  1, last written ") || strings.Contains(text, "--array") {
		t.Errorf("while a task is at work: %s", text)
	}
	cmd := command(out)
	cmd.Args = []string{cmd.Args[0], "merge", out}
	text, _ := cmd.CombinedOutput()
	if want := "1 shard is not done; tasks work on 1 of them\n"; cmd.ProcessState.ExitCode() != exitFailed || !strings.HasSuffix(string(text), want) {
		t.Errorf("merge says %s", text)
	}
	again := s.task(out, 1)
	text, _ = again.CombinedOutput()
	if again.ProcessState.ExitCode() != exitAgain {
		t.Errorf("a task of a held shard: exit %d, %s", again.ProcessState.ExitCode(), text)
	}
	if err := lock.Unlock(false); err != nil {
		t.Fatal(err)
	}
	if text := status(); !strings.Contains(text, "\nmissing  1  1\n") || !strings.Contains(text, "--array=1\n") {
		t.Errorf("when the task is gone: %s", text)
	}
}
