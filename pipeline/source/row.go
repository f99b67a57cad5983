package source

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path"
	"path/filepath"
	"strings"

	"filterbank/pipeline/bucket"
)

// Row is an input of a list.
type Row struct {
	Path string // of the input
	// Key is the place of the maps, as Rel, or the same with the extension of Path. An empty
	// Key stands for the base name of Path.
	Key string
	// Label is the label. Either all rows have one or none has.
	Label string
	// Line is where the row begins in a list with a header. It is 0 in a plain list, whose
	// rows are files or folders and have nothing but a Path.
	Line int
}

// place is the Rel that the row asks for, without ".." and the like. The error says what the
// key must be.
func (r *Row) place() (string, error) {
	if r.Key == "" {
		return namedRel(r.Path), nil
	}
	rel := path.Clean(r.Key)
	if !filepath.IsLocal(filepath.FromSlash(rel)) || rel == "." || strings.IndexByte(rel, 0) >= 0 {
		return "", fmt.Errorf("line %d: the key %s leads out of the output folder: a key is a path below it, as in cat/001", r.Line, Display(r.Key))
	}
	if ext := filepath.Ext(r.Path); ext != "" && strings.EqualFold(path.Ext(rel), ext) {
		return stem(rel), nil
	}
	return rel, nil
}

// listed adds the inputs of a list.
func (l *lister) listed(ctx context.Context, rows iter.Seq2[Row, error]) error {
	if rows == nil {
		return nil
	}
	for r, err := range rows {
		switch {
		case err != nil:
		case r.Line == 0 && bucket.IsURL(r.Path) && !strings.HasSuffix(r.Path, "/"):
			if rel := namedRel(r.Path); l.filter.keeps(path.Base(r.Path)) {
				err = l.named(ctx, r.Path, rel)
			}
		case r.Line == 0:
			if err = l.input(ctx, r.Path, false); err != nil {
				err = fmt.Errorf("list inputs: %w", err)
			}
		default:
			err = l.row(ctx, &r)
		}
		if err == nil {
			err = l.drain()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// row adds the image of a row of a list with a header.
func (l *lister) row(ctx context.Context, r *Row) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	rel, err := r.place()
	if err != nil {
		return err
	}
	if !l.filter.keeps(rel + filepath.Ext(r.Path)) {
		return nil
	}
	n := len(l.entries)
	if bucket.IsURL(r.Path) {
		err = l.named(ctx, r.Path, rel)
	} else {
		l.rowFile(ctx, r, rel)
	}
	if err != nil {
		return fmt.Errorf("list inputs: %w", err)
	}
	label := r.Label
	if l.folders {
		label = l.label(rel)
	}
	l.labelled, l.keyed = l.labelled || label != "", l.keyed || r.Key != ""
	for i := n; i < len(l.entries); i++ {
		l.entries[i].Label, l.entries[i].line = label, r.Line
	}
	return nil
}

// rowFile adds the image of a row, whose place is rel.
func (l *lister) rowFile(ctx context.Context, r *Row, rel string) {
	info, err := os.Lstat(r.Path)
	if err != nil && l.memberAt(ctx, r.Path, rel) {
		return
	}
	isLink := err == nil && info.Mode()&os.ModeSymlink != 0
	if isLink {
		info, err = os.Stat(r.Path)
	}
	switch {
	case err != nil:
		l.unreachable(r.Path, rel, isLink, err)
	case info.IsDir():
		l.problem(r.Path, rel, CodeNotAFile, errors.New("it is a folder, and a row of a list with a header names one image: name its images, or give the folder as an input"))
	case isTar(r.Path):
		l.problem(r.Path, rel, CodeNotAFile, errors.New("it is a tar file, and a row of a list with a header names one image: name its members, as in photos.tar/a.jpg, or give the tar file as an input"))
	case l.out.holdsFile(r.Path, isLink):
		l.problem(r.Path, "", CodeInsideOutput, l.out.refusal())
	default:
		l.picture(Job{Path: r.Path, Rel: rel}, info.Mode())
	}
}
