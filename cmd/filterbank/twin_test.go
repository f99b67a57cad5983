package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// twinVariable names the folder for the twins of a scenario.
const twinVariable = "FILTERBANK_TWIN"

// A twin repeats a command of a scenario in a copy of the scenario's folder. Where the command
// wrote files, the copy has links that lead out of it. The twin must change nothing behind the
// links, must leave the links, and must end with an error that names one of them.
type twin struct {
	home, work string // the folder for twins, and the scenario's
	here       string // the current folder
	args       []string
	before     map[string]node // the scenario's folder before the command
}

// withTwins returns the main function of a program. In a scenario it tries twins of the command.
func withTwins(program func() int) func() {
	return func() {
		home := os.Getenv(twinVariable)
		if home == "" || slices.Contains(os.Args[1:], "-") { // a twin has no standard input
			os.Exit(program())
		}
		code, err := repeat(home, os.Args[1:], program)
		if err != nil {
			name := filepath.Join(home, fmt.Sprintf("finding-%d", os.Getpid()))
			err = os.WriteFile(name, fmt.Appendf(nil, "%q: %v", os.Args, err), 0o666)
		}
		if err != nil {
			panic(err)
		}
		os.Exit(code)
	}
}

// repeat does a command and tries its twins. It returns the command's exit code and what the
// twins did wrong.
func repeat(home string, args []string, do func() int) (code int, err error) {
	if os.Getenv("FILTERBANK_LONG") == "" && (len(args) == 0 || !slices.Contains([]string{"run", "calibrate", "report", "init", "merge"}, args[0])) {
		return do(), nil // the others write at most one file
	}
	t := &twin{home: home, work: os.Getenv("WORK"), args: args}
	if t.here, err = os.Getwd(); err == nil {
		t.before, err = nodes(t.work)
	}
	if code = do(); err != nil {
		return code, err
	}
	written, err := t.written()
	for kind, places := range t.kinds(written) {
		due, dueErr := t.due(kind)
		err = errors.Join(err, dueErr)
		if !due {
			continue
		}
		if wrong := t.try(places, written, code, kind != pageFiles && kind != pageFolders); wrong != nil {
			err = errors.Join(err, fmt.Errorf("%s are links: %w", kind, wrong))
		}
	}
	return code, err
}

// The kinds of links that are in folders. Others are called by the name of the one file.
const (
	folders     = "folders"
	deepFolders = "deep folders"
	mapFiles    = "files"
	pageFiles   = "files of a page" // the page's folder is removed with all that is in it
	pageFolders = "folders of a page"
)

// due says whether a kind of links is still to be tried: in each scenario once, a file at the
// top of the output folder in two scenarios. With FILTERBANK_LONG everything is tried.
func (t *twin) due(kind string) (bool, error) {
	if os.Getenv("FILTERBANK_LONG") != "" {
		return true, nil
	}
	marks := []string{filepath.Join(t.home, "tried "+kind)}
	if !slices.Contains([]string{folders, deepFolders, mapFiles, pageFiles, pageFolders}, kind) {
		marks = nil
		for i := range 2 {
			marks = append(marks, filepath.Join(filepath.Dir(t.home), fmt.Sprintf("tried %s %d", kind, i)))
		}
	}
	for _, mark := range marks {
		err := os.Mkdir(mark, 0o777)
		if !errors.Is(err, fs.ErrExist) {
			return err == nil, err
		}
	}
	return false, nil
}

// written returns the files that the command has made, changed or removed, with their content
// now or, if they are gone, before.
func (t *twin) written() (map[string]node, error) {
	now, err := nodes(t.work)
	if err != nil {
		return nil, err
	}
	written := map[string]node{}
	for name, n := range now {
		if was, there := t.before[name]; n.mode.IsRegular() && (!there || was != n) {
			written[name] = n
		}
	}
	for name, was := range t.before {
		if _, there := now[name]; !there && was.mode.IsRegular() {
			written[name] = was
		}
	}
	return written, nil
}

