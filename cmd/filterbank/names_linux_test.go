package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"filterbank/pipeline/manifest"
)

// hostile are names that other programs handle badly.
var hostile = []string{
	" leading and trailing .png", "--out=x.png", "-o.png", "-", "..png", "100%d%n.png", "a\nb.png", "back\\slash.png", "c:con.png",
	"invalid\xff\xfe.png", `quo"te's.png`, "$(touch x) `touch x` ;&|.png", "tab\t\x1b[31m\x7f.png", "\u202egnp.png", "*.png", "[a-z]?.png",
	strings.Repeat("x", 251) + ".png",
}

// TestHostileNames runs pictures with such names, in a folder with such a name and alone, and
// finds their maps again.
func TestHostileNames(t *testing.T) {
	dir := t.TempDir()
	name := program(t, dir)
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 9, 9))); err != nil {
		t.Fatal(err)
	}
	// The folder is as deep as paths allow: the picture's path fits, and its map's does not.
	deep := strings.Repeat(strings.Repeat("d", 99)+"/", 39)
	deep += strings.Repeat("e", 4090-len("in/")-len(deep)-len("/deep.png")) + "/deep.png"
	folder := "in/-f %s\xff\n"
	paths := []string{"in/deep/" + strings.Repeat("d/", 500) + "a.png", "in/" + deep}
	for _, n := range hostile {
		paths = append(paths, folder+"/"+n)
	}
	for _, p := range paths {
		plantDeep(t, dir, p, picture.Bytes())
	}
	for link, to := range map[string]string{"in/loop": ".", "in/round.png": "round.png", folder + "/up": ".."} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	run := func(want int, args ...string) (stdout, stderr string) {
		t.Helper()
		cmd := exec.Command(name, append([]string{"run", "--bank", "identity"}, args...)...)
		cmd.Dir = dir
		var o, e bytes.Buffer
		cmd.Stdout, cmd.Stderr = &o, &e
		cmd.Run()
		if got := cmd.ProcessState.ExitCode(); got != want {
			t.Errorf("%q: exit %d, want %d: %s", args, got, want, &e)
		}
		return o.String(), e.String()
	}
	pictures := len(hostile) - 2 + 1 // - alone is no picture, and ..png is hidden; one picture is deep down

	stdout, stderr := run(exitFailed, "-o", "out", "in")
	if want := fmt.Sprintf("%d images, %d maps, 2 failed", pictures, pictures); !strings.HasPrefix(stdout, want) {
		t.Errorf("got %q, want %q", stdout, want)
	}
	for _, want := range []string{": file name too long", "in/round.png: the link leads nowhere"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("want %q in %s", want, stderr)
		}
	}
	for line := range strings.Lines(stderr) {
		if !utf8.ValidString(line) || strings.ContainsFunc(line[:len(line)-1], unicode.IsControl) {
			t.Errorf("control characters reach the terminal: %q", line)
		}
	}
	stdout, _ = run(exitFailed, "-o", "out", "in")
	if want := fmt.Sprintf("0 images, 0 maps, 2 failed, %d done already", pictures); !strings.HasPrefix(stdout, want) {
		t.Errorf("got %q, want %q", stdout, want)
	}

	// The pictures alone: as arguments, in a list, and by a pattern.
	var list, inputs []string
	for _, n := range hostile {
		if n != "-" && n != "..png" {
			inputs = append(inputs, folder+"/"+n)
		}
		list = append(list, folder+"/"+n)
	}
	run(0, append([]string{"-q", "-o", "arguments", "--"}, list...)...)
	if err := os.WriteFile(filepath.Join(dir, "list"), []byte(strings.Join(list, "\x00")), 0o666); err != nil {
		t.Fatal(err)
	}
	run(0, "-q", "-o", "list0", "--files-from", "list", "-0")
	if !slices.Equal(inputsOf(t, dir, "arguments"), list) || !slices.Equal(inputsOf(t, dir, "list0"), list) {
		t.Errorf("named one by one: got %q and %q, want %q", inputsOf(t, dir, "arguments"), inputsOf(t, dir, "list0"), list)
	}
	run(0, "-q", "-o", "pattern", "in/-f*/*.png")
	slices.Sort(inputs)
	if got := inputsOf(t, dir, "pattern"); !slices.Equal(got, inputs) {
		t.Errorf("by a pattern: got %q, want %q", got, inputs)
	}

	// Nothing is anywhere else.
	left, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range left {
		names = append(names, e.Name())
	}
	if want := []string{"arguments", "filterbank", "in", "list", "list0", "out", "pattern"}; !slices.Equal(names, want) {
		t.Errorf("the folder holds %q, want %q", names, want)
	}
}

// plantDeep writes a file below a folder and makes the folders one by one, since the system may
// not accept their path at once.
func plantDeep(t *testing.T, dir, path string, data []byte) {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { root.Close() }()
	parts := strings.Split(path, "/")
	for _, part := range parts[:len(parts)-1] {
		if err := root.Mkdir(part, 0o777); err != nil && !os.IsExist(err) {
			t.Fatal(err)
		}
		next, err := root.OpenRoot(part)
		if err != nil {
			t.Fatal(err)
		}
		root.Close()
		root = next
	}
	if err := root.WriteFile(parts[len(parts)-1], data, 0o666); err != nil {
		t.Fatal(err)
	}
}

// inputsOf returns the inputs in a manifest, and checks that their maps exist.
func inputsOf(t *testing.T, dir, out string) (inputs []string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, out, manifest.Name))
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(data) {
		var r manifest.Record
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		inputs = append(inputs, string(r.Input))
		for _, f := range r.Files {
			if !filepath.IsLocal(string(f.Path)) {
				t.Errorf("%s leads elsewhere", f.Path)
			}
			if info, err := os.Lstat(filepath.Join(dir, out, string(f.Path))); err != nil || info.Size() != f.Bytes {
				t.Errorf("%q: %v", f.Path, err)
			}
		}
	}
	return inputs
}
