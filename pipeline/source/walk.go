package source

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"filterbank/pipeline/bucket"
)

// walk is the search for the files of a selection below one folder.
type walk struct {
	*lister
	sel    selection
	prefix int  // number of bytes before the relative part of every path
	met    bool // a file of the selection was found, kept or not, or a folder could not be walked
}

func (l *lister) walk(base string, sel selection) *walk {
	return &walk{lister: l, sel: sel, prefix: len(join(base, "x")) - len("x")}
}

// folder adds the files of the selection in dir, which is depth folders below the base. The
// only error is ctx's.
func (w *walk) folder(ctx context.Context, dir string, depth int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir) // sorted by name; with an error, the entries read so far
	for _, e := range entries {
		if err := w.entry(ctx, dir, e, depth); err != nil {
			return err
		}
		if err := w.drain(); err != nil {
			return err
		}
	}
	if err != nil {
		w.met = true
		w.problem(dir, "", CodeUnreadable, fmt.Errorf("the folder cannot be read: %w", reason(err)))
	}
	return nil
}

func (w *walk) entry(ctx context.Context, dir string, e fs.DirEntry, depth int) error {
	path := join(dir, e.Name())
	rel := filepath.ToSlash(path[w.prefix:])
	mode := e.Type()
	switch {
	case mode&os.ModeSymlink != 0:
		return w.link(ctx, path, rel, depth)
	case mode.IsDir():
		if w.sel.enters(rel, depth) && !w.out.is(e) {
			return w.enter(ctx, path, rel, depth)
		}
	case w.wants(rel):
		return w.file(ctx, path, rel, mode)
	default:
		w.passOver(path, rel, mode)
	}
	return nil
}

// passOver counts a file whose extension is of a picture that is not read, or of a tar file.
func (w *walk) passOver(path, rel string, mode fs.FileMode) {
	kind, known := w.unread[strings.ToLower(filepath.Ext(rel))]
	if !known && (isTar(rel) || whyCompressed(rel) != nil) {
		kind, known = PassedTar, true
	}
	if known && mode.IsRegular() && w.sel.takes(rel, nil) && w.filter.keeps(rel) {
		if !bucket.IsURL(path) {
			path = filepath.Clean(path)
		}
		w.pass(path, kind)
	}
}

// pass counts a file. A lister that keeps no entries counts one twice that is reached twice.
func (w *walk) pass(path, kind string) {
	if w.give != nil {
		w.members[kind]++
	} else {
		w.passed[path] = kind
	}
}

// link adds the file that a link leads to. It enters a folder if the selection leads through
// the link.
func (w *walk) link(ctx context.Context, path, rel string, depth int) error {
	through := w.sel.leadsThrough(rel, depth)
	if !through && !w.sel.takes(rel, w.extensions) {
		if info, err := os.Stat(path); err == nil && !w.out.holdsFile(path, true) {
			w.passOver(path, rel, info.Mode())
		}
		return nil
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		if w.wants(rel) {
			w.unreachable(path, stem(rel), true, err)
		}
	case info.IsDir():
		if through && !w.out.holdsFolder(path) {
			return w.enter(ctx, path, rel, depth)
		}
	case w.wants(rel) && !w.out.holdsFile(path, true):
		return w.file(ctx, path, rel, info.Mode())
	}
	return nil
}

// enter walks a folder unless an Exclude pattern matches it.
func (w *walk) enter(ctx context.Context, path, rel string, depth int) error {
	if w.filter.prunes(rel) {
		w.met = true
		return nil
	}
	return w.folder(ctx, path, depth+1)
}

// wants says whether the selection takes a file and the filter keeps it.
func (w *walk) wants(rel string) bool {
	if !w.sel.takes(rel, w.extensions) {
		return false
	}
	w.met = true
	return w.filter.keeps(rel) || isTar(rel) && !w.filter.prunes(rel) // a tar file's members are filtered
}

// join is filepath.Join without Clean. Clean removes link/.. from a path, and the path then
// leads somewhere else.
func join(dir, name string) string {
	switch {
	case dir == ".":
		return name
	case os.IsPathSeparator(dir[len(dir)-1]):
		return dir + name
	case len(dir) == 2 && filepath.VolumeName(dir) == dir: // C: is the current folder of the drive
		return dir + name
	default:
		return dir + string(filepath.Separator) + name
	}
}
