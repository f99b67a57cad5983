package main

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"filterbank/filters/config"
)

// moduleRoot is the module's folder as tests of this package see it.
const moduleRoot = "../.."

// readmes are the paths of the module's README files below its folder, the first page
// first.
func readmes(t *testing.T) []string {
	t.Helper()
	var found []string
	err := fs.WalkDir(os.DirFS(moduleRoot), ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "." && (path == "out" || strings.HasPrefix(d.Name(), ".")):
			return fs.SkipDir
		case d.Name() == "README.md":
			found = append(found, path)
		}
		return nil
	})
	if err != nil || len(found) < 4 || found[0] != "README.md" {
		t.Fatalf("found %q: %v", found, err)
	}
	return found
}

// readText reads a file by its path below the module's folder.
func readText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(moduleRoot, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// block is a fenced block of a README.
type block struct {
	language string
	name     string // of the file that the reader saves it as, or empty
	text     string
}

// blocks are the fenced blocks of a README in order.
func blocks(t *testing.T, readme string) []block {
	t.Helper()
	fence := regexp.MustCompile("(?sm)(?:^Save this as `([^`]+)`[^\n]*\n\n)?^```([a-z.]*)\n(.*?)^```$")
	var found []block
	for _, m := range fence.FindAllStringSubmatch(readText(t, readme), -1) {
		found = append(found, block{name: m[1], language: m[2], text: m[3]})
	}
	return found
}

// blocksOf returns the texts of a language's blocks in a README. There must be at least one.
func blocksOf(t *testing.T, readme, language string) []string {
	t.Helper()
	var found []string
	for _, b := range blocks(t, readme) {
		if b.language == language {
			found = append(found, b.text)
		}
	}
	if len(found) == 0 {
		t.Fatalf("%s has no block of %s", readme, language)
	}
	return found
}

// sampleCommands are the commands in the comments of the samples' stack files, without commands
// on photos/, which stands for a folder of the reader.
func sampleCommands(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(moduleRoot, "samples/*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatal("no stack files among the samples", err)
	}
	var found strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^# {2,}(filterbank .*?)(?: {3,}.*)?$`).FindAllStringSubmatch(string(text), -1) {
			if !strings.Contains(m[1], " photos/") {
				found.WriteString(m[1] + "\n")
			}
		}
	}
	return found.String()
}

// TestReadmeStackFiles builds the stack files that are shown and not saved. TestReadmeCommands
// runs the saved ones.
func TestReadmeStackFiles(t *testing.T) {
	built := 0
	for _, readme := range readmes(t) {
		for _, b := range blocks(t, readme) {
			if b.language != "yaml" || b.name != "" {
				continue
			}
			file, err := config.Parse(readme, []byte(b.text))
			if err == nil {
				_, err = file.Build()
			}
			if err != nil {
				t.Errorf("%s\n%v", b.text, err)
			}
			built++
		}
	}
	if built == 0 {
		t.Error("no README shows a stack file")
	}
}

// copyModule copies the module, without its pictures for READMEs, to a folder called
// filterbank, and returns the folder and the names in it.
func copyModule(t *testing.T) (dir string, names []string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "filterbank")
	names = []string{"cmd", "filters", "pipeline", "samples"}
	for _, name := range names {
		if err := os.CopyFS(filepath.Join(dir, name), os.DirFS(filepath.Join(moduleRoot, name))); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(readText(t, name)), 0o666); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	return dir, names
}

// TestReadmeCommands follows each README in a copy of the module, in order: it runs the commands
// and the Python programs and saves the files. It removes the files of one README before the
// next. It does not run the test command, since that would run this test. The samples are cut, and
// with FILTERBANK_LONG they are as the reader has them.
func TestReadmeCommands(t *testing.T) {
	if testing.Short() {
		t.Skip("copies and builds the module")
	}
	python := findPython(t)
	dir, keep := copyModule(t)
	if os.Getenv("FILTERBANK_LONG") == "" {
		smallSamples(t, filepath.Join(dir, "samples"))
	}
	bin := filepath.Join(dir, "bin")
	// Without paths in the objects, builds in other folders use the cache.
	env := append(os.Environ(), "GOFLAGS=-trimpath -buildvcs=false", "GOBIN="+bin, "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	keep = append(keep, "bin")
	do := func(t *testing.T, name string, args ...string) {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Dir, cmd.Env = dir, env
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", args[len(args)-1], err, out)
		}
	}
	shell := func(t *testing.T, commands string) (ran int) {
		t.Helper()
		for line := range strings.Lines(commands) {
			if line = strings.TrimSpace(line); line != "" && line != "go test ./..." {
				do(t, "bash", "-o", "pipefail", "-c", line)
				ran++
			}
		}
		return ran
	}
	ran := 0
	for _, readme := range readmes(t) {
		t.Run(readme, func(t *testing.T) {
			clean(t, dir, keep)
			for _, b := range blocks(t, readme) {
				switch {
				case b.name != "":
					if err := os.WriteFile(filepath.Join(dir, b.name), []byte(b.text), 0o666); err != nil {
						t.Fatal(err)
					}
				case b.language == "sh":
					ran += shell(t, b.text)
				case b.language == "python" && python != "":
					do(t, python, "-c", b.text)
				}
			}
		})
	}
	if ran < 30 {
		t.Errorf("ran %d commands, the READMEs have more", ran)
	}
	t.Run("samples", func(t *testing.T) { shell(t, sampleCommands(t)) })
	if python == "" {
		t.Skip("no python3 with numpy and PIL")
	}
}

