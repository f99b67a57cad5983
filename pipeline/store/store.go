// Package store owns the place where files go: names in an output folder, or tar files in it.
// A file has a temporary name until it is whole. The files of one picture appear together
// once the picture is done, or not at all. No link that leads out of the output folder is
// followed. The package never looks into the files it stores, and knows no format.
package store

import "time"

// Store is where the files of pictures go: a [Folder] gives each file its place, a [Pack]
// puts a picture's files together into tar shards. A turn is a picture's place in the
// input, from 0. Turns begin in order and may overlap. Each turn ends once: by the Commit
// or Abort of its batch, by a Reuse of all files in a store that is Whole, or by Skip. A
// Store is safe for concurrent use.
type Store interface {
	// Whole says whether a picture's files are a sample, whose files have a Member. One run
	// makes all of them, and they stay or go together.
	Whole() bool
	// Begin starts the files of a picture. Their names begin with stem, a slash-separated
	// name that no other picture has. Nothing is written before the first file outgrows its
	// buffer or the batch is committed.
	Begin(turn int, stem string) *Batch
	// Reuse says of each file that an earlier run made of the turn's picture whether it is in
	// place and stays. If a file's digest is not empty, its content must have it. Otherwise
	// names and sizes are compared. A store that is Whole may wait for the turn, and says for
	// how long.
	Reuse(turn int, files []Written) (stay []bool, waited time.Duration)
	// Skip ends a turn that has not ended and stores nothing.
	Skip(turn int)
	// Stop says before a turn ends that the run is over and that the turn's picture is left for
	// another run. A store that is Whole keeps nothing of later turns: their samples would be
	// in the place of the picture's. A later Commit returns ErrLeft.
	Stop(turn int)
	// Placed says whether the files that the turn committed or reused have their final names.
	// If they wait for others, hold is called at once, and placed once they all have their
	// names, one time for all turns that waited. If they are thrown away, placed is never
	// called. Neither may call the Store.
	Placed(turn int, hold, placed func()) bool
	// Has says whether files of an earlier run are still as that run left them. It is called
	// after Close, too.
	Has(files []Written) bool
	// Exists says whether anything has the name that a file of a picture would take.
	Exists(name string) bool
	// Remove removes a file of an earlier run. A missing file is no error.
	Remove(name string) error
	// Close ends the work. Complete says that every picture of the input had its turn. The
	// folder stays open.
	Close(complete bool) error
}

var (
	_ Store = (*Folder)(nil)
	_ Store = (*Pack)(nil)
)

// Written describes a stored file.
type Written struct {
	Name   string // the batch's stem and the file's suffix
	Path   string // slash-separated, relative to the output folder
	Member string // the name in the tar file at Path; empty for a file by itself
	Bytes  int64
	BLAKE3 string // hexadecimal
}
