package source

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// walk is the search below one folder for what a selection takes.
type walk struct {
	*lister
	sel    selection
	prefix int  // bytes of every path before the part that is relative
	met    bool // something was found that is neither a folder nor the output, kept or not
}

func (l *lister) walk(base string, sel selection) *walk {
	return &walk{lister: l, sel: sel, prefix: len(join(base, "x")) - len("x")}
}

// folder adds what the selection takes in dir, depth folders below the base.
// Only ctx's end is an error.
func (w *walk) folder(ctx context.Context, dir string, depth int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir) // sorted by name; what could be read comes with the error
	for _, e := range entries {
		if err := w.entry(ctx, dir, e, depth); err != nil {
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
		w.file(path, rel, mode)
	}
	return nil
}

// link adds the file that a link leads to, or enters the folder where the
// selection leads through it.
func (w *walk) link(ctx context.Context, path, rel string, depth int) error {
	through := w.sel.leadsThrough(rel, depth)
	if !through && !w.sel.takes(rel, w.extensions) {
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
		w.file(path, rel, info.Mode())
	}
	return nil
}

// enter goes down into a folder that no Exclude pattern leaves out.
func (w *walk) enter(ctx context.Context, path, rel string, depth int) error {
	if w.filter.prunes(rel) {
		w.met = true
		return nil
	}
	return w.folder(ctx, path, depth+1)
}

// wants is true of a file that the selection takes and the filter keeps.
func (w *walk) wants(rel string) bool {
	if !w.sel.takes(rel, w.extensions) {
		return false
	}
	w.met = true
	return w.filter.keeps(rel)
}

// join is filepath.Join without its cleaning, which takes link/.. for nothing
// and so leads elsewhere than the name did.
func join(dir, name string) string {
	switch {
	case dir == ".":
		return name
	case os.IsPathSeparator(dir[len(dir)-1]):
		return dir + name
	case len(dir) == 2 && filepath.VolumeName(dir) == dir: // C: is the current folder of that drive
		return dir + name
	default:
		return dir + string(filepath.Separator) + name
	}
}