// kinds returns the places of links by their kind: the folders at the top of the output
// folder, those deeper in it, the files in folders, and each of the files at the top.
func (t *twin) kinds(written map[string]node) map[string][]string {
	kinds := map[string][]string{}
	add := func(kind, place string) {
		behind := func(other string) bool {
			return strings.HasPrefix(place+string(filepath.Separator), other+string(filepath.Separator))
		}
		if !slices.ContainsFunc(kinds[kind], behind) {
			kinds[kind] = append(kinds[kind], place)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(written)) {
		root := t.output(name)
		below, err := filepath.Rel(root, name)
		first, _, deep := strings.Cut(below, string(filepath.Separator))
		switch {
		case err != nil || strings.HasSuffix(name, ".tmp"): // temporary files are removed, links too
			continue
		case !deep:
			add(filepath.Base(name), name)
			continue
		case strings.HasSuffix(first, ".files"):
			add(pageFiles, name)
			add(pageFolders, filepath.Dir(name))
			continue
		}
		add(mapFiles, name)
		add(folders, filepath.Join(root, first))
		if parent := filepath.Dir(name); parent != filepath.Join(root, first) {
			add(deepFolders, parent)
		}
	}
	return kinds
}

// output returns the folder that the command line names and in which a file lies, relative to
// the scenario's folder. Its own path may have links.
func (t *twin) output(name string) string {
	root := filepath.Dir(name)
	best := -1
	for _, arg := range append(t.args, "out") {
		if i := strings.IndexByte(arg, '='); i >= 0 {
			arg = arg[i+1:]
		}
		if !filepath.IsAbs(arg) {
			arg = filepath.Join(t.here, arg)
		}
		dir, err := filepath.Rel(t.work, arg)
		if below, err2 := filepath.Rel(dir, name); err == nil && err2 == nil && filepath.IsLocal(below) && below != "." && len(dir) > best {
			root, best = dir, len(dir)
		}
	}
	return root
}

// try runs a twin with links at some places. Unless kept, the twin may remove the links.
func (t *twin) try(places []string, written map[string]node, code int, kept bool) error {
	dir, err := os.MkdirTemp(t.home, "twin")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	work, outside := filepath.Join(dir, "work"), filepath.Join(dir, "outside")
	files, behind := t.split(places, written)
	for _, place := range places {
		to, err := filepath.Rel(filepath.Join(work, filepath.Dir(place)), filepath.Join(outside, place))
		if err != nil {
			return err
		}
		files[place] = node{mode: fs.ModeSymlink, content: to}
	}
	if err := errors.Join(lay(work, files), lay(outside, behind)); err != nil {
		return err
	}
	want, err := nodes(outside)
	if err != nil {
		return err
	}
	said, got, err := t.run(work)
	if err = errors.Join(err, intact(outside, want)); err != nil || !kept {
		return err
	}
	for _, place := range places {
		if to, err := os.Readlink(filepath.Join(work, place)); err != nil || to != files[place].content {
			return fmt.Errorf("the link %s has been removed or replaced", place)
		}
	}
	return named(places, code, got, said)
}

// split returns the nodes of a twin's folder and those behind its links. A file behind a link
// is as it was before the command, or a stranger's.
func (t *twin) split(places []string, written map[string]node) (files, behind map[string]node) {
	files, behind = map[string]node{}, map[string]node{}
	linked := func(name string) bool {
		return slices.ContainsFunc(places, func(place string) bool {
			return name == place || strings.HasPrefix(name, place+string(filepath.Separator))
		})
	}
	for name, n := range t.before {
		if linked(name) {
			behind[name] = n
		} else {
			files[name] = n
		}
	}
	for name, n := range written {
		if _, there := t.before[name]; !there && linked(name) {
			n.content = "mine"
			behind[name] = n
		}
	}
	return files, behind
}

// run runs the command in a copy of the scenario's folder.
func (t *twin) run(work string) (said string, code int, err error) {
	self, err := os.Executable()
	if err != nil {
		return "", 0, err
	}
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	moved := strings.NewReplacer(t.work, work)
	cmd := exec.CommandContext(ctx, self)
	for _, arg := range t.args {
		cmd.Args = append(cmd.Args, moved.Replace(arg))
	}
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, twinVariable+"=") {
			cmd.Env = append(cmd.Env, moved.Replace(v))
		}
	}
	cmd.Args[0], cmd.Dir = os.Args[0], moved.Replace(t.here)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); ctx.Err() != nil {
		return "", 0, fmt.Errorf("the twin does not end: %w", cmp.Or(err, ctx.Err()))
	}
	return out.String(), cmd.ProcessState.ExitCode(), nil
}

// named says whether a twin has failed and named a link. If the command failed, the twin may
// fail with the same message.
func named(places []string, code, got int, said string) error {
	switch {
	case code != 0:
		return nil
	case got == 0:
		return fmt.Errorf("the twin ends with 0 in spite of the links %q: %s", places, said)
	case !slices.ContainsFunc(places, func(place string) bool {
		in := filepath.Dir(place)
		return strings.Contains(said, filepath.Base(place)) || filepath.Dir(in) != "." && strings.Contains(said, in)
	}):
		return fmt.Errorf("the twin's message names none of the links %q: %s", places, said)
	}
	return nil
}
