package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"filterbank/filters/config"
)

// blocks are a language's fenced blocks in README.
func blocks(t *testing.T, language string) []string {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, m := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		found = append(found, m[1])
	}
	if len(found) == 0 {
		t.Fatalf("README has no block of %s", language)
	}
	return found
}

// sampleCommands are the commands in the comments of the samples' stack files, but for
// those on photos/, which stands for a folder of the reader's.
func sampleCommands(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../../samples/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no stack files among the samples", err)
	}
	var found []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^# {2,}(filterbank .*?)(?: {3,}.*)?$`).FindAllStringSubmatch(string(text), -1) {
			if !strings.Contains(m[1], " photos/") {
				found = append(found, m[1])
			}
		}
	}
	return found
}

// TestReadmeStackFile builds the stack file that README shows.
func TestReadmeStackFile(t *testing.T) {
	for _, text := range blocks(t, "yaml") {
		file, err := config.Parse("README.md", []byte(text))
		if err == nil {
			_, err = file.Build()
		}
		if err != nil {
			t.Errorf("%s\n%v", text, err)
		}
	}
}

// TestReadmeCommands runs every command of README and the samples, in order, in a copy
// of the module.
// Only the test command is left to whoever runs this test with it.
func TestReadmeCommands(t *testing.T) {
	if testing.Short() {
		t.Skip("copies and builds the module")
	}
	dir := t.TempDir()
	for _, name := range []string{"go.mod", "go.sum"} {
		data, err := os.ReadFile(filepath.Join("../..", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"cmd", "pipeline", "filters", "samples"} {
		if err := os.CopyFS(filepath.Join(dir, name), os.DirFS(filepath.Join("../..", name))); err != nil {
			t.Fatal(err)
		}
	}
	bin := filepath.Join(dir, "bin")
	env := append(os.Environ(), "GOBIN="+bin, "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	ran := 0
	for _, block := range append(blocks(t, "sh"), sampleCommands(t)...) {
		for line := range strings.Lines(block) {
			line = strings.TrimSpace(line)
			if line == "" || line == "go test ./..." {
				continue
			}
			cmd := exec.Command("bash", "-o", "pipefail", "-c", line)
			cmd.Dir, cmd.Env = dir, env
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%s: %v\n%s", line, err, out)
			}
			ran++
		}
	}
	if ran < 10 {
		t.Errorf("ran %d commands, README has more", ran)
	}
	t.Run("python", func(t *testing.T) {
		python := python(t)
		for _, program := range blocks(t, "python") {
			cmd := exec.Command(python, "-c", program)
			cmd.Dir = dir
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		}
	})
}

// python finds one with numpy and PIL: the first in the path, or the system's.
func python(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(name, "-c", "import numpy, PIL").Run() == nil {
			return name
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatal("no python3 with numpy and PIL")
	}
	t.Skip("no python3 with numpy and PIL")
	return ""
}
