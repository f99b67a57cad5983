package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// twins makes the folder for a scenario's twins.
func twins(all, scenario string) (home string, err error) {
	home = filepath.Join(all, filepath.Base(scenario))
	return home, os.Mkdir(home, 0o777)
}

// findings returns what the twins of all scenarios did wrong.
func findings(t *testing.T, all string) (texts []string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(all, "*", "finding-*"))
	for _, name := range names {
		text, readErr := os.ReadFile(name)
		err = errors.Join(err, readErr)
		texts = append(texts, filepath.Base(filepath.Dir(name))+": "+string(text))
	}
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// careless is a program that follows links and replaces them.
func careless() int {
	err := errors.Join(
		os.MkdirAll("out/a/b", 0o777),
		os.WriteFile("out/a/b/followed", nil, 0o666),
		os.WriteFile("out/new", nil, 0o666), os.Rename("out/new", "out/replaced"),
		os.RemoveAll("out/old/removed"),
	)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// TestTwinsFind has a program tried that minds no links.
func TestTwinsFind(t *testing.T) {
	all, work := t.TempDir(), t.TempDir()
	home, err := twins(all, "scenario")
	if err == nil {
		err = lay(work, map[string]node{"out/old/removed": {content: "old"}, "out/a/b/followed": {content: "old"}})
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("careless", "run")
	cmd.Dir, cmd.Env = work, append(os.Environ(), "WORK="+work, twinVariable+"="+home)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	found := strings.Join(findings(t, all), "\n")
	for _, want := range []string{
		folders + " are links: out/a/b/followed behind a link has changed or is gone",
		"out/old/removed behind a link has changed or is gone",
		deepFolders + " are links: out/a/b/followed behind a link has changed",
		mapFiles + " are links: out/a/b/followed behind a link has changed",
		"replaced are links: the link out/replaced has been removed or replaced",
	} {
		if !strings.Contains(found, filepath.FromSlash(want)) {
			t.Errorf("found %q, want %q too", found, want)
		}
	}
}