// clean removes from a folder everything that does not have one of the names.
func clean(t *testing.T, dir string, keep []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !slices.Contains(keep, e.Name()) {
			if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// findPython returns a Python with numpy and PIL: the first in the path, or the system's. If there
// is none, the result is empty, and in CI the test fails.
func findPython(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(name, "-c", "import numpy, PIL").Run() == nil {
			return name
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatal("no python3 with numpy and PIL")
	}
	return ""
}

// TestReadmePrograms builds and runs the Go programs of the READMEs from another module: in a
// folder beside the module's, with the go.mod and the shell commands in the manual. It fetches
// nothing, since the module cache has the dependencies of this module.
func TestReadmePrograms(t *testing.T) {
	if testing.Short() {
		t.Skip("copies and builds the module")
	}
	module, _ := copyModule(t)
	mod := blocksOf(t, "pipeline/README.md", "go.mod")
	commands := blocksOf(t, "pipeline/README.md", "shell")
	ran := 0
	for _, readme := range readmes(t) {
		for _, b := range blocks(t, readme) {
			if b.language != "go" {
				continue
			}
			dir := filepath.Join(module, "..", "edges")
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
			if err := os.Mkdir(dir, 0o777); err != nil {
				t.Fatal(err)
			}
			for name, text := range map[string]string{"main.go": b.text, "go.mod": mod[0]} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			cmd := exec.Command("bash", "-e", "-c", commands[0])
			cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOFLAGS=-trimpath", "GOPROXY=off", "GOWORK=off")
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s\n%v\n%s", b.text, err, out)
			}
			ran++
		}
	}
	if len(mod) != 1 || len(commands) != 1 || ran < 2 {
		t.Errorf("found %d go.mod, %d blocks of shell and %d programs, want 1, 1 and at least 2", len(mod), len(commands), ran)
	}
}

// TestReadmeLinks checks that each link and picture of a README leads to a file of the module, and
// to a heading of the file if the link names one.
func TestReadmeLinks(t *testing.T) {
	followed := 0
	for _, readme := range readmes(t) {
		for _, m := range regexp.MustCompile(`\]\(([^)\s]+)\)`).FindAllStringSubmatch(readText(t, readme), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			path, heading, _ := strings.Cut(m[1], "#")
			target := readme
			if path != "" {
				target = filepath.ToSlash(filepath.Join(filepath.Dir(readme), path))
			}
			if _, err := os.Stat(filepath.Join(moduleRoot, target)); err != nil {
				t.Errorf("%s links to %s: %v", readme, m[1], err)
			} else if heading != "" && !slices.Contains(headings(t, target), heading) {
				t.Errorf("%s links to %s, but %s has no such heading", readme, m[1], target)
			}
			followed++
		}
	}
	if followed < 40 {
		t.Errorf("followed %d links, the READMEs have more", followed)
	}
}

// headings are the anchors of a page's headings, as GitHub makes them.
func headings(t *testing.T, page string) []string {
	t.Helper()
	var found []string
	fenced := false
	for line := range bytes.Lines([]byte(readText(t, page))) {
		text := strings.TrimSpace(string(line))
		switch {
		case strings.HasPrefix(text, "```"):
			fenced = !fenced
		case strings.HasPrefix(text, "#") && !fenced:
			anchor := strings.Map(func(r rune) rune {
				switch {
				case r == ' ':
					return '-'
				case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_':
					return unicode.ToLower(r)
				}
				return -1
			}, strings.TrimSpace(strings.TrimLeft(text, "#")))
			found = append(found, anchor)
		}
	}
	return found
}
