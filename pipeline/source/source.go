// Package source turns the inputs that a user names into an ordered list of
// pictures to work on. It looks at names and kinds of files only; no picture is
// opened here.
//
// An input is one of:
//
//   - a file: taken whatever its extension. Its Rel is its base name.
//   - a folder: walked to the bottom, names in byte order. Files with one of
//     [Options].Extensions are taken. Rel is the path below the folder.
//   - a pattern, which is a name with *, ?, [ or { that no file has: matched as
//     doublestar does, with ** for any number of folders. Rel is the path below
//     the fixed part, the folders before the first wildcard. Where the last part
//     of the pattern spells out a name or an extension (*.bin), all files that
//     match are taken; otherwise (*, **, img?) only those that a folder would
//     give. Folders that match are not entered: write ** for that.
//   - "-": one picture from standard input, with the Rel "stdin".
//
// A Rel carries no extension, so that x.png and x.jpg in one folder would write
// the same maps; List refuses that before the first picture is opened.
//
// Hidden names, those with a leading dot, are passed over in folders and by
// wildcards; a part of a pattern that itself begins with a dot finds them.
// Links to files are followed. Links to folders are followed where an input or a
// part of a pattern before ** leads through them, and never below that, so that
// no walk runs in circles. The output folder is never read, wherever it lies and
// by whatever name it is reached.
package source

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Stdin is the Path of a picture on standard input.
const Stdin = "-"

// stdinRel is where the maps of standard input go.
const stdinRel = "stdin"

// Job is one picture to work on.
type Job struct {
	// Path is what to open, spelled as the input was; Stdin is standard input,
	// and a file of that name is "./-".
	Path string
	// Rel is where the maps go: a slash-separated path below the output folder,
	// without the picture's extension. It is never empty, never absolute and has
	// no "." or ".." in it. Otherwise it is what the file system says, which may
	// be invalid UTF-8 or hold any byte but NUL and slash.
	Rel string
}

// Entry is a place in the list: a picture, or an input that gave none.
type Entry struct {
	Job
	// Problem says why there is nothing to open; nil for a picture. With a
	// Problem, Rel is where the maps would have gone, or empty where the input is
	// not a single file.
	Problem *Problem
}

// Place is where the entry's files go: its Rel. An entry with a Problem has no place, since
// another one may well have the same.
func (e *Entry) Place() string {
	if e.Problem != nil {
		return ""
	}
	return e.Rel
}

// Options say which of the inputs are taken. The zero value takes all.
type Options struct {
	// Out is the output folder. It and what lies below it is never an input.
	Out string
	// Extensions are those of the files that folders give, such as ".png", in lower
	// case; files may have them in any case. None at all takes every file.
	Extensions []string
	// Listed are further inputs, after the others: files and folders by their
	// literal names, so that neither wildcards nor "-" mean anything in them.
	// They are what ReadList gives.
	Listed []string
	// Include and Exclude are doublestar patterns for the path that is Rel with
	// its extension; one without a slash is for the base name too, and one that
	// ends in a slash is for all that lies below such a folder. A picture is
	// taken when an Include pattern matches, or there is none, and no Exclude
	// pattern does. A folder that an Exclude pattern matches is not entered.
	// Standard input is always taken.
	Include, Exclude []string
	// Shard takes a part of the list.
	Shard Shard
}

// List finds the pictures that inputs and opts.Listed stand for, in the order in
// which they are named. What cannot be read is a Problem at its place in the
// list, each once, and the rest goes on. A picture that is reached twice with the
// same Rel is taken once.
//
// The errors of List concern the whole run: a pattern in Include or Exclude that
// is malformed, a Shard out of range, pictures whose maps would land in the same
// place (*CollisionError), or ctx's own error.
func List(ctx context.Context, inputs []string, opts Options) ([]Entry, error) {
	if err := opts.Shard.validate(); err != nil {
		return nil, err
	}
	include, err := compile("include", opts.Include)
	if err != nil {
		return nil, err
	}
	exclude, err := compile("exclude", opts.Exclude)
	if err != nil {
		return nil, err
	}
	l := &lister{
		filter: filter{include: include, exclude: exclude},
		out:    newOutput(opts.Out),

		extensions: opts.Extensions,
	}
	for _, input := range inputs {
		if input == Stdin {
			l.entries = append(l.entries, Entry{Job: Job{Path: Stdin, Rel: stdinRel}})
		} else if err := l.input(ctx, input, hasMeta(input)); err != nil {
			return nil, fmt.Errorf("list inputs: %w", err)
		}
	}
	for _, name := range opts.Listed {
		if err := l.input(ctx, name, false); err != nil {
			return nil, fmt.Errorf("list inputs: %w", err)
		}
	}
	entries, err := distinct(l.entries, foldsCase)
	if err != nil {
		return nil, err
	}
	return opts.Shard.take(entries), nil
}

// lister gathers entries, input by input.
type lister struct {
	filter     filter
	out        *output // nil when there is no output folder yet
	extensions []string
	entries    []Entry
}

// input adds what one name stands for. Only ctx's end is an error.
func (l *lister) input(ctx context.Context, name string, mayBePattern bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if name == "" {
		l.problem(name, "", CodeMissing, errEmptyName)
		return nil
	}
	info, err := os.Lstat(name)
	isLink := err == nil && info.Mode()&os.ModeSymlink != 0
	if isLink {
		info, err = os.Stat(name)
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
	case l.filter.keeps(filepath.Base(name)):
		l.file(name, filepath.Base(name), info.Mode())
	}
	return nil
}

// folder adds the pictures below a folder that was named.
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

// file adds a picture, given its path below what was named, or says that it is
// no regular file: reading a pipe or a device may never end.
func (l *lister) file(path, rel string, mode os.FileMode) {
	if !mode.IsRegular() {
		l.problem(path, stem(rel), CodeNotAFile, fmt.Errorf("is %s: %w", kind(mode), errNotAFile))
		return
	}
	if path == Stdin {
		path = "." + string(filepath.Separator) + path
	}
	l.entries = append(l.entries, Entry{Job: Job{Path: path, Rel: stem(rel)}})
}

// stem is a slash-separated path without the extension of its last part. A name
// that would be left empty, or as nothing but dots, is kept: ".png" would be
// the folder itself, and "...png" the one above it.
func stem(rel string) string {
	name := rel[strings.LastIndexByte(rel, '/')+1:]
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 || strings.Trim(name[:dot], ".") == "" {
		return rel
	}
	return rel[:len(rel)-len(name)+dot]
}

// namedRel is the Rel of a file that was named and cannot be reached; empty
// where the name has no base that could stand below the output folder.
func namedRel(name string) string {
	switch base := filepath.Base(name); base {
	case ".", "..", string(filepath.Separator):
		return ""
	default:
		return stem(base)
	}
}
