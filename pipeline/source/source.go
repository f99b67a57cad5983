// Package source owns the inputs of a run: it turns the names that a user gives into an
// ordered list of pictures, and reads the bytes of a picture. It never decodes a picture and
// never writes a file.
//
// An input is one of:
//
//   - a file: it is taken with any extension, except .tar, which is below, and the extensions
//     of compressed archives, such as .zip and .tar.gz, which are refused. Its Rel is its base name.
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
//   - an object of an S3 store, a prefix or a pattern, as in s3://bucket/photos/**/*.png: what is
//     below a prefix is taken as from a folder whose files have the names of the objects, in the
//     same order and to the same places. A prefix needs no slash at its end unless an object has
//     its name. Tar files in buckets are not read.
//   - "-": one picture from standard input. Its Rel is "stdin".
//   - a matrix in [Options].Matrices: its Path is "matrix:" and its text.
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
	"iter"
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

	written bool      // the picture is a matrix that its path spells out
	line    int       // of the row in a list with a header, or 0
	at      *member   // where the picture lies in a tar file; nil elsewhere
	remote  *remote   // where the picture lies in a bucket; nil elsewhere
	listed  *asListed // what a frozen list tells of the file; nil if it is in no such list, or has nothing to check
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
	// Matrices are inputs that are written out: numbers between spaces or commas, rows between
	// semicolons, and two semicolons between channels. They come after all others.
	Matrices []string
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
// range, a bucket, a login or a store that does not answer (an error of package bucket), pictures whose maps would go to the same place (*CollisionError), pictures without a
// label if there are labels (*LabelError), and ctx's own.
func List(ctx context.Context, inputs []string, opts Options) ([]Entry, error) {
	if err := opts.Shard.validate(); err != nil {
		return nil, err
	}
	l, err := newLister(&opts)
	if err != nil {
		return nil, err
	}
	if err := l.list(ctx, inputs, opts.Listed); err != nil {
		return nil, err
	}
	l.inline(opts.Matrices)
	if opts.PassedOver != nil {
		opts.PassedOver(l.passedOver())
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

func newLister(opts *Options) (*lister, error) {
	include, err := compile("include", opts.Include)
	if err != nil {
		return nil, err
	}
	exclude, err := compile("exclude", opts.Exclude)
	if err != nil {
		return nil, err
	}
	return &lister{
		filter: filter{include: include, exclude: exclude},
		out:    newOutput(opts.Out),
		outURL: outURL(opts.Out),

		folders:    opts.LabelFolders,
		extensions: opts.Extensions,
		unread:     opts.Unread,
		passed:     map[string]string{},
		tars:       map[string]bool{},
		members:    map[string]int{},
	}, nil
}
