package source

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"filterbank/pipeline/bucket"
)

// lister gathers entries, input by input.
type lister struct {
	filter     filter
	out        *output // nil if the output folder does not exist yet
	outURL     string  // the output with a slash at its end; empty if it is not in a bucket
	folders    bool    // folders are labels
	labelled   bool    // rows have labels
	keyed      bool    // rows have keys
	extensions []string
	unread     map[string]string // kinds by extension
	passed     map[string]string // kinds of the files that were passed over, by path
	tars       map[string]bool   // the tar files that were listed
	members    map[string]int    // numbers of members that were passed over, by kind
	finder     Finder            // of members given by name
	buckets    buckets
	entries    []Entry

	// give, if not nil, takes the entries as they are found; entries has then few of them.
	give func(Entry) bool
}

// errGiven says that nobody takes entries any more.
var errGiven = errors.New("no more entries are taken")

// drain gives the entries away that are complete.
func (l *lister) drain() error {
	if l.give == nil {
		return nil
	}
	for i := range l.entries {
		if !l.give(l.entries[i]) {
			return errGiven
		}
	}
	clear(l.entries)
	l.entries = l.entries[:0]
	return nil
}

// list adds the pictures of inputs and rows.
func (l *lister) list(ctx context.Context, inputs []string, rows iter.Seq2[Row, error]) error {
	for _, input := range inputs {
		if input == Stdin {
			l.entries = append(l.entries, Entry{Job: Job{Path: Stdin, Rel: stdinRel}})
		} else if err := l.input(ctx, input, hasMeta(input)); err != nil {
			return fmt.Errorf("list inputs: %w", err)
		}
		if err := l.drain(); err != nil {
			return err
		}
	}
	return l.listed(ctx, rows)
}

// passedOver is the number of files and members that were passed over, by kind.
func (l *lister) passedOver() map[string]int {
	kinds := maps.Clone(l.members)
	for _, kind := range l.passed {
		kinds[kind]++
	}
	return kinds
}

// input adds the pictures of one input. Errors are ctx's, and those of remote.
func (l *lister) input(ctx context.Context, name string, mayBePattern bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if name == "" {
		l.problem(name, "", CodeMissing, errEmptyName)
		return nil
	}
	if bucket.IsURL(name) {
		return l.remote(ctx, name, mayBePattern)
	}
	info, err := os.Lstat(name)
	isLink := err == nil && info.Mode()&os.ModeSymlink != 0
	if isLink {
		info, err = os.Stat(name)
	}
	if err != nil && l.memberAt(ctx, name, namedRel(name)) {
		return ctx.Err()
	}
	switch {
	case err != nil && !isLink && mayBePattern:
		return l.pattern(ctx, name)
	case err != nil:
		l.unreachable(name, namedRel(name), isLink, err)
	case info.IsDir():
		return l.folder(ctx, name)
	case l.out.holdsFile(name, isLink):
		l.problem(name, "", CodeInsideOutput, l.out.refusal())
	case l.filter.keeps(filepath.Base(name)), isTar(name) && !l.filter.prunes(filepath.Base(name)):
		return l.file(ctx, name, filepath.Base(name), info.Mode())
	}
	return nil
}

// folder adds the pictures below a folder that is an input.
func (l *lister) folder(ctx context.Context, name string) error {
	if l.out.holdsFolder(name) {
		l.problem(name, "", CodeInsideOutput, l.out.refusal())
		return nil
	}
	w := l.walk(name, everything)
	if err := w.folder(ctx, name, 0); err != nil {
		return err
	}
	if !w.met {
		l.problem(name, "", CodeEmptyFolder, errEmptyFolder(l.extensions))
	}
	return nil
}

// pattern adds the files that a pattern matches.
func (l *lister) pattern(ctx context.Context, name string) error {
	base, sel, err := parsePattern(name)
	if err != nil {
		l.problem(name, "", CodeBadPattern, err)
		return nil
	}
	if info, err := os.Stat(base); err != nil {
		l.problem(name, "", CodeNoMatch, fmt.Errorf("matches nothing: folder %s: %w", Display(base), reason(err)))
		return nil
	} else if !info.IsDir() {
		l.problem(name, "", CodeNoMatch, fmt.Errorf("matches nothing: %s is not a folder", Display(base)))
		return nil
	}
	if l.out.holdsFolder(base) {
		l.problem(name, "", CodeInsideOutput, l.out.refusal())
		return nil
	}
	w := l.walk(base, sel)
	if err := w.folder(ctx, base, 0); err != nil {
		return err
	}
	if !w.met {
		l.problem(name, "", CodeNoMatch, errNoMatch(l.extensions))
	}
	return nil
}

// file adds a picture, or the pictures in a tar file. rel is its path below the input, with the
// extension. The only error is ctx's.
func (l *lister) file(ctx context.Context, path, rel string, mode os.FileMode) error {
	if err := whyCompressed(path); err != nil && mode.IsRegular() {
		l.problem(path, stem(rel), CodeUnsupported, err)
		return nil
	}
	if isTar(path) && mode.IsRegular() {
		return l.tar(ctx, path, rel)
	}
	l.picture(Job{Path: path, Rel: stem(rel), Label: l.label(rel)}, mode)
	return nil
}

// picture adds a picture. A file that is not regular is a problem, since reading a pipe or a
// device may never end.
func (l *lister) picture(j Job, mode os.FileMode) {
	if !mode.IsRegular() {
		l.problem(j.Path, j.Rel, CodeNotAFile, fmt.Errorf("is %s: %w", kind(mode), errNotAFile))
		return
	}
	if j.Path == Stdin {
		j.Path = "." + string(filepath.Separator) + j.Path
	}
	l.entries = append(l.entries, Entry{Job: j})
}

// stem removes the extension from the last part of a slash-separated path. It keeps a name
// that would become empty or only dots: ".png" would become the folder itself, and "...png"
// the folder above it.
func stem(rel string) string {
	name := rel[strings.LastIndexByte(rel, '/')+1:]
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 || strings.Trim(name[:dot], ".") == "" {
		return rel
	}
	return rel[:len(rel)-len(name)+dot]
}

// namedRel is the Rel of an input that cannot be reached. It is empty if the input's base name
// cannot be used below the output folder.
func namedRel(name string) string {
	switch base := filepath.Base(name); base {
	case ".", "..", string(filepath.Separator):
		return ""
	default:
		return stem(base)
	}
}
