// Package source owns the inputs of a run: it turns the names that a user gives into an
// ordered list of pictures, and reads the bytes of a picture. It never decodes a picture and
// never writes a file.
//
// An input is one of:
//
//   - a file: it is taken, whatever its extension. Its Rel is its base name.
//   - a folder: it is walked to the bottom, with names in byte order. Files with one of
//     [Options].Extensions are taken. Their Rel is the path below the folder.
//   - a tar file, which ends in .tar: its regular files with one of [Options].Extensions are
//     taken, in their order there. Their Path is the tar file's, a slash and their name, and
//     their Rel is their name below the tar file's own Rel. Of two with a name the last is
//     taken. Such a Path is an input too. Folders do not give tar files.
//   - a pattern, which is a name with *, ?, [ or { that no file has: it is matched as by
//     doublestar, with ** for any number of folders. Rel is the path below the fixed part,
//     the folders before the first wildcard. If the last part of the pattern spells out a
//     name or an extension (*.bin), all matching files are taken. Otherwise (*, **, img?)
//     the matching files that a folder would give are taken. Folders that match are not
//     entered; ** enters folders.
//   - "-": one picture from standard input. Its Rel is "stdin".
//
// A Rel has no extension, so x.png and x.jpg in one folder would write the same maps. List
// refuses such pictures before the first picture is opened.
//
// Hidden names, which begin with a dot, are skipped in folders and by wildcards. A part of a
// pattern that begins with a dot finds them. Links to files are followed. Links to folders
// are followed if an input, or a part of a pattern before **, leads through them. Below that
// they are not followed, so that no walk runs in circles. The output folder is never read,
// wherever it is and by whatever name it is reached.
package source

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
)

// Stdin is the Path of a picture on standard input.
const Stdin = "-"

// stdinRel is the Rel of standard input.
const stdinRel = "stdin"

// Job is one picture to work on.
type Job struct {
	// Path is the file's path, spelled like the input. Stdin is standard input; a file
	// named "-" has the path "./-".
	Path string
	// Rel is the place of the maps: a slash-separated path below the output folder, without
	// the picture's extension. It is never empty or absolute and has no "." or ".." in it.
	// Its names are as in the file system: they may be invalid UTF-8 and hold every byte
	// except NUL and slash.
	Rel string
	// Label is the picture's class, or empty if the run has no labels. It is UTF-8.
	Label string
	// Class is the number of the label: its place among the labels of all inputs, from 0.
	Class int
}

// Entry is a place in the list: a picture, or an input that gave none.
type Entry struct {
	Job
	// Problem says why there is no picture to open; it is nil for a picture. With a Problem,
	// Rel is the place that the maps would have had, or empty if the input is not one file.
	Problem *Problem

	line int     // of the row in a list with a header, or 0
	at   *member // where the picture lies in a tar file; nil if it is a file
}

// Place is the place of the entry's files: its Rel. It is empty for an entry with a Problem,
// since another entry may have the same Rel.
func (e *Entry) Place() string {
	if e.Problem != nil {
		return ""
	}
	return e.Rel
}

// Places gives the path and the place of each entry.
func Places(entries []Entry) iter.Seq2[string, string] {
	return func(yield func(path, place string) bool) {
		for i := range entries {
			if !yield(entries[i].Path, entries[i].Place()) {
				return
			}
		}
	}
}

// Options say which of the inputs are taken. The zero value takes all.
type Options struct {
	// Out is the output folder. Neither it nor anything below it is an input.
	Out string
	// Extensions select the files in folders, such as ".png". They are in lower case; the
	// case of a file's extension does not matter. Without any, every file is taken.
	Extensions []string
	// Unread are the kinds of pictures that are known but not read, by extension.
	// Extensions are in lower case, with their dots.
	Unread map[string]string
	// PassedOver, if not nil, gets the number of files of each kind in Unread that folders,
	// patterns and tar files would give if the kind were read, and the numbers of tar files in
	// folders and of other members of tar files (PassedTar and so on). Each file counts once.
	PassedOver func(kinds map[string]int)
	// Listed are further inputs, after the others, as from ReadList or ReadTable; it may be
	// nil. They are literal names: wildcards and "-" have no special meaning. An error ends
	// List.
	Listed iter.Seq2[Row, error]
	// Include and Exclude are doublestar patterns for a picture's Rel with its extension. A
	// pattern without a slash also matches the base name alone. A pattern that ends in a
	// slash matches everything below such a folder. A picture is taken if no Exclude pattern
	// matches it, and an Include pattern does or there is none. A folder that an Exclude
	// pattern matches is not entered. Standard input is always taken.
	Include, Exclude []string
	// LabelFolders gives each picture the name of a folder as its label: the first folder below
	// the input, or below the fixed part of a pattern. List refuses pictures without one.
	LabelFolders bool
	// Classes, if not nil, gets the numbers of the labels: their places in the order of their
	// bytes, from 0. It is called if there are labels. Labels of other shards count too.
	Classes func(numbers map[string]int)
	// Shard takes a part of the list. The zero value takes all of it.
	Shard Shard
}

// List finds the pictures of inputs and opts.Listed, in the order in which they are named.
// An input, file or folder that cannot be read becomes one Problem at its place in the list,
// and List goes on. A picture that is reached twice with the same Rel is taken once.
//
// Errors concern the whole run: a malformed pattern in Include or Exclude, a Shard out of
// range, pictures whose maps would go to the same place (*CollisionError), pictures without a
// label if there are labels (*LabelError), and ctx's own.
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

		folders:    opts.LabelFolders,
		extensions: opts.Extensions,
		unread:     opts.Unread,
		passed:     map[string]string{},
		tars:       map[string]bool{},
		members:    map[string]int{},
	}
	for _, input := range inputs {
		if input == Stdin {
			l.entries = append(l.entries, Entry{Job: Job{Path: Stdin, Rel: stdinRel}})
		} else if err := l.input(ctx, input, hasMeta(input)); err != nil {
			return nil, fmt.Errorf("list inputs: %w", err)
		}
	}
	if err := l.listed(ctx, opts.Listed); err != nil {
		return nil, err
	}
	if opts.PassedOver != nil {
		kinds := l.members
		for _, kind := range l.passed {
			kinds[kind]++
		}
		opts.PassedOver(kinds)
	}
	entries, err := distinct(l.entries, foldsCase)
	if collision, ok := errors.AsType[*CollisionError](err); ok && opts.Out != "" {
		collision.Ways = collision.ways(inputs, opts.Out)
	}
	if err != nil {
		return nil, err
	}
	if opts.LabelFolders || l.labelled {
		numbers, err := l.classes(entries)
		if err != nil {
			return nil, err
		}
		if opts.Classes != nil {
			opts.Classes(numbers)
		}
	}
	return opts.Shard.take(entries), nil
}

// lister gathers entries, input by input.
type lister struct {
	filter     filter
	out        *output // nil if the output folder does not exist yet
	folders    bool    // folders are labels
	labelled   bool    // rows have labels
	keyed      bool    // rows have keys
	extensions []string
	unread     map[string]string // kinds by extension
	passed     map[string]string // kinds of the files that were passed over, by path
	tars       map[string]bool   // the tar files that were listed
	members    map[string]int    // numbers of members that were passed over, by kind
	finder     Finder            // of members given by name
	entries    []Entry
}

// input adds the pictures of one input. The only error is ctx's.
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
	if err := compressedTar(path); err != nil && mode.IsRegular() {
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
